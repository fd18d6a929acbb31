"""Examples with labels from Python's own library: complete, known by content, without leaks."""

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


def opened(name: str, **options: str) -> corpus.OpenSource:
    spec = corpus.CorpusSpec.model_validate({"sources": [{"type": name, **options}]})
    (source,) = corpus.open(spec, Path()).opened
    return source


def read(name: str, *columns: str, **options: str) -> Rows:
    return [row for rows in opened(name, **options).read(columns) for row in rows.batch.to_pylist()]


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


def test_signatures(library: Path) -> None:
    (library / "json.py").write_text(
        "class A(B):\n  '''One.\n\n  More.'''\n  def f(self): 'Two.'\n  def __g__(self): 'Three.'\n"
        "def h(): 'h() is four.'\ndef i(): 'Five.'\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(python_tables, "_split", lambda _: "train")
        rows = read("python_signatures", "signature", "belongs", "module", "name")
    (function,) = {row["name"] for row in rows} - {"A"}
    signature = {"f": "def f(self)", "i": "def i()"}[function]
    assert {(row["text"], row["signature"], row["belongs"]) for row in rows} == {
        ("One.\n\nMore.", "class A(B)", "own"),
        ("One.\n\nMore.", signature, "other"),
        ({"f": "Two.", "i": "Five."}[function], signature, "own"),
        ({"f": "Two.", "i": "Five."}[function], "class A(B)", "other"),
    }
    assert len(rows) == 4


def test_signatures_of_the_library_and_their_splits() -> None:
    columns = ("signature", "belongs", "name")
    whole = read("python_signatures", *columns)
    found = {
        split: read("python_signatures", *columns, split=split) for split in python_tables.SPLITS
    }
    assert len(whole) == sum(map(len, found.values())) > 4000
    assert {key(row) for row in whole} == {key(row) for rows in found.values() for row in rows}
    for split, share in {"train": 0.7, "valid": 0.1, "test": 0.2}.items():
        assert abs(len(found[split]) / len(whole) - share) < 0.05
        texts = Counter(row["text"] for row in found[split])
        assert set(texts.values()) == {2}
        for others in found.keys() - {split}:
            assert not texts.keys() & {row["text"] for row in found[others]}
    for row in whole:
        is_class = row["signature"].startswith("class ")
        own = f" {row['name']}(" in row["signature"] or row["signature"].endswith(row["name"])
        assert own or row["belongs"] == "other"
        assert not row["name"].startswith("__")
        assert is_class or "def " in row["signature"]
    classes = Counter(row["belongs"] for row in whole if row["signature"].startswith("class "))
    assert classes["own"] / classes.total() == pytest.approx(0.4, abs=0.01)


def key(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["text"], row["signature"], row["belongs"])


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


def test_sentences_stand_beside_signatures(library: Path) -> None:
    (library / "json.py").write_text(
        """class Coder(Base):
    '''Turns bytes into text,
    e.g. of files. Nothing else.'''
    def f(self, a):
        "Return a as it is."
    def again(self, a):
        "Return a as it is."
    def short(self): "Too short."
    def shown(self): "See shown(x) for what it does."
    def __len__(self): "How many there are in it."
"""
    )
    assert read("python_sentences", "sentence") == [
        {"text": "json: class Coder(Base)", "sentence": "Turns bytes into text, e.g. of files."},
        {"text": "json: def f(self, a)", "sentence": "Return a as it is."},
    ]


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
