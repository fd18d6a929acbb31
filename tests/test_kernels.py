import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import pytest

from tokbench import kernels
from tokbench.kernels import folder
from tokbench.kernels.compiling import compile_
from tokbench.kernels.machine import byte_masks, load64, lowest_bit, prefetch

SOURCE = "def double(numbers):\n    for i in range(len(numbers)):\n        numbers[i] *= 2\n"
PAIR = np.dtype([("left", np.int32), ("count", np.int64)])


class Both(NamedTuple):
    table: kernels.Array
    pairs: kernels.Array
    limit: kernels.Integer


@kernels.jit
def add_up(numbers, start):
    for number in numbers:
        start += number
    return start


@kernels.jit
def every_shape(both, mask, flag):
    total = np.int64(0)
    for row in range(both.table.shape[0]):
        total += add_up(both.table[row], both.limit)
    both.pairs[1].count = both.pairs[0].left
    return total, np.int64(mask >> np.uint64(63)), flag + 1


@kernels.jit
def bits(text, found):
    masks = byte_masks(text, 0)
    for k in range(len(masks)):
        found[k] = masks[k]
    found[7] = load64(text, 1)
    found[8] = lowest_bit(found[7])
    prefetch(text, 0)


@pytest.fixture(autouse=True)
def fresh_choice():
    kernels.cache_folder.cache_clear()
    yield
    kernels.cache_folder.cache_clear()


def run(path):
    """Load the kernel's file anew, and call it."""
    spec = importlib.util.spec_from_file_location("doubling", path)
    # Byte code goes by the second and the size of its source, and these are written at once.
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    numbers = np.arange(3)
    kernels.jit(module.double)(numbers)
    assert numbers.tolist() == [0, 2, 4]


def in_a_new_process(path, before="", prefix=(), **environment):
    """Import the kernel's file and call it in another process; whether that needed Numba."""
    program = (
        f"import sys; sys.path.insert(0, {str(path.parent)!r})\n"
        "import numpy, doubling\n"
        "from tokbench import kernels\n"
        f"{before}\n"
        "numbers = numpy.arange(3)\n"
        "kernels.jit(doubling.double)(numbers)\n"
        "assert numbers.tolist() == [0, 2, 4]\n"
        "print('numba' in sys.modules)"
    )
    command = [*prefix, sys.executable, "-c", program]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env={**os.environ, **environment}
    )
    return done.stdout.strip() == b"True"


def test_all_that_a_kernel_can_take_and_give():
    both = Both(np.arange(6).reshape(2, 3), np.array([(7, 8), (9, 10)], PAIR), np.int64(100))
    assert every_shape(both, np.uint64(1 << 63), True) == (215, 1, 2)
    assert both.pairs.tolist() == [(7, 8), (9, 7)]
    assert add_up(np.arange(4), -5) == 1
    assert add_up(np.arange(4, dtype=np.uint8)[1:3], 0) == 3
    assert add_up(np.empty(0, np.int64), 1 << 62) == 1 << 62


def test_what_a_kernel_cannot_take():
    with pytest.raises(TypeError, match="in one piece"):
        add_up(np.arange(6)[::2], 0)
    with pytest.raises(TypeError, match="not float"):
        add_up(np.arange(6), 0.5)


def test_a_kernel_that_raises_has_failed():
    @kernels.jit
    def raises(numbers):
        if len(numbers) == 3:
            raise ValueError
        return 1

    assert raises(np.arange(2)) == 1
    with pytest.raises(RuntimeError, match="raises failed"):
        raises(np.arange(3))


def test_what_allocates_or_returns_something_else_is_no_kernel():
    def allocates(numbers):
        return len(numbers + 1)

    def halves(numbers):
        return numbers[0] * 0.5

    numbers = ((np.dtype(np.int64), 1),)
    with pytest.raises(Exception, match=r"NRT|nrt"):
        compile_(allocates, numbers)
    with pytest.raises(TypeError, match="returns float64"):
        compile_(halves, numbers)


