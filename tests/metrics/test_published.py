"""Metrics against published values, independent implementations and slow ones."""

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest
import tokenization_scorer as scorer
from hypothesis import given
from hypothesis import strategies as st

from tokbench.metrics import measure
from tokbench.metrics.efficiency import efficiency, entropy, middle
from tokbench.metrics.parity import gini, gini_of, parity, premiums, worst_language
from tokbench.values import Encoded, Parallel

frequencies = st.lists(st.integers(0, 1000), min_size=2, max_size=200).filter(
    lambda counts: sum(count > 0 for count in counts) > 1
)


def scored(counts: list[int], metric: str, **options: float) -> float:
    text = [[str(number)] * count for number, count in enumerate(counts) if count]
    with contextlib.redirect_stderr(io.StringIO()):
        return float(scorer.metrics.get_metric(metric)(iter(text), **options))


@given(frequencies, st.sampled_from([0.5, 2.0, 2.5, 3.0]))
def test_entropies_are_those_of_tokenization_scorer(counts: list[int], alpha: float) -> None:
    array = np.array(counts)
    used = int((array > 0).sum())
    assert entropy(array, alpha) == pytest.approx(scored(counts, "renyi_entropy", power=alpha))
    assert entropy(array, 1) == pytest.approx(scored(counts, "shannon_entropy"))
    assert efficiency(array, alpha, used) == pytest.approx(scored(counts, "renyi", power=alpha))
    nominal = scored(counts, "renyi", power=alpha, vocab=len(counts) + 7)
    assert efficiency(array, alpha, len(counts) + 7) == pytest.approx(nominal)
    assert efficiency(array, 1, used) == pytest.approx(scored(counts, "shannon"))
    assert middle(array) == pytest.approx(scored(counts, "percentile_freq"))


@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=1, max_size=30))
def test_parity_is_that_of_counting_by_hand(lines: list[list[int]]) -> None:
    text = Parallel(("en", "ko", "de"), np.array(lines))
    one = replace(Encoded.of(["a"], [["a"]]), parallel=text)
    en, ko, de = (sum(line[k] for line in lines) for k in range(3))
    if not en:
        assert np.isnan(premiums(np.array([0.0, 1.0]))).all()
        return
    assert parity(one).value == pytest.approx((ko / en + de / en) / 2)
    assert worst_language(one).value == max(ko, de) / en
    costs = [cost / len(lines) for cost in (en, ko, de)]
    pairs = sum(abs(left - right) for left in costs for right in costs)
    assert gini(one).value == pytest.approx(pairs / (2 * 9 * (sum(costs) / 3)))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=40).filter(any))
def test_gini_is_the_sum_over_pairs(costs: list[int]) -> None:
    pairs = sum(abs(left - right) for left in costs for right in costs)
    expected = pairs / (2 * len(costs) ** 2 * (sum(costs) / len(costs)))
    assert gini_of(np.array(costs, float)) == pytest.approx(expected, abs=1e-12)


def test_premiums_have_intervals_by_language() -> None:
    lines = np.random.default_rng(0).integers(5, 20, (50, 3)) * [1, 2, 3]
    one = replace(Encoded.of(["a"], [["a"]]), parallel=Parallel(("en", "ko", "de"), lines))
    (made,) = measure([one], ["parity", "gini", "worst_language"])
    found = made.measurements["parity"]
    assert (found.n, found.of) == (50, "lines")
    by = found.by["language"]
    assert [each.label for each in by.groups] == ["ko", "de"]
    assert by.worst == made.measurements["worst_language"].detail["language"] == "de"
    for each, column in zip(by.groups, lines.T[1:], strict=True):
        assert each.value == column.sum() / lines[:, 0].sum()
        assert each.interval is not None
        assert each.interval[0] < each.value < each.interval[1]
    assert by.macro == pytest.approx(found.value)
    assert found.interval is not None
    assert not measure([one], ["tokens"])[0].measurements["tokens"].by


def test_without_parallel_text_there_is_no_parity() -> None:
    (made,) = measure(
        [Encoded.of(["a"], [["a"]])], ["parity", "gini", "worst_language", "boundary_f1"]
    )
    whys = [one.why for one in made.measurements.values()]
    assert all("there is no" in why for why in whys)
    alone = replace(Encoded.of(["a"], [["a"]]), parallel=Parallel(("en",), np.array([[1]])))
    assert measure([alone], ["gini"])[0].measurements["gini"].value is None
