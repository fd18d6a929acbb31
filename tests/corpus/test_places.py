"""Folders, and the file systems of fsspec."""

import os
import pickle
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from corpus_files import CODECS, TEXTS, Documents, in_zip, written

from tokbench.corpus import OpenCorpus
from tokbench.corpus.places import filesystems
from tokbench.errors import CorpusError

Open = Callable[..., OpenCorpus]


def says(message: str) -> pytest.RaisesExc[CorpusError]:
    return pytest.raises(CorpusError, match=f"^{re.escape(message)}$".replace(r"\.\.\.", ".+"))


def test_folder(tmp_path: Path, documents: Documents, opened: Open) -> None:
    made = {
        "d/b.txt": "b", "d/a/z.txt": "z", "d/a/0.jsonl": '{"text": "0"}', "d/x.pdf": "x",
        "d/.hidden.txt": "no", "d/.git/c.txt": "no", "d/A.TXT": "A", "d/noextension": "x",
    }  # fmt: skip
    for name, text in made.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for written_ in ("d", "d/", str(tmp_path / "d"), "./d", f"file://{tmp_path}/d"):
        assert documents(written_) == ["A", "0", "z", "b"]
    found = opened("d").opened[0].source
    assert found.notes == ("d: left out files of unknown kind (2): noextension, x.pdf",)
    assert [piece.shown for piece in found.pieces] == [
        "d/A.TXT", "d/a/0.jsonl", "d/a/z.txt", "d/b.txt",
    ]  # fmt: skip
    assert documents("d/b.txt", "d", "d/*.txt") == ["b", "A", "0", "z"]


def test_links_in_a_folder(tmp_path: Path, documents: Documents, opened: Open) -> None:
    inner = tmp_path / "d" / "inner"
    inner.mkdir(parents=True)
    (inner / "a.txt").write_text("a")
    (inner / "up").symlink_to(tmp_path / "d")
    (tmp_path / "d" / "again.txt").symlink_to(inner / "a.txt")
    (tmp_path / "d" / "inner2").symlink_to(inner)
    (tmp_path / "d" / "self.txt").symlink_to("self.txt")
    (tmp_path / "d" / "gone.txt").symlink_to("nowhere")
    os.mkfifo(tmp_path / "d" / "pipe.txt")
    (tmp_path / "blob").write_text("by the name of the link")
    (tmp_path / "d" / "z.txt").symlink_to(tmp_path / "blob")
    assert documents("d") == ["a", "by the name of the link"]
    assert opened("d").opened[0].source.notes == (
        "d: left out links and devices without a file (3): gone.txt, pipe.txt, self.txt",
    )


def test_a_deep_folder(tmp_path: Path, documents: Documents) -> None:
    folder = tmp_path / "d"
    for _ in range(200):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("deep")
    assert documents("d") == ["deep"]


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


@pytest.mark.parametrize("name", [*written([]), "a.zip"])
def test_fsspec_as_from_disk(
    name: str, memory: fsspec.AbstractFileSystem, documents: Documents, tmp_path: Path
) -> None:
    files = {**written(TEXTS), "a.zip": in_zip(written(TEXTS)["a.csv"], "a.csv")}
    for codec, pack in [("", bytes), *CODECS.items()]:
        if name == "a.zip" and codec:
            continue
        data = pack(files[name])
        memory.pipe(f"/data/{name}{codec}", data)
        assert documents(f"memory://data/{name}{codec}") == TEXTS
        (tmp_path / f"{name}{codec}").write_bytes(data)
        assert documents(f"file://{tmp_path}/{name}{codec}") == TEXTS


def test_globs_and_folders_of_fsspec(
    memory: fsspec.AbstractFileSystem, documents: Documents, opened: Open
) -> None:
    for name in ("b.txt", "a/1.txt", "x.pdf", ".hidden/c.txt"):
        memory.pipe(f"/data/{name}", name.encode())
    assert documents("memory://data/*.txt") == ["b.txt"]
    assert documents("memory://data/**/*.txt") == [".hidden/c.txt", "a/1.txt", "b.txt"]
    assert documents("memory://data") == ["a/1.txt", "b.txt"]
    assert documents("memory://data/b.txt", "memory://data/") == ["b.txt", "a/1.txt"]
    source = opened("memory://data").opened[0].source
    assert source.notes == ("memory://data: left out files of unknown kind (1): x.pdf",)
    with says("memory://data/*.csv: matches no file; check the address"):
        opened("memory://data/*.csv")
    with says("memory://data/b.csv: no such file; check the address"):
        opened("memory://data/b.csv")
    memory.pipe("/pdfs/x.pdf", b"")
    with says("memory://pdfs: holds no file of a known kind, only x.pdf; ..."):
        opened("memory://pdfs")


