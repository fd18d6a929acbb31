"""Language models: bits per byte that no tokenizer can make look better than they are."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import simulated
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from training_examples import SMALLEST, SPEC, WORDS

from tokbench.downstream import (
    TaskInput,
    batching,
    compared,
    correlations,
    finetuning,
    kinds,
    prediction,
    tokenized,
)
from tokbench.downstream.answers import answers
from tokbench.downstream.bodies import BODIES, USUAL_ROWS, Parameters, build
from tokbench.downstream.byte_models import ByteModel, packed
from tokbench.downstream.finetuning import Given, finetune
from tokbench.downstream.generation import continuations
from tokbench.downstream.kinds.language import ends
from tokbench.downstream.kinds.masked_lm import hidden, hidden_tokens
from tokbench.downstream.pieces import pieces
from tokbench.downstream.prepared import prepared
from tokbench.downstream.residue import Residue
from tokbench.downstream.rivals import reached
from tokbench.downstream.scores import scored
from tokbench.errors import SubjectError, TokbenchError
from tokbench.reports.downstream import facts
from tokbench.values import Measured, Measurement, Outcome, TaskData, ignore

ANY_TEXT = st.text(st.sampled_from("ab \n안é👧") | st.characters(codec="utf-8"), max_size=120)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def call(function, job, watch=None, **_):
        return function(job, watch or ignore)

    monkeypatch.setattr(finetuning, "run_in_child", call)


def characters(letters, *, extra=0, normalizer=None):
    """A tokenizer of single characters, and of tokens that no text has."""
    vocabulary = {letter: at for at, letter in enumerate(["?", *letters])}
    vocabulary |= {f"unused {at}": len(vocabulary) + at for at in range(extra)}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.decoder = decoders.Fuse()
    if normalizer:
        made.normalizer = normalizer
    return made


LETTERS = sorted({letter for word in WORDS for letter in word} | {" ", ".", "\n"})


def text_data(kind="causal_lm", sizes=(120, 30, 40), most=64, words=(3, 20)):
    """Sentences of few words, in which the same words follow each other."""
    chance = random.Random(0)

    def table(rows):
        texts = []
        for _ in range(rows):
            at = chance.randrange(len(WORDS))
            length = chance.randrange(*words)
            said = [WORDS[(at + place) % len(WORDS)] for place in range(length)]
            texts.append(" ".join(said) + ".")
        cut = [list(pieces(text, most)) for text in texts]
        flat = [(piece, number) for number, some in enumerate(cut) for piece in some]
        return pa.table(
            {
                "text": pa.array([piece for piece, _ in flat], pa.large_string()),
                "document": pa.array([number for _, number in flat], pa.int64()),
            }
        )

    return TaskData("t", kind, (), ("bits_per_byte",), *map(table, sizes))


@given(ANY_TEXT, st.integers(4, 40))
def test_pieces_are_the_text(text, most):
    cut = list(pieces(text, most))
    assert "".join(cut) == text
    assert all(0 < len(piece.encode()) <= most for piece in cut)


def untrained(tmp_path, tokenizer, data, split="test", *, zero=True):
    """The score of a model that was not trained, by the way that trained ones go."""
    import torch

    kind = kinds.of(data)
    made = kind.prepare(prepared(tokenizer.to_str(), None, tmp_path))
    rows = batching.Rows(tokenized.tokenized(tmp_path, data, split, SPEC))
    model = build(
        SMALLEST, data.kind, (), rows=made.rows, pad_id=made.pad_id,
        max_length=kind.longest(data, SPEC), seed=0,
    )  # fmt: skip
    if zero:
        with torch.no_grad():
            model.get_input_embeddings().weight.zero_()
    collate = batching.Collator(kind, made.pad_id, batching.Padding(), index=True)
    said = answers(model, kind, rows, collate, batch_size=8, device=torch.device("cpu"))
    encoder = tokenized.Encoder(tmp_path, data, SPEC)
    judge = kind.judge(lambda: encoder, data, getattr(data, split))
    predictions = judge.predictions(said)
    score = scored(data, getattr(data, split), predictions)["bits_per_byte"]
    return score, predictions, rows, made


def test_bits_of_a_uniform_model_are_those_of_its_vocabulary(tmp_path):
    data = text_data()
    score, predictions, rows, made = untrained(tmp_path, characters(LETTERS, extra=7), data)
    texts = data.test["text"].to_pylist()
    size = sum(len(text.encode()) for text in texts)
    tokens = sum(rows.lengths) - len(rows)  # one stands in front of each piece
    assert score == pytest.approx(math.log2(made.rows) * tokens / size, rel=1e-6)
    assert len(predictions) == 40
    assert sum(count for _, count in predictions) == size
    first = "".join(texts[: ends(data.test)[0]])
    assert predictions[0][1] == len(first.encode())


def test_pieces_are_not_cut_by_tokens(tmp_path):
    data = text_data(most=200)
    spec = SPEC.model_copy(update={"max_length": 8})
    kind = kinds.of(data)
    kind.prepare(prepared(characters(LETTERS).to_str(), None, tmp_path))
    made = tokenized.tokenized(tmp_path, data, "test", spec)
    assert not any(made["truncated"])
    assert made["length"] == [1 + len(text) for text in data.test["text"].to_pylist()]
    assert made["labels"][0] == [-100, *made["input_ids"][0][1:]]


def test_an_unknown_token_costs_the_bytes_that_it_stands_for(tmp_path):
    data = text_data()
    whole, few = (
        untrained(tmp_path / name, characters(some), data)
        for name, some in (("whole", LETTERS), ("few", [one for one in LETTERS if one != "e"]))
    )
    texts = "".join(data.test["text"].to_pylist())
    size = len(texts)
    unknown = 8 * texts.count("e") / size
    fewer_rows = math.log2(few[3].rows) - math.log2(whole[3].rows)
    assert few[0] == pytest.approx(whole[0] + fewer_rows + unknown, rel=0.05)
    assert few[0] >= whole[0] + fewer_rows + unknown


@pytest.mark.parametrize(
    ("normalizer", "text"),
    [
        (normalizers.Lowercase(), "low LOW Low"),
        (normalizers.Replace(" ", ""), "low low  low"),
        (normalizers.Strip(), " low "),
        (normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]), "löw lów low"),
    ],
)
def test_what_normalizers_take_away_is_charged(normalizer, text):
    made = characters(LETTERS, normalizer=normalizer)
    residue = Residue(made)
    residue.learn(["low low"] * 9, made.encode_batch(["low low"] * 9))
    lost = residue.of(text, made.encode(text))
    assert lost.bits > 8
    plain = characters(LETTERS)
    assert Residue(plain).of("low low", plain.encode("low low")).bits == 0


@given(st.lists(st.text("ab AB\n", max_size=9), min_size=1, max_size=9))
def test_what_is_charged_is_a_code(texts):
    """All that may stand at a token has shares that add up to one at most."""
    made = characters("ab ", normalizer=normalizers.Lowercase())
    residue = Residue(made)
    residue.learn(texts, made.encode_batch(texts))
    for shares in (residue._texts, residue._gaps):
        seen = {*shares._all, "a", "zz"}
        for number in (*shares._at, 99):
            assert sum(2 ** -shares.bits(number, text) for text in seen) <= 1 + 1e-9


def test_what_lower_case_hides_costs_less_the_more_is_known():
    made = characters("low ", normalizer=normalizers.Lowercase())
    texts = ["LOW low low low low low"] * 50
    encodings = made.encode_batch(texts)
    residue = Residue(made)
    before = residue.of(texts[0], encodings[0]).bits
    residue.learn(texts, encodings)
    after = residue.of(texts[0], encodings[0]).bits
    entropy = 18 * (-(1 / 6) * math.log2(1 / 6) - (5 / 6) * math.log2(5 / 6))
    assert entropy * 0.9 < after < entropy * 1.3 < before


def test_models_learn_and_unused_tokens_change_little(tmp_path):
    data = text_data()
    spec = SPEC.model_copy(update={"epochs": 4.0})
    outcomes = [
        finetune(
            Given(characters(LETTERS, extra=extra).to_str()), "c", data, spec,
            tmp_path / str(extra), body=SMALLEST, every=1e9,
        )
        for extra in (0, 500)
    ]  # fmt: skip
    few, many = (one.seeds[0].scores["bits_per_byte"] for one in outcomes)
    assert few < 2.5
    assert many == pytest.approx(few, abs=0.05)
    assert outcomes[0].body == outcomes[1].body
    assert outcomes[1].embeddings - outcomes[0].embeddings == 500 * (SMALLEST.width + 1)
    assert outcomes[0].lost == 0
    assert outcomes[0].truncated == 0


def test_the_lower_rate_wins_and_static_shapes_hold_all(tmp_path):
    spec = SPEC.model_copy(update={"learning_rate": (1e-5, 1e-2), "static_shapes": True})
    data = text_data(sizes=(60, 20, 20), most=300, words=(25, 40))
    outcome = finetune(
        Given(characters(LETTERS).to_str()), "c", data, spec, tmp_path, body=SMALLEST, every=1e9
    )
    assert outcome.tried[1][1] < outcome.tried[0][1]
    assert outcome.seeds[0].learning_rate == 1e-2
    assert outcome.seeds[0].shapes <= 4
    assert len(outcome.continuations) == 2
    for one in outcome.continuations:
        assert any(text.startswith(one.prompt) for text in data.test["text"].to_pylist())
        assert one.greedy != one.sampled
        assert 0 < len(one.sampled) <= 160
    again = continuations(tmp_path / "model", data.test["text"].to_pylist())
    assert again == outcome.continuations


def test_a_model_that_diverged_is_charged_eight_bits(tmp_path):
    data = text_data()
    kinds.of(data).prepare(prepared(characters(LETTERS).to_str(), None, tmp_path))
    encoder = tokenized.Encoder(tmp_path, data, SPEC)
    judge = kinds.of(data).judge(lambda: encoder, data, data.test)
    predictions = judge.predictions([math.nan] * data.test.num_rows)
    assert all(bits == 8 * count for bits, count in predictions)


@pytest.mark.parametrize("kind", ["causal_lm", "masked_lm"])
def test_bodies_are_alike_whatever_the_vocabulary(kind):
    few, many = (
        build(SMALLEST, kind, (), rows=rows, pad_id=3, max_length=64, seed=0) for rows in (50, 90)
    )
    other = dict(many.named_parameters())
    for name, parameter in few.named_parameters():
        if parameter.shape == other[name].shape:
            assert parameter.equal(other[name]), name
    assert Parameters.of(few).body == Parameters.of(many).body
    assert Parameters.of(few).head == Parameters.of(many).head


@pytest.mark.parametrize("kind", ["causal_lm", "masked_lm", "classification"])
def test_body_and_table_can_be_held_together(kind):
    def total(rows):
        model = build(
            BODIES["tiny"], kind, ("a", "b"), rows=rows, pad_id=0, max_length=64, seed=0,
            hold="total",
        )  # fmt: skip
        made = Parameters.of(model)
        return made.body + made.embeddings

    assert total(4000) == pytest.approx(total(USUAL_ROWS), rel=2e-3)
    with pytest.raises(TokbenchError, match="hold: total leaves no inner layers"):
        total(40_000)


def test_hidden_words_are_the_same_for_every_tokenizer():
    text = "the quick brown foxes jump over lazy dogs, again and again."
    words = hidden(text)
    assert words
    assert all(text[start:end].isalpha() for start, end in words)
    parted = characters(sorted(set(text)))
    for tokenizer in (parted, characters(sorted({*text} - {"e"}))):
        encoding = tokenizer.encode(text)
        gone = hidden_tokens(text, encoding)
        covered = {
            at
            for (start, end), one in zip(encoding.offsets, gone, strict=True)
            for at in range(start, end)
            if one
        }
        assert covered == {at for start, end in words for at in range(start, end)}


@given(ANY_TEXT)
def test_some_word_is_hidden_where_there_is_one(text):
    found = hidden(text)
    assert all(start < end for start, end in found)
    assert all(one[1] <= two[0] for one, two in pairwise(found))
    assert bool(found) == any(sign.isalnum() for sign in text) or not any(
        sign.isalpha() for sign in text
    )


def test_words_are_guessed(tmp_path):
    data = text_data("masked_lm", sizes=(200, 30, 60))
    spec = SPEC.model_copy(update={"epochs": 3.0})
    outcome = finetune(
        Given(characters(LETTERS).to_str()), "c", data, spec, tmp_path, body=SMALLEST, every=1e9
    )
    score = outcome.seeds[0].scores["bits_per_byte"]
    uniform, predictions, _, made = untrained(tmp_path / "other", characters(LETTERS), data)
    size = sum(count for _, count in predictions)
    texts = data.test["text"].to_pylist()
    assert size == sum(end - start for text in texts for start, end in hidden(text))
    assert uniform == pytest.approx(math.log2(made.rows), rel=1e-6)
    assert score < uniform - 0.5
    assert "[MASK] added behind its vocabulary" in " ".join(outcome.notes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(prediction, "run_in_child", lambda function, *given, **_: function(*given))
        found = prediction.piped("fill-mask", tmp_path / "model", "lo[MASK] newer.")
        assert 0 < found[0]["score"] <= 1
        with pytest.raises(SubjectError, match="what fits is fill-mask"):
            prediction.piped("text-generation", tmp_path / "model", "low")
        with pytest.raises(SubjectError, match="not with a label; use --pipeline fill-mask"):
            prediction.predict(tmp_path / "model", "low")


def test_bytes_are_counted():
    model = ByteModel(["abcab" * 20, "안녕"])
    for before in ("", "ab", "xyz"):
        bits = [model.bits(before + chr(byte))[-1] for byte in range(128)]
        assert 0.5 < sum(2**-one for one in bits) <= 1 + 1e-9
    assert model.bits("abcab").sum() < 8 < model.bits("q").sum()
    assert 0 < packed(["low lower " * 99], ["low lower "]) < 8 * 40


def test_rivals_have_bits_per_byte():
    data = text_data()
    found = {name: one["bits_per_byte"] for name, one in reached(data).items()}
    assert found["uniform bytes"] == 8
    assert 0 < found["order-5 bytes"] < 2
    assert 0 < found["xz"] < 4
    masked = reached(replace(text_data("masked_lm")))
    assert masked["uniform bytes"]["bits_per_byte"] == 8
    assert masked["order-5 bytes"]["bits_per_byte"] < 4


def compared_by(bits):
    """Tokenizers whose models need so many bits a byte, give or take."""
    chance = np.random.default_rng(0)
    sizes = chance.integers(50, 200, 300)
    noise = chance.normal(0, 0.05, (5, 300))
    outcomes = [
        Outcome(
            str(mean), "t",
            tuple(
                replace(
                    simulated.seed_outcome(seed, np.zeros(1), np.zeros(1)),
                    scores={"bits_per_byte": float(((mean + some) * sizes).sum() / sizes.sum())},
                    predictions=tuple(zip((mean + some) * sizes, sizes.tolist(), strict=True)),
                )
                for seed, some in enumerate(noise)
            ),
            vocabulary=9, body=1, head=0, embeddings=1,
        )
        for mean in bits
    ]  # fmt: skip
    task = TaskInput(
        "t", "causal_lm", ("bits_per_byte",), 0, (9, 9, 300), np.zeros(300), tuple(outcomes)
    )
    return compared([task], [str(one) for one in bits])


def test_the_fewest_bits_are_best():
    made = compared_by([2.0, 1.8, 2.1])
    (task,) = made.tasks
    assert task.lower == ("bits_per_byte",)
    assert [one["bits_per_byte"].best for one in task.scores] == ["", "clearly best", ""]
    gaps = [one["bits_per_byte"].gap for one in task.scores[1:]]
    assert [gap.value for gap in gaps] == pytest.approx([-0.2, 0.1])
    assert all(gap.seen for gap in gaps)
    measured = [
        Measured(name, {"fertility": Measurement(value, 9, "tokens", "lower")}, {})
        for name, value in zip(made.tokenizers, (3.0, 2.0, 4.0), strict=True)
    ]
    assert correlations(measured, made)[0].value == 1
    said = [*facts.verdicts(made, task)]
    assert said[0].startswith("1.8 is better than 2.0 by 0.200 bits")
    assert said[1].startswith("2.1 is worse than 2.0 by 0.100 bits")
    axis = facts.Axis.of([one["bits_per_byte"] for one in task.scores], math.inf)
    assert axis.high > 2
