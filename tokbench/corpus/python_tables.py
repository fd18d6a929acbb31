"""Examples with labels from the Python that runs: docstrings, signatures, words of source lines.

Nothing is imported to be read: `ast` and `tokenize` take the files of the standard library apart.
What is made of them is kept in the cache beside the documentation.
"""

import ast
import keyword
import re
import sysconfig
import textwrap
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from io import StringIO
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import xxhash

from tokbench.corpus import python_library
from tokbench.corpus.documents import array_of, integers
from tokbench.corpus.problems import refused
from tokbench.corpus.python_areas import area

LINES = 7_500
"""Lines of source that are examples."""

_BEGINNING = 300
"""Characters of a docstring."""

_WORDS = (4, 40)
"""The fewest and most words of a line that is an example."""

_FILES = 3
"""One in so many files of source is read: more than enough lines, in a third of the time."""

_TYPES = frozenset({"NAME", "KEYWORD", "OP", "NUMBER", "STRING", "COMMENT"})
_LAYOUT = frozenset(
    {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
)
_PARTS = re.compile(r"\w+|[^\w\s]+")

_RECIPES = {"definitions": "1", "lines": "1"}
"""Each goes up when other examples are made of the same files, so that no old cache is read."""


class Definition(NamedTuple):
    """A module, class or function that says something of itself.

    Attributes:
        text: its docstring, cleaned of indentation, or how that begins.
        kind: module, class or function.
        module: where it is, dotted.
        name: its own.
        signature: how it is defined, without decorators and body.
        parameters: how many it has, `self` and `cls` left out.
    """

    text: str
    kind: str
    module: str
    name: str
    signature: str
    parameters: int


def docstrings() -> pa.RecordBatch:
    """A row for each docstring: text, area, kind, module, name, signature.

    `text` is how it begins. A first paragraph that stands in several places is one row, that of the
    first; it is left out where these are in different areas, as are modules of no known area.
    """
    areas: dict[str, set[str]] = {}
    known: dict[str, Definition] = {}
    for one in _definitions():
        first = _first(one)
        areas.setdefault(first, set()).add(area(one.module))
        known.setdefault(first, one)
    rows = [one for first, one in known.items() if len(areas[first]) == 1 and area(one.module)]
    return _batch(
        {
            "text": [beginning(one.text) for one in rows],
            "area": [area(one.module) for one in rows],
            **{name: [getattr(one, name) for one in rows] for name in Definition._fields[1:-1]},
        }
    )


def signatures() -> pa.RecordBatch:
    """A row for each docstring of a class or function, beside a signature.

    `belongs` is "own" where the signature is the docstring's own, in half of the rows, by hash,
    and "other" where it is that of another one. Every docstring and every signature stands in one row, so that none of
    them alone says anything, and no split can hold what another one has. Another signature is
    always one of another shape: a class, a function without parameters, or one with two and more
    (those with one are left out). What a docstring of one shape reads like, a small model learns
    from some thousand examples, where it learns nothing of signatures drawn at random; for a large
    one names and parameters are there to be compared. Special methods are left out, and docstrings
    that show how they are called, which would say the name.
    """
    rows = {_first(one): one for one in reversed(_definitions()) if _tells(one)}
    own = [one for one in rows.values() if _hash(one.text) % 2]
    others = [one for one in rows.values() if not _hash(one.text) % 2]
    pairs = [*((one, one, "own") for one in own), *((*two, "other") for two in exchanged(others))]
    pairs.sort(key=lambda pair: _hash(pair[0].text))
    return _batch(
        {
            "text": [beginning(one.text) for one, _, _ in pairs],
            "signature": [other.signature for _, other, _ in pairs],
            "belongs": [belongs for _, _, belongs in pairs],
            **{name: [getattr(one, name) for one, _, _ in pairs] for name in ("module", "name")},
        }
    )


def beginning(text: str) -> str:
    r"""As many paragraphs as 300 characters hold, the first one in any case.

    >>> beginning("One.\n\nTwo."), len(beginning("One.\n\n" + 300 * "x"))
    ('One.\n\nTwo.', 4)
    """
    first, *paragraphs = text.split("\n\n")
    for paragraph in paragraphs:
        if len(first) + len(paragraph) + 2 > _BEGINNING:
            break
        first += f"\n\n{paragraph}"
    return first.strip()


def _first(one: Definition) -> str:
    return one.text.partition("\n\n")[0].strip()


def shape(one: Definition) -> str:
    """What can be seen of a signature at a glance; nothing where that is too little."""
    if one.kind == "function":
        return {0: "no parameters", 1: ""}.get(one.parameters, "parameters")
    return one.kind if one.kind == "class" else ""


def exchanged(ones: Sequence[Definition]) -> list[tuple[Definition, Definition]]:
    """Each beside another one of another shape, each once on either side.

    In the order of their shapes the other one is half the way further; where more than half are of
    one shape, what is too many is left out.
    """
    most = max(Counter(map(shape, ones)).items(), key=lambda item: item[1], default=("", 0))
    extra = 2 * most[1] - len(ones)
    ordered = sorted(ones, key=lambda one: (shape(one) != most[0], shape(one), _hash(one.text)))
    ordered = ordered[max(extra, 0) :]
    half = len(ordered) // 2
    return list(zip(ordered, ordered[half:] + ordered[:half], strict=True))


def _tells(one: Definition) -> bool:
    """Whether a docstring and a signature are worth to be compared."""
    shown = f"{one.name}(" in one.text
    return bool(shape(one)) and not one.name.startswith("__") and not shown


def _definitions() -> list[Definition]:
    folder = Path(sysconfig.get_path("stdlib"))
    files = python_library.documented_files(folder)
    recipe = f"definitions {_RECIPES['definitions']}"
    return _kept_definitions(folder, python_library.cache_file(recipe, folder, files))


@cache
def _kept_definitions(folder: Path, cached: Path) -> list[Definition]:
    def make() -> pa.Table:
        found = [
            one
            for path, tree in python_library.documented(folder)
            for one in _defined(tree, ".".join(path.relative_to(folder).with_suffix("").parts))
        ]
        if not found:
            raise refused("python_docstrings", f"no docstrings in {folder}; use other examples")
        columns = zip(Definition._fields, zip(*found, strict=True), strict=True)
        return pa.Table.from_batches([_batch(dict(columns))])

    columns = python_library.kept(cached, make).to_pydict()
    return list(map(Definition, *columns.values()))


def _defined(node: ast.AST, module: str) -> Iterator[Definition]:
    if text := python_library.docstring(node):
        match node:
            case ast.ClassDef():
                bases = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
                signature = f"class {node.name}({bases})" if bases else f"class {node.name}"
                yield Definition(text, "class", module, node.name, signature, 0)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                first = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
                returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
                signature = f"{first} {node.name}({ast.unparse(node.args)}){returns}"
                parameters = _parameters(node.args)
                yield Definition(text, "function", module, node.name, signature, parameters)
            case _:
                yield Definition(text, "module", module, module, f"import {module}", 0)
    for statement in python_library.blocks(node):
        yield from _defined(statement, module)


def _parameters(found: ast.arguments) -> int:
    named = [*found.posonlyargs, *found.args, *found.kwonlyargs]
    starred = [one for one in (found.vararg, found.kwarg) if one]
    return len(starred) + sum(one.arg not in {"self", "cls"} for one in named)


def lines() -> pa.RecordBatch:
    """A row for each line of source that was drawn: text, words, types.

    A line is what Python's grammar calls a logical line: a simple statement, or the head of a
    compound one, however many lines of the file it takes, with the comments right above it. What
    `tokenize` finds in it are words with a type: NAME, KEYWORD (what `keyword` lists), OP, NUMBER,
    STRING or COMMENT. Strings and comments, often sentences, are cut into words of letters and of
    other signs, all of the string's type: whether `not` is a keyword depends on what stands around
    it. Lines with one type only, and very short and long ones, are left out.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    files = [
        path
        for path in python_library.sources(tests=False)
        if _hash(path.relative_to(folder).as_posix()) % _FILES == 0
    ]
    recipe = f"lines {_RECIPES['lines']}"
    return _kept_lines(tuple(files), python_library.cache_file(recipe, folder, files))


TABLES: dict[str, Callable[[], pa.RecordBatch]] = {
    "docstrings": docstrings,
    "signatures": signatures,
    "lines": lines,
}
"""What there is, by name."""


@cache
def _kept_lines(files: tuple[Path, ...], cached: Path) -> pa.RecordBatch:
    def make() -> pa.Table:
        found = {line.text: line for path in files for line in _lines_of(path)}
        drawn = sorted(found.values(), key=lambda line: _hash(line.text))[:LINES]
        if not drawn:
            raise refused("python_tokens", "this Python has no source files; use other examples")
        batch = _batch(
            {
                "text": [line.text for line in drawn],
                "words": [[word for word, _ in line.words] for line in drawn],
                "types": [[kind for _, kind in line.words] for line in drawn],
            }
        )
        return pa.Table.from_batches([batch])

    table = python_library.kept(cached, make)
    return table.combine_chunks().to_batches()[0]


class Line(NamedTuple):
    """A logical line of source, and its words with their types."""

    text: str
    words: tuple[tuple[str, str], ...]


def _lines_of(path: Path) -> Iterator[Line]:
    source = python_library.source_code(path).decode()
    written = source.splitlines(keepends=True)
    tokens: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                line = _line(tokens, written)
                kinds = {kind for _, kind in line.words}
                if _WORDS[0] <= len(line.words) <= _WORDS[1] and len(kinds & _TYPES) > 1:
                    yield line
                tokens = []
            elif token.type not in _LAYOUT:
                tokens.append(token)
    except (tokenize.TokenError, SyntaxError):
        return


def _line(tokens: Sequence[tokenize.TokenInfo], written: Sequence[str]) -> Line:
    if not tokens:
        return Line("", ())
    text = "".join(written[tokens[0].start[0] - 1 : tokens[-1].end[0]])
    words = tuple((word, kind) for token in tokens for word, kind in _words(token))
    return Line(textwrap.dedent(text).strip(), words)


def _words(token: tokenize.TokenInfo) -> Iterator[tuple[str, str]]:
    r"""The words of a token, each with its type.

    >>> tokens = tokenize.generate_tokens(StringIO("if x: # not so").readline)
    >>> [word for token in list(tokens)[:4] for word in _words(token)][2:]
    [(':', 'OP'), ('#', 'COMMENT'), ('not', 'COMMENT'), ('so', 'COMMENT')]
    """
    kind = tokenize.tok_name[token.type]
    if "STRING" in kind or kind == "COMMENT":  # FSTRING_MIDDLE and its kin, too
        kind = "COMMENT" if kind == "COMMENT" else "STRING"
        yield from ((word, kind) for word in _PARTS.findall(token.string))
    else:
        yield token.string, "KEYWORD" if keyword.iskeyword(token.string) else kind


def _hash(text: str) -> int:
    # Of a seed of its own: splits are drawn by the plain hash, and must not follow from this one.
    return xxhash.xxh3_64_intdigest(text.encode(), seed=8)


def _batch(columns: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
    """Columns of strings, of lists of strings, or of numbers."""
    return pa.RecordBatch.from_arrays(list(map(_column, columns.values())), names=list(columns))


def _column(values: Sequence[Any]) -> "pa.Array[Any]":
    # Not pa.array, which imports pandas where it is there.
    if isinstance(values[0], int):
        return integers(np.array(values, np.int32))
    if isinstance(values[0], str):
        return array_of([value.encode() for value in values])
    ends = integers(np.array([0, *accumulate(map(len, values))], np.int32))
    words = array_of([word.encode() for value in values for word in value])
    return cast("pa.Array[Any]", pa.ListArray.from_arrays(cast("pa.Int32Array", ends), words))
