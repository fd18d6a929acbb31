"""The texts that benchmarks run on, and one-document-a-line files of them."""

import gzip
import hashlib
import json
import lzma
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

SHARED = Path(__file__).parents[2] / "shared" / "data" / "text"
ENGLISH = (
    "en_novels_1.txt.xz",
    "en_novels_2.txt.zst",
    "en_alice.txt",
    "en_tfdocs.jsonl.zst",
    "en_novels_3.jsonl.gz",
)


def documents_of(path: Path) -> Iterator[str]:
    """The lines of a text, or the field `text` of JSON lines; .gz, .xz and .zst are unpacked."""
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


def english() -> Iterator[str]:
    """The plain English of the team's shared data, 48.6 MB."""
    for name in ENGLISH:
        yield from documents_of(SHARED / name)


def source() -> Iterator[str]:
    """The Python files of this interpreter's standard library and packages, each text once."""
    seen: set[bytes] = set()
    for root in dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "purelib")):
        for path in sorted(Path(root).rglob("*.py")):
            data = path.read_bytes()
            digest = hashlib.sha256(data).digest()
            if digest not in seen:
                seen.add(digest)
                yield data.decode(errors="ignore")


NAMED = {"english": english, "source": source}


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
