"""Between Arrow's string arrays and the NumPy arrays that kernels read, without copying text."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def raw_strings(array: "pa.Array[Any]") -> "tuple[NDArray[np.uint8], NDArray[np.int64]]":
    """The UTF-8 bytes of a string array and, in bytes, where each begins and the last ends.

    Raises:
        ValueError: the array has nulls; a corpus promises that there are none.

    >>> text, offsets = raw_strings(pa.array(["a", "bc", ""], pa.large_string())[1:])
    >>> text[offsets[0] : offsets[-1]].tobytes(), (offsets - offsets[0]).tolist()
    (b'bc', [0, 2, 2])
    """
    if array.null_count:
        raise ValueError("a text column with nulls")
    if array.type != pa.large_string():
        array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    if not len(array) or offsets is None:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    places = np.frombuffer(memoryview(offsets), np.int64)[
        array.offset : array.offset + len(array) + 1
    ]
    text = np.empty(0, np.uint8) if data is None else np.frombuffer(memoryview(data), np.uint8)
    return text, np.require(places, requirements="A")


def large_strings(text: "NDArray[np.uint8]", offsets: "NDArray[np.int64]") -> pa.LargeStringArray:
    """The string array of these bytes; both arrays must not change any more.

    >>> large_strings(np.frombuffer(b"abc", np.uint8), np.array([0, 1, 3])).to_pylist()
    ['a', 'bc']
    """
    array: pa.LargeStringArray = pa.Array.from_buffers(  # type: ignore[assignment]
        pa.large_string(),
        len(offsets) - 1,
        [None, pa.py_buffer(offsets.data), pa.py_buffer(text.data)],
    )
    return array
