"""Small tables that are measured on beside the corpus: parallel text, gold segmentations."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokbench.encoding import Gold
from tokbench.errors import CorpusError

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")
_PACKED = (".gz", ".zst", ".bz2", ".lz4")


def parallel_text(
    paths: Sequence[str], reference: str | None = None
) -> tuple[dict[str, list[str]], str]:
    """Aligned lines by language, and the language that others are compared with.

    Args:
        paths: a csv, tsv or parquet file with a column for each language, named by its tag (en,
            pt_br); or a file of lines for each, named by its language (en.txt).
        reference: the language; None for en where there is one, else the first.

    Raises:
        CorpusError: a file cannot be read or holds no parallel text.
    """
    where = ", ".join(paths)
    if len(paths) == 1:
        found = _languages(_table(Path(paths[0])))
        if not found:
            raise CorpusError(
                f"{where}: has no column named by a language, as en or pt_br, that holds text"
            )
    else:
        found = {Path(one).name.split(".")[0]: _read(Path(one)).splitlines() for one in paths}
        if len({len(lines) for lines in found.values()}) > 1 or len(found) < len(paths):
            counts = ", ".join(f"{name} {len(lines):,}" for name, lines in found.items())
            raise CorpusError(f"{where}: have not the same lines ({counts})")
    whole = [row for row in zip(*found.values(), strict=True) if all(row)]
    if not whole:
        raise CorpusError(f"{where}: has no line that has text in every language")
    languages = {name: [row[k] for row in whole] for k, name in enumerate(found)}
    if reference is None:
        reference = "en" if "en" in languages else next(iter(languages))
    if reference not in languages:
        raise CorpusError(f"{where}: has no language {reference!r}; it has {', '.join(languages)}")
    return languages, reference


def gold_segmentations(path: str) -> Gold:
    """Words and their morphemes, from the first two columns of a csv or tsv file.

    Raises:
        CorpusError: the file cannot be read or holds no words.
    """
    rows = _rows(Path(path), quoted=".csv" in Path(path).suffixes)
    if rows and [cell.lower() for cell in rows[0][:2]] == ["word", "segments"]:
        rows = rows[1:]
    found = Gold.of((row[0], row[1]) for row in rows if len(row) > 1 and row[0] and row[1])
    if not found.words:
        raise CorpusError(
            f"{path}: holds no words with their morphemes, as in 'gathered<TAB>gather @@ed'"
        )
    return found


def _languages(table: dict[str, list[Any]]) -> dict[str, list[str]]:
    """The columns that are named by a language and hold text, not numbers."""
    return {
        name: [str(cell or "").strip() for cell in cells]
        for name, cells in table.items()
        if _LANGUAGE.fullmatch(name) and not _are_numbers(cells)
    }


def _are_numbers(cells: Sequence[Any]) -> bool:
    known = [cell for cell in cells if cell not in (None, "")]
    return bool(known) and all(isinstance(one, int | float) or str(one).isdigit() for one in known)


def _table(path: Path) -> dict[str, list[Any]]:
    if path.suffix == ".parquet":
        import pyarrow as pa  # noqa: PLC0415 - heavy
        from pyarrow import parquet  # noqa: PLC0415

        try:
            return dict(parquet.read_table(path).to_pydict())
        except (OSError, pa.ArrowException) as error:
            raise CorpusError(f"{path}: cannot be read: {error}") from error
    head, *rows = _rows(path, quoted=True) or [[]]
    wrong = next((k for k, row in enumerate(rows, 2) if len(row) != len(head)), None)
    if wrong:
        raise CorpusError(
            f"{path}: row {wrong} has {len(rows[wrong - 2])} columns where the first "
            f"has {len(head)}"
        )
    return {name: [row[k] for row in rows] for k, name in enumerate(head)}


def _rows(path: Path, *, quoted: bool) -> list[list[str]]:
    text = _read(path)
    delimiter = "," if ".csv" in path.suffixes else "\t"
    lines = io.StringIO(text, newline="")
    try:
        if not quoted:
            return list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise CorpusError(f"{path}: cannot be read: {error}") from error


def _read(path: Path) -> str:
    """The text of a file, unpacked."""
    try:
        if path.suffix in _PACKED:
            import pyarrow as pa  # noqa: PLC0415 - heavy

            with pa.input_stream(str(path), compression="detect") as stream:
                return str(stream.read().decode("utf-8-sig"))
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read: {error}") from error
