"""Call columns something else: `rename`."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from tokbench.corpus.cleaning.step import STEPS, BatchStep, Tally
from tokbench.corpus.rows import TEXT
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    import pyarrow as pa


def _one_to_one(columns: dict[str, str]) -> dict[str, str]:
    if TEXT in (*columns, *columns.values()):
        raise ValueError("`text` is the documents; the source's `text:` says where they come from")
    twice = [new for new in columns.values() if list(columns.values()).count(new) > 1]
    if twice:
        raise ValueError(f"two columns cannot both be called {twice[0]!r}")
    return columns


@STEPS.register("rename")
class Rename(BatchStep):
    """Give columns other names, so that all sources call the same thing the same.

    >>> from tokbench.corpus.cleaning.trying import tried
    >>> tried(Rename(columns={"lang": "language"}), {"text": ["a"], "lang": ["en"]})[0]
    {'text': ['a'], 'language': ['en']}
    """

    type: Literal["rename"] = "rename"

    columns: Annotated[dict[str, str], Field(min_length=1), AfterValidator(_one_to_one)]
    """The old name of each, and the new one: `{lang: language}`."""

    def needs(self, after: frozenset[str]) -> frozenset[str]:
        """The same by their old names, and what is renamed, even if nothing asks for it."""
        gone = sorted(after & (self.columns.keys() - set(self.columns.values())))
        if gone:
            new = self.columns[gone[0]]
            raise CorpusError(
                f"step rename: column {gone[0]!r} is called {new!r} behind it; ask for {new!r}"
            )
        old = {new: old for old, new in self.columns.items()}
        return frozenset(old.get(name, name) for name in after) | self.columns.keys()

    def of_batch(self, batch: "pa.RecordBatch", tally: Tally) -> "pa.RecordBatch":  # noqa: ARG002 - no document changes
        """The same rows."""
        names = [self.columns.get(name, name) for name in batch.schema.names]
        return batch.rename_columns(names)
