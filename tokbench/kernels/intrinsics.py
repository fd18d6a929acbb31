"""The operations of `machine.py` in LLVM. Imports Numba: only `compiling.py` may import this."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from tokbench.kernels.machine import BLOCK

BYTE, WORD = ir.IntType(8), ir.IntType(64)


def _address(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


@intrinsic  # type: ignore[untyped-decorator]
def load64(_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001 - numba matches the arity
    """One load, with no promise about the address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = builder.bitcast(_address(context, builder, signature, args), WORD.as_pointer())
        word = builder.load(address)
        word.align = 1
        return word

    return types.uint64(array, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def lowest_bit(_context: Any, mask: Any) -> Any:  # noqa: ARG001
    """Count trailing zeros."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """For reading, into the nearest cache."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = builder.bitcast(_address(context, builder, signature, args), BYTE.as_pointer())
        int32 = ir.IntType(32)
        name = "llvm.prefetch.p0"
        function = builder.module.globals.get(name) or ir.Function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [BYTE.as_pointer(), int32, int32, int32]),
            name,
        )
        for_reading, keep_near, data = int32(0), int32(3), int32(1)
        builder.call(function, [address, for_reading, keep_near, data])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def byte_masks(_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Compares of 64 bytes, whose results are bits."""
    block = ir.VectorType(BYTE, BLOCK)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = builder.bitcast(_address(context, builder, signature, args), block.as_pointer())
        text = builder.load(address)
        text.align = 1

        def every(byte: int) -> Any:
            return ir.Constant(block, [byte] * BLOCK)

        def equal(byte: int) -> Any:
            return builder.icmp_unsigned("==", text, every(byte))

        def between(value: Any, low: int, high: int) -> Any:
            above = builder.sub(value, every(low))
            return builder.icmp_unsigned("<", above, every(high - low + 1))

        space = equal(0x20)
        white = space
        for byte in (0x09, 0x0A, 0x0D):
            white = builder.or_(white, equal(byte))
        letter = between(builder.or_(text, every(0x20)), ord("a"), ord("z"))
        digit = between(text, ord("0"), ord("9"))
        visible = between(text, 0x21, 0x7E)
        high = builder.icmp_unsigned(">=", text, every(0x80))
        masks = (space, white, letter, digit, visible, equal(ord("'")), high)
        return context.make_tuple(
            builder, signature.return_type, [builder.bitcast(mask, WORD) for mask in masks]
        )

    return types.containers.UniTuple(types.uint64, 7)(array, types.int64), generate
