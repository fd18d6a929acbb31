r"""A dataset on the Hugging Face Hub: `{type: hub, name: owner/data, config: en, text: body}`.

>>> HubSpec(name="owner/data", text="{question}\n{answer}").splits
('train',)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from tokbench.corpus.problems import refused
from tokbench.corpus.rows import TEXT, Rows, Stream
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec
from tokbench.corpus.texts import TextFields
from tokbench.spec import OneOrMany

if TYPE_CHECKING:
    from tokbench.corpus.datasets.hub_tables import Where


_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def _owner_and_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"expected an owner and a name, as `owner/data`, got {value!r}")
    return value


@SOURCES.register("hub")
class HubSpec(TextFields, SourceSpec):
    """A dataset on the Hub, read through `datasets`; private ones with your own token."""

    type: Literal["hub"] = "hub"

    name: Annotated[
        str,
        AfterValidator(_owner_and_name),
        WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"}),
    ]
    """Owner and name, as in the address of its page."""

    config: Annotated[str, Field(min_length=1)] | None = None
    """Which of its configurations (subsets), where it has several."""

    split: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(strict=False, min_length=1),
        OneOrMany(),
    ] = ("train",)
    """Which of its splits, one or a list."""

    revision: Annotated[str, Field(min_length=1)] = "main"
    """A branch, a tag or a commit; what it means when the run begins is what is read."""

    streaming: bool = True
    """Read over the network every time; false downloads the dataset into the cache once."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits, each once."""
        return tuple(dict.fromkeys(self.split))

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Ask the Hub for the commit, and whether the dataset has what is asked for."""
        try:
            from tokbench.corpus.datasets import hub_repository, hub_tables  # noqa: PLC0415 - the package may be missing
        except ImportError as error:
            what = f"source 'hub' needs the package {error.name!r}"
            raise refused(self.name, f"{what}; pip install 'tokbench[hub]'") from error
        found = hub_repository.look(self.name, self.revision)
        where = hub_tables.Where(
            self.name, self.config, self.splits, found.commit, streaming=self.streaming
        )
        return HubSource(self, where.sized(found.files))


@dataclass(frozen=True)
class HubSource:
    """A dataset at the commit that its revision meant when it was opened.

    Attributes:
        spec: what the recipe said.
        where: which rows of it.
    """

    spec: HubSpec
    where: "Where"

    @property
    def name(self) -> str:
        """The dataset's, with configuration and splits where they are not the usual ones."""
        splits = "+".join(self.spec.splits)
        said = [self.spec.name, self.spec.config or "", "" if splits == "train" else splits]
        return " ".join(filter(None, said))

    @property
    def origin(self) -> dict[str, Any]:
        """What manifests say of where the documents come from."""
        where = self.where
        return {
            "dataset": where.name,
            "config": where.config,
            "splits": list(where.splits),
            "commit": where.commit,
        }

    @property
    def size(self) -> int:
        """Bytes of the files on the Hub; 0 where they are not known."""
        return sum(self.where.sizes)

    @property
    def piece_sizes(self) -> tuple[int, ...]:
        """Bytes of each file on the Hub, where they are known and read one by one."""
        return self.where.sizes if self.where.streaming else ()

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The rows of one shard after the other."""
        from tokbench.corpus.datasets import tables  # noqa: PLC0415 - pyarrow is slow to import
        from tokbench.corpus.datasets.hub_tables import rows_a_batch  # noqa: PLC0415 - takes 1.2 s
        from tokbench.corpus.formats.columns import Wanted  # noqa: PLC0415 - as above

        beside = tuple(name for name in columns if name != TEXT)
        wanted = Wanted(self.spec, beside, nulls)
        roots = tables.roots(wanted)
        shards = self.where.shards(wanted)
        before = sum(shard.size for shard in shards[:first])
        rows, unpacked, packed = 0, 0, 0
        for number, shard in enumerate(shards[first:], first):
            here, limit = 0, rows_a_batch(unpacked, rows)
            # How much smaller the files are than what they hold is told by those read before.
            ratio = packed / unpacked if unpacked else 1.0
            for table, row in shard.tables(roots, limit):
                here, rows = here + table.nbytes, rows + len(table)
                done = before + shard.done(row + len(table) - 1, here * ratio)
                for batch in tables.rows(table, wanted, shard.shown, row):
                    yield Rows(batch, done, number)
            before, packed, unpacked = before + shard.size, packed + shard.size, unpacked + here

    def identity(self) -> Any:
        """The commit, which rows of it, and what their text is made of."""
        texts = self.spec.of_texts()
        where = [self.where.name, self.where.config, self.where.splits, self.where.commit]
        # The number of a piece means another place where the dataset was downloaded.
        return {**texts, "hub": where, "streaming": self.spec.streaming}
