import importlib.util
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


def in_a_new_process(path):
    """Import the kernel's file and call it in another process, which is what the cache is for."""
    program = (
        f"import sys; sys.path.insert(0, {str(path.parent)!r})\n"
        "import numpy, doubling\n"
        "from tokbench import kernels\n"
        "numbers = numpy.arange(3)\n"
        "kernels.jit(doubling.double)(numbers)\n"
        "assert numbers.tolist() == [0, 2, 4]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


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
