"""Binned counts for pictures."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tokbench.metrics import shapes
from tokbench.values import Encoded

LENGTHS = st.lists(st.integers(0, 100_000), min_size=1, max_size=50)


def _encoded(lengths: list[int], frequencies: list[int]) -> Encoded:
    one = Encoded.of(["a"], [["a"]])
    return replace(
        one, tokens=np.array(lengths, np.int64), frequencies=np.array(frequencies, np.int64)
    )


@given(LENGTHS, LENGTHS, st.lists(st.integers(0, 10**9), min_size=1, max_size=300))
def test_every_document_is_in_its_bin(first: list[int], second: list[int], used: list[int]) -> None:
    made = shapes([_encoded(first, used), _encoded(second, used)])
    for shape, lengths in zip(made, (first, second), strict=True):
        assert shape.edges == made[0].edges
        assert shape.edges[0] == 0
        assert len(shape.edges) == len(shape.lengths) <= 34
        ends = (*shape.edges[1:], 10**9)
        for count, begin, end in zip(shape.lengths, shape.edges, ends, strict=True):
            assert count == sum(begin <= one < end for one in lengths)
        assert shape.median == sorted(lengths)[len(lengths) // 2]
        ordered = sorted((one for one in used if one), reverse=True)
        assert len(shape.ranks) <= 64
        assert all(ordered[rank - 1] == count for rank, count in shape.ranks)
        if ordered:
            assert (shape.ranks[0][0], shape.ranks[-1][0]) == (1, len(ordered))


def test_lengths_far_apart_are_in_bins_that_grow() -> None:
    near, far = shapes([_encoded([20, 25, 30], [1])]), shapes([_encoded([20, 25, 9000], [1])])
    assert set(np.diff(near[0].edges)) == {1}
    assert np.all(np.diff(far[0].edges, 2) >= 0)
    assert far[0].edges[-1] == 9000