def test_operations_do_what_their_python_says():
    text = np.frombuffer(bytes(range(0x20, 0x60)) + bytes(range(0x60, 0x100, 3)) * 2, np.uint8)
    for start in (0, 40):
        part = np.ascontiguousarray(text[start : start + 64])
        found = np.zeros(9, np.uint64)
        bits(part, found)
        word = load64(part, 1)
        wanted = [*byte_masks(part, 0), word, lowest_bit(word)]
        assert found.tolist() == wanted


def test_compiled_once_and_rebuilt_when_the_cache_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKBENCH_KERNELS", str(tmp_path / "cache"))
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    assert in_a_new_process(path)
    (code,) = tmp_path.glob("cache/*.kernel")
    whole = code.read_bytes()
    assert not in_a_new_process(path)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damaged in (b"", whole[:100], b"nonsense", bytes(flipped)):
        code.write_bytes(damaged)
        run(path)
        assert not in_a_new_process(path)


def test_a_kernel_that_says_something_else_is_compiled_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKBENCH_KERNELS", str(tmp_path / "cache"))
    path = tmp_path / "doubling.py"
    path.write_text("FACTOR = 2\n\n# a comment\n" + SOURCE.replace("*= 2", "*= FACTOR"))
    run(path)
    path.write_text("FACTOR = 2\n" + SOURCE.replace("*= 2", "*= FACTOR"))
    run(path)
    assert len([*tmp_path.glob("cache/*")]) == 1
    path.write_text("FACTOR = 3\n" + SOURCE.replace("*= 2", "*= FACTOR"))
    with pytest.raises(AssertionError):
        run(path)
    assert len([*tmp_path.glob("cache/*")]) == 2


def test_code_under_another_s_name_is_not_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKBENCH_KERNELS", str(tmp_path))
    folder.write("one", b"code")
    (tmp_path / "one.kernel").rename(tmp_path / "two.kernel")
    assert folder.read("two") is None


def test_a_full_disk_costs_only_time(tmp_path):
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9))"
    where = {"TOKBENCH_KERNELS": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    assert in_a_new_process(path, limit, **where)
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
        in_a_new_process(path, prefix=as_others, TOKBENCH_KERNELS=str(cache))
        assert len(list(cache.glob("*.kernel"))) == 1
        elsewhere = {"TOKBENCH_KERNELS": "/dev/null", "TMPDIR": str(tmp_path), "HOME": "/dev/null"}
        in_a_new_process(path, prefix=as_others, **elsewhere, XDG_CACHE_HOME="")
        assert len(list(tmp_path.glob("tokbench-kernels-*/*.kernel"))) == 1
        assert [one.name for one in installed.iterdir()] == ["doubling.py"]
    finally:
        installed.chmod(0o755)


def test_a_folder_that_vanishes_costs_only_time(tmp_path, monkeypatch):
    gone = tmp_path / "cache"
    monkeypatch.setenv("TOKBENCH_KERNELS", str(gone))
    assert kernels.cache_folder() == gone
    gone.rmdir()
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    run(path)
    assert not gone.exists()


def test_a_disk_that_fills_while_writing_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKBENCH_KERNELS", str(tmp_path))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder.Path, "replace", full)
    folder.write("some", b"code")
    assert not [*tmp_path.iterdir()]


def test_the_user_s_cache_comes_first(tmp_path, monkeypatch):
    monkeypatch.delenv("TOKBENCH_KERNELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kernels.cache_folder() == tmp_path / "tokbench-kernels"


def test_without_a_home_that_can_be_written_a_private_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("TOKBENCH_KERNELS", raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = kernels.cache_folder()
    assert found is not None
    assert found.parent == tmp_path
    assert found.stat().st_mode & 0o777 == 0o700
    kernels.cache_folder.cache_clear()
    assert kernels.cache_folder() == found
    found.chmod(0o777)  # others may have put code there
    kernels.cache_folder.cache_clear()
    assert kernels.cache_folder() != found


def test_nowhere_to_write_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file")
    monkeypatch.setenv("TOKBENCH_KERNELS", f"{nowhere}/below")
    monkeypatch.setenv("XDG_CACHE_HOME", nowhere)
    monkeypatch.setattr(tempfile, "tempdir", nowhere)
    assert kernels.cache_folder() is None
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    run(path)
