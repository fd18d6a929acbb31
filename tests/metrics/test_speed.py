"""Speeds are medians of rounds with their range; who overlaps with another differs in nothing."""

from dataclasses import replace
from typing import get_args

import pytest

from tokbench.metrics import chosen, measure
from tokbench.values import Encoded, Rival, Speed, Work

WORK = get_args(Work)


def _encoded(name: str, *rounds: float, rival: Rival | None = None) -> Encoded:
    speed = Speed(
        bytes=3_000_000,
        documents=2,
        threads=4,
        rounds=dict.fromkeys(WORK, rounds),
        load=rounds,
        ids="abc",
        peak=12_000_000,
        kept=10_000_000,
        rival=rival or Rival("tiktoken", why="tiktoken has no Unigram"),
    )
    return replace(Encoded.of(["ab cd"], [["ab", " cd"]]), name=name, speed=speed)


def test_a_speed_is_the_median_of_rounds_beside_their_range() -> None:
    (one,) = measure([_encoded("x", 1.0, 3.0, 2.0)], ["speed"])
    found = one.measurements["decode_speed_batch"]
    assert (found.value, found.spread, found.interval) == (1.5, (1.0, 3.0), None)
    assert found.no_interval == "it is about this machine: 3 rounds from 1 to 3"
    assert found.detail["threads"] == 4
    assert one.measurements["encode_speed_one_thread"].detail["threads"] == 1
    assert one.measurements["load_time"].value == 2000
    assert one.measurements["load_memory"].value == 12
    assert one.measurements["load_memory"].detail == {"kept": 10}


@pytest.mark.parametrize(
    ("rounds", "seen", "best"), [((2.9, 4.0), False, "best"), ((3.1, 4.0), True, "clearly best")]
)
def test_a_difference_is_seen_where_rounds_do_not_overlap(
    rounds: tuple[float, ...], seen: bool, best: str
) -> None:
    first, second = measure([_encoded("x", 1.0, 3.0), _encoded("y", *rounds)], ["encode_speed"])
    difference = second.measurements["encode_speed"].difference
    assert difference is not None
    assert difference.seen is seen
    assert first.measurements["encode_speed"].best == best


def test_tiktoken_stands_beside_it_or_says_why_not() -> None:
    rival = Rival("tiktoken 1", dict.fromkeys(WORK, (4.0, 8.0, 6.0)))
    first, second = measure(
        [_encoded("x", 3.0, 2.0, 3.0, rival=rival), _encoded("y", 1.0)], ["tiktoken_ratio"]
    )
    found = first.measurements["tiktoken_ratio"]
    assert (found.value, found.spread) == (2.0, (4 / 3, 4.0))
    assert found.detail["work"]["decode"]["tiktoken"] == [0.75, 0.375, 0.5]
    assert second.measurements["tiktoken_ratio"].why == "tiktoken has no Unigram"


def test_speed_is_measured_on_request_only() -> None:
    assert not [one for one in chosen() if one.needs == "speed"]
    assert len(chosen(["speed"])) == 9
    first, *others = chosen(["speed", "load_time", "tokens"])
    assert (first.name, len(others)) == ("tokens", 9)
    assert {one.group for one in chosen(["speed"])} == {"speed"}
