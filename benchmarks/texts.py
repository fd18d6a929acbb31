"""The texts that benchmarks run on, and one-document-a-line files of them."""

import gzip
import hashlib
import json
import lzma
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SHARED = Path(__file__).parents[2] / "shared" / "data" / "text"
NOVELS = ("en_novels_1.txt.xz", "en_novels_2.txt.zst", "en_alice.txt", "en_novels_3.jsonl.gz")


def documents_of(path: Path) -> Iterator[str]:
    """The lines of a text, or the field `text` of a table; .gz, .xz and .zst are unpacked."""
    if path.suffix == ".parquet":
        yield from pq.read_table(path, columns=["text"]).column("text").to_pylist()
        return
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    elif path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    if ".jsonl" in path.name:
        yield from (json.loads(row)["text"] for row in data.splitlines())
    else:
        yield from data.decode().splitlines(keepends=True)


def novels() -> Iterator[str]:
    """The English novels of the team's shared data, 41 MB."""
    for name in NOVELS:
        yield from documents_of(SHARED / name)


def english() -> Iterator[str]:
    """The plain English of the team's shared data, 48.6 MB."""
    yield from novels()
    yield from documents_of(SHARED / "en_tfdocs.jsonl.zst")


def source() -> Iterator[str]:
    """The Python files of this interpreter's standard library and packages, each text once."""
    return distinct(dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "purelib")))


def every_source() -> Iterator[str]:
    """All Python files of this machine's interpreters, then its other code and documentation."""
    roots = [*dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "purelib"))]
    roots += [str(Path.home() / ".pyenv"), "/usr/lib", "/usr/share", "/usr/include"]
    return distinct(roots, "py", "pyi", "h", "c", "cpp", "hpp", "js", "ts", "rs", "rst", "md")


def distinct(roots: Iterable[str], *endings: str) -> Iterator[str]:
    """The text files below some folders with these endings ("py"), each text once."""
    seen: set[bytes] = set()
    places = ((ending, root) for ending in endings or ("py",) for root in roots)
    for ending, root in places:
        for path in sorted(Path(root).rglob(f"*.{ending}")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            digest = hashlib.sha256(data).digest()
            if digest not in seen:
                seen.add(digest)
                yield data.decode(errors="ignore")


NAMED = {"english": english, "novels": novels, "source": source, "every-source": every_source}


def as_file(name: str, megabytes: float, folder: Path) -> Path:
    """A named text as a file of at most so many megabytes, one document a line; or that file."""
    if name not in NAMED:
        return Path(name)
    path, size, limit = folder / f"{name}.txt", 0, megabytes * 1e6
    with path.open("wb") as file:
        for document in NAMED[name]():
            data = document.encode().replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
            size += len(data)
            if size > limit:
                break
            file.write(data)
    return path
