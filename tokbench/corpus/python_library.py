"""Python's own documentation as documents: gathered from the source files, then kept in the cache.

Nothing is imported to be read: `ast` finds the docstrings. The source files themselves are
documents too; they are read where they lie.
"""

import ast
import platform
import sysconfig
import tokenize
import warnings
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import cache
from inspect import cleandoc
from io import BytesIO
from pathlib import Path
from typing import cast

import pyarrow as pa
import xxhash

from tokbench.corpus.documents import array_of
from tokbench.corpus.problems import refused, unreadable
from tokbench.errors import StoreError
from tokbench.fingerprint import Fingerprint
from tokbench.store import cache_dir, write_bytes

VERSION = f"{platform.python_implementation()}-{platform.python_version()}"

_SKIPPED = {"test", "tests", "idle_test", "idlelib", "turtledemo", "lib2to3", "__pycache__",
            "site-packages", "dist-packages", "pydoc_data"}  # fmt: skip
_TESTS = frozenset({"test", "tests", "idle_test"})
_INSTALLED = frozenset({"__pycache__", "site-packages", "dist-packages"})
_RECIPE = b"1"
"""Goes up when other documents are made of the same files, so that no old cache is read."""

_FINGERPRINT = b"fingerprint"

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documents() -> pa.LargeStringArray:
    """Each help topic and each docstring of the standard library, once, cleaned of indentation.

    Raises:
        CorpusError: this Python was installed without its source files.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    files = sorted(_files(folder))
    key = xxhash.xxh3_64(_RECIPE)
    for path in files:
        key.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
    cached = cache_dir() / "python_docs" / f"{VERSION}-{key.hexdigest()}.arrow"
    return _load(folder, cached)


def sources(*, tests: bool) -> list[Path]:
    """The files of the standard library, sorted, those of installed packages left out.

    Args:
        tests: whether those in folders of tests are among them.
    """
    skipped = _INSTALLED if tests else _INSTALLED | _TESTS
    return sorted(_files(Path(sysconfig.get_path("stdlib")), skipped))


def source_code(path: Path) -> bytes:
    """What stands in a file of Python's, as UTF-8; nothing where it is in no encoding.

    Files say their encoding (PEP 263); tests of that have some that are wrong on purpose.

    Raises:
        CorpusError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error) from error
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        return data.decode(encoding).encode()
    except (SyntaxError, UnicodeError):
        return b""


def fingerprint(texts: pa.LargeStringArray) -> str:
    """What these documents are known by."""
    print_ = Fingerprint()
    print_.update(texts)
    return str(print_)


@cache
def _load(folder: Path, cached: Path) -> pa.LargeStringArray:
    texts = _read(cached)
    if texts is None:
        found = dict.fromkeys([*_topics(folder), *_docstrings(folder)])
        texts = array_of([text.encode() for text in found if text])
        if not len(texts):
            raise refused("python_docs", f"no documentation in {folder}; use files of your own")
        # A cache that cannot be written costs some seconds the next time, nothing else.
        with suppress(StoreError):
            write_bytes(cached, _packed(texts))
    return texts


def _packed(texts: pa.LargeStringArray) -> bytes:
    schema = pa.schema([("text", pa.large_string())], {_FINGERPRINT: fingerprint(texts)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch([texts], schema=schema))
    return sink.getvalue().to_pybytes()


def _read(cached: Path) -> pa.LargeStringArray | None:
    """The cached documents; None where there are none, or something else than was written."""
    try:
        table = pa.ipc.open_file(pa.py_buffer(cached.read_bytes())).read_all()
        texts = cast("pa.LargeStringArray", table.column("text").combine_chunks())
        texts.validate(full=True)
    except (OSError, pa.ArrowException, KeyError):
        return None
    written = (table.schema.metadata or {}).get(_FINGERPRINT, b"").decode("ascii", "replace")
    return texts if fingerprint(texts) == written else None


def _files(folder: Path, skipped: Collection[str] = _SKIPPED) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in skipped:
                yield from _files(path, skipped)
        elif path.suffix == ".py":
            yield path


def _topics(folder: Path) -> list[str]:
    """The values of the dictionary in `pydoc_data/topics.py`, by their keys."""
    file = folder / "pydoc_data" / "topics.py"
    try:
        body = ast.parse(file.read_bytes()).body
        topics = next(ast.literal_eval(node.value) for node in body if isinstance(node, ast.Assign))
    except (OSError, StopIteration, SyntaxError):
        return []
    return [cleandoc(topics[key]) for key in sorted(topics)]


def _docstrings(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        # Old code has escapes that newer compilers warn about.
        warnings.simplefilter("ignore")
        for path in sorted(_files(folder)):
            source = path.read_bytes()
            if b'"""' not in source and b"'''" not in source:
                continue
            with suppress(SyntaxError, ValueError):
                yield from _of(ast.parse(source))


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _Documented) and (text := ast.get_docstring(node)):
        with suppress(UnicodeEncodeError):
            text.encode()
            yield text
    # Only statements can hold a definition; ast.walk would visit each expression too.
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(node, block, ()):
            yield from _of(statement)
