"""DataFrames that pandas pickled: only when they are trusted, and like any other table."""

import gzip
import io
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus_files import Documents

from tokbench import corpus
from tokbench.errors import CorpusError

pd = pytest.importorskip("pandas")


def dumped(value: Any) -> bytes:
    sink = io.BytesIO()
    pd.to_pickle(value, sink)
    return sink.getvalue()


class Marks:
    """Leaves a file where a pickle of it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_no_code_runs_unless_it_is_trusted(
    tmp_path: Path, opened: Callable[..., corpus.OpenCorpus]
) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Marks(mark)))
    said = r"^a.pkl: is a pickle, which runs code of .*; say `trust_pickle: true` if you trust them"
    with pytest.raises(CorpusError, match=said):
        opened("a.pkl")
    assert not mark.exists()
    with pytest.raises(CorpusError, match=r"^a.pkl: holds a NoneType, not a DataFrame; save one"):
        list(opened("a.pkl", trust_pickle=True).batches())
    assert mark.exists()


@pytest.mark.parametrize("kind", [object, "string", "category"])
def test_frames(kind: Any, tmp_path: Path, documents: Documents) -> None:
    frame = pd.DataFrame({"text": pd.array(["a", "b", "a"], kind), 0: [{"x": "y"}] * 3})
    (tmp_path / "a.pickle.gz").write_bytes(gzip.compress(dumped(frame)))
    assert documents("a.pickle.gz", trust_pickle=True) == ["a", "b", "a"]
    assert documents("a.pickle.gz", trust_pickle=True, text="0.x") == ["y"] * 3


def test_large_frames_come_in_batches(tmp_path: Path, opened: Callable[..., Any]) -> None:
    frame = pd.DataFrame({"text": ["x" * 1000] * 20_000, "n": range(20_000)})
    (tmp_path / "a.pkl").write_bytes(dumped(frame))
    source = opened("a.pkl", trust_pickle=True).opened[0].source
    rows = list(source.read(["n"]))
    assert [n for each in rows for n in each.batch["n"].to_pylist()] == list(range(20_000))
    assert max(each.batch.nbytes for each in rows) < 5 << 20
    assert rows[-1].done == source.size
    assert [each.done for each in rows] == sorted({each.done for each in rows})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"cannot be unpickled \(EOFError: .*; save it as parquet"),
        (b"garbage", r"cannot be unpickled \("),
        (pickle.dumps([1]), "holds a list, not a DataFrame; save one with to_pickle, or the rows"),
        (dumped(pd.Series(["a"])), "holds a Series, not a DataFrame"),
        (dumped(pd.DataFrame({"text": [1]})), "field 'text' is int64, not text; name a text field"),
        (dumped(pd.DataFrame({"text": ["a", 1]}, dtype=object)),
         r"field 'text' holds values that no column can hold together \(.*; make them one type"),
        (dumped(pd.DataFrame({"text": ["a", None]})), "row 2: field 'text' is null; fill it in"),
        (dumped(pd.DataFrame({"text": ["a", "\ud800"]}, dtype=object)),
         "field 'text' holds a lone surrogate in '.ud800'; mend or remove the row"),
        (dumped(pd.DataFrame([["a", "b"]], columns=["text", "text"])),
         "has 2 columns 'text'; rename all but one"),
        (dumped(pd.DataFrame({"Text": ["a"]})), "no field 'text'; did you mean 'Text'? "),
    ],
)  # fmt: skip
def test_what_is_refused(data: bytes, said: str, tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(CorpusError, match=f"^a.pkl: {said}".replace("'? ", r"'\? ")):
        documents("a.pkl", trust_pickle=True)


def test_pandas_is_an_extra(
    tmp_path: Path, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pkl").write_bytes(dumped(pd.DataFrame({"text": ["a"]})))
    monkeypatch.setitem(sys.modules, "pandas", None)
    said = r"^a.pkl: needs pandas, which is not installed; pip install 'tokbench\[pandas\]'$"
    with pytest.raises(CorpusError, match=said):
        documents("a.pkl", trust_pickle=True)


def test_an_empty_frame(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.pkl").write_bytes(dumped(pd.DataFrame({"text": []})))
    assert documents("a.pkl", trust_pickle=True) == []
