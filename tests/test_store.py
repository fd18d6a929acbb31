"""Results appear whole or not at all, and only ours are replaced."""

import errno
import json
import os
import shutil
import subprocess
import sys
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


HELD = (
    "import sys, time; from pathlib import Path; from tokbench import store\n"
    "with store.new_folder(Path(sys.argv[1])) as folder:\n"
    "    print(folder.name, flush=True)\n"
    "    sys.stdin.read()"
)


def test_only_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    target = tmp_path / "out[1]"  # a name is no pattern
    with subprocess.Popen(
        [sys.executable, "-c", HELD, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        held = other.stdout.readline().strip()  # type: ignore[union-attr]
        with store.new_folder(target):
            pass
        assert sorted(one.name for one in tmp_path.iterdir()) == [held, "out[1]"]
        other.kill()
    store.write_bytes(tmp_path / "other", b"")
    assert (tmp_path / held).exists()
    with store.new_folder(target):
        pass
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other", "out[1]"]
    (tmp_path / ".other.x.part").write_bytes(b"half")
    store.write_bytes(tmp_path / "other", b"whole")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other", "out[1]"]


def test_without_locks_an_hour_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: Path) -> int:
        raise OSError(errno.ENOTSUP, "no locks here")

    monkeypatch.setattr(store, "_lock", none)
    for name, age in ((".out.old.part", 7200), (".out.new.part", 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    with store.new_folder(tmp_path / "out"):
        pass
    assert sorted(one.name for one in tmp_path.iterdir()) == [".out.new.part", "out"]


def fill(folder: Path, name: str) -> None:
    (folder / name).write_text(name)
    manifest = {"signature": "s", "files": store.digests(folder)}
    (folder / store.MANIFEST).write_text(json.dumps(manifest))


def test_killed_between_two_renames(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with store.new_folder(target) as folder:
        fill(folder, "first")
    target.rename(tmp_path / ".out.x.old")  # here it was killed
    (tmp_path / ".out.x.part").mkdir()
    with pytest.raises(ZeroDivisionError), store.new_folder(target):
        (target / "first").write_text(str(1 / 0))
    assert (target / "first").read_text() == "first"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    shutil.copytree(target, tmp_path / ".out.y.old")  # or here, the new one being in its place
    with store.new_folder(target) as folder:
        fill(folder, "second")
    assert sorted(one.name for one in target.iterdir()) == ["second", "tokbench.json"]
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_what_was_there_stays_if_it_cannot_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    with store.new_folder(target) as folder:
        fill(folder, "first")
    rename = Path.rename

    def full(path: Path, place: Path) -> Path:
        if path.suffix == ".part":
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(path, place)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StoreError, match="No space left"), store.new_folder(target) as folder:
        fill(folder, "second")
    assert sorted(one.name for one in target.iterdir()) == ["first", "tokbench.json"]
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_another_may_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    with store.new_folder(target) as mine:
        fill(mine, "mine")
        with store.new_folder(target) as other:
            fill(other, "other")
        rename, met = Path.rename, []

        def late(path: Path, place: Path) -> Path:
            if path == target and not met:  # as if the other had not yet been there
                met.append(path)
                raise FileNotFoundError
            return rename(path, place)

        monkeypatch.setattr(Path, "rename", late)
    assert sorted(one.name for one in target.iterdir()) == ["mine", "tokbench.json"]
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_failed_write_leaves_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError):
        store.write_bytes(tmp_path / "a/b/c", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    store.write_bytes(pipe, b"text")
    assert os.read(reader, 9) == b"text"
    os.close(reader)
    assert not pipe.is_file()
    with pytest.raises(StoreError, match=r"/dev/full: cannot be written: No space left on device"):
        store.write_bytes(Path("/dev/full"), b"x")


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("TOKBENCH_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", none)
    place = store.cache_dir() / "file"
    assert not place.exists()
    with pytest.raises(StoreError, match="Not a directory"):
        store.write_bytes(place, b"")


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


def test_an_error_under_a_lock_is_its_own(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="else"), store.lock(tmp_path / ".lock"):
        raise PermissionError(errno.EACCES, "something else")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"\.lock: cannot be"), store.lock(tmp_path / "file/.lock"):
        pass


def test_signatures_tell_settings_apart() -> None:
    assert store.signature({"a": 1, "b": [1]}) == store.signature({"b": [1], "a": 1})
    assert len({store.signature(x) for x in (1, "1", 1.5, None, [1], {"1": 1}, True)}) == 7


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path))
    assert store.cache_dir() == tmp_path
