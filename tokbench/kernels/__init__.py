"""Python functions that run as machine code, and start without their compiler.

A kernel is a Python function over arrays and numbers. Numba compiles it when it is first called
with arguments of these types, which takes seconds; the object code is kept, and every later process
hands it to LLVM's loader, which takes milliseconds: Numba is not even imported, which would cost
half a second and 80 MB each time.

- `kernel.py`: the decorator and the call.
- `machine.py`: the operations that kernels may use and Python has no word for.
- `intrinsics.py`: the same in LLVM.
- `compiling.py`: from a function to object code; the only place that knows Numba.
- `loading.py`: from object code to an address.
- `folder.py`: where object code is kept.
"""

from tokbench.kernels.folder import cache_folder, compiled_before
from tokbench.kernels.kernel import Array, Integer, Kernel, jit

__all__ = ["Array", "Integer", "Kernel", "cache_folder", "compiled_before", "jit"]
