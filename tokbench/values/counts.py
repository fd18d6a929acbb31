"""Chunks and words with how often they occur, and what counting would take."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ChunkCounts:
    """How often each distinct chunk occurs in a corpus; what a chunk is, the cut set says.

    The order of the chunks means nothing: two of these are the same if their fingerprints are.

    Attributes:
        chunks: the distinct chunks (`pyarrow.LargeStringArray`), none null or empty.
        counts: how often each occurs, int64, same length.
        documents: how many documents were counted, empty ones included.
        bytes: their UTF-8 bytes.
        characters: their code points.
        cut_set: the name of the cut set.
        fingerprint: of chunks, counts and documents, whatever their order or file format.
        sample: a few documents from all over the corpus, long ones cut off, to check rules on.
    """

    chunks: "pa.LargeStringArray"
    counts: "NDArray[np.int64]"
    documents: int
    bytes: int
    characters: int
    cut_set: str
    fingerprint: str
    sample: tuple[str, ...] = ()


_FALL, _NEW = 0.02, 0.95


@dataclass(frozen=True)
class Growth:
    """Distinct strings of a sample, and how their number grows: by Heaps' law, as K n^exponent.

    Attributes:
        pieces: how many there are.
        text: their UTF-8 bytes.
        characters: their code points.
        exponent: from the two halves of the sample to all of it.
    """

    pieces: float
    text: float
    characters: float
    exponent: float

    def at(self, times: float) -> "Growth":
        """What a text has that is so many times as long.

        With each doubling the exponent falls, by about 0.02 on English and source code from 1 MB
        to 700; where nearly every string is new, it stays.

        >>> round(Growth(1000, 5000, 5000, 0.5).at(4).pieces)
        1919
        """
        falls = _FALL * (math.log2(times) + 1) / 2 if times > 1 and self.exponent < _NEW else 0.0
        factor = times ** max(0.0, self.exponent - falls)
        return Growth(
            self.pieces * factor, self.text * factor, self.characters * factor, self.exponent
        )


Kept = Literal["nothing", "chunks", "words", "vocabulary", "tokenizer"]
"""What of a recipe is in the cache or a run folder; each makes all before it needless."""


@dataclass(frozen=True)
class Sampled:
    """What counting a part of a corpus found.

    Attributes:
        share: how much of the corpus it was; 1: all.
        documents: how many the corpus will have.
        bytes: their UTF-8 bytes.
        times: how much longer the corpus is than the sample.
        words: the distinct pre-tokens of the sample.
        chunks: its distinct chunks; None where whole documents are counted.
        reading: seconds for reading, and likewise for counting chunks (or documents), and for
            finding the words of the distinct chunks, each by one thread.
        longest: the longest word: how it begins, and how many characters it has.
        pair: how often the most frequent pair of neighbouring characters within words occurs.
    """

    share: float
    documents: float
    bytes: float
    times: float
    words: Growth
    chunks: Growth | None
    reading: float
    counting: float
    pre_tokenizing: float
    longest: tuple[str, int] = ("", 0)
    pair: int = 0


@dataclass(frozen=True)
class Estimate:
    """What a training would take, told from a sample.

    Attributes:
        name: of the recipe.
        share: of the corpus, that was sampled; 1: all of it.
        documents: how many there will be, and likewise the UTF-8 bytes, distinct chunks (None
            where whole documents are counted) and distinct words.
        peak: bytes of memory.
        spilled: bytes on disk while counting, 0 where all finds room in memory.
        kept: bytes of counts that stay in the cache.
        counting: seconds, kernels compiled, and likewise training.
        memory: the budget in bytes.
        too_small: whether training needs more than the budget.
        exponents: of the growth of chunks (or of words) and of words.
        longest: the longest word of the sample: how it begins, and how many characters it has.
        longest_allowed: what trainer.max_word_chars leaves; None: everything.
        pair: how often the most frequent pair of neighbouring characters will occur; None where
            training counts no pairs.
        cached: what is there before, so that nothing of it is counted or learned again; None where
            nobody looked, since the corpus is large.
        notes: why it may be otherwise.
    """

    name: str
    share: float
    documents: float
    bytes: float
    chunks: float | None
    words: float
    peak: float
    spilled: float
    kept: float
    counting: float
    training: float
    memory: int
    too_small: bool
    exponents: tuple[float, float]
    longest: tuple[str, int] = ("", 0)
    longest_allowed: int | None = None
    pair: float | None = None
    cached: Kept | None = "nothing"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A pre-token too long to train on.

    Attributes:
        start: its first characters.
        characters: how many it has.
        count: how often it occurs.
        document: where it occurs first, as "source: number of the document in the split, from 1";
            empty where that is not known.
    """

    start: str
    characters: int
    count: int
    document: str = ""


@dataclass(frozen=True)
class WordCounts:
    """How often each distinct pre-token occurs in a corpus: all that training needs to know.

    The order of the words means nothing.

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
    why: str = ""
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Counted:
    """What counting a corpus, a shard of it, or joining parts of its counts came to.

    Attributes:
        name: of the recipe.
        what: what was done: "all documents counted", "shard 3 of 16 counted".
        documents: how many were counted, each repetition counted, and likewise `bytes`, of UTF-8.
        strings: how many distinct ones each file of counts holds, together.
        of: what these are: chunks of a cut set, or words.
        places: the files.
        seconds: how long it took.
        parts: how many parts it was counted in; 1 where it was done in one go.
        moved: bytes of the files between counting and adding up.
        before: whether it was there before, so that nothing was counted.
        notes: what may surprise.
    """

    name: str
    what: str
    documents: int
    bytes: int
    strings: int
    of: str
    places: tuple[str, ...]
    seconds: float
    parts: int = 1
    moved: int = 0
    before: bool = False
    notes: tuple[str, ...] = ()
