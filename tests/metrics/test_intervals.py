"""Intervals hold the truth as often as they say, and copies are never different."""

from dataclasses import replace

import numpy as np
import pytest

from tokbench.metrics import measure
from tokbench.metrics.resampling import FEWEST, GROUPS, LEAST_WORTH, Resamples, effective, interval
from tokbench.values import Encoded, Grouping

NAMES = ["tokens", "bytes_per_token", "chars_per_token", "roundtrip", "vocabulary_size"]


def corpus(documents: int, seed: int = 0) -> list[str]:
    lengths = np.random.default_rng(seed).integers(1, 30, documents)
    return ["ab " * int(length) for length in lengths]


def encoded(documents: list[str], width: int, seed: int = 0) -> Encoded:
    """Cut into tokens of that many characters, now and then of one more."""
    chance = np.random.default_rng(seed).integers(0, 2, len(documents))
    widths = [width + int(more) for more in chance]
    cuts = [
        [text[k : k + step] for k in range(0, len(text), step)]
        for text, step in zip(documents, widths, strict=True)
    ]
    return replace(Encoded.of(documents, cuts), name=f"{width}/{seed}")


@pytest.mark.parametrize(("documents", "spread"), [(20, 0.5), (20, 1.5), (60, 1.0)])
def test_intervals_hold_a_known_ratio(documents: int, spread: float) -> None:
    """Documents of very different lengths, each with a rate of its own."""
    draws, truth, held = 1000, 0.3, 0
    for number in range(draws):
        chance = np.random.default_rng(number)
        lengths = np.ceil(chance.lognormal(4, spread, documents)).astype(np.int64)
        counts = chance.poisson(lengths * chance.gamma(10, 0.1, documents) * truth)
        totals = Resamples(documents, count=500, seed=number).totals([counts, lengths])
        found = interval(totals[:, 0] / totals[:, 1], documents, effective(lengths))
        assert found is not None
        held += found[0] <= truth <= found[1]
    assert 0.93 <= held / draws <= 0.97


def test_a_long_document_among_short_ones_widens_an_interval() -> None:
    sample = np.arange(1001.0)
    even, uneven = np.full(40, 9), np.array([900, *[1] * 39])
    assert interval(sample, 40, effective(even)) == interval(sample, 40)
    wide, least = interval(sample, 40, effective(uneven)), interval(sample, 40, LEAST_WORTH)
    assert wide == least
    assert least is not None
    assert 0 < least[0] < interval(sample, 40)[0]
    assert effective(np.zeros(40, np.int64)) == 40


def test_copies_are_never_different_however_uneven_the_documents() -> None:
    documents = ["ab " * length for length in [4000, *range(1, 20)]]
    one = encoded(documents, 2)
    second = measure([one, replace(one, name="copy")], NAMES)[1].measurements
    assert not any(second[name].difference.seen for name in NAMES)


def test_drawing_groups_is_as_wide_as_drawing_documents() -> None:
    chance = np.random.default_rng(1)
    documents = 3 * GROUPS
    column = chance.integers(0, 100, documents)
    grouped = Resamples(documents, count=2000).totals([column, np.ones(documents, np.int64)])
    assert (grouped[:, 1] == documents).all()
    expected = column.std() * np.sqrt(documents)
    assert grouped[:, 0].mean() == pytest.approx(column.sum(), rel=0.001)
    assert grouped[:, 0].std() == pytest.approx(expected, rel=0.08)


def test_a_resample_has_as_many_documents() -> None:
    for documents in (1, 7, GROUPS):
        totals = Resamples(documents, count=70).totals([np.ones(documents, np.int64)])
        assert (totals == documents).all()


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    one = [encoded(corpus(50), 2)]
    assert measure(one, NAMES) == measure(one, NAMES)
    assert measure(one, NAMES, seed=1) != measure(one, NAMES)


def test_draws_are_those_of_every_machine() -> None:
    column = np.arange(5)
    assert Resamples(5, count=4).totals([column])[:, 0].tolist() == [8.0, 16.0, 11.0, 9.0]


def test_copies_are_never_different() -> None:
    documents = corpus(200)
    for seed in range(20):
        one = encoded(documents, 2, seed)
        first, second = measure([one, replace(one, name="copy")], NAMES, seed=seed)
        assert first.measurements["tokens"].difference is None
        for name in NAMES:
            mine = second.measurements[name]
            assert mine.best == ""
            assert mine.difference is not None
            assert mine.difference.value == 0
            assert not mine.difference.seen


def test_differences_are_paired() -> None:
    """Far less than the numbers themselves vary is seen, where it is so in every document."""
    documents = corpus(200)
    coarse, fine = encoded(documents, 3), encoded(documents, 2)
    other = replace(coarse, name="other", tokens=coarse.tokens + (np.arange(200) % 10 == 0))
    first, second, third = measure([coarse, other, fine], NAMES)
    one, two = first.measurements["bytes_per_token"], second.measurements["bytes_per_token"]
    assert one.interval is not None
    assert two.interval is not None
    assert one.interval[0] < two.value < one.interval[1]  # by themselves: not told apart
    assert two.difference is not None
    assert two.difference.seen
    assert [one.best, two.best] == ["clearly best", ""]
    difference = third.measurements["tokens"].difference
    assert difference is not None
    assert difference.value == fine.tokens.sum() - coarse.tokens.sum()


def test_the_baseline_can_be_another() -> None:
    documents = corpus(60)
    first, second = measure([encoded(documents, 3), encoded(documents, 2)], NAMES, baseline=1)
    assert second.measurements["tokens"].difference is None
    assert first.measurements["tokens"].difference is not None


def test_what_has_no_interval_says_why() -> None:
    few = measure([encoded(corpus(FEWEST - 1), 2)], NAMES)[0].measurements
    assert few["tokens"].interval is None
    assert few["tokens"].no_interval == "9 documents are too few"
    many = measure([encoded(corpus(50), 2)], NAMES)[0].measurements
    assert many["roundtrip"].no_interval == "all documents agree"
    assert many["vocabulary_size"].no_interval == "it is no matter of text"


def test_nobody_wins_by_losing_text() -> None:
    documents = corpus(60)
    honest, losing = encoded(documents, 2), encoded(documents, 3)
    lost = replace(losing.round_trip, letters_lost=np.full(60, 2))
    first, second = measure([honest, replace(losing, round_trip=lost)], ["tokens"])
    assert first.measurements["tokens"].best == "best"
    assert second.measurements["tokens"].best == ""


def test_groups_are_measured_by_themselves() -> None:
    documents = corpus(90)
    grouping = Grouping(("de", "en"), (np.arange(90) % 3 == 0).astype(np.int64))
    whole = encoded(documents, 2)
    facts = replace(whole.documents, groups={"language": grouping})
    (made,) = measure([replace(whole, documents=facts)], NAMES)
    found = made.measurements["bytes_per_token"].by["language"]
    part = [text for k, text in enumerate(documents) if k % 3 == 0]
    for one, which in zip(found.groups, (grouping.index == 0, grouping.index == 1), strict=True):
        assert one.value == facts.bytes[which].sum() / whole.tokens[which].sum()
        assert one.interval is not None
        assert one.interval[0] < one.value < one.interval[1]
    assert [one.n for one in found.groups] == [60, len(part)]
    values = [one.value for one in found.groups]
    assert found.macro == sum(values) / 2
    assert found.worst == ("de", "en")[values.index(min(values))]
    assert not made.measurements["vocabulary_size"].by
