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
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
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
_SENTENCE = re.compile(r".*?[.!?](?=\s+(?![a-z])|\s*$)|.*")
_FEWEST_WORDS, _LONGEST_SENTENCE = 3, 160
_PARTS = re.compile(r"\w+|[^\w\s]+")

SPLITS = ("train", "valid", "test")

_RECIPES = {"definitions": "2", "lines": "1"}
"""Each goes up when other examples are made of the same files, so that no old cache is read."""


class Definition(NamedTuple):
    """A module, class or function that says something of itself.

    Attributes:
        text: its docstring, cleaned of indentation, or how that begins.
        kind: module, class or function.
        module: where it is, dotted.
        name: its own.
        signature: how it is defined, without decorators and body.
    """

    text: str
    kind: str
    module: str
    name: str
    signature: str


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
            **{name: [getattr(one, name) for one in rows] for name in Definition._fields[1:]},
        }
    )


def signatures(split: str = "") -> pa.RecordBatch:
    """Two rows for each docstring of a class, and of three functions for every two classes.

    In the first the docstring stands beside its own signature (`belongs` is "own"), in the second
    beside one of the other kind ("other"): of a class where it is a function's, of a function where
    it is a class's. Tiny models learn nothing from some thousand pairs where the other signature is
    drawn at random, and as little where each kind is as often right as wrong: with more functions
    than classes a signature alone decides three cases of five, and what the docstring of a class
    reads like is learned from there. Names and parameters say the rest: a linear model of the words
    that both share knows nine cases of ten.

    Both signatures of a row are of the same split, so that none knows what another one has. Special
    methods are left out, and docstrings that show how they are called, which would say the name.

    Args:
        split: train, valid or test: 70, 10 and 20% by hash; all by default.
    """
    known = {_first(one): one for one in reversed(_definitions()) if _tells(one)}
    rows: list[tuple[Definition, Definition, str]] = []
    for name in SPLITS:
        if split in {"", name}:
            ones = [one for first, one in known.items() if _split(first) == name]
            rows += _paired(sorted(ones, key=lambda one: _hash(one.text)))
    if not rows:
        raise refused("python_signatures", "no docstrings of classes and functions; use others")
    rows.sort(key=lambda row: _hash(f"{row[2]} {row[0].text}"))
    return _batch(
        {
            "text": [beginning(one.text) for one, _, _ in rows],
            "signature": [other.signature for _, other, _ in rows],
            "belongs": [belongs for _, _, belongs in rows],
            **{name: [getattr(one, name) for one, _, _ in rows] for name in ("module", "name")},
        }
    )


def sentences() -> pa.RecordBatch:
    """A row for each docstring of a function or class: its signature, and its first sentence.

    `text` is the module and the signature. Left out are special methods, docstrings that show how
    they are called, and sentences of fewer than three words or more than 160 characters; of
    several that begin alike, and of several with one signature in one module, the first is taken.
    """
    known: dict[str, Definition] = {}
    for one in _definitions():
        sentence = first_sentence(one.text)
        long = len(sentence.split()) >= _FEWEST_WORDS and len(sentence) <= _LONGEST_SENTENCE
        if long and _tells(one):
            known.setdefault(sentence, one)
    rows = {f"{one.module}: {one.signature}": sentence for sentence, one in known.items()}
    return _batch({"text": list(rows), "sentence": list(rows.values())})


def first_sentence(text: str) -> str:
    r"""How a text begins, up to the end of its first sentence or paragraph, in one line.

    >>> first_sentence("Return x.\nOr not."), first_sentence("Use e.g. this\nway\n\nNever.")
    ('Return x.', 'Use e.g. this way')
    """
    line = " ".join(text.partition("\n\n")[0].split())
    return _SENTENCE.match(line + " ")[0].strip()  # type: ignore[index] # it matches any line


def _paired(ones: Sequence[Definition]) -> Iterator[tuple[Definition, Definition, str]]:
    """Each beside its own signature and beside one of the other kind."""
    classes = [one for one in ones if one.kind == "class"]
    functions = [one for one in ones if one.kind == "function"][: 3 * len(classes) // 2]
    for these, those in ((classes, functions), (functions, classes)):
        for place, one in enumerate(these if those else ()):
            yield one, one, "own"
            yield one, those[place % len(those)], "other"


def _split(text: str) -> str:
    place = xxhash.xxh3_64_intdigest(text.encode(), seed=9) % 10
    return "test" if place < 2 else "valid" if place == 2 else "train"  # noqa: PLR2004 - of ten


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


def _tells(one: Definition) -> bool:
    """Whether a docstring and a signature are worth to be compared."""
    shown = f"{one.name}(" in one.text
    return one.kind != "module" and not one.name.startswith("__") and not shown


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
                yield Definition(text, "class", module, node.name, signature)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                first = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
                returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
                signature = f"{first} {node.name}({ast.unparse(node.args)}){returns}"
                yield Definition(text, "function", module, node.name, signature)
            case _:
                yield Definition(text, "module", module, module, f"import {module}")
    for statement in python_library.blocks(node):
        yield from _defined(statement, module)


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
    **{f"signatures {split}": partial(signatures, split) for split in SPLITS},
    "sentences": sentences,
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
                if _WORDS[0] <= len(line.words) <= _WORDS[1] and 1 < len(kinds) == len(
                    kinds & _TYPES
                ):
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
