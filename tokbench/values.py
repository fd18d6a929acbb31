"""The nouns that travel between stages. All are frozen; none knows a stage."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Split = Literal["train", "held_out", "all"]


@dataclass(frozen=True)
class Progress:
    """How far a stage has come; `total` is None where it cannot be known.

    `done` and `total` count in `unit` ("bytes" of the files as they lie on disk, "merges", ...);
    `source` names what is read now.
    """

    stage: str
    done: int
    total: int | None
    unit: str
    documents: int = 0
    source: str = ""


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
        """The share of documents that training never sees: the largest of all sources."""

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes, as they lie on disk."""

    def parts(self) -> "Sequence[Corpus]":
        """Each source as a corpus of its own, in order; together they are this one."""

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """The documents of one split, in the order of the sources."""

    def identity(self) -> str:
        """Changes whenever reading could give other documents; made without parsing them."""


class Composed(Corpus, Protocol):
    """A corpus that knows what it is made of."""

    def parts(self) -> "Sequence[Composed]":
        """As of any corpus."""

    def prepare(self, watch: Watch = ignore) -> None:
        """Measure what must be known of the sources before they can be read for training."""

    def composition(self) -> "Composition":
        """What each source is, and gave when all of it was read for training."""


@runtime_checkable
class Grouped(Protocol):
    """A corpus that knows more of its documents than their text."""

    @property
    def groups(self) -> Sequence[str]:
        """The names of the groups that its sources carry."""

    def batches(
        self,
        split: Split = "train",
        watch: Watch = ignore,
        columns: Sequence[str] = (),
        *,
        groups: bool = False,
    ) -> "Iterator[pa.RecordBatch]":
        """As every corpus's, with columns of its rows and, where asked for, one for each group."""


@runtime_checkable
class Resumable(Protocol):
    """A corpus that can be read from a place on, as another pass, killed since, left it."""

    def resumed(
        self, split: Split, place: Any, watch: Watch = ignore
    ) -> "Iterator[tuple[pa.RecordBatch, Callable[[], Any] | None]]":
        """The batches behind a place (None: all), each with what gives the place behind it."""


def texts(batch: "pa.RecordBatch") -> list[str]:
    """The documents of a corpus's batch as strings."""
    column: Any = batch.column("text")
    found: list[str] = column.to_pylist()
    return found


