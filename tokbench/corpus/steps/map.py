"""What only the user's own code can do: `map`."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import xxhash
from pydantic import AfterValidator, Field

from tokbench.corpus.cleaning.options import Column
from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.cleaning.user_code import called, imported, prints_aside, source_of
from tokbench.corpus.rows import TEXT, texts_of
from tokbench.spec import OneOrMany

if TYPE_CHECKING:
    import pyarrow as pa


def _module_and_function(value: str) -> str:
    module, colon, function = value.partition(":")
    if not (colon and function.isidentifier() and all(map(str.isidentifier, module.split(".")))):
        raise ValueError(f"{value!r} names no function; write `module:function`")
    return value


@STEPS.register("map")
class Map(BatchStep):
    """Put what a function of yours returns in place of each text; None drops the document.

    It is called with the text, or with a dict of `text` and the `columns` if its parameter is
    called `row`. The module is found as Python finds it, the folder that tokbench runs in first.
    What was made with it is made again when the module's own file changes; so a file that it
    imports may not change what it does.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(Map(function="textwrap:dedent"), ["  a", "b", None])
    ['a', 'b', None]
    """

    type: Literal["map"] = "map"

    function: Annotated[str, AfterValidator(_module_and_function)]
    """`module:function`: takes a text, or a `row`, and returns a text or None."""

    columns: Annotated[tuple[Column, ...], Field(strict=False), OneOrMany()] = ()
    """The columns that a function of rows is given beside the text."""

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The columns of the row."""
        return after | set(self.columns)

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":
        """The rows with what the function made of them."""
        import numpy as np  # noqa: PLC0415 - pyarrow brings it

        from tokbench.corpus.cleaning.rows_kept import flags, only, retold, said  # noqa: PLC0415 - likewise
        from tokbench.corpus.documents import array_of  # noqa: PLC0415 - likewise

        there = said(texts_of(batch))
        function = imported(self.function)
        given = self._given(batch, function)
        with prints_aside():
            found = [
                called(self.function, function, one, text) if text is not None else None
                for one, text in zip(given, texts_of(batch).to_pylist(), strict=True)
            ]
        wanted = np.array([text is not None for text in found], bool)
        batch = only(batch, flags(wanted), tally, "dropped by the function")
        left = [
            text for text, valid in zip(found, there, strict=True) if text is not None or not valid
        ]
        texts = array_of([text or b"" for text in left])
        return retold(batch, _as_null_as(texts, texts_of(batch)), tally)

    def _given(self, batch: "pa.RecordBatch", function: Callable[[Any], Any]) -> list[Any]:
        if "row" in inspect.signature(function).parameters:
            return batch.select([TEXT, *self.columns]).to_pylist()
        return texts_of(batch).to_pylist()

    def identity(self) -> Any:
        """With the source code of the module."""
        return [super().identity(), xxhash.xxh3_128_hexdigest(source_of(self.function))]


def _as_null_as(texts: "pa.LargeStringArray", like: "pa.LargeStringArray") -> "pa.LargeStringArray":
    if not like.null_count:
        return texts
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

    none = pa.scalar(None, pa.large_string())
    return cast("pa.LargeStringArray", pc.if_else(pc.is_valid(like), texts, none))
