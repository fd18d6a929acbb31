"""From a Python function to object code, by Numba; the only place that knows it.

Of what Numba compiles only the function itself is kept, not the wrapper through which Python
objects would come in: the caller gives it what the function takes, as Numba's calling convention
has it (see `kernel.py`). Kernels allocate nothing, so that nothing of Numba is needed by the code;
that is checked.
"""

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.kernels import machine
from tokbench.kernels.loading import target_machine

if TYPE_CHECKING:
    from collections.abc import Callable

NEEDED_ANYWHERE = ("llvm.", "memset", "memcpy", "memmove", "memcmp")
"""What code may call that does not bring it along."""


@dataclass(frozen=True)
class Compiled:
    """A function as object code.

    Attributes:
        entry: what the function is called there.
        results: how many integers it returns.
        code: an object file.
    """

    entry: str
    results: int
    code: bytes


def compile_(function: "Callable[..., Any]", kinds: tuple[Any, ...]) -> Compiled:
    """Compile a kernel for arguments of these kinds (see `kernel.kind`).

    Raises:
        TypeError: the function needs what only Numba has, or returns something else than integers.
    """
    from llvmlite import binding  # noqa: PLC0415

    dispatcher = _dispatcher(function, {})
    signature = tuple(map(_type, kinds))
    dispatcher.compile(signature)
    compiled = dispatcher.overloads[signature]
    entry: str = compiled.fndesc.llvm_func_name
    module = binding.parse_assembly(dispatcher.inspect_llvm(signature))
    for each in (*module.functions, *module.global_variables):
        if not each.is_declaration and each.name != entry:
            each.linkage = "internal"
    made = target_machine()
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, binding.create_pass_builder(made, binding.create_pipeline_tuning_options()))
    strange = [
        each.name
        for each in (*module.functions, *module.global_variables)
        if each.is_declaration and not each.name.startswith(NEEDED_ANYWHERE)
    ]
    if strange:
        raise TypeError(f"{function.__name__} is no kernel: it needs {', '.join(strange)}")
    results = _results(compiled.signature.return_type, function.__name__)
    return Compiled(entry, results, made.emit_object(module))


def _dispatcher(function: "Callable[..., Any]", known: dict[Any, Any]) -> Any:
    """The function for Numba: the kernels and operations that it calls in their compiled form.

    Without Numba's counting of references inner loops are twice as fast, and Numba refuses to
    compile what would allocate. Dividing by zero gives what the processor gives.
    """
    import numba  # noqa: PLC0415 - 0.3 s that only the first use ever waits for

    from tokbench.kernels import intrinsics  # noqa: PLC0415

    if function not in known:
        names = dict(function.__globals__)
        for name in called(function):
            value = names[name]
            if hasattr(value, "function"):
                names[name] = _dispatcher(value.function, known)
            elif getattr(value, "__module__", "") == machine.__name__:
                names[name] = getattr(intrinsics, name)
        copy = types.FunctionType(function.__code__, names, function.__name__)
        copy.__module__ = function.__module__
        known[function] = numba.njit(nogil=True, error_model="numpy", _nrt=False)(copy)
    return known[function]


def called(function: "Callable[..., Any]") -> list[str]:
    """The names of the module that the function uses, in order."""
    return [name for name in function.__code__.co_names if name in function.__globals__]


def _type(kind: Any) -> Any:
    """Numba's type of an argument."""
    import numba  # noqa: PLC0415

    if isinstance(kind, np.dtype):
        return numba.from_dtype(kind)
    if isinstance(kind[0], np.dtype):
        return numba.types.Array(numba.from_dtype(kind[0]), kind[1], "C")
    fields = list(map(_type, kind[1:]))
    return numba.types.NamedTuple(fields, kind[0])


def _results(returned: Any, name: str) -> int:
    """How many integers of 64 bits the function returns."""
    import numba  # noqa: PLC0415

    if returned == numba.types.none:
        return 0
    each = list(returned) if isinstance(returned, numba.types.BaseTuple) else [returned]
    if not all(isinstance(one, numba.types.Integer) and one.bitwidth == 64 for one in each):  # noqa: PLR2004
        raise TypeError(f"{name} is no kernel: it returns {returned}, not integers of 64 bits")
    return len(each)