def test_a_chain_of_file_systems(memory: fsspec.AbstractFileSystem, documents: Documents) -> None:
    memory.pipe("/a.zip", in_zip(b"one\ntwo", "b.txt"))
    assert documents("zip://b.txt::memory://a.zip") == ["one", "two"]
    assert documents("zip://*.txt::memory://a.zip") == ["one", "two"]


def test_change_of_a_file_of_fsspec(memory: fsspec.AbstractFileSystem, opened: Open) -> None:
    memory.pipe("/a.txt", b"one")
    found = opened("memory://a.txt")
    (piece,) = found.opened[0].source.pieces
    assert piece.version.startswith("modified ")
    assert pickle.loads(pickle.dumps(found)).identity() == found.identity()
    memory.pipe("/a.txt", b"two")
    assert opened("memory://a.txt").identity() != found.identity()
    with says("memory://a.txt: changed since it was looked at (...); start again, ..."):
        list(found.batches())


def test_change_while_a_file_of_fsspec_is_read(
    memory: fsspec.AbstractFileSystem, opened: Open
) -> None:
    lines = random.Random(0).randbytes(4 << 20).hex().encode().replace(b"7", b"\n")
    memory.pipe("/a.txt", lines)
    batches = opened("memory://a.txt").batches("all")
    next(batches)
    memory.pipe("/a.txt", lines[:100])
    with says("memory://a.txt: changed since it was looked at (...); start again, ..."):
        list(batches)


@pytest.mark.parametrize(
    ("url", "package"), [("s3://b/a.txt", "s3fs"), ("gs://b/a.txt", "gcsfs"),
                         ("az://b/a.txt", "adlfs"), ("sftp://b/a.txt", "paramiko")],
)  # fmt: skip
def test_missing_package(
    url: str, package: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    protocol = url.partition(":")[0]
    with says(f"{url}: {protocol}:// needs a package that is not installed; "
              f"run `pip install {package}`"):  # fmt: skip
        opened(url)


def test_unknown_protocol(opened: Open) -> None:
    with says("memori://a.txt: there is no protocol 'memori'; did you mean 'memory'? known: ..."):
        opened("memori://a.txt")


class Broken(fsspec.AbstractFileSystem):
    """A file system whose errors are its own, and speak of secrets."""

    protocol = "broken"
    error: BaseException = RuntimeError("token s3cret was refused\nmore")

    def info(self, _: str) -> dict[str, object]:
        raise self.error

    def isdir(self, _: str) -> bool:
        return False


def test_errors_of_file_systems(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.register_implementation("broken", Broken, clobber=True)
    url = "broken://b/a.txt?token=s3cret"
    shown = "broken://b/a.txt?token=***"
    with says(f"{shown}: cannot be read (token *** was refused); check the address ..."):
        opened(url)
    monkeypatch.setattr(Broken, "error", PermissionError("no"))
    with says(f"{shown}: may not be read; check your rights and credentials (no)"):
        opened(url)
    monkeypatch.setattr(Broken, "error", OSError())
    with says(f"{shown}: cannot be read (OSError); check the address and your credentials"):
        opened(url)


def test_file_without_a_version(
    memory: fsspec.AbstractFileSystem, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe("/a.txt", b"one")
    monkeypatch.setattr(filesystems, "_DATES", ())
    ((shown, version),) = opened("memory://a.txt").opened[0].source.identity()["files"]
    assert shown == "memory://a.txt"
    assert version.startswith("xxh3 ")


@pytest.mark.parametrize("name", [*written([]), "a.zip", "a.txt"])
def test_change_of_a_local_file(name: str, opened: Open, tmp_path: Path) -> None:
    one, two = ({**written([text]), "a.zip": in_zip(text.encode(), "a.txt"),
                 "a.txt": text.encode()}[name] for text in ("one", "other"))  # fmt: skip
    (tmp_path / name).write_bytes(one)
    found = opened(name)
    (tmp_path / name).write_bytes(two)
    shown = "a.zip/a.txt" if name == "a.zip" else name
    with says(f"{shown}: changed since it was looked at; start again, so that all is ..."):
        list(found.batches())


def test_change_of_a_local_file_while_it_is_read(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"line\n" * (1 << 21))
    batches = opened("a.txt").batches("all")
    next(batches)
    with (tmp_path / "a.txt").open("ab") as file:
        file.write(b"more\n")
    with says("a.txt: changed since it was looked at; start again, so that all is ..."):
        list(batches)
