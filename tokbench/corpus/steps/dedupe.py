"""Keep the first of equal documents: `dedupe`."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from tokbench.corpus.cleaning.extras import version_of
from tokbench.corpus.cleaning.options import Value
from tokbench.corpus.cleaning.step import STEPS, JointStep, Tally
from tokbench.corpus.rows import Stream, texts_of
from tokbench.spec import OneOrMany, Spec

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class NearSpec(Spec):
    """How alike two documents must be to count as the same."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    threshold: float = Field(default=0.8, gt=0, le=1)
    """The share of all runs of characters of both that both have."""

    ngram: int = Field(default=13, ge=1)
    """Characters of a run."""

    num_perm: int = Field(default=128, ge=16, le=4096)
    """Slots of a sketch: more estimate the share better and take more memory."""

    seed: int = Field(default=0, ge=0)
    """Other sketches for another one."""


@STEPS.register("dedupe")
class Dedupe(JointStep):
    """Drop documents that came before, keeping the first; with `near` also what is much like one.

    Equal means the same UTF-8, by a hash of 128 bits: 32 to 64 bytes of memory for each document
    that differs. `near` compares sketches (MinHash, by rensa: `pip install 'tokbench[near]'`) of
    1.2 to 1.9 KB for each document that is kept.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Dedupe(), ["a", "b", "a"])
    ['a', 'b']
    >>> after(Dedupe(exempt={"kind": "code"}), ["a", "a", "a"], {"kind": ["code", "web", "web"]})
    ['a', 'a']
    >>> long = "A long sentence that differs from another one in its last word but " * 3
    >>> texts = after(Dedupe(near=NearSpec()), [long + "one", long + "two", "else"])
    >>> [str(text)[-4:] for text in texts]
    [' one', 'else']
    """

    type: Literal["dedupe"] = "dedupe"

    near: NearSpec | None = None
    """How alike is too alike: `{threshold: 0.8}`; without it only equal documents are."""

    exempt: dict[str, Annotated[tuple[Value, ...], Field(strict=False), OneOrMany()]] = Field(
        default_factory=dict
    )
    """Rows that are always kept, by columns and their values: `{kind: code}`."""

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The columns that say what is exempt."""
        return after | self.exempt.keys()

    def apply(self, rows: Stream, tally: Tally) -> Stream:
        """The rows that did not come before."""
        from tokbench.corpus.cleaning.rows_kept import flags, only  # noqa: PLC0415 - imports pyarrow
        from tokbench.corpus.cleaning.seen import Near, Seen  # noqa: PLC0415 - imports numpy

        looked_for: list[tuple[str, Seen | Near]] = [("the same came before", Seen())]
        if self.near:
            looked_for.append(("much the same came before", Near(**self.near.model_dump())))
        for each in rows:
            batch = each.batch
            for reason, before in looked_for:
                again = before.again(texts_of(batch), self._exempt(batch))
                batch = only(batch, flags(again == 0), tally, reason)
            yield each._replace(batch=batch)

    def _exempt(self, batch: "pa.RecordBatch") -> "NDArray[np.uint8]":
        """Which rows are not looked at: those without a text, and as the recipe says."""
        import numpy as np  # noqa: PLC0415 - pyarrow brings it

        from tokbench.corpus.cleaning.rows_kept import as_numpy, said  # noqa: PLC0415 - imports pyarrow
        from tokbench.corpus.cleaning.values import is_one_of  # noqa: PLC0415 - likewise

        exempt = ~said(texts_of(batch))
        for column, values in self.exempt.items():
            exempt |= as_numpy(is_one_of(batch, column, values, "step dedupe"))
        return exempt.astype(np.uint8)

    def identity(self) -> Any:
        """With the version of rensa where it is asked."""
        return [super().identity(), version_of("rensa") if self.near else ""]
