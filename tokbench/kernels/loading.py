"""From object code to the address of a function, by LLVM's own loader."""

import functools
import threading
from typing import Any

_LOCK = threading.Lock()


def load(code: bytes, entry: str) -> int:
    """Put object code into this process; returns the address of one of its functions.

    Raises:
        RuntimeError: the code is not for this machine.
    """
    from llvmlite import binding  # noqa: PLC0415 - 0.06 s that only who runs a kernel waits for

    with _LOCK:
        engine = _engine()
        engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        address: int = engine.get_function_address(entry)
    if not address:
        raise RuntimeError(f"the object code has no function {entry}")
    return address


def host() -> tuple[str, str]:
    """The processor's name, and what it can do, as LLVM knows them."""
    from llvmlite import binding  # noqa: PLC0415

    return binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()


def target_machine() -> Any:
    """What turns LLVM's intermediate code into this processor's."""
    from llvmlite import binding  # noqa: PLC0415

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    name, features = host()
    target = binding.Target.from_default_triple()
    return target.create_target_machine(cpu=name, features=features, opt=3, jit=True)


@functools.cache
def _engine() -> Any:
    """The one loader of this process; what it has loaded stays as long as it lives."""
    from llvmlite import binding  # noqa: PLC0415

    return binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine())
