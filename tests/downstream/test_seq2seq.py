"""An encoder-decoder learns to write a text for a text, and is scored by what others compute."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer
from sacrebleu.metrics import CHRF
from tokenizers import Tokenizer
from training_examples import SMALLEST, SPEC, tokenizer, trained

from tokbench.downstream import bodies, finetuning, linear, text_scores
from tokbench.downstream.rivals import reached
from tokbench.downstream.scores import resampled, scored
from tokbench.downstream.written import _in_one_shape, _token_by_token
from tokbench.errors import SubjectError
from tokbench.values import TaskData, ignore

WORDS = ["low", "fox", "dog", "the", "quick", "over"]
LONGER = SPEC.model_copy(update={"epochs": 6.0, "learning_rate": (1e-2,)})
METRICS = ("rougeL", "rouge1", "rouge2", "chrf")


def echo(sizes=(240, 24, 24)):
    """The first word of the text, and "good"."""
    chance = random.Random(0)

    def table(rows):
        texts = [" ".join(chance.choices(WORDS, k=chance.randrange(1, 5))) for _ in range(rows)]
        labels = [f"{text.split()[0]} good" for text in texts]
        kind = pa.large_string()
        return pa.table({"text": pa.array(texts, kind), "label": pa.array(labels, kind)})

    return TaskData("echo", "seq2seq", (), METRICS, *map(table, sizes))


@pytest.fixture
def in_this_process(monkeypatch):
    """torch is imported once, not once a test."""

    def call(function, job, watch=None, **_):
        return function(job, watch or ignore)

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(finetuning, "run_in_child", call)


@pytest.mark.usefixtures("in_this_process")
def test_a_model_writes_what_it_learned_and_says_what_it_wrote(tmp_path):
    import torch
    from transformers import AutoModelForSeq2SeqLM

    from tokbench.downstream import prediction

    outcome = trained(tmp_path, echo(), spec=LONGER)
    (seed,) = outcome.seeds
    assert seed.scores["rougeL"] > 0.9
    assert outcome.ceiling == 1.0
    assert len(seed.predictions) == 24
    assert seed.scores["rouge1"] == pytest.approx(np.mean([one[1] for one in seed.predictions]))
    assert [one.right for one in outcome.continuations] == linear.column(echo().test, "label")[:3]
    assert outcome.continuations[0].greedy == outcome.continuations[0].right
    with pytest.raises(SubjectError, match="AutoModelForSeq2SeqLM"):
        prediction.predict(tmp_path / "model", "the fox")
    with pytest.raises(SubjectError, match="AutoModelForSeq2SeqLM"):
        prediction.piped("text-generation", tmp_path / "model", "the fox")

    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "model").eval()
    own = Tokenizer.from_file(str(tmp_path / "model" / "tokenizer.json"))
    told = torch.tensor([own.encode("the quick dog").ids, own.encode("dog the over").ids])
    inputs = {"input_ids": told, "attention_mask": torch.ones_like(told)}
    # what its own folder says is enough for whoever loads it
    texts = own.decode_batch(model.generate(**inputs).tolist(), skip_special_tokens=True)
    assert texts == ["the good", "dog good"]
    end = own.encode("").ids[-1]
    with torch.no_grad():
        ways = [
            [row[: row.index(end)] for row in way(model, inputs, own, most_bytes=12, end=end)]
            for way in (_token_by_token, _in_one_shape)
        ]
    assert ways[0] == ways[1]


def test_bodies_are_alike_whatever_the_vocabulary():
    def model(rows, max_length):
        return bodies.build(
            SMALLEST, "seq2seq", (), rows=rows, pad_id=0, max_length=max_length, seed=3
        )

    one, other = model(50, 32), model(90, 64)
    table = one.get_input_embeddings().weight
    for (name, mine), (_, theirs) in zip(
        one.named_parameters(), other.named_parameters(), strict=True
    ):
        if mine is not table:
            assert mine.equal(theirs), name
    assert table.equal(other.get_input_embeddings().weight[:50])
    assert table.data_ptr() == one.get_output_embeddings().weight.data_ptr()
    counts = [bodies.Parameters.of(each) for each in (one, other)]
    assert counts[0].body == counts[1].body
    assert [each.embeddings for each in counts] == [50 * 32, 90 * 32]
    assert [each.head for each in counts] == [0, 0]


def test_a_tokenizer_that_cannot_say_the_words_has_a_ceiling(tmp_path, in_this_process):
    del in_this_process
    unsaid = echo((32, 8, 8))
    labels = pa.array(["never seen", *["dog good"] * 7], pa.large_string())
    place = unsaid.test.column_names.index("label")
    test = unsaid.test.set_column(place, "label", labels)
    data = TaskData("echo", "seq2seq", (), METRICS, unsaid.train, unsaid.valid, test)
    outcome = trained(tmp_path, data, spec=SPEC.model_copy(update={"epochs": 0.25}))
    assert outcome.ceiling == pytest.approx(7 / 8)


@given(st.text(st.characters(max_codepoint=127)))
def test_words_of_ascii_are_those_of_rouge(text):
    assert text_scores.words(text) == DefaultTokenizer().tokenize(text)


def test_scores_are_those_of_the_libraries():
    gold = ["Return the mean of x.", "Close it.", "a b c d"]
    own = ["Return a mean of the x", "", "d c b a"]
    official, letters = RougeScorer(["rougeL", "rouge1", "rouge2"]), CHRF()
    for right, text, made in zip(gold, own, text_scores.scores(gold, own), strict=True):
        found = official.score(right, text)
        wanted = [found[name].fmeasure for name in ("rougeL", "rouge1", "rouge2")]
        assert list(made) == [*wanted, letters.sentence_score(text, [right]).score / 100]


def test_other_scripts_count():
    gold = ["토큰을 센다", "Вернуть среднее", "平均を返す"]
    own = ["토큰을 쓴다", "Вернуть всё", "平均を"]
    made = text_scores.scores(gold, own)
    assert [one[1] for one in made] == pytest.approx([0.5, 0.5, 2 * 3 / (5 + 3)])
    same = text_scores.scores(gold, gold)
    assert [min(one[0], one[1], one[3]) for one in same] == pytest.approx([1.0] * 3)


def test_a_resample_is_scored_like_its_examples_written_out():
    chance = np.random.default_rng(0)
    data = echo((8, 8, 20))
    predictions = chance.random((20, 4))
    weights = np.bincount(chance.integers(0, 20, 20), minlength=20)
    drawn = np.repeat(np.arange(20), weights)
    whole = scored(data, data.test, predictions[drawn])
    for name in METRICS:
        (made,) = resampled(name, np.zeros(20), predictions, weights[None])
        assert made == pytest.approx(whole[name])


def test_rivals_know_no_tokenizer():
    found = reached(echo())
    assert set(found) == {"beginning", "frequent words", "nearest example"}
    assert 0.3 < found["frequent words"]["rougeL"] < 0.9
    assert found["nearest example"]["rougeL"] > found["frequent words"]["rougeL"]


def test_every_tokenizer_may_write_as_many_bytes(tmp_path, in_this_process):
    del in_this_process
    short = SPEC.model_copy(update={"epochs": 0.1})
    outcome = trained(tmp_path, echo((32, 4, 4)), spec=short, given=tokenizer(parted=True))
    assert all(len(one.greedy.encode()) <= len("quick good") for one in outcome.continuations)
