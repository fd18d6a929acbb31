"""Examples with labels from Python's own library: complete, known by content, without leaks."""

import ast
import pickle
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tokbench import corpus
from tokbench.corpus import python_library, python_tables
from tokbench.corpus.python_areas import AREAS
from tokbench.errors import CorpusError

Rows = list[dict[str, Any]]


def opened(name: str) -> corpus.OpenSource:
    spec = corpus.CorpusSpec.model_validate({"sources": [name]})
    (source,) = corpus.open(spec, Path()).opened
    return source


def read(name: str, *columns: str) -> Rows:
    return [row for rows in opened(name).read(columns) for row in rows.batch.to_pylist()]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(python_library.sysconfig, "get_path", lambda _: str(tmp_path / "lib"))
    (tmp_path / "lib" / "email").mkdir(parents=True)
    return tmp_path / "lib"


def test_every_module_has_an_area() -> None:
    folder = Path(sysconfig.get_path("stdlib"))
    files = [path.relative_to(folder) for path in python_library.documented_files(folder)]
    names = {path.with_suffix("").parts[0] for path in files}
    said = {name for name in names if not name.startswith("_sysconfigdata")} - {"antigravity"}
    assert said & sys.stdlib_module_names <= set(AREAS)
    counts = Counter(row["area"] for row in read("python_docstrings", "area"))
    assert set(counts) == set(AREAS.values())
    assert len(counts) == 12
    assert max(counts.values()) < 0.2 * counts.total() < 6 * min(counts.values())


def test_docstrings(library: Path) -> None:
    (library / "json.py").write_text(
        '"""Read\n\nand write."""\n'
        "class A(B, metaclass=C):\n  'Copied.'\n"
        "  async def f(self, a, *, b=1) -> int:\n    'See B.'\n"
        "if 1:\n  def g(): 'See B.'\n"
        "def h():\n  'On its own.'\n"
    )
    other = library / "email" / "x.py"
    other.write_text("'Copied.'\n\ndef i():\n  '''See B.'''\n")
    (library / "ast.py").write_text("def j():\n  '''On its own.'''\n")
    (library / "foreign.py").write_text("'''Of no area.'''\n")
    (library / "broken.py").write_text("'''Not Python\n")
    assert read("python_docstrings", "signature", "area", "kind", "module", "name") == [
        {"text": "Copied.", "signature": "import email.x", "area": "documents", "kind": "module",
         "module": "email.x", "name": "email.x"},
        {"text": "See B.", "signature": "def i()", "area": "documents", "kind": "function",
         "module": "email.x", "name": "i"},
        {"text": "Read\n\nand write.", "signature": "import json", "area": "documents",
         "kind": "module", "module": "json", "name": "json"},
    ]  # fmt: skip
    other.write_text("'Other things.'\n\n'''\n'''\n")
    assert [row["signature"] for row in read("python_docstrings", "signature")] == [
        "import email.x",
        "import json",
        "class A(B, metaclass=C)",
        "async def f(self, a, *, b=1) -> int",
    ]


def test_signatures_stand_once_and_say_nothing_alone() -> None:
    rows = read("python_signatures", "signature", "belongs", "module", "name")
    assert len(rows) > 3000
    assert len({row["text"] for row in rows}) == len(rows)
    counts = Counter(row["belongs"] for row in rows)
    assert set(counts) == {"own", "other"}
    assert abs(counts["own"] - counts["other"]) < 0.05 * len(rows)
    for row in rows:
        known = f" {row['name']}(" in row["signature"] or row["signature"].endswith(row["name"])
        assert known == (row["belongs"] == "own") or row["belongs"] == "other"
        assert f"{row['name']}(" not in row["text"]
    classes = Counter(row["belongs"] for row in rows if row["signature"].startswith("class"))
    assert 0.4 < classes["own"] / classes.total() < 0.6


def defined(name: str, source: str) -> python_tables.Definition:
    (found,) = python_tables._defined(ast.parse(f"{source}\n  'A {name}.'").body[0], "m")
    return found._replace(name=name)


