"""Numbers about tokenizers, and tokenizers side by side."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tokbench.values.encoded import EncodedBy
from tokbench.values.finetuned import Downstream


@dataclass(frozen=True)
class Difference:
    """How far a number is from the baseline's, on the same resamples of the same documents.

    Attributes:
        value: this one minus the baseline's.
        interval: 95%, None where there is none.
        seen: whether the interval does not hold zero, or the rounds of what was timed do not
            overlap; None where there is neither.
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
        spread: the smallest and largest round of what was timed; None where nothing was.
        difference: to the baseline; None for the baseline itself, and where there is no number.
        best: "best" of all that were compared, "clearly best" where a difference to the rest is
            seen; who shares the best number has the same.
        by: by the name of a grouping, the number for each group.
        of: what `n` counts.
        flattered: the share of letters that the tokenizer loses, of parallel text that of unknown
            tokens, where that makes this number look better than it is; 0 elsewhere.
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
    spread: tuple[float, float] | None = None
    flattered: float = 0.0


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
        downstream: what models with these tokenizers learned, where some were trained.
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
    downstream: Downstream | None = None


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
