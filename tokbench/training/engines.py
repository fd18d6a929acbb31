"""Training: what every engine is asked for, and what is done to its answer."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tokbench.errors import CorpusError, TrainingError
from tokbench.training import library, needs
from tokbench.training.bpe import train_bpe
from tokbench.training.spec import BpeTrainer, TrainerSpec, WordLevelTrainer
from tokbench.training.unigram import train_unigram
from tokbench.training.wordlevel import train_wordlevel
from tokbench.training.wordpiece import train_wordpiece
from tokbench.values import Corpus, Trained, Watch, WordCounts, ignore

if TYPE_CHECKING:
    from collections.abc import Callable

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


def from_counts(
    spec: TrainerSpec,
    demands: Demands,
    words: WordCounts,
    watch: Watch = ignore,
    memory: int | None = None,
) -> Trained:
    """Learn a vocabulary from word counts; Ctrl-C ends it at once (Unigram is in a child process).

    Args:
        spec: the trainer and its parameters.
        demands: what the vocabulary must hold.
        words: the distinct pre-tokens of the training split and how often each occurs.
        watch: told how far merging or pruning has come.
        memory: bytes that the process may take; None: what is free.

    Raises:
        TrainingError: nothing to learn from, or the trainer gave up.
        BudgetError: training needs more memory; said before it starts.
    """
    learn: dict[str, Callable[..., Trained]] = {
        "BPE": partial(train_bpe, watch=watch),
        "WordPiece": partial(train_wordpiece, watch=watch),
        "WordLevel": train_wordlevel,
        "Unigram": partial(train_unigram, watch=watch),
    }
    needs.ensure(spec, words, memory)
    options = _adapted(spec, demands).model_dump(exclude={"max_word_chars"})
    trained = learn[spec.for_model](words, **options, special_tokens=demands.special_tokens)
    return _finished(trained, demands)


def from_text(
    spec: TrainerSpec, demands: Demands, corpus: Corpus, blank: str, watch: Watch = ignore
) -> Trained:
    """Learn a vocabulary with the trainers of `tokenizers`, in a child process.

    Args:
        spec: the trainer and its parameters.
        demands: what the vocabulary must hold.
        corpus: the documents.
        blank: JSON of the tokenizer to be trained, its model empty.
        watch: told how far reading has come.

    Raises:
        CorpusError: a document cannot be read.
        TrainingError: the trainer gave up, or there was nothing to learn from.
    """
    trained = library.train(
        _adapted(spec, demands), demands.special_tokens, demands.unk, corpus, blank, watch
    )
    if not trained.documents:
        raise no_documents(corpus)
    return _finished(trained, demands)


def no_documents(corpus: Corpus, why: str = "") -> CorpusError:
    """The error of a corpus whose training split is empty.

    Args:
        corpus: which one.
        why: what became of its documents, where that is known.
    """
    names = ", ".join(corpus.sources)
    held_out = f", or all are held out (held_out {corpus.held_out:g})" if corpus.held_out else ""
    why = why or f"it is empty{held_out}; `tokbench corpus` shows what is there"
    return CorpusError(f"the corpus ({names}) has no documents to train on: {why}")


def _adapted(spec: TrainerSpec, demands: Demands) -> TrainerSpec:
    """The trainer's parameters with room left for byte tokens and the alphabet joined in."""
    size = spec.vocab_size - len(demands.byte_tokens)
    changes: dict[str, object] = {"vocab_size": size}
    if demands.byte_tokens and isinstance(spec, BpeTrainer) and spec.limit_alphabet is None:
        # Characters that find no room are written in bytes, so the size asked for is kept.
        changes["limit_alphabet"] = max(1, size - len(demands.special_tokens))
    if demands.alphabet and not isinstance(spec, WordLevelTrainer):
        joined = dict.fromkeys((*demands.alphabet, *spec.initial_alphabet))
        changes["initial_alphabet"] = tuple(joined)
    return spec.model_copy(update=changes)


def _finished(trained: Trained, demands: Demands) -> Trained:
    if len(trained.tokens) <= len(demands.special_tokens):
        raise TrainingError(
            f"{trained.documents:,} documents were read and nothing was learned: "
            "the normalizer and pre_tokenizer leave no text, or min_frequency is too high"
        )
    return with_byte_tokens(trained, demands) if demands.byte_tokens else trained


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
    merges, counts = [], []
    prefix = trained.continuing_subword_prefix or ""
    merge_counts = trained.merge_counts or (0,) * len(trained.merges)
    for (left, right), count in zip(trained.merges, merge_counts, strict=True):
        made = left + right.removeprefix(prefix)
        if reserved.isdisjoint((left, right, made)):
            merges.append((left, right))
            counts.append(count)
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
    return replace(
        trained,
        tokens=tuple(tokens),
        merges=tuple(merges),
        scores=tuple(scores),
        merge_counts=tuple(counts) if trained.merge_counts else (),
        initial=trained.initial + len(demands.byte_tokens),
    )
