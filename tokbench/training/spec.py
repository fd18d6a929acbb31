"""What a recipe says about training. A trainer has no type of its own: it follows from the model.

Names and defaults are those of `tokenizers`' trainers.
"""

from typing import Annotated, Literal, get_args

from pydantic import Field

from tokbench.spec import AsTuple, Spec

Engine = Literal["tokbench", "tokenizers"]
"""Who trains: our own kernels from counts, or the trainers of `tokenizers` from text."""
ENGINES: tuple[Engine, ...] = get_args(Engine)
Size = Annotated[int, Field(ge=1)]
Frequency = Annotated[int, Field(ge=0)]
LONGEST_WORD = 16384
"""Longer pre-tokens are left out of the counts and reported; null counts them all."""
Alphabet = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=1)], ...], AsTuple, Field(default=())
]


class BpeTrainer(Spec):
    """Learns merges."""

    for_model: Literal["BPE"] = Field(default="BPE", exclude=True)
    vocab_size: Size = 30000
    min_frequency: Frequency = 0
    limit_alphabet: Frequency | None = None
    initial_alphabet: Alphabet
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    max_token_length: Size | None = None
    max_word_chars: Size | None = LONGEST_WORD


class WordPieceTrainer(Spec):
    """Learns BPE's merges and keeps their results as WordPiece's vocabulary."""

    for_model: Literal["WordPiece"] = Field(default="WordPiece", exclude=True)
    vocab_size: Size = 30000
    min_frequency: Frequency = 0
    limit_alphabet: Frequency | None = None
    initial_alphabet: Alphabet
    continuing_subword_prefix: str = "##"
    end_of_word_suffix: str | None = None
    max_word_chars: Size | None = LONGEST_WORD


class UnigramTrainer(Spec):
    """Learns log-probabilities by expectation maximisation and pruning."""

    for_model: Literal["Unigram"] = Field(default="Unigram", exclude=True)
    vocab_size: Size = 8000
    initial_alphabet: Alphabet
    shrinking_factor: Annotated[float, Field(gt=0, lt=1)] = 0.75
    max_piece_length: Size = 16
    n_sub_iterations: Size = 2
    max_word_chars: Size | None = LONGEST_WORD


class WordLevelTrainer(Spec):
    """Keeps the most frequent pre-tokens."""

    for_model: Literal["WordLevel"] = Field(default="WordLevel", exclude=True)
    vocab_size: Size = 30000
    min_frequency: Frequency = 0
    max_word_chars: Size | None = LONGEST_WORD


TrainerSpec = Annotated[
    BpeTrainer | WordPieceTrainer | UnigramTrainer | WordLevelTrainer,
    Field(discriminator="for_model"),
]
TRAINERS: dict[str, type[Spec]] = {
    trainer.model_fields["for_model"].default: trainer
    for trainer in (BpeTrainer, WordPieceTrainer, UnigramTrainer, WordLevelTrainer)
}
"""Model to the trainer that learns it."""
