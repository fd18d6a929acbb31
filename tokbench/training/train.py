"""Training: what every engine is asked for, and what is done to its answer."""

from dataclasses import dataclass, replace

from tokbench.errors import CorpusError, TrainingError
from tokbench.training import library
from tokbench.training.spec import BpeTrainer, TrainerSpec
from tokbench.values import Corpus, Trained, Watch, ignore

_BELOW_EVERY_PIECE = 8.0


@dataclass(frozen=True)
class Demands:
    """What the rest of the recipe asks of the vocabulary.

    Attributes:
        special_tokens: their texts, in the order of their ids from 0.
        unk: the one that stands for the unknown.
        alphabet: characters that must be in the vocabulary whether seen or not.
        byte_tokens: the 256 tokens of `byte_fallback`, which take the ids after the special ones.
    """

    special_tokens: tuple[str, ...] = ()
    unk: str | None = None
    alphabet: tuple[str, ...] = ()
    byte_tokens: tuple[str, ...] = ()


def train(
    spec: TrainerSpec,
    demands: Demands,
    corpus: Corpus,
    blank: str,
    watch: Watch = ignore,
) -> Trained:
    """Learn a vocabulary from the training split.

    Args:
        spec: the trainer and its parameters.
        demands: what the vocabulary must hold.
        corpus: the documents.
        blank: JSON of the tokenizer to be trained, its model empty.
        watch: told how far reading and merging have come.

    Raises:
        CorpusError: nothing to train on, or a document that cannot be read.
        TrainingError: the trainer gave up.
    """
    learned = spec.model_copy(
        update={
            "vocab_size": spec.vocab_size - len(demands.byte_tokens),
            **_with_alphabet(spec, demands.alphabet),
        }
    )
    trained = library.train(learned, demands.special_tokens, demands.unk, corpus, blank, watch)
    if trained.documents == 0:
        raise CorpusError(
            f"the corpus ({', '.join(corpus.sources)}) has no documents to train on"
            + (f": all are held out by held_out {corpus.held_out}" if corpus.held_out else "")
        )
    if len(trained.tokens) <= len(demands.special_tokens):
        raise TrainingError(
            f"{trained.documents:,} documents were read and nothing was learned: "
            "the normalizer and pre_tokenizer leave no text, or min_frequency is too high"
        )
    return with_byte_tokens(trained, demands) if demands.byte_tokens else trained


def _with_alphabet(spec: TrainerSpec, alphabet: tuple[str, ...]) -> dict[str, object]:
    if not alphabet or spec.for_model == "WordLevel":
        return {}
    return {"initial_alphabet": tuple(dict.fromkeys((*alphabet, *spec.initial_alphabet)))}


def with_byte_tokens(trained: Trained, demands: Demands) -> Trained:
    """Put the byte tokens after the special ones.

    A learned token that reads like a byte token gives way to it, and so do the merges built on it:
    literal `<0x41>` in a text must not become the byte A.

    >>> made = with_byte_tokens(
    ...     Trained("BPE", ("<s>", "a", "b", "ab"), (("a", "b"),)),
    ...     Demands(special_tokens=("<s>",), byte_tokens=("<0x00>", "<0x01>")),
    ... )
    >>> made.tokens
    ('<s>', '<0x00>', '<0x01>', 'a', 'b', 'ab')
    """
    reserved = set(demands.byte_tokens)
    merges = []
    prefix = trained.continuing_subword_prefix or ""
    for left, right in trained.merges:
        made = left + right.removeprefix(prefix)
        if reserved.isdisjoint((left, right, made)):
            merges.append((left, right))
        else:
            reserved.add(made)
    specials = len(demands.special_tokens)
    kept = [i for i, t in enumerate(trained.tokens) if i < specials or t not in reserved]
    tokens = [trained.tokens[i] for i in kept]
    scores = [trained.scores[i] for i in kept] if trained.scores else []
    if scores:
        # A text that spells out a byte token must stay cheaper letter by letter than as the token.
        lowest = min(scores) * _BELOW_EVERY_PIECE
        scores[specials:specials] = [lowest] * len(demands.byte_tokens)
    tokens[specials:specials] = demands.byte_tokens
    return replace(trained, tokens=tuple(tokens), merges=tuple(merges), scores=tuple(scores))


__all__ = ["BpeTrainer", "Demands", "train", "with_byte_tokens"]
