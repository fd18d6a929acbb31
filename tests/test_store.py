"""Results appear whole or not at all, and only ours are replaced."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from tokbench import store
from tokbench.errors import StoreError


def test_a_file_is_replaced_only_when_the_new_one_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep/file.json"
    store.write_json(path, {"a": "é"})
    assert store.read_json(path) == {"a": "é"}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device; nothing was left behind"):
        store.write_json(path, {"a": 2})
    assert store.read_json(path) == {"a": "é"}
    assert [one.name for one in path.parent.iterdir()] == ["file.json"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a":')
    with pytest.raises(StoreError, match=r"x\.json: is damaged"):
        store.read_json(tmp_path / "x.json")


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(ZeroDivisionError), store.new_folder(target) as folder:
        (folder / "half").write_text(str(1 / 0))
    assert list(tmp_path.iterdir()) == []
    with store.new_folder(target) as folder:
        (folder / "old").write_text("x")
        manifest = {"signature": "s", "files": store.digests(folder)}
        (folder / store.MANIFEST).write_text(json.dumps(manifest))
        assert not target.exists()
    with store.new_folder(target) as folder:
        (folder / "new").write_text("x")
    assert [one.name for one in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_foreign_folder_stays(tmp_path: Path) -> None:
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter1.tex").write_text("years of work")
    with pytest.raises(StoreError, match=r"holds chapter1\.tex, which tokbench did not write"):
        store.refuse_foreign(target)
    with pytest.raises(StoreError), store.new_folder(target):
        pass
    assert (target / "chapter1.tex").exists()
    manifest = {"signature": "s", "files": {}}
    (target / store.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=r"holds chapter1\.tex"):
        store.refuse_foreign(target)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is a file; --out names a folder"):
        store.refuse_foreign(tmp_path / "file")


def test_a_link_to_our_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with store.new_folder(tmp_path / "link") as folder:
        (folder / "file").write_text("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/file").is_file()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "real"]


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    for name, age in ((".out.old.part", 7200), (".out.new.part", 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    with store.new_folder(tmp_path / "out"):
        pass
    assert sorted(one.name for one in tmp_path.iterdir()) == [".out.new.part", "out"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"below: cannot be written: .*; nothing was left"):
        store.write_bytes(tmp_path / "file/below", b"")
    with pytest.raises(StoreError), store.new_folder(tmp_path / "file/below"):
        pass


def test_a_lock_lets_one_in_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with store.lock(tmp_path / ".lock"):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_signatures_tell_settings_apart() -> None:
    assert store.signature({"a": 1, "b": [1]}) == store.signature({"b": [1], "a": 1})
    assert len({store.signature(x) for x in (1, "1", 1.5, None, [1], {"1": 1}, True)}) == 7


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path))
    assert store.cache_dir() == tmp_path
