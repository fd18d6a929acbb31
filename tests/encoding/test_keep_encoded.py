"""What is kept comes back as it was, or not at all."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tokbench.encoding import keep
from tokbench.values import (
    Cuts,
    Documents,
    Encoded,
    EncodedBy,
    Entries,
    Grouping,
    Morphology,
    Parallel,
    Some,
    WordsAlone,
)

COLUMN = np.array([0, -3, 300, 1 << 40])
EVERY: list[Any] = [
    Encoded.of(["a b", "é"], [["a", " ", "b"], ["?"]], unk="?", unk_characters=[0, 1]),
    replace(
        Encoded.of(["a"], [["a"]]),
        encoded_by=EncodedBy("chunks", 3, "why", differed=True),
        words_alone=WordsAlone(3, 2, 1),
        cuts=Cuts(*[COLUMN] * 10, number_splits=(((3, 2), 5),)),
    ),
    Documents(COLUMN, COLUMN, COLUMN, 1, 2, {"is": Grouping(("a", "ü"), COLUMN)}),
    Entries(1, 2, Some(3, ("x", "\ud800")), *[Some(0)] * 2, 4, Some(1, ("y",)), Some(2)),
    Morphology(COLUMN, COLUMN, COLUMN, 1, 2),
    Parallel(("en", "de"), np.array([[1, 2], [3, 400]]), 0.25),
    (("a", "b"), (("Latin", "x"),)),
]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())
    if is_dataclass(one):
        pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)]
        return type(one) is type(other) and all(_same(*pair) for pair in pairs)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other) and type(one) is type(other)


@pytest.mark.parametrize("value", EVERY, ids=lambda one: type(one).__name__)
def test_it_comes_back_as_it_was(tmp_path: Path, value: Any) -> None:
    keep.save(tmp_path / "x", value)
    found = keep.load(tmp_path / "x", type(value))
    assert _same(value, found)
    assert keep.load(tmp_path / "x", int) is None


@given(
    column=arrays.arrays(
        st.sampled_from([np.int64, np.bool_, np.float64]),
        st.integers(0, 5),
        elements=None,
    )
)
def test_numbers_are_kept_exactly(tmp_path_factory: pytest.TempPathFactory, column: Any) -> None:
    path = tmp_path_factory.mktemp("keep") / "x"
    keep.save(path, (column,))
    found = keep.load(path, tuple)
    assert found is not None
    assert found[0].dtype == column.dtype
    assert found[0].tobytes() == column.tobytes()


def test_small_numbers_take_little_room(tmp_path: Path) -> None:
    keep.save(tmp_path / "x", (np.full(10_000, 100, np.int64),))
    assert (tmp_path / "x").stat().st_size < 10_200


@pytest.mark.parametrize("damage", ["cut", "turned", "empty", "absent"])
def test_a_damaged_file_is_none(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x"
    keep.save(path, (1, 2))
    data = path.read_bytes()
    turned = data[:9] + bytes((data[9] ^ 1,)) + data[10:]
    path.write_bytes({"cut": data[:-1], "turned": turned, "empty": b"", "absent": b""}[damage])
    if damage == "absent":
        path.unlink()
    assert keep.load(path, tuple) is None
