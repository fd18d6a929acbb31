"""A trained vocabulary, its sizes, and what is proven of its tokenizer."""

from dataclasses import dataclass
from typing import Literal


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
