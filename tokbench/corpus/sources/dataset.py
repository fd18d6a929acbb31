"""A folder that `datasets` saved: `{type: dataset, path: my_dataset, split: train, text: body}`.

What lies there are Arrow files, which are read as they are: the package is not needed.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from tokbench.corpus.problems import refused, unreadable
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec
from tokbench.corpus.sources.files import FilesSpec
from tokbench.corpus.texts import TextFields
from tokbench.errors import nearest
from tokbench.spec import OneOrMany

_STATE, _SPLITS = "state.json", "dataset_dict.json"


@SOURCES.register("dataset")
class DatasetSpec(TextFields, SourceSpec):
    """A `Dataset` or `DatasetDict` that `save_to_disk` wrote."""

    type: Literal["dataset"] = "dataset"

    path: Annotated[str, Field(min_length=1)]
    """The folder."""

    split: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False), OneOrMany()
    ] = ()
    """Which splits of a `DatasetDict`, one or a list; by default `train`, or the only one."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """What to call the source; by default its folder."""

    @property
    def called(self) -> str | None:
        """The name that the recipe gives the source."""
        return self.name

    def open(self, base: Path) -> OpenSource:
        """Find the Arrow files that the folder lists."""
        folder = base / Path(self.path).expanduser()
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "no such folder"
            raise refused(self.path, f"{what}; name the folder that `save_to_disk` wrote")
        paths = [
            f"{place}/{file}" if place else file
            for place in self._places(folder)
            for file in _files(folder / place, f"{self.path}/{place}".rstrip("/"))
        ]
        if not paths:
            raise refused(self.path, "lists no files with rows; save it again")
        fields = self.model_dump(include={*TextFields.model_fields}, exclude_defaults=True)
        found = [f"{self.path.rstrip('/')}/{path}" for path in paths]
        files = FilesSpec(paths=tuple(found), format="arrow", name=self.name or self.path, **fields)
        return files.open(base)

    def _places(self, folder: Path) -> list[str]:
        """The folders below it to read, an empty name for itself."""
        if not (folder / _SPLITS).is_file():
            if self.split and (folder / _STATE).is_file():
                what = "is one dataset without splits; leave out `split:`"
                raise refused(self.path, what)
            return [""]
        known = list(_read(folder / _SPLITS, self.path, "splits")["splits"])
        wanted = self.split or (("train",) if "train" in known else tuple(known))
        if not self.split and len(wanted) != 1:
            said = f"has several splits; choose with `split:`: {', '.join(known)}"
            raise refused(self.path, said if known else "has no splits; save it again")
        for split in wanted:
            if split not in known:
                raise refused(self.path, f"no split {split!r}; {nearest(split, known)}")
        return list(dict.fromkeys(wanted))


def _files(folder: Path, shown: str) -> list[str]:
    if not (folder / _STATE).is_file():
        what = f"is no dataset that `save_to_disk` wrote: it has no {_STATE}"
        raise refused(shown, f"{what}; read other files as `type: files`")
    state = _read(folder / _STATE, shown, "_data_files")
    # Datasets before 2.0 saved a selection of rows beside the rows that it chooses among.
    if state.get("_indices_files") or state.get("_indices_data_files"):
        what = "was saved by an old `datasets`, as a selection of the rows in its files"
        raise refused(shown, f"{what}; load it with that version, `flatten_indices()`, save it")
    return [file["filename"] for file in state["_data_files"]]


def _read(path: Path, shown: str, needed: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict) and isinstance(found.get(needed), list):
            return found
    except OSError as error:
        raise unreadable(f"{shown}/{path.name}", error) from error
    except ValueError:
        pass
    raise refused(f"{shown}/{path.name}", "is not what `save_to_disk` writes; save it again")
