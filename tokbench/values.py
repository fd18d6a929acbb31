"""The nouns that travel between stages. All are frozen; none knows a stage."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Split = Literal["train", "held_out", "all"]


@dataclass(frozen=True)
class Progress:
    """How far a stage has come; `total` is None where it cannot be known.

    `done` and `total` count in `unit` ("bytes" of the files as they lie on disk, "merges", ...).
    """

    stage: str
    done: int
    total: int | None
    unit: str
    documents: int = 0


Watch = Callable[[Progress], None]
"""Called by a long stage from time to time; must return quickly."""


def ignore(_: Progress) -> None:
    """The watcher that looks away."""


class Corpus(Protocol):
    """A re-readable stream of documents: every call to `batches` opens it afresh.

    A batch has the columns `text` (large_string, never null, valid UTF-8) and `source` (int32, an
    index into `sources`). The corpus can be pickled and read in another process.
    """

    @property
    def sources(self) -> Sequence[str]:
        """A name for each source, as users see it."""

    @property
    def held_out(self) -> float:
        """The share of documents, by hash, that training never sees."""

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """The documents of one split, in the order of the sources."""

    def identity(self) -> str:
        """Changes whenever reading could give other documents; made without parsing them."""


@dataclass(frozen=True)
class WordCounts:
    """How often each distinct pre-token occurs in a corpus: all that training needs to know.

    Attributes:
        words: the distinct pre-tokens (`pyarrow.LargeStringArray`), none null or empty.
        counts: how often each occurs, int64, same length.
        documents: how many documents were counted.
        bytes: their UTF-8 bytes before normalizing.
        fingerprint: of those documents, whatever their order or file format.
        exact_by: "chunks" where distinct chunks were pre-tokenized, "documents" where whole
            documents were, for the output to say.
    """

    words: "pa.LargeStringArray"
    counts: "NDArray[np.int64]"
    documents: int
    bytes: int
    fingerprint: str = ""
    exact_by: Literal["chunks", "documents"] = "documents"


@dataclass(frozen=True)
class Trained:
    """What training gives, for `pipeline.assemble` to build a model from.

    Attributes:
        model: the class name of the `tokenizers` model ("BPE").
        tokens: the vocabulary in the order of its ids: special tokens first, as written.
        merges: for BPE, the pairs in the order in which they apply; else empty.
        scores: for Unigram, the log-probability of each token; else empty.
        continuing_subword_prefix: marks a token that continues a word ("##").
        end_of_word_suffix: marks a token that ends a word ("</w>").
        documents: how many documents training read.
        fingerprint: of those documents, whatever their order or file format.
        merge_counts: how often each pair of `merges` occurred when it was merged, where training
            knows: the merge shortened the corpus by that many tokens, overlaps aside.
    """

    model: str
    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...] = ()
    scores: tuple[float, ...] = ()
    continuing_subword_prefix: str | None = None
    end_of_word_suffix: str | None = None
    documents: int = 0
    fingerprint: str = ""
    merge_counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """One number about one tokenizer on one corpus, or the reason why there is none.

    Attributes:
        value: the number, or None where the metric does not apply.
        n: how many of the denominator's things it rests on (documents where there is none).
        unit: what it counts ("bytes/token").
        better: which direction is better, None where neither is.
        why: why there is no value.
        detail: JSON-able facts that a report may show below the number.
    """

    value: float | None
    n: int
    unit: str
    better: Literal["higher", "lower"] | None
    why: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
