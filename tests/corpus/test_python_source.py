"""The source code of Python's standard library."""

import pickle
import textwrap
from pathlib import Path

import pytest

from tokbench import corpus
from tokbench.corpus import python_library
from tokbench.corpus.sources.python_source import PythonSource, PythonSourceSpec
from tokbench.errors import CorpusError


def opened(**options: object) -> corpus.OpenCorpus:
    spec = {"sources": [{"type": "python_source", **options}], "held_out": 0.1}
    return corpus.open(corpus.CorpusSpec.model_validate(spec), Path())


def read(source: corpus.OpenCorpus) -> list[str]:
    return [text for batch in source.batches("all") for text in batch.column("text").to_pylist()]


def test_the_library_without_its_tests() -> None:
    texts = read(opened())
    assert len(texts) > 500
    assert sum(map(len, texts)) > 8_000_000
    assert Path(str(textwrap.__file__)).read_text("utf-8") in texts
    assert all(texts)
    assert not any("import unittest\nfrom test import support" in text for text in texts)


def library(folder: Path) -> None:
    for name, data in {
        "b.py": "# é\r\n".encode(),
        "a.py": "# -*- coding: latin-1 -*-\n# é\n".encode("latin-1"),
        "empty.py": b"",
        "wrong.py": b"# coding: no-such-thing\n",
        "also_wrong.py": b"# \xff\n",
        "text.txt": b"no code",
        "package/c.py": b"\xef\xbb\xbfc = 1\n",
        "test/d.py": b"d = 1\n",
        "package/tests/e.py": b"e = 1\n",
        "site-packages/f.py": b"f = 1\n",
        "__pycache__/g.py": b"g = 1\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(data)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    library(tmp_path / "one")
    monkeypatch.setattr(python_library.sysconfig, "get_path", lambda _: str(tmp_path / "one"))
    return tmp_path


def test_encodings_and_folders(own: Path) -> None:
    assert read(opened()) == ["# -*- coding: latin-1 -*-\n# é\n", "# é\r\n", "c = 1\n"]
    assert read(opened(tests=True))[2:] == ["c = 1\n", "e = 1\n", "d = 1\n"]
    source = PythonSourceSpec().open(own)
    assert isinstance(source, PythonSource)
    whole = list(source.read())
    assert whole[0].done == 30 < whole[-1].done <= source.size
    assert [rows.texts.to_pylist() for rows in source.read(first=whole[1].piece)] == [
        rows.texts.to_pylist() for rows in whole[1:]
    ]
    assert next(source.read(first=whole[1].piece)).done == whole[1].done
    assert pickle.loads(pickle.dumps(source)).identity() == source.identity()


def test_identity_is_by_content(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = opened().identity()
    assert opened(tests=True).identity() != before
    library(own / "two")
    monkeypatch.setattr(python_library.sysconfig, "get_path", lambda _: str(own / "two"))
    assert opened().identity() == before
    (own / "two" / "a.py").write_text("# other\n")
    assert opened().identity() != before


def test_mistakes(own: Path) -> None:
    source = PythonSourceSpec().open(own)
    with pytest.raises(CorpusError, match=r"^python_source: has documents and no columns"):
        list(source.read(["license"]))
    (own / "one" / "a.py").unlink()
    with pytest.raises(CorpusError, match=r"a\.py: cannot be read: No such file"):
        list(source.read())
    for path in sorted((own / "one").rglob("*.py")):
        path.unlink()
    with pytest.raises(CorpusError, match=r"^python_source: this Python has no source files"):
        opened()
