"""Every tokenizer sees the same batches; rows that fill up count nowhere."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokbench.downstream import TrainingSpec
from tokbench.downstream.batching import (
    FILLER,
    Batches,
    Collator,
    Padding,
    Rows,
    Shapes,
    buckets,
    loader,
    order,
)
from tokbench.downstream.kinds import KINDS
from tokbench.errors import TokbenchError

SIZES = st.lists(st.integers(0, 300), min_size=1, max_size=120)
LENGTHS = st.lists(st.integers(2, 64), min_size=1, max_size=80)
COUNTS = st.integers(1, 9)
SENTENCES = KINDS["classification"]


def dataset(lengths: Sequence[int], kind: str = "classification", *, types: bool = True) -> Any:
    """Examples whose ids say which they are."""
    import datasets

    labels: dict[str, list[Any]] = {
        "classification": [at % 3 for at in range(len(lengths))],
        "regression": [at / 2 - 100.0 for at in range(len(lengths))],
        "tokens": [[-100, *[at % 3] * (length - 1)] for at, length in enumerate(lengths)],
    }
    table = {
        "input_ids": pa.array([[at + 1] * length for at, length in enumerate(lengths)]),
        "labels": labels[kind],
        "length": lengths,
        "bytes": [length * 3 for length in lengths],
    }
    if types:
        table["token_type_ids"] = pa.array([[0, *[1] * (length - 1)] for length in lengths])
    return datasets.Dataset(pa.table(table))


@given(SIZES, COUNTS, st.integers(0, 3))
def test_an_epoch_has_each_example_once(sizes: list[int], batch_size: int, epoch: int) -> None:
    batches = order(sizes, batch_size, 1, epoch)
    assert sorted(chain(*batches)) == list(range(len(sizes)))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= batch_size
    assert batches == order(np.array(sizes), batch_size, 1, epoch)


def test_epochs_and_seeds_differ_and_sizes_are_alike() -> None:
    sizes = np.random.default_rng(0).integers(1, 1000, 3001).tolist()
    batches = order(sizes, 8, 0, 0)
    assert batches != order(sizes, 8, 0, 1) != order(sizes, 8, 1, 0) != batches
    assert len(batches[-1]) == 1
    ranges = [max(sizes[at] for at in batch) - min(sizes[at] for at in batch) for batch in batches]
    assert np.mean(ranges) < 1000 / 50 * 1.1
    firsts = [sizes[batch[0]] for batch in batches[:40]]
    assert firsts not in (sorted(firsts), sorted(firsts, reverse=True))


@given(LENGTHS, st.integers(2, 12), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2))
def test_processes_and_micro_batches_share_the_same_batches(
    lengths: list[int], batch_size: int, accumulate: int, processes: int, seed: int
) -> None:
    accumulate = min(accumulate, batch_size)
    sizes = [length * 2 for length in lengths]
    every = [
        Batches(
            sizes, lengths, batch_size, seed=seed, accumulate=accumulate,
            processes=processes, process=process,
        )
        for process in range(processes)
    ]  # fmt: skip
    for batches in every:
        batches.set_epoch(2)
    drawn = [list(batches) for batches in every]
    assert {len(one) for one in drawn} == {len(every[0])}
    wanted = order(sizes, batch_size, seed, 2)
    together: list[list[int]] = [[] for _ in wanted]
    for at, shares in enumerate(zip(*drawn, strict=True)):
        numbers = [len([key for key in share if key[0] != FILLER]) for share in shares]
        assert max(numbers) - min(numbers) <= 1
        assert max(map(len, shares)) <= every[0].rows
        indices = [index for share in shares for index, _ in share if index != FILLER]
        longest = {longest for share in shares for _, longest in share}
        assert longest == {max(lengths[index] for index in indices)}
        together[at // accumulate] += indices
    assert [sorted(one) for one in together] == [sorted(one) for one in wanted]


def test_a_batch_in_too_many_parts_is_refused() -> None:
    with pytest.raises(TokbenchError, match="batch_size of at least 8"):
        Batches([1], [1], 4, seed=0, accumulate=8)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_steps_know_nothing_of_the_tokenizer(accumulate: int) -> None:
    sizes = list(range(100))

    def steps(lengths: list[int]) -> list[list[int]]:
        drawn = list(Batches(sizes, lengths, 8, seed=3, accumulate=accumulate))
        return [
            sorted(index for part in drawn[at : at + accumulate] for index, _ in part)
            for at in range(0, len(drawn), accumulate)
        ]

    assert steps([5] * 100) == steps(sizes[::-1]) == [sorted(one) for one in order(sizes, 8, 3, 0)]


def test_micro_batches_hold_neighbours_by_tokens() -> None:
    batches = Batches([1] * 4, [9, 2, 8, 3], 4, seed=0, accumulate=2)
    assert list(batches) == [[(0, 9), (2, 9)], [(3, 3), (1, 3)]]


@given(LENGTHS, st.integers(1, 9), st.integers(1, 2), st.integers(1, 3), st.data())
@settings(max_examples=40)
def test_static_shapes_are_at_most_as_many_as_buckets(
    lengths: list[int], batch_size: int, accumulate: int, processes: int, data: st.DataObject
) -> None:
    accumulate = min(accumulate, batch_size)
    chosen = tuple(data.draw(st.lists(st.integers(1, 64), max_size=4)))
    spec = TrainingSpec(max_length=64, buckets=chosen)
    seen, by_step = set(), []
    cost = Shapes()
    rows = Rows(dataset(lengths))
    for seed in (0, None):  # training, testing
        for process in range(processes):
            batches = Batches(
                rows.sizes, rows.lengths, batch_size, seed=seed, accumulate=accumulate,
                processes=processes, process=process,
            )  # fmt: skip
            padding = Padding(buckets(spec), batches.rows)
            made = list(loader(rows, batches, Collator(SENTENCES, 0, padding)))
            shapes = [tuple(batch["input_ids"].shape) for batch in made]
            assert all(shape == tuple(batch["attention_mask"].shape)
                       for shape, batch in zip(shapes, made, strict=True))  # fmt: skip
            seen |= set(shapes)
            by_step.append((seed, shapes))
        cost += batches.shapes(padding, len(batches))
    assert len(seen) <= len(buckets(spec))
    for seed, shapes in by_step:  # compiled programs that talk to each other are alike
        assert shapes == next(other for same, other in by_step if same == seed)
    assert set(cost.distinct) == seen
    assert cost.examples == 2 * len(lengths)
    assert cost.tokens == 2 * sum(lengths)
    computed = sum(rows * columns for _, shapes in by_step for rows, columns in shapes)
    assert cost.padding == computed - cost.tokens


@given(LENGTHS, st.integers(1, 9), st.integers(1, 3), st.integers(0, 40))
@settings(max_examples=40)
def test_what_dynamic_batches_cost_is_known_beforehand(
    lengths: list[int], batch_size: int, processes: int, upto: int
) -> None:
    rows, seen = Rows(dataset(lengths)), []
    padding = Padding(multiple=8)
    for process in range(processes):
        batches = Batches(
            rows.sizes, rows.lengths, batch_size, seed=5, processes=processes, process=process
        )
        drawn: list[Any] = []
        every = loader(rows, batches, Collator(SENTENCES, 0, padding, index=True))
        for epoch in range(upto // len(batches) + 1):
            every.set_epoch(epoch)
            drawn += list(every)
        seen += drawn[:upto]
    cost = batches.shapes(padding, upto)
    assert set(cost.distinct) == {tuple(batch["input_ids"].shape) for batch in seen}
    there = [batch["index"] != FILLER for batch in seen]
    assert cost.examples == sum(int(one.sum()) for one in there)
    assert cost.tokens == sum(
        int(batch["attention_mask"][one].sum()) for batch, one in zip(seen, there, strict=True)
    )
    computed = sum(batch["input_ids"].numel() for batch in seen)
    assert cost.tokens + cost.padding == computed


@pytest.mark.parametrize("kind", ["classification", "regression", "tokens"])
@pytest.mark.parametrize("static", [False, True])
def test_a_batch_holds_its_examples(kind: str, static: bool) -> None:
    lengths = [3, 5, 2, 7, 4]
    rows = Rows(dataset(lengths, kind))
    batches = Batches(rows.sizes, rows.lengths, 2, seed=None)
    padding = Padding((4, 8), batches.rows) if static else Padding()
    seen = []
    for batch in loader(rows, batches, Collator(KINDS[kind], 99, padding, index=True)):
        for at, index in enumerate(batch["index"].tolist()):
            if index == FILLER:
                assert batch["input_ids"][at].unique().tolist() == [99]
                assert batch["attention_mask"][at].sum() == 1
                assert not KINDS[kind].counted(batch["labels"][at]).any()
                continue
            seen.append(index)
            length = lengths[index]
            pad = batch["input_ids"].shape[1] - length
            assert batch["input_ids"][at].tolist() == [index + 1] * length + [99] * pad
            assert batch["attention_mask"][at].tolist() == [1] * length + [0] * pad
            assert batch["token_type_ids"][at].tolist() == [0] + [1] * (length - 1) + [0] * pad
            label = batch["labels"][at].tolist()
            if kind == "tokens":
                assert label == [-100] + [index % 3] * (length - 1) + [-100] * pad
            else:
                assert label == (index % 3 if kind == "classification" else index / 2 - 100)
    assert seen == [3, 1, 4, 0, 2]
    assert batch["input_ids"].shape == ((2, 4) if static else (1, 2))


def tiny(kind: str) -> Any:
    """A real, tiny BERT."""
    import torch
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        BertForTokenClassification,
    )

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=120, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
        num_labels=1 if kind == "regression" else 3,
    )  # fmt: skip
    body = BertForTokenClassification if kind == "tokens" else BertForSequenceClassification
    return body(config).eval()


def learned(
    kind: str, model: Any, batch: dict[str, Any], items: int | None = None
) -> tuple[float, Any]:
    """Loss and gradient of a batch, in double precision so that rounding hides nothing."""
    import torch

    model = model.double()
    model.zero_grad()
    given = dict(batch)
    value = loss_of(kind, model, given, items)
    value.backward()
    gradient = torch.cat([one.grad.flatten() for one in model.parameters() if one.grad is not None])
    return value.item(), gradient


def loss_of(kind: str, model: Any, batch: dict[str, Any], items: int | None) -> Any:
    import torch

    labels = batch.pop("labels")
    batch.pop("index", None)
    logits = model(**batch).logits
    with pytest.MonkeyPatch.context() as patched:  # `loss` computes in 32 bits, as bf16 needs
        patched.setattr(torch.Tensor, "float", torch.Tensor.double)
        labels = labels.double() if labels.is_floating_point() else labels
        return KINDS[kind].loss(logits, labels, items)


@pytest.mark.parametrize("kind", ["classification", "regression", "tokens"])
def test_filled_batches_teach_the_same(kind: str) -> None:
    rows = Rows(dataset([3, 5, 2, 7, 4], kind))
    given = [rows[index, 7] for index in range(5)]
    model = tiny(kind)
    value, gradient = learned(kind, model, Collator(KINDS[kind], 0, Padding())(given))
    for padding in (Padding((16,), rows=5), Padding((8,), rows=9), Padding((64,), rows=16)):
        filled, filled_gradient = learned(kind, model, Collator(KINDS[kind], 0, padding)(given))
        assert filled == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(filled_gradient, gradient, rtol=1e-9, atol=1e-14)
        batch = Collator(KINDS[kind], 0, padding)(given)
        batch["input_ids"][5:] = 77  # whatever fillers hold
        other, other_gradient = learned(kind, model, batch)
        assert other == filled
        assert (other_gradient == filled_gradient).all()


@pytest.mark.parametrize("kind", ["classification", "regression", "tokens"])
def test_shares_and_micro_batches_teach_what_the_batch_does(kind: str) -> None:
    rows = Rows(dataset([3, 5, 2, 7, 4, 6, 2], kind))
    model = tiny(kind)
    whole = Collator(KINDS[kind], 0, Padding())([rows[index, 7] for index in range(7)])
    value, gradient = learned(kind, model, whole)
    items = int(KINDS[kind].counted(whole["labels"]).sum())
    values, gradients = 0.0, 0
    for process in range(3):
        batches = Batches(
            rows.sizes, rows.lengths, 7, seed=0, accumulate=4, processes=3, process=process
        )
        for batch in loader(rows, batches, Collator(KINDS[kind], 0, Padding((8,), batches.rows))):
            one, its = learned(kind, model, batch, items)
            values, gradients = values + one, gradients + its
    assert values == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(gradients, gradient, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("kind", ["classification", "tokens"])
def test_the_loss_is_that_of_transformers(kind: str) -> None:
    rows = Rows(dataset([3, 5, 2], kind))
    batch = Collator(KINDS[kind], 0, Padding((8,), rows=4))([rows[index, 5] for index in range(3)])
    out = tiny(kind)(**batch)
    assert KINDS[kind].loss(out.logits, batch["labels"]).item() == pytest.approx(
        out.loss.item(), rel=1e-6
    )


def test_the_loss_of_numbers_is_that_of_transformers() -> None:
    rows = Rows(dataset([3, 5, 2], "regression"))
    batch = Collator(KINDS["regression"], 0, Padding())([rows[index, 5] for index in range(3)])
    model = tiny("regression")
    out = model(**batch)
    assert KINDS["regression"].loss(out.logits, batch["labels"]).item() == pytest.approx(
        out.loss.item(), rel=1e-6
    )


@pytest.mark.parametrize("kind", ["classification", "regression", "tokens"])
def test_a_batch_of_nothing_teaches_nothing(kind: str) -> None:
    rows = Rows(dataset([3], kind))
    value, gradient = learned(
        kind, tiny(kind), Collator(KINDS[kind], 0, Padding())([rows[FILLER, 3]])
    )
    assert value == 0
    assert not gradient.any()


def test_drawing_batches_leaves_chance_alone() -> None:
    import torch

    rows = Rows(dataset([3, 5, 2, 7]))
    before = torch.get_rng_state()
    list(
        loader(
            rows, Batches(rows.sizes, rows.lengths, 2, seed=0), Collator(SENTENCES, 0, Padding())
        )
    )
    assert torch.equal(before, torch.get_rng_state())


@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 5), st.data())
@settings(max_examples=30)
def test_resuming_goes_on_where_it_stopped(
    count: int, batch_size: int, epoch: int, data: st.DataObject
) -> None:
    from accelerate import skip_first_batches

    rows = Rows(dataset([at % 13 + 2 for at in range(count)]))

    def fresh() -> Any:
        batches = Batches(rows.sizes, rows.lengths, batch_size, seed=0)
        return loader(rows, batches, Collator(SENTENCES, 0, Padding(), index=True))

    def drawn(given: Any) -> list[list[int]]:
        return [batch["index"].tolist() for batch in given]

    whole = fresh()
    whole.set_epoch(epoch)
    wanted = drawn(whole)
    assert len(wanted) == len(whole)
    done = data.draw(st.integers(0, len(wanted)))
    resumed = skip_first_batches(fresh(), done)
    resumed.batch_sampler.batch_sampler.set_epoch(epoch)  # as Trainer does
    assert drawn(resumed) == wanted[done:]


def test_waste_is_a_share_of_what_is_computed() -> None:
    assert Shapes(((1, 4),), 1, 3, 1).waste == 0.25
    assert Shapes().waste == 0
    assert (Shapes(((1, 4),), 1, 3, 1) + Shapes(((1, 2), (1, 4)), 2, 5, 1)) == Shapes(
        ((1, 2), (1, 4)), 3, 8, 2
    )
