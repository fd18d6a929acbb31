"""What a look at a corpus found."""

from dataclasses import dataclass, field

from tokbench.values.corpus import Split, StepDone


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
