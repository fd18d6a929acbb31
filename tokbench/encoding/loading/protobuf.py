"""Just enough of protocol buffers to read a SentencePiece model.

The package `protobuf` would be a dependency for one file format; its wire format is a page.
"""

import struct
from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MORE = 0x80
_MOST_BITS = 64

Field = tuple[int, int | bytes]


def fields(message: bytes) -> Iterator[Field]:
    r"""The fields of a message, in order: number and value, an integer or bytes as they lie.

    Raises:
        ValueError: this is no message, or the end of one is missing.

    >>> list(fields(b"\x0a\x02hi\x18\x96\x01"))
    [(1, b'hi'), (3, 150)]
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire = key >> 3, key & 7
        if not number:
            raise ValueError("field 0 is none")
        if wire == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire == _BYTES:
            size, place = _varint(message, place)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire} is none")
        if place + size > len(message):
            raise ValueError("it ends inside a field")
        yield number, message[place : place + size]
        place += size


def single(value: int | bytes) -> float:
    """A float as the field holds it.

    Raises:
        ValueError: it holds something else.
    """
    if not isinstance(value, bytes) or len(value) != struct.calcsize("<f"):
        raise ValueError("a number is no float")
    return float(struct.unpack("<f", value)[0])


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message) or shift >= _MOST_BITS + 7:
            raise ValueError("it ends inside a number")
        byte = message[place]
        value |= (byte & ~_MORE) << shift
        place += 1
        shift += 7
        if byte < _MORE:
            return value, place