@dataclass(frozen=True)
class StepDone:
    """What a step of cleaning did to the documents of a whole read, both splits together.

    Attributes:
        step: its name.
        documents_in: how many it was given, and `documents_out`: how many it gave.
        bytes_in: their UTF-8 bytes, and `bytes_out` likewise.
        changed: how many documents it gave that are not as they were.
        added: how many documents it made of others.
        reasons: how many documents it dropped, by why.
        examples: the first that it dropped or changed: before, and after (None where dropped).
        notes: what else there is to say.
    """

    step: str
    documents_in: int
    documents_out: int
    bytes_in: int
    bytes_out: int
    changed: int
    added: int
    reasons: dict[str, int]
    examples: tuple[tuple[str, str | None], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    """What a source is, and what training got of it.

    Attributes:
        name: as users see it.
        identity: changes with the documents before any step.
        size: bytes as they lie on disk.
        held_out: the share that training never sees.
        groups: what reports tell its documents apart by.
        wanted: the share of the training text that it was to have, None where nobody said.
        read: documents before any step; None, as all that follows, where that is not known.
        documents: how many training got, each repetition counted.
        bytes: their UTF-8 bytes.
        share: of the whole training text.
        times: how often its own training text came: 1 once, 0.5 half of it.
        steps: what each step did to it.
        notes: what was left out before it became documents.
    """

    name: str
    identity: str
    size: int
    held_out: float
    groups: dict[str, str]
    wanted: float | None = None
    read: int | None = None
    documents: int | None = None
    bytes: int | None = None
    share: float | None = None
    times: float | None = None
    steps: tuple[StepDone, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composition:
    """What a training text is made of.

    Attributes:
        sources: in the order of the recipe.
        together: what the steps did that look at the documents of all sources.
        limited_by: the name of the source that bounds the whole, where shares are kept exactly and
            more of the others was there.
        total: how many bytes it was to have, None where nobody said.
    """

    sources: tuple[Given, ...]
    together: tuple[StepDone, ...] = ()
    limited_by: str = ""
    total: int | None = None


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
        initial: how many tokens the vocabulary began with: special and byte tokens, the alphabet.
        notes: sentences for users about how the words were counted.
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
    initial: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CurveText:
    """How many tokens one text takes at every size of a curve."""

    name: str
    documents: int
    bytes: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Curve:
    """Tokens against vocabulary size, everything else equal.

    Attributes:
        name: of the recipe.
        sizes: of the vocabulary, ascending; what each has in the end, added tokens left out.
        texts: what was encoded, the training text first.
        encoded: whether every size was encoded; else the largest was, and the others follow.
        why: why every size had to be, where that may surprise.
    """

    name: str
    sizes: tuple[int, ...]
    texts: tuple[CurveText, ...]
    encoded: bool
    why: str = ""


@dataclass(frozen=True)
class DocumentSeen:
    """One document: its source, its number there behind all steps, from 1, and how it begins."""

    source: str
    number: int
    characters: int
    start: str


@dataclass(frozen=True)
class TextFacts:
    """What some documents are made of.

    Attributes:
        documents: how many there are, and likewise UTF-8 bytes and characters (code points).
        blank: documents that are empty or nothing but white space.
        copies: documents that are byte for byte one that came before, in any source.
        copied_bytes: their UTF-8 bytes.
        scripts: characters by Unicode script, most first; white space apart.
        lengths: documents by length: [0] empty ones, [k] those of 2^(k-1) to 2^k - 1 characters.
        percentiles: of the length in characters; within 2% above 256.
        longest: None where there is no document.
        held_out: how many documents are held out, and `held_out_bytes` their UTF-8 bytes.
    """

    documents: int
    bytes: int
    characters: int
    blank: int
    copies: int
    copied_bytes: int
    scripts: dict[str, int]
    lengths: tuple[int, ...]
    percentiles: dict[int, int]
    longest: DocumentSeen | None
    held_out: int
    held_out_bytes: int


@dataclass(frozen=True)
class SourceFacts:
    """One source of a corpus.

    Attributes:
        name: what users call it.
        size: bytes on disk that a read consumes.
        nulls: rows without a text.
        read: its documents and their UTF-8 bytes before any step.
        steps: what each step did to them.
        text: what came out.
        languages: documents by language: all where the recipe names it, else of a sample.
        warnings: what looks like a mistake, a sentence each.
        training: the bytes of it that training gets, each repetition counted; None where that is
            all that is not held out.
        wanted: the share of the training text that it is to have, None where nobody said.
    """

    name: str
    size: int
    nulls: int
    read: tuple[int, int]
    steps: tuple[StepDone, ...]
    text: TextFacts
    languages: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    training: int | None = None
    wanted: float | None = None


@dataclass(frozen=True)
class SharedPassage:
    """A document of one text, one of another that has something in common, and the beginning of it.

    `whole` says that the two are the same.
    """

    document: DocumentSeen
    other: tuple[str, int]
    passage: str
    whole: bool


@dataclass(frozen=True)
class Overlap:
    """What one text has in common with another.

    Attributes:
        text: whose documents were looked for ("held out", a file).
        within: where ("training", "held out").
        documents: how many documents the text has.
        bytes: their UTF-8 bytes.
        same: how many of them are there byte for byte, and `same_bytes` their bytes.
        partly: how many others share a long passage, and `partly_bytes` how many bytes of them do,
            white space left out, at the least.
        common: how many share only passages that many documents have, as licences are.
        looked: how many of the documents were looked at for passages: all, unless memory is short.
        sources: documents that are the same or share a passage, by the text's source, most first.
        examples: the first ones.
    """

    text: str
    within: str
    documents: int
    bytes: int
    same: int
    same_bytes: int
    partly: int
    partly_bytes: int
    common: int
    looked: int
    sources: dict[str, int]
    examples: tuple[SharedPassage, ...] = ()


@dataclass(frozen=True)
class CorpusFacts:
    """What a corpus is.

    Attributes:
        name: of the recipe or the files.
        split: which documents `text` and each source's tell of.
        held_out_share: what was asked to be held out.
        fingerprint: of the documents of the split, whatever their order or file format.
        training: the same of those to train on, as a run's manifest has it.
        sources: each for itself.
        together: what the steps did that see all sources.
        text: all documents.
        overlaps: what is in training and elsewhere too.
        seconds: how long one read took with all that is counted, and `comparing` the search for
            overlaps behind it.
        remembered: bytes of memory in which documents were remembered to find copies.
    """

    name: str
    split: Split
    held_out_share: float
    fingerprint: str
    training: str
    sources: tuple[SourceFacts, ...]
    together: tuple[StepDone, ...]
    text: TextFacts
    overlaps: tuple[Overlap, ...]
    seconds: float
    comparing: float
    remembered: int


@dataclass(frozen=True)
class HeadDocument:
    """One of the first documents of a source, whole."""

    source: str
    number: int
    text: str


@dataclass(frozen=True)
class Proof:
    """That a folder loads in a fresh process to the ids, offsets and type ids it was made with.

    Attributes:
        probes: how many texts of every script were compared.
        texts: how many documents of the corpus were.
        pairs: how many pairs of them were.
    """

    probes: int
    texts: int
    pairs: int


@dataclass(frozen=True)
class Guarantee:
    """What training again gives.

    Attributes:
        identical: whether the same bytes are guaranteed.
        why: what makes it so, or what prevents it.
        checked: what was compared and what came of it, empty where nobody looked.
    """

    identical: bool
    why: str
    checked: str = ""


Kind = Literal["lossless", "equal after normalizing", "lossy by design"]


@dataclass(frozen=True)
class Verdict:
    """What comes back of probes of every script and of real documents.

    Attributes:
        kind: "lossless" where all do exactly; "equal after normalizing" where the others are what
            the normalizer makes of them.
        texts: how many were tried.
        differing: how many did not come back exactly.
        differences: of the first of those, the text around the first difference and what came back.
        scripts: those that the documents are written in.
    """

    kind: Kind
    texts: int
    differing: int
    differences: tuple[tuple[str, str], ...] = ()
    scripts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grouping:
    """Of which group each document is.

    Attributes:
        labels: of the groups, sorted.
        index: of each document the position of its label, int64.
    """

    labels: tuple[str, ...]
    index: "NDArray[np.int64]"


@dataclass(frozen=True)
class Documents:
    """What is known of the measured text whatever the tokenizer; arrays are int64, one a document.

    Attributes:
        bytes: UTF-8 bytes.
        characters: code points.
        words: UAX 29 segments that hold a letter or a number.
        letters: letters in all documents.
        unsegmented_letters: those of scripts that put no spaces between words.
        groups: by the name of a grouping ("language"), of which group each document is.
    """

    bytes: "NDArray[np.int64]"
    characters: "NDArray[np.int64]"
    words: "NDArray[np.int64]"
    letters: int
    unsegmented_letters: int
    groups: "dict[str, Grouping]" = field(default_factory=dict)


@dataclass(frozen=True)
class Speed:
    """Seconds for the same `bytes` of text: a median over rounds that interleave tokenizers."""

    bytes: int
    single: float
    batch: float
    load: float
    single_rounds: tuple[float, ...] = ()
    batch_rounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class RoundTrip:
    """What decoding the ids of each document gave.

    Attributes:
        exact: per document, whether it is the document.
        normalized: per document, whether it is the document or its normalized form.
        letters_lost: per document, how many letters did not come back, int64.
        differences: of the first documents that are neither, the text around the first difference
            and what came back in its place.
    """

    exact: "NDArray[np.bool_]"
    normalized: "NDArray[np.bool_]"
    letters_lost: "NDArray[np.int64]"
    differences: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Parallel:
    """Tokens of the same lines in several languages.

    Attributes:
        languages: their names, the reference first.
        tokens: a row for each line, a column for each language, int64.
        unknown: the share of them that are the unknown token.
    """

    languages: tuple[str, ...]
    tokens: "NDArray[np.int64]"
    unknown: float = 0.0


@dataclass(frozen=True)
class WordsAlone:
    """Distinct words of a text, each encoded by itself, behind a space.

    Attributes:
        words: how many there are.
        tried: how many of them were encoded, chosen by their hash.
        single: how many of those are one token.
    """

    words: int
    tried: int
    single: int


@dataclass(frozen=True)
class Morphology:
    """Token boundaries inside words against those of a gold segmentation; int64, one a word.

    Attributes:
        hits: boundaries that both have.
        predicted: those of tokens.
        gold: those of morphemes.
        aligned: words whose morphemes are not spelled as in the word, and were aligned with it.
        refused: words that were left out, since that is not possible in one way only.
    """

    hits: "NDArray[np.int64]"
    predicted: "NDArray[np.int64]"
    gold: "NDArray[np.int64]"
    aligned: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Cuts:
    """Where tokens begin and end inside texts; arrays are int64, one a document.

    Attributes:
        continued: words of two tokens or more.
        parts: tokens whose bytes are no whole characters.
        digit_hits: boundaries inside numbers that tokens and groups of three have.
        digit_boundaries: those of tokens.
        digit_groups: those of groups of three digits from the right.
        indents: runs of spaces and tabs that begin a line, not the first of a document.
        indent_tokens: tokens that end in these.
        runs: runs of two spaces or more.
        whole_runs: those that are one token, the last space of a run aside.
        spaces_seen: tokens that touch an indent or such a run.
        number_splits: how often numbers of so many digits were cut at these places, as
            ((digits, sum of 2^k over the places, k digits before the right end), count).
    """

    continued: "NDArray[np.int64]"
    parts: "NDArray[np.int64]"
    digit_hits: "NDArray[np.int64]"
    digit_boundaries: "NDArray[np.int64]"
    digit_groups: "NDArray[np.int64]"
    indents: "NDArray[np.int64]"
    indent_tokens: "NDArray[np.int64]"
    runs: "NDArray[np.int64]"
    whole_runs: "NDArray[np.int64]"
    spaces_seen: "NDArray[np.int64]"
    number_splits: tuple[tuple[tuple[int, int], int], ...] = ()


@dataclass(frozen=True)
class Some:
    """How many there are, and the first of them as a report may show them."""

    count: int
    examples: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Sequence[str], shown: int = 20) -> "Some":
        """All of these, the first few shown."""
        return cls(len(found), tuple(found[:shown]))


@dataclass(frozen=True)
class Entries:
    """What the entries of a vocabulary are worth; special tokens are counted by themselves.

    Attributes:
        ordinary: how many are no special tokens.
        special: how many are.
        unreachable: ordinary entries that no text can produce, by proof.
        unwitnessed: those for which none of the texts tried is a witness, which proves nothing.
        not_utf8: ordinary entries whose bytes are not valid UTF-8 by themselves.
        fragments: how many of those have more than one byte.
        unused: ordinary entries that the measured text never produced.
        injectable: special tokens that ordinary text turns into, where it spells them.
    """

    ordinary: int
    special: int
    unreachable: Some
    unwitnessed: Some
    not_utf8: Some
    fragments: int
    unused: Some
    injectable: Some


@dataclass(frozen=True)
class EncodedBy:
    """How a tokenizer's numbers were found; they are the same either way.

    Attributes:
        by: "chunks" where distinct chunks were encoded, "documents" where every document was.
        whole: of how many documents the whole was encoded.
        why: why documents were, where that may surprise.
        differed: chunks should have done, but gave something else on a sample.
    """

    by: Literal["chunks", "documents"]
    whole: int
    why: str = ""
    differed: bool = False


@dataclass(frozen=True)
class Encoded:
    """One tokenizer's work on one corpus, special tokens not added; arrays are int64.

    Attributes:
        name: of the tokenizer.
        documents: what was encoded.
        tokens: tokens of each document.
        frequencies: by id, how often each token was used; longer than the vocabulary where ids
            have gaps.
        unk_tokens: unknown tokens of each document; None where there is no unknown token.
        unk_characters: characters that those stand for.
        round_trip: what decoding gave.
        vocabulary: tokens in the vocabulary, added ones included.
        speed: how long it took, None where that was not asked for.
        encoded_by: how this was found, None where nobody says.
        baseline: the tokenizer that this one is compared with, on the same documents.
        parallel: its tokens of parallel text, None where there is none.
        morphology: its boundaries inside words, None where there is no gold segmentation.
        width: of the embeddings of the model it is for.
        longest: the most tokens that the model takes, None where that is not known.
        cuts: where its tokens begin and end, None where nobody asked.
        words_alone: how many tokens distinct words take, None where nobody asked.
        entries: what the entries of its vocabulary are worth, None where nobody looked.
    """

    name: str
    documents: Documents
    tokens: "NDArray[np.int64]"
    frequencies: "NDArray[np.int64]"
    unk_tokens: "NDArray[np.int64] | None"
    unk_characters: "NDArray[np.int64] | None"
    round_trip: RoundTrip
    vocabulary: int
    speed: Speed | None = None
    encoded_by: EncodedBy | None = None
    baseline: "Encoded | None" = None
    parallel: Parallel | None = None
    morphology: Morphology | None = None
    width: int = 768
    longest: int | None = None
    cuts: Cuts | None = None
    words_alone: WordsAlone | None = None
    entries: Entries | None = None

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        tokens: Sequence[Sequence[str]],
        *,
        vocabulary: Sequence[str] = (),
        unk: str | None = None,
        unk_characters: Sequence[int] = (),
        unsegmented_letters: int = 0,
    ) -> "Encoded":
        """A small one by hand, for doctests: words are cut at spaces, tokens join to the text."""
        import numpy as np  # noqa: PLC0415 - values are imported where numpy is not needed

        def counts(numbers: Sequence[int]) -> "NDArray[np.int64]":
            return np.array(numbers, dtype=np.int64)

        ids = list(dict.fromkeys((*vocabulary, *(one for cut in tokens for one in cut))))
        used = [one for cut in tokens for one in cut]
        exact = np.array(["".join(cut) == text for text, cut in zip(texts, tokens, strict=True)])
        return cls(
            name="example",
            documents=Documents(
                bytes=counts([len(text.encode()) for text in texts]),
                characters=counts([len(text) for text in texts]),
                words=counts([len(text.split()) for text in texts]),
                letters=sum(char.isalpha() for text in texts for char in text),
                unsegmented_letters=unsegmented_letters,
            ),
            tokens=counts([len(cut) for cut in tokens]),
            frequencies=counts([used.count(token) for token in ids]),
            unk_tokens=counts([list(cut).count(unk) for cut in tokens]) if unk else None,
            unk_characters=counts(unk_characters) if unk else None,
            round_trip=RoundTrip(exact, exact, np.zeros(len(texts), np.int64)),
            vocabulary=len(ids),
        )


