"""A step tried on a few texts, for the examples of its documentation and for tests."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tokbench.corpus.rows import TEXT, Rows

if TYPE_CHECKING:
    from tokbench.corpus.cleaning.step import StepSpec, Tally


def after(
    step: "StepSpec",
    texts: Sequence[str | None],
    columns: Mapping[str, Sequence[Any]] | None = None,
) -> list[str | None]:
    """The texts behind a step."""
    return tried(step, {TEXT: texts, **(columns or {})})[0][TEXT]


def tried(
    step: "StepSpec", columns: Mapping[str, Sequence[Any]], size: int | None = None
) -> "tuple[dict[str, list[Any]], Tally]":
    """All columns behind a step, and what it says that it did.

    Args:
        step: what is tried.
        columns: the rows, `text` among them.
        size: rows in a batch; None for all in one.
    """
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    from tokbench.corpus.cleaning.step import Tally, applied  # noqa: PLC0415 - a step imports this one's

    arrays = {name: pa.array(values) for name, values in columns.items() if name != TEXT}
    whole = pa.RecordBatch.from_pydict({TEXT: pa.array(columns[TEXT], pa.large_string()), **arrays})
    width = size or max(len(whole), 1)
    batches = [whole.slice(start, width) for start in range(0, max(len(whole), 1), width)]
    stream = (Rows(batch, number + 1) for number, batch in enumerate(batches))
    tally = Tally(step.type)
    found: dict[str, list[Any]] = {TEXT: []}
    for rows in applied(stream, [step], [tally]):
        rows.batch.validate(full=True)
        for name, values in rows.batch.to_pydict().items():
            found.setdefault(name, []).extend(values)
    return found, tally
