"""Documents given from Python, in place of what a recipe names: `tokbench.run(..., corpus=...)`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from tokbench.corpus.problems import refused
from tokbench.corpus.rows import TEXT, Rows, Stream
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec
from tokbench.corpus.texts import TextFields
from tokbench.errors import CorpusError

if TYPE_CHECKING:
    from tokbench.corpus.datasets.given_tables import Digest


@dataclass
class Given:
    """An object, and what it gave.

    Attributes:
        object: what was given.
        digest: of the text of all its rows, once they were read.
        columns: of its other columns, by name.
        size: bytes of its text, once it was read.
    """

    object: Any
    digest: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    size: int = 0

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; it does not know the script that runs in this one."""
        made = self.object if callable(self.object) else type(self.object)
        module, name = getattr(made, "__module__", ""), getattr(made, "__qualname__", "")
        if module == "__main__" or (callable(self.object) and "<" in name):
            what = "cannot be handed to another process"
            advice = "define it in a module, at the top, and import it from there"
            raise refused(f"corpus of {name}", f"{what}; {advice}")
        return self.__dict__


@SOURCES.register("given")
class GivenSpec(TextFields, SourceSpec):
    """Documents given from Python, `tokbench.run(recipe, corpus=...)`; nothing by itself."""

    type: Literal["given"] = "given"

    name: Annotated[str, Field(min_length=1)] | None = None
    """What to call the source; by default what kind of object it is."""

    _given: Given | None = PrivateAttr(default=None)

    def holding(self, given: Any) -> "GivenSpec":
        """The same, of this object."""
        spec = self.model_copy()
        spec._given = Given(given)  # noqa: SLF001 - a copy of this very class
        return spec

    @property
    def called(self) -> str | None:
        """The name that the recipe gives the source."""
        return self.name

    def open(self, base: Path) -> OpenSource:  # noqa: ARG002 - there is no path
        """Look whether the object can be read again."""
        from tokbench.corpus.datasets import given_tables  # noqa: PLC0415 - pyarrow is slow to import

        if self._given is None:
            what = "the documents are given from Python only, by tokbench.run(recipe, corpus=...)"
            raise refused(self.name or "given", f"{what}; name another source or text")
        source = GivenSource(self, self._given)
        given_tables.check(self._given.object, source.name)
        return source


@dataclass(frozen=True, eq=False)
class GivenSource:
    """An object that can be read again and again.

    Attributes:
        spec: what the text of its rows is, and its name.
        given: the object.
    """

    spec: GivenSpec
    given: Given

    @property
    def name(self) -> str:
        """The name that it was given with, else what kind of object it is."""
        return self.spec.name or f"{type(self.given.object).__name__} given from Python"

    @property
    def origin(self) -> dict[str, str]:
        """What manifests say of where the documents come from."""
        return {"given from Python": type(self.given.object).__name__}

    @property
    def size(self) -> int:
        """Bytes of the text of all documents."""
        self._look()
        return self.given.size

    def read(self, columns: Sequence[str] = (), *, nulls: bool = False, first: int = 0) -> Stream:
        """The rows, and that they are those of the first time."""
        from tokbench.corpus.datasets.given_tables import Digest  # noqa: PLC0415 - pyarrow is slow to import

        self._look()
        seen = Digest()
        for rows in self._rows(columns, nulls=nulls, first=first):
            seen.update(rows.batch.column(0))
            yield rows._replace(done=min(seen.bytes, self.given.size))
        if not first and str(seen) != self.given.digest:
            raise self._changed(seen)

    def _rows(self, columns: Sequence[str], *, nulls: bool, first: int) -> Stream:
        from tokbench.corpus.datasets import given_tables, tables  # noqa: PLC0415 - pyarrow is slow to import
        from tokbench.corpus.formats.columns import Wanted  # noqa: PLC0415 - as above

        beside = tuple(name for name in columns if name != TEXT)
        wanted = Wanted(self.spec, beside, nulls)
        roots = tables.roots(wanted)
        found = given_tables.pieces(self.given.object, self.name)
        for number, (shown, piece) in enumerate(found[first:], first):
            for table, row in given_tables.tables(piece, shown, roots):
                for batch in tables.rows(table, wanted, shown, row):
                    yield Rows(batch, 0, number)

    def _look(self) -> None:
        """Read everything once, if that was not done."""
        if self.given.digest:
            return
        texts, columns = _digests(self)
        self.given.size, self.given.columns = texts.bytes, columns
        self.given.digest = str(texts)

    def _changed(self, seen: "Digest") -> CorpusError:
        what = f"gave other documents than the first time ({seen.rows:,} of them)"
        advice = "give something that is the same at every read, as a list or a datasets.Dataset"
        return refused(self.name, f"{what}; {advice}")

    def identity(self) -> Any:
        """All documents in their order, and the columns that steps can look at."""
        self._look()
        texts = self.spec.of_texts()
        return {**texts, "given": self.given.digest, "columns": self.given.columns}


def _digests(source: GivenSource) -> tuple["Digest", dict[str, str]]:
    from tokbench.corpus.datasets import given_tables, tables  # noqa: PLC0415 - pyarrow is slow to import
    from tokbench.corpus.formats.columns import Wanted  # noqa: PLC0415 - as above

    texts = given_tables.Digest()
    columns: dict[str, given_tables.Digest] = {}
    wanted = Wanted(source.spec, nulls=True)
    for shown, piece in given_tables.pieces(source.given.object, source.name):
        for table, row in given_tables.tables(piece, shown):
            for batch in tables.rows(table, wanted, shown, row):
                texts.update(batch.column(0))
            for name in given_tables.flat(table.schema):
                digest = columns.setdefault(name, given_tables.Digest())
                for chunk in table.column(name).chunks:
                    digest.update(chunk)
    return texts, {name: str(digest) for name, digest in columns.items()}
