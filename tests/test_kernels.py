import importlib.util
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tokbench import kernels

SOURCE = "def double(numbers):\n    for i in range(len(numbers)):\n        numbers[i] *= 2\n"


@pytest.fixture(autouse=True)
def fresh_choice():
    kernels.cache_folder.cache_clear()
    yield
    kernels.cache_folder.cache_clear()


def run(path):
    """Load the kernel's file as a new process would, and call it."""
    spec = importlib.util.spec_from_file_location("doubling", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    numbers = np.arange(3)
    kernel = kernels.jit(module.double)
    kernel(numbers)
    assert numbers.tolist() == [0, 2, 4]
    return kernel


def in_a_new_process(path, before="", prefix=(), **environment):
    """Import the kernel's file and call it in another process, which is what the cache is for."""
    program = (
        f"import sys; sys.path.insert(0, {str(path.parent)!r})\n"
        "import numpy, doubling\n"
        "from tokbench import kernels\n"
        f"{before}\n"
        "numbers = numpy.arange(3)\n"
        "kernels.jit(doubling.double)(numbers)\n"
        "assert numbers.tolist() == [0, 2, 4]"
    )
    command = [*prefix, sys.executable, "-c", program]
    subprocess.run(command, check=True, env={**os.environ, **environment})


def test_compiled_once_and_rebuilt_when_the_cache_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    in_a_new_process(path)
    (code,) = tmp_path.glob("cache/*/*.nbc")
    before = code.stat().st_mtime_ns
    in_a_new_process(path)
    assert code.stat().st_mtime_ns == before
    for damaged in (b"", code.read_bytes()[:100], b"nonsense"):
        code.write_bytes(damaged)
        run(path)
    assert code.stat().st_size > 100
    (index,) = tmp_path.glob("cache/*/*.nbi")
    index.write_bytes(b"")
    run(path)


def test_a_changed_byte_is_never_run(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    run(path)
    chance = random.Random(0)
    for suffix, times in (("nbc", 20), ("nbi", 10)):
        (file,) = tmp_path.glob(f"cache/*/*.{suffix}")
        for _ in range(times):
            data = bytearray(file.read_bytes())
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            file.write_bytes(data)
            kernel = run(path)
            if suffix == "nbc":
                assert sum(kernel.stats.cache_hits.values()) == 0
                assert sum(run(path).stats.cache_hits.values()) == 1


def test_code_of_an_earlier_source_is_never_run(tmp_path, monkeypatch):
    """Killed after the index was written and before the code was."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE.replace("2", "3"))
    with pytest.raises(AssertionError):
        run(path)
    (code,) = tmp_path.glob("cache/*/*.nbc")
    earlier = code.read_bytes()
    path.write_text(SOURCE)
    os.utime(path, (1, 1))
    run(path)
    code.write_bytes(earlier)
    run(path)


def test_a_full_disk_costs_only_time(tmp_path):
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9))"
    in_a_new_process(
        path, limit, NUMBA_CACHE_DIR=str(tmp_path / "cache"), PYTHONDONTWRITEBYTECODE="1"
    )
    assert not [one for one in (tmp_path / "cache").rglob("*") if one.is_file()]


def test_an_installation_that_cannot_be_written(tmp_path):
    as_others = ()  # for root, permissions do not hold unless it gives up the right to ignore them
    if os.geteuid() == 0:
        if not (setpriv := shutil.which("setpriv")):
            pytest.skip("root without setpriv can write everywhere")
        as_others = (setpriv, "--bounding-set", "-dac_override,-dac_read_search")
    installed = tmp_path / "installed"
    installed.mkdir()
    path = installed / "doubling.py"
    path.write_text(SOURCE)
    installed.chmod(0o555)
    try:
        refused = subprocess.run(
            [*as_others, "touch", installed / "x"], check=False, capture_output=True
        )
        assert refused.returncode != 0
        cache = tmp_path / "cache"
        in_a_new_process(path, prefix=as_others, NUMBA_CACHE_DIR=str(cache))
        assert len(list(cache.glob("*/*.nbc"))) == 1
        elsewhere = {"NUMBA_CACHE_DIR": "/dev/null", "TMPDIR": str(tmp_path), "HOME": "/dev/null"}
        in_a_new_process(path, prefix=as_others, **elsewhere, XDG_CACHE_HOME="")
        assert len(list(tmp_path.glob("tokbench-kernels-*/*/*.nbc"))) == 1
        assert [one.name for one in installed.iterdir()] == ["doubling.py"]
    finally:
        installed.chmod(0o755)


def test_a_folder_that_vanishes_costs_only_time(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    assert kernels.cache_folder() == folder
    folder.rmdir()
    folder.touch()
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    run(path)
    assert not list(tmp_path.rglob("*.nb?"))


def test_a_damaged_index_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    from numba.core import caching

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    run(path)
    (index,) = tmp_path.glob("cache/*/*.nbi")
    index.write_bytes(b"nonsense")
    monkeypatch.setattr(caching.IndexDataCacheFile, "_save_index", full)
    run(path)


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    from numba.core import caching

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    run(path)


def test_the_user_s_cache_comes_first(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.cache_folder() == tmp_path / "tokbench-kernels"


def test_without_a_home_that_can_be_written_a_private_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = kernels.cache_folder()
    assert folder is not None
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    kernels.cache_folder.cache_clear()
    assert kernels.cache_folder() == folder
    folder.chmod(0o777)  # others may have put code there
    kernels.cache_folder.cache_clear()
    assert kernels.cache_folder() != folder


def test_nowhere_to_write_is_no_error(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    assert kernels.cache_folder() is None
    path = Path(tmp_path / "doubling.py")
    path.write_text(SOURCE)
    run(path)


def test_sealed_arrays_share_memory_and_refuse_writing():
    array = np.arange(3)
    view = kernels.sealed(array)
    array[0] = 7
    assert view[0] == 7
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
