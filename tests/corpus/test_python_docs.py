"""Python's own documentation, and the cache that keeps it."""

import inspect
import platform
from pathlib import Path

import pytest

from tokbench import corpus, store
from tokbench.corpus import python_library
from tokbench.errors import CorpusError, StoreError


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A cache file, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        python_library.documents()
        (cached,) = store.cache_dir().glob("python_docs/*.arrow")
        return cached.read_bytes()


@pytest.fixture
def cached(packed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache file in a cache of the test's own, not yet read."""
    python_library._load.cache_clear()
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "python_docs"
    folder.mkdir(parents=True)
    name = cached_name(monkeypatch)
    (folder / name).write_bytes(packed)
    return folder / name


def cached_name(monkeypatch: pytest.MonkeyPatch) -> str:
    names: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(python_library, "_load", lambda _, path: names.append(path.name))
        python_library.documents()
    return names[0]


def read() -> list[str]:
    opened = corpus.open(corpus.CorpusSpec.model_validate({"sources": ["python_docs"]}), Path())
    return [text for batch in opened.batches("all") for text in batch.column("text").to_pylist()]


def test_topics_and_docstrings(cached: Path) -> None:
    texts = read()
    assert len(texts) == len(set(texts)) > 5000
    assert sum(map(len, texts)) > 1_500_000
    assert all(texts)
    assert any(text.startswith("The assignment statement") or "lambda" in text for text in texts)
    assert inspect.getdoc(inspect.cleandoc) in texts
    assert inspect.getdoc(Path) in texts
    assert cached.name.startswith(
        f"{platform.python_implementation()}-{platform.python_version()}-"
    )


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "empty"])
def test_damaged_cache_is_rebuilt(
    damage: str, cached: Path, packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = packed.index(b"docstring")
    damaged = {
        "cut": packed[: len(packed) // 2],
        "flipped": packed[:at] + b"D" + packed[at + 1 :],
        "foreign": b"something else",
        "empty": b"",
    }[damage]
    cached.write_bytes(damaged)
    monkeypatch.setattr(python_library, "_docstrings", lambda _: ["rebuilt", "rebuilt", ""])
    texts = read()
    assert texts[-1] == "rebuilt"
    assert texts.count("rebuilt") == 1
    python_library._load.cache_clear()
    monkeypatch.setattr(python_library, "_docstrings", pytest.fail)
    assert read() == texts


def test_cache_that_cannot_be_written(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached.unlink()
    monkeypatch.setattr(python_library, "_docstrings", lambda _: ["made"])

    def refuse(path: Path, _: bytes) -> None:
        raise StoreError(f"{path}: cannot be written")

    monkeypatch.setattr(python_library, "write_bytes", refuse)
    assert read()[-1] == "made"
    assert not cached.exists()


def test_python_without_its_source(
    cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached.unlink()
    (tmp_path / "lib").mkdir()
    monkeypatch.setattr(python_library.sysconfig, "get_path", lambda _: str(tmp_path / "lib"))
    with pytest.raises(CorpusError, match=r"^python_docs: no documentation in .*/lib; use files"):
        read()


def test_identity_needs_the_documents_not_their_place(cached: Path) -> None:
    spec = corpus.CorpusSpec.model_validate({"sources": ["python_docs"]})
    opened = corpus.open(spec, cached.parent)
    assert opened.identity() == corpus.open(spec, Path()).identity()
    (source,) = opened.opened
    name, version, fingerprint = source.identity()
    assert (name, version) == ("python_docs", python_library.VERSION)
    assert fingerprint == str(opened.fingerprint())