def test_exchanged_are_of_other_shapes() -> None:
    kinds = {"class C:": 3, "def f(self):": 9, "def f(a, *b):": 4}
    ones = [
        defined(f"n{kind}{number}", source)
        for kind, (source, count) in enumerate(kinds.items())
        for number in range(count)
    ]
    pairs = python_tables.exchanged(ones)
    assert len(pairs) == 14
    assert all(python_tables.shape(one) != python_tables.shape(other) for one, other in pairs)
    assert {one for one, _ in pairs} == {other for _, other in pairs}
    assert len({one for one, _ in pairs}) == 14
    assert python_tables.exchanged([]) == []


def test_words_of_lines(library: Path) -> None:
    source = (
        "# Not so\nif x is not None:\n    y = f(\n      'not so é', 1.5)  # as is\n    pass\n"
        "def long(): return [" + "1, " * 40 + "]\n'''a b c d'''\n"
    )
    for name in "abcdefghijk":  # one in three files is read
        (library / f"{name}.py").write_text(source, "utf-8")
        (library / f"wrong_{name}.py").write_text("x = (1 + 2\n")
    first, second = sorted(read("python_tokens", "words", "types"), key=lambda row: row["text"])
    assert first["text"] == "# Not so\nif x is not None:"
    assert " ".join(first["words"]) == "# Not so if x is not None :"
    assert first["types"] == [*["COMMENT"] * 3, "KEYWORD", "NAME", *["KEYWORD"] * 3, "OP"]
    assert second["text"] == "y = f(\n  'not so é', 1.5)  # as is"
    assert list(zip(second["words"], second["types"], strict=True)) == [
        ("y", "NAME"), ("=", "OP"), ("f", "NAME"), ("(", "OP"), ("'", "STRING"), ("not", "STRING"),
        ("so", "STRING"), ("é", "STRING"), ("'", "STRING"), (",", "OP"), ("1.5", "NUMBER"),
        (")", "OP"), ("#", "COMMENT"), ("as", "COMMENT"), ("is", "COMMENT"),
    ]  # fmt: skip


def test_lines_of_the_library() -> None:
    rows = read("python_tokens", "words", "types")
    assert len(rows) == len({row["text"] for row in rows}) == python_tables.LINES
    assert {kind for row in rows for kind in row["types"]} == python_tables._TYPES
    assert all(4 <= len(row["words"]) == len(row["types"]) <= 40 for row in rows)
    for row in rows:
        assert row["text"].startswith(row["words"][0])


@pytest.mark.parametrize("name", ["python_docstrings", "python_signatures", "python_tokens"])
def test_known_by_content(name: str, library: Path) -> None:
    for number in range(12):
        (library / f"any{number}.py").write_text(f"x = {number} + {number}\n")
    text = (
        "class A:\n  '''A class.'''\n  def f(self):\n    'One.'\n  def g(self, a, b):\n    'Two.'\n"
        "  def h(self):\n    'Three.'\n  def i(self, a, b):\n    'Four.'\n"
    )
    (library / "json.py").write_text(text)
    source = opened(name)
    identity = source.identity()
    assert identity[:2] == [name, python_library.VERSION]
    assert pickle.loads(pickle.dumps(source)).identity() == identity
    (rows,) = source.read()
    assert rows.done == source.size
    assert rows.batch.schema.names == ["text"]
    with pytest.raises(CorpusError, match=f"^{name}: no field 'wordz'; .*known: "):
        list(source.read(["wordz"]))
    (library / "json.py").write_text(text.replace("One.", "One and only.").replace("h(", "hh("))
    for path in sorted(library.glob("any*.py")):
        path.write_text(path.read_text().replace("+", "-  "))
    assert opened(name).identity() != identity
    for path in library.glob("*.py"):
        path.unlink()
    with pytest.raises(CorpusError, match="use other examples"):
        opened(name).identity()