@dataclass(frozen=True)
class Difference:
    """How far a number is from the baseline's, on the same resamples of the same documents.

    Attributes:
        value: this one minus the baseline's.
        interval: 95%, None where there is none.
        seen: whether the interval does not hold zero; None where there is no interval.
    """

    value: float
    interval: tuple[float, float] | None = None
    seen: bool | None = None


@dataclass(frozen=True)
class GroupValue:
    """A number for the documents of one group.

    Attributes:
        label: of the group.
        value: None where there is nothing to divide by.
        n: how many documents.
        interval: 95%, None where there is none.
    """

    label: str
    value: float | None
    n: int
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Breakdown:
    """A number by groups of documents.

    Attributes:
        groups: in the order of their labels.
        macro: the mean of the groups' values, however many documents each has.
        macro_interval: 95%, None where there is none.
        worst: the label of the group with the worst value, empty where no direction is better.
    """

    groups: tuple[GroupValue, ...]
    macro: float | None
    macro_interval: tuple[float, float] | None = None
    worst: str = ""


@dataclass(frozen=True)
class Measurement:
    """One number about one tokenizer on one corpus, or the reason why there is none.

    Attributes:
        value: the number, or None where the metric does not apply.
        n: how many documents (or `of` what) it rests on.
        unit: what it counts ("bytes/token").
        better: which direction is better, None where neither is.
        why: why there is no value.
        detail: JSON-able facts that a report may show below the number.
        interval: 95%, from a paired bootstrap over documents; None where there is none.
        no_interval: why there is none.
        difference: to the baseline; None for the baseline itself, and where there is no number.
        best: "best" of all that were compared, "clearly best" where a difference to every other is
            seen.
        by: by the name of a grouping, the number for each group.
        of: what `n` counts.
    """

    value: float | None
    n: int
    unit: str
    better: Literal["higher", "lower"] | None
    why: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    interval: tuple[float, float] | None = None
    no_interval: str = ""
    difference: Difference | None = None
    best: Literal["", "best", "clearly best"] = ""
    by: dict[str, Breakdown] = field(default_factory=dict)
    of: str = "documents"


