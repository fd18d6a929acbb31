"""What tokenizers made of texts, on disk: numbers in as few bytes as hold them, a checksum behind.

A file is a header in JSON, its length before it, then the arrays one behind another, then 16 bytes
of XXH3-128 over all of that. A file that was cut short, or has one bit turned over, is as good as
none.
"""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import xxhash

from tokbench import store
from tokbench import values as nouns

if TYPE_CHECKING:
    from numpy.typing import NDArray

V = TypeVar("V")
FORMAT = 1
_DIGEST = 16
_LENGTH = 8
_KINDS = {
    kind.__name__: kind
    for kind in (
        nouns.Cuts,
        nouns.Documents,
        nouns.Encoded,
        nouns.EncodedBy,
        nouns.Entries,
        nouns.Grouping,
        nouns.Morphology,
        nouns.Parallel,
        nouns.RoundTrip,
        nouns.Some,
        nouns.WordsAlone,
    )
}
_SIGNED = (np.int8, np.int16, np.int32, np.int64)


def save(path: Path, value: Any) -> None:
    """Write a value of this stage, or plain JSON with tuples for lists.

    Raises:
        StoreError: the file cannot be written.
    """
    arrays: list[bytes] = []
    header = json.dumps({"format": FORMAT, "value": _plain(value, arrays)}).encode()
    data = b"".join((len(header).to_bytes(_LENGTH, "little"), header, *arrays))
    store.write_bytes(path, data + xxhash.xxh3_128_digest(data))


def load(path: Path, kind: type[V]) -> V | None:
    """The value in a file, or None if there is no file, or it is damaged or of another kind."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if len(data) < _DIGEST + _LENGTH or xxhash.xxh3_128_digest(data[:-_DIGEST]) != data[-_DIGEST:]:
        return None
    begin = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    header = json.loads(data[_LENGTH:begin])
    if header["format"] != FORMAT:
        return None
    value = _value(header["value"], memoryview(data)[begin:-_DIGEST])
    return value if isinstance(value, kind) else None


def _plain(value: Any, arrays: list[bytes]) -> Any:
    """As JSON: `{"is": ...}` stands for what JSON has not."""
    if isinstance(value, np.ndarray):
        small = _small(value)
        begin = sum(map(len, arrays))
        arrays.append(small.tobytes())
        return {"is": "array", "as": small.dtype.str, "of": value.dtype.str, "at": begin,
                "shape": list(value.shape)}  # fmt: skip
    if is_dataclass(value):
        named = {one.name: _plain(getattr(value, one.name), arrays) for one in fields(value)}
        return {"is": type(value).__name__, **named}
    if isinstance(value, dict):
        return {"is": "dict", "items": {key: _plain(one, arrays) for key, one in value.items()}}
    if isinstance(value, list | tuple):
        return [_plain(one, arrays) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _small(array: "NDArray[Any]") -> "NDArray[Any]":
    """The same numbers in as few bytes as hold them."""
    if array.dtype != np.int64 or not array.size:
        return array
    least, most = int(array.min()), int(array.max())
    holds = (one for one in _SIGNED if np.iinfo(one).min <= least and most <= np.iinfo(one).max)
    return array.astype(next(holds))


def _value(plain: Any, data: memoryview) -> Any:
    if isinstance(plain, list):
        return tuple(_value(one, data) for one in plain)
    if not isinstance(plain, dict):
        return plain
    kind = plain.pop("is")
    if kind == "array":
        count = int(np.prod(plain["shape"]))
        found = np.frombuffer(data, plain["as"], count, plain["at"])
        return found.astype(plain["of"]).reshape(plain["shape"])
    if kind == "dict":
        return {key: _value(one, data) for key, one in plain["items"].items()}
    return _KINDS[kind](**{name: _value(one, data) for name, one in plain.items()})
