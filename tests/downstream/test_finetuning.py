import dataclasses
import json
from itertools import chain

import pyarrow as pa
import pytest
import training_examples as examples
from tokenizers import Tokenizer, models
from training_examples import SPEC, text_task, tokenizer, trained, word_task

from tokbench import store
from tokbench.downstream import batching, finetuning
from tokbench.downstream.bench import Bench
from tokbench.downstream.finetuning import Given, signature
from tokbench.errors import TokbenchError
from tokbench.values import ignore


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """torch is imported once, not once a test; test_resuming.py uses real processes."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def call(function, job, watch=None, **_):
        return function(job, watch or ignore)

    monkeypatch.setattr(finetuning, "run_in_child", call)


def test_a_model_learns_and_says_what_it_took(tmp_path):
    told = []
    outcome = trained(tmp_path, watch=told.append)
    (seed,) = outcome.seeds
    assert seed.scores["accuracy"] > 0.9
    assert seed.steps == 40
    assert (seed.epochs, seed.examples) == (2.0, 320)
    assert len(seed.predictions) == 101
    assert seed.loss < 0.7
    assert seed.seconds > 0
    assert seed.tokens > 320 * 4 > seed.shapes > 1
    assert seed.peak_memory > 1 << 26
    assert (outcome.device, outcome.precision, outcome.processes) == ("cpu", "fp32", 1)
    assert outcome.embeddings == 32 * outcome.vocabulary
    assert told[-1].done == told[-1].total == 40
    assert told[-1].scores == seed.valid
    assert told[-1].stage == "seed 1 of 1"


def test_what_is_done_is_not_done_again(tmp_path):
    first = trained(tmp_path)
    told = []
    again = trained(tmp_path, spec=SPEC.model_copy(update={"seeds": 2}), watch=told.append)
    assert again.seeds[0] == first.seeds[0]
    assert {one.stage for one in told} == {"seed 2 of 2"}
    assert not (tmp_path / "work").exists()
    assert sorted(one.name for one in (tmp_path / "seeds").iterdir()) == [
        "seed-0-rate-0.01.json",
        "seed-1-rate-0.01.json",
    ]
    other = trained(tmp_path, spec=SPEC.model_copy(update={"weight_decay": 0.5}))
    assert other.seeds[0] != first.seeds[0]


def test_the_rate_that_is_best_in_validation_is_taken(tmp_path):
    rates = (1e-6, 1e-2)
    outcome = trained(tmp_path, spec=SPEC.model_copy(update={"learning_rate": rates, "seeds": 2}))
    assert [rate for rate, _ in outcome.tried] == list(rates)
    assert outcome.tried[1][1] > outcome.tried[0][1]
    assert [one.learning_rate for one in outcome.seeds] == [1e-2, 1e-2]
    manifest = json.loads((tmp_path / "model" / "tokbench.json").read_text())
    assert manifest["run"] != "seed-0-rate-1e-06"


def test_every_tokenizer_sees_the_same_examples_in_the_same_batches(tmp_path, monkeypatch):
    seen = []
    collate = batching.Collator.__call__

    def remember(self, rows):
        seen.append([row["index"] for row in rows])
        return collate(self, rows)

    monkeypatch.setattr(batching.Collator, "__call__", remember)
    spec = SPEC.model_copy(update={"epochs": 1.5, "accumulate": 3})
    for parted in (False, True):
        seen.append(parted)
        trained(tmp_path / str(parted), given=tokenizer(parted=parted), spec=spec)
    half = seen.index(True)
    words, letters = seen[1:half], seen[half + 1 :]

    def steps(batches):
        return [sorted(chain(*batches[at : at + 3])) for at in range(0, len(batches), 3)]

    evaluations = 5  # batches, between the epochs
    first, second = slice(60), slice(60 + evaluations, 90 + evaluations)  # 20 steps, in 3 parts
    assert steps(words[first]) == steps(letters[first])
    assert steps(words[second]) == steps(letters[second])
    assert sorted(chain(*words[first])) == list(range(160))
    assert steps(words[:30]) != steps(words[second])


def test_words_are_labelled_also_in_bfloat16(tmp_path):
    outcome = trained(tmp_path, word_task(), SPEC.model_copy(update={"precision": "bf16"}))
    assert outcome.precision == "bf16"
    assert outcome.seeds[0].scores["span_f1"] > 0.9
    assert all(len(one) == 9 for one in outcome.seeds[0].predictions)
    assert outcome.ceiling == 1


def test_what_tokens_cannot_say_is_a_ceiling(tmp_path):
    letters = tokenizer(parted=True)
    spec = SPEC.model_copy(update={"epochs": 0.1})
    ceilings = []
    for max_length in (32, 16, 8):
        cut = spec.model_copy(update={"max_length": max_length})
        ceilings.append(trained(tmp_path, word_task(), cut, given=letters).ceiling)
    assert 1 > ceilings[0] > ceilings[1] > ceilings[2] > 0
    tags = dataclasses.replace(word_task(), labels=("THING", "ANIMAL"), metrics=("accuracy",))
    outcome = trained(tmp_path, tags, cut, given=letters)
    words = sum(map(len, tags.test["words"].to_pylist()))
    answered = sum(one[6] for one in outcome.seeds[0].predictions)
    assert outcome.ceiling == answered / words
    assert trained(tmp_path, spec=spec).ceiling is None


def test_numbers_are_answered_in_their_own_scale(tmp_path):
    from transformers import pipeline

    outcome = trained(tmp_path, text_task(numbers=True), SPEC.model_copy(update={"epochs": 2}))
    assert outcome.seeds[0].scores["pearson"] > 0.9
    low, high = min(outcome.seeds[0].predictions), max(outcome.seeds[0].predictions)
    assert 0 < low < 6
    assert 10 < high < 16
    answer = pipeline("text-classification", outcome.model)
    assert answer("fox dog good")[0]["score"] > 8 > answer("fox dog bad")[0]["score"] > 0


@pytest.fixture
def without_dropout(monkeypatch):
    new = Bench.model

    def model(self, seed):
        made = new(self, seed)
        for module in made.modules():
            if hasattr(module, "p"):
                module.p = 0.0
        return made

    monkeypatch.setattr(Bench, "model", model)


@pytest.mark.usefixtures("without_dropout")
@pytest.mark.parametrize("numbers", [False, True])
def test_a_step_is_the_same_however_it_is_cut_up(tmp_path, numbers):
    data = text_task((100, 20, 20), numbers=numbers)  # the last batch is not full
    curves = []
    for more in ({}, {"accumulate": 3}, {"static_shapes": True, "buckets": (8,)}):
        out = tmp_path / str(len(curves))
        outcome = trained(out, data, SPEC.model_copy(update={"epochs": 1, **more}))
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        curves.append([line["loss"] for line in lines if "loss" in line])
        assert outcome.seeds[0].examples == 100
    assert len(curves[0]) == 13
    assert curves[1] == pytest.approx(curves[0], rel=1e-3)
    assert curves[2] == pytest.approx(curves[0], rel=1e-3)
    assert (outcome.seeds[0].shapes, outcome.static) == (2, True)


def test_training_stops_where_nothing_gets_better(tmp_path):
    spec = SPEC.model_copy(update={"patience": 1, "epochs": 8})
    outcome = trained(tmp_path, spec=spec)
    (seed,) = outcome.seeds
    assert seed.stopped_early
    assert seed.steps < 160
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    curve = [line["valid"]["accuracy"] for line in lines if "valid" in line and "test" not in line]
    assert seed.valid["accuracy"] == max(curve)


@pytest.mark.parametrize("more", [{"patience": 1, "epochs": 8}, {"epochs": 1.5}])
def test_a_training_that_ended_before_it_was_killed_takes_no_step_more(tmp_path, monkeypatch, more):
    from tokbench.downstream.fitting import Fitting
    from tokbench.downstream.seed import Seed

    spec = SPEC.model_copy(update=more)
    whole = trained(tmp_path / "whole", spec=spec)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Seed, "_outcome", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path / "killed", spec=spec, every=0.0)
    monkeypatch.setattr(Fitting, "training_step", killed)
    (seed,) = trained(tmp_path / "killed", spec=spec, every=0.0).seeds
    same = {name: getattr(whole.seeds[0], name) for name in ("seconds", "peak_memory")}
    assert dataclasses.replace(seed, **same) == whole.seeds[0]


def test_examples_without_a_token_are_told(tmp_path):
    blind = Tokenizer(models.BPE({"w": 0}, []))  # nothing stands for what it does not know
    spec = SPEC.model_copy(update={"epochs": 0.1})
    outcome = trained(tmp_path, given=Given(blind.to_str()), spec=spec)
    texts = [text for table in vars(text_task()).values() if isinstance(table, pa.Table)
             for text in table["text"].to_pylist()]  # fmt: skip
    nothing = sum("w" not in text for text in texts)
    assert 50 < nothing < len(texts) == 301
    assert f"{nothing} of 301 examples have no token of their own: its models see nothing of them" \
        in outcome.notes  # fmt: skip
    seeing = trained(tmp_path / "seeing", spec=spec)
    assert not any("no token" in note for note in seeing.notes)


def test_a_training_that_diverges_is_told(tmp_path):
    outcome = trained(tmp_path, spec=SPEC.model_copy(update={"learning_rate": (1e30,)}))
    assert "diverged" in outcome.notes[-1]
    assert len(outcome.seeds[0].predictions) == 101
    assert outcome.model
    assert '"loss": null' in (tmp_path / "log.jsonl").read_text()
    (kept,) = (tmp_path / "seeds").iterdir()
    assert '"loss": null' in kept.read_text()
    again = trained(tmp_path, spec=SPEC.model_copy(update={"learning_rate": (1e30,)}))
    assert repr(again.seeds) == repr(outcome.seeds)


def test_what_the_log_says(tmp_path):
    outcome = trained(tmp_path, spec=SPEC.model_copy(update={"seeds": 2, "log": ("tensorboard",)}))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {line["run"] for line in lines} == {"seed-0-rate-0.01", "seed-1-rate-0.01"}
    losses = [line for line in lines if "loss" in line and line["run"].startswith("seed-1")]
    assert [line["step"] for line in losses] == list(range(2, 41, 2))
    assert losses[-1]["tokens"] == outcome.seeds[1].tokens
    assert losses[0]["learning_rate"] < losses[1]["learning_rate"] > losses[-1]["learning_rate"]
    assert lines[-1]["test"] == outcome.seeds[1].scores
    assert list((tmp_path / "tensorboard" / "seed-0-rate-0.01").iterdir())


def test_a_log_whose_package_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("tokbench.downstream.logs.find_spec", lambda _: None)
    with pytest.raises(TokbenchError, match=r"pip install trackio$"):
        trained(tmp_path, spec=SPEC.model_copy(update={"log": ("trackio",)}))


def test_the_saved_model_works_elsewhere(tmp_path):
    from transformers import pipeline

    answer = pipeline("text-classification", trained(tmp_path / "mood").model)
    assert answer("the quick fox good")[0]["label"] == "good"
    assert answer("the quick fox bad")[0]["label"] == "bad"
    spec = SPEC.model_copy(update={"epochs": 2})
    tags = pipeline("token-classification", trained(tmp_path / "tags", word_task(), spec).model)
    assert [(one["word"], one["entity"]) for one in tags("the quick fox") if one["entity"] != "O"]


def test_a_model_of_others_is_not_replaced(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("mine")
    with pytest.raises(store.StoreError, match="did not write"):
        trained(tmp_path)


def test_signatures():
    data = text_task()
    known = signature(tokenizer(), data, SPEC, examples.SMALLEST)
    more = SPEC.model_copy(update={"seeds": 9, "log": ("trackio",)})
    assert signature(tokenizer(), data, more, examples.SMALLEST) == known
    others = [
        signature(tokenizer(parted=True), data, SPEC, examples.SMALLEST),
        signature(tokenizer(), data, SPEC),
        signature(tokenizer(), dataclasses.replace(data, metrics=("macro_f1",)), SPEC),
        signature(tokenizer(), text_task((150, 40, 101)), SPEC, examples.SMALLEST),
        signature(Given(tokenizer().state, {}), data, SPEC, examples.SMALLEST),
    ]
    assert len({known, *others}) == 6


@pytest.mark.parametrize("huge", [1e31, -1e308])
def test_numbers_beyond_what_models_compute_with(tmp_path, huge):
    data = text_task((20, 5, 5), numbers=True)
    labels = pa.array([*data.valid["label"].to_pylist()[:-1], huge])
    valid = data.valid.set_column(1, "label", labels)
    with pytest.raises(TokbenchError, match=r"much: the label .* \(valid, example 5\) is beyond"):
        trained(tmp_path, dataclasses.replace(data, valid=valid))


def test_no_tokenizer(tmp_path):
    with pytest.raises(TokbenchError, match=r"none/tokenizer.json: cannot be read"):
        trained(tmp_path, given=tmp_path / "none" / "tokenizer.json")
