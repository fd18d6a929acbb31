"""Keep rows by what stands in a column: `filter`."""

from typing import TYPE_CHECKING, Annotated, Literal, Self, cast

from pydantic import Field, model_validator

from tokbench.corpus.cleaning.options import Column, Value
from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.spec import OneOrMany

if TYPE_CHECKING:
    import pyarrow as pa

WHO = "step filter"
TESTS = {"equals": "equal", "at_least": "greater_equal", "at_most": "less_equal"}
"""A comparison as recipes call it, and as Arrow does."""


@STEPS.register("filter")
class Filter(BatchStep):
    """Keep rows whose value in a column passes all tests; one without a value passes none.

    Where the recipe says a number and the column holds text, the text is read as a number.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> rows = {"stars": [5, 2, None], "lang": ["en", "de", "en"]}
    >>> after(Filter(column="stars", at_least=3), ["a", "b", "c"], rows)
    ['a']
    >>> after(Filter(column="lang", one_of=["en", "ko"]), ["a", "b", "c"], rows)
    ['a', 'c']
    >>> after(Filter(column="stars", not_null=True), ["a", "b", "c"], rows)
    ['a', 'b']
    """

    type: Literal["filter"] = "filter"

    column: Column
    """Whose value is looked at."""

    equals: Value | None = None
    """The value that it must be."""

    one_of: Annotated[tuple[Value, ...], Field(strict=False), OneOrMany()] = ()
    """The values of which it must be one."""

    at_least: Value | None = None
    """The smallest that it may be."""

    at_most: Value | None = None
    """The largest that it may be."""

    not_null: bool = False
    """Whether it is enough that there is one."""

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if all(getattr(self, test) is None for test in TESTS) and not (
            self.one_of or self.not_null
        ):
            raise ValueError(f"needs a test: {', '.join(TESTS)}, one_of, or `not_null: true`")
        return self

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The column that it looks at."""
        return after | {self.column}

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows that pass."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import only  # noqa: PLC0415 - imports pyarrow.compute
        from tokbench.corpus.cleaning.values import compared, is_one_of  # noqa: PLC0415 - likewise

        there = pc.is_valid(batch.column(self.column))
        batch = only(batch, there, tally, f"no {self.column}")
        for test, how in TESTS.items():
            if (value := getattr(self, test)) is not None:
                passed = compared(batch, self.column, how, value, WHO)
                reason = f"{self.column} not {test.replace('_', ' ')} {value}"
                batch = only(batch, cast("pa.BooleanArray", passed), tally, reason)
        if self.one_of:
            passed = is_one_of(batch, self.column, self.one_of, WHO)
            batch = only(batch, passed, tally, f"another {self.column}")
        return batch
