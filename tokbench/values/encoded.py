"""What a tokenizer makes of a corpus."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


Work = Literal[
    "encode", "encode_one_thread", "encode_batch", "decode", "decode_one_thread", "decode_batch"
]
"""What is timed: one document a call, all in one call with one thread, and with all threads."""


@dataclass(frozen=True)
class Rival:
    """Another library with the same ids, timed in the same rounds.

    Attributes:
        name: of the library and its version.
        rounds: as in `Speed`; empty where it was not timed.
        why: why it was not.
    """

    name: str
    rounds: "dict[Work, tuple[float, ...]]" = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class Speed:
    """How long a tokenizer took for the same text in rounds that interleave tokenizers.

    Attributes:
        bytes: of the text, UTF-8.
        documents: how many it is.
        threads: how many "all threads" are.
        rounds: by what was done, the seconds of each round.
        load: seconds of each round from its JSON to a tokenizer.
        ids: a digest of the ids, the same in every round however they were made.
        peak: bytes by which a fresh process grew at most while it loaded the tokenizer; None where
            the system does not say.
        kept: bytes by which it had grown in the end.
        rival: `tiktoken` beside it.
    """

    bytes: int
    documents: int
    threads: int
    rounds: "dict[Work, tuple[float, ...]]"
    load: tuple[float, ...]
    ids: str
    peak: int | None
    kept: int | None
    rival: Rival


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
