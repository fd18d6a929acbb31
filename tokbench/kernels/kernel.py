"""The decorator that makes a function a kernel, and how a kernel is called.

What Numba's compiled functions take was read from its calling convention and has not changed in
ten years: a place for the results, a place for an exception, then all arguments taken apart into
words of 64 bits. An array is seven of them: two for reference counting (none here), its elements,
the bytes of one, its address, and for each dimension length and stride. A named tuple is its
fields one after the other. The function returns a status, 0 for success. Tests call kernels of
every shape of arguments, so a Numba that changed this would be noticed at once.
"""

import ctypes
import functools
import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tokbench.kernels import folder, loading, machine

Function = TypeVar("Function", bound=Callable[..., Any])
Integer = Any
"""In a kernel: 64 bits wide, whether it came from Python or from an array."""
Array = Any
"""In a kernel: a numpy array, its elements' type said in words."""
INT64, UINT64 = np.dtype(np.int64), np.dtype(np.uint64)


class Kernel:
    """A function that is compiled when it is first called with arguments of some types.

    It takes numpy arrays (C-contiguous), integers, and named tuples of these, and returns nothing,
    an integer or a tuple of them. Arrays are given by address: what a kernel reads or writes beyond
    their end is nobody's business but its own. The interpreter's lock is not held.

    Attributes:
        function: what was decorated.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._ready: dict[tuple[Any, ...], tuple[Any, int]] = {}
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        """Run it, compiled or loaded first if need be."""
        kinds = tuple(map(kind, arguments))
        with self._lock:
            if kinds not in self._ready:
                self._ready[kinds] = self._prepared(kinds)
        address, number = self._ready[kinds]
        results = (ctypes.c_int64 * (number or 1))()
        problem = ctypes.c_void_p()
        words = [word for argument in arguments for word in _words(argument)]
        if address(results, ctypes.byref(problem), *words):
            raise RuntimeError(f"the kernel {self.function.__name__} failed")
        if number < 2:  # noqa: PLR2004
            return results[0] if number else None
        return tuple(results)

    def _prepared(self, kinds: tuple[Any, ...]) -> tuple[Any, int]:
        """The function at its address, from the cache or compiled now, and its results."""
        name = f"{self.function.__module__}.{self.function.__name__}-{self._key(kinds)}"
        kept = folder.read(name)
        if kept is None:
            from tokbench.kernels.compiling import compile_  # noqa: PLC0415 - imports Numba

            made = compile_(self.function, kinds)
            header = json.dumps([made.entry, made.results]).encode()
            kept = header + b"\n" + made.code
            folder.write(name, kept)
        header, code = kept.split(b"\n", 1)
        entry, results = json.loads(header)
        size = 2 + sum(map(_size, kinds))
        prototype = ctypes.CFUNCTYPE(
            ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * (size - 2)
        )
        return prototype(loading.load(code, entry)), results

    def _key(self, kinds: tuple[Any, ...]) -> str:
        """What decides the object code: arguments, Python code, constants, compiler, processor."""
        parts = [
            *_surroundings(),
            kinds,
            [one[0]._fields for one in kinds if isinstance(one, tuple) and _is_named(one[0])],
            list(_code(self.function, set())),
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@functools.cache
def _surroundings() -> tuple[Any, ...]:
    """What decides the object code of all kernels."""
    return (
        sys.version_info[:2],
        version("numba"),
        version("llvmlite"),
        loading.host(),
        Path(machine.__file__).with_name("intrinsics.py").read_text(encoding="utf-8"),
    )


def jit(function: Function) -> Function:
    """Make a function a kernel. It may call other kernels and the operations of `machine.py`.

    Kernels work on arrays that they are given; they cannot make any, and cannot raise.
    """
    return Kernel(function)  # type: ignore[return-value]


def kind(argument: Any) -> Any:
    """What the compiler must know of an argument; equal for arguments that share compiled code.

    >>> kind(3), kind(np.uint64(3)), kind(np.zeros((2, 3), np.uint8))
    (dtype('int64'), dtype('uint64'), (dtype('uint8'), 2))

    Raises:
        TypeError: no kernel can take it.
    """
    if isinstance(argument, np.ndarray):
        if not (argument.flags.c_contiguous and argument.flags.aligned):
            raise TypeError("a kernel takes arrays that lie in one piece")
        return argument.dtype, argument.ndim
    if isinstance(argument, np.uint64):
        return UINT64
    if isinstance(argument, int | np.integer | np.bool_):
        return INT64
    if isinstance(argument, tuple) and _is_named(argument):
        return (type(argument), *map(kind, argument))
    raise TypeError(f"a kernel takes arrays and integers, not {type(argument).__name__}")


def _is_named(value: Any) -> bool:
    """Whether it is a named tuple, or the class of one."""
    return hasattr(value, "_fields")


def _words(argument: Any) -> Iterator[int]:
    """An argument in words of 64 bits."""
    if isinstance(argument, np.ndarray):
        address, _ = argument.__array_interface__["data"]
        yield from (0, 0, argument.size, argument.itemsize, address)
        yield from argument.shape
        yield from argument.strides
    elif isinstance(argument, tuple):
        for each in argument:
            yield from _words(each)
    else:
        yield int(argument)


def _size(kind: Any) -> int:
    """How many words an argument of this kind has."""
    if isinstance(kind, np.dtype):
        return 1
    if isinstance(kind[0], np.dtype):
        return 5 + 2 * int(kind[1])
    return sum(map(_size, kind[1:]))


def _code(function: Callable[..., Any], seen: set[Any]) -> Iterator[Any]:
    """What a function and the kernels that it calls say, line numbers and docstrings left out."""
    seen.add(function)
    code = function.__code__
    yield code.co_code, code.co_varnames, code.co_names
    yield [each for each in code.co_consts if not isinstance(each, str)]
    for name in code.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, Kernel):
            if value.function not in seen:
                yield from _code(value.function, seen)
        elif isinstance(value, np.ndarray):
            yield name, value.tolist()
        elif isinstance(value, int | np.generic | tuple | np.dtype):
            yield name, value