@dataclass(frozen=True)
class Row:
    """How a table shows a metric.

    Attributes:
        title: of the metric.
        digits: how many decimals.
        flattered_by_loss: whether lost text makes it look better.
        family: what it and its like are about; tables may be parted by it.
    """

    title: str
    digits: int
    flattered_by_loss: bool = False
    family: str = ""


@dataclass(frozen=True)
class Cut:
    """A piece of a sample text as one token sees it.

    `kind` is "token", "unk" (the unknown token stands for it), "byte" (part of a character; `text`
    names the bytes) or "lost" (no token stands for it); `id` is that of the token, where known.
    """

    text: str
    kind: Literal["token", "unk", "byte", "lost"] = "token"
    id: int | None = None


@dataclass(frozen=True)
class Sample:
    """A short text and how each tokenizer cuts it.

    Attributes:
        text: the text.
        cuts: of each tokenizer.
        script: what it is written in, where it was chosen for that.
        ours: a sentence of tokbench's, since the measured text has none in this script.
    """

    text: str
    cuts: tuple[tuple[Cut, ...], ...]
    script: str = ""
    ours: bool = False


@dataclass(frozen=True)
class Shape:
    """What pictures show of one tokenizer's counts, in few numbers.

    Attributes:
        edges: where each bin of `lengths` begins, in tokens, the same for all tokenizers compared;
            the last one has no end.
        lengths: so many documents lie in each bin.
        median: tokens of the document in the middle.
        ranks: (rank, how often the token of that rank occurs), some ranks from 1 to the last.
    """

    edges: tuple[int, ...]
    lengths: tuple[int, ...]
    median: int
    ranks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Measured:
    """All measurements of one tokenizer, by the name of the metric.

    `letters_lost` is the share of the text's letters that it skips; reports hold it against it.
    `encoded_by` says how the counts were found, `shape` holds what pictures show of them.
    """

    name: str
    measurements: dict[str, Measurement]
    letters_lost: float = 0.0
    encoded_by: EncodedBy | None = None
    shape: Shape | None = None


@dataclass(frozen=True)
class Comparison:
    """Tokenizers measured on the same documents.

    Attributes:
        on: what they were measured on, in words.
        documents: how many documents that was.
        bytes: how many bytes of UTF-8.
        tokenizers: in the order given.
        samples: the same short texts cut by each.
        baseline: the position of the one that differences are to.
        signature: what was measured, in a line that can be cited.
        repeat: the command that measures it again, empty where none is known.
        scripts: a text in each of many scripts, cut by each.
    """

    on: str
    documents: int
    bytes: int
    tokenizers: tuple[Measured, ...]
    samples: tuple[Sample, ...] = ()
    baseline: int = 0
    signature: str = ""
    repeat: str = ""
    scripts: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Recomputed:
    """A published value beside ours.

    Attributes:
        name: what it is of.
        source: who published it.
        published: what they say.
        ours: what comes out here, None where that was not computed.
        why: why it was not.
    """

    name: str
    source: str
    published: float | str
    ours: float | str | None
    why: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether both are equal; None where there is nothing to compare."""
        return None if self.ours is None else self.ours == self.published
