"""Python's own documentation as documents: gathered from the source files, then kept in the cache.

Nothing is imported to be read: `ast` finds the docstrings. The source files themselves are
documents too; they are read where they lie.
"""

import ast
import platform
import sysconfig
import tokenize
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
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
_RECIPE = "2"
"""Goes up when other documents are made of the same files, so that no old cache is read."""

_DIGEST = 16

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documents() -> pa.LargeStringArray:
    """Each help topic and each docstring of the standard library, once, cleaned of indentation.

    Raises:
        CorpusError: this Python was installed without its source files.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    return _load(folder, cache_file(_RECIPE, folder, documented_files(folder)))


def cache_file(recipe: str, folder: Path, files: Sequence[Path]) -> Path:
    """Where the cache has what a recipe makes of the library's files.

    Args:
        recipe: its name and version.
        folder: where the library lies.
        files: those of its files that are read, in order.
    """
    key = xxhash.xxh3_64(recipe.encode())
    for path in files:
        key.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
    return cache_dir() / "python_docs" / f"{VERSION}-{key.hexdigest()}.arrow"


def kept(cached: Path, make: Callable[[], pa.Table]) -> pa.Table:
    """The table that the cache holds; else, or where it is damaged, a new one, put there."""
    table = _read(cached)
    if table is None:
        table = make()
        # A cache that cannot be written costs some seconds the next time, nothing else.
        with suppress(StoreError):
            write_bytes(cached, _packed(table))
    return table


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


def digest(batch: pa.RecordBatch) -> str:
    """What these rows are known by, all columns in their order."""
    return xxhash.xxh3_128_hexdigest(_packed(pa.Table.from_batches([batch])))


@cache
def _load(folder: Path, cached: Path) -> pa.LargeStringArray:
    def make() -> pa.Table:
        found = dict.fromkeys([*_topics(folder), *_docstrings(folder)])
        texts = array_of([text.encode() for text in found if text])
        if not len(texts):
            raise refused("python_docs", f"no documentation in {folder}; use files of your own")
        return pa.table({"text": texts})

    return cast("pa.LargeStringArray", kept(cached, make).column("text").combine_chunks())


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    data = sink.getvalue().to_pybytes()
    return xxhash.xxh3_128_digest(data) + data


def _read(cached: Path) -> pa.Table | None:
    """The table in a file of the cache; None where there is none, or what nobody wrote so."""
    try:
        data = cached.read_bytes()
    except OSError:
        return None
    if xxhash.xxh3_128_digest(memoryview(data)[_DIGEST:]) != data[:_DIGEST]:
        return None
    return pa.ipc.open_file(pa.py_buffer(data).slice(_DIGEST)).read_all()


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
    for _, tree in documented(folder):
        yield from _of(tree)


def documented_files(folder: Path) -> list[Path]:
    """The files of the library, sorted, without its tests and demonstrations."""
    return sorted(_files(folder))


def documented(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Those of these files that may have docstrings and can be parsed, each with its tree."""
    with warnings.catch_warnings():
        # Old code has escapes that newer compilers warn about.
        warnings.simplefilter("ignore")
        for path in documented_files(folder):
            source = path.read_bytes()
            if b'"""' not in source and b"'''" not in source:
                continue
            with suppress(SyntaxError, ValueError):
                yield path, ast.parse(source)


def docstring(node: ast.AST) -> str:
    """What a module, class or function says of itself; nothing where it says nothing.

    >>> docstring(ast.parse("'A module.'"))
    'A module.'
    """
    text = ast.get_docstring(node) if isinstance(node, Documented) else None
    with suppress(UnicodeEncodeError):
        return (text or "").encode().decode()
    return ""


def blocks(node: ast.AST) -> Iterator[ast.AST]:
    """The statements right inside a node: only they can hold a definition.

    `ast.walk` would visit each expression too.
    """
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        yield from getattr(node, block, ())


def _of(node: ast.AST) -> Iterator[str]:
    if text := docstring(node):
        yield text
    for statement in blocks(node):
        yield from _of(statement)
