"""`finetune`: from tokenizers and tasks to a comparison, found again, and asked by `predict`."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tokenizers import Tokenizer, models

from tokbench import store
from tokbench.cli import group
from tokbench.errors import TokbenchError

QUICK = ["--epochs", "1", "--batch-size", "16", "--max-length", "16", "--learning-rate", "1e-2"]


def _called(*arguments: str, **settings: object) -> Result:
    return CliRunner().invoke(group, list(arguments), catch_exceptions=False, **settings)


def _refused(*arguments: str) -> str:
    with pytest.raises(TokbenchError) as refused:
        _called(*arguments)
    return str(refused.value)


@pytest.mark.usefixtures("models_in_process")
def test_from_tokenizers_to_a_comparison(
    small_tasks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outs = ["--json", "made.json", "--out", "page.html"]
    trained = _called(
        "finetune", "many", "few", "--task", "colours.yaml", "--seeds", "1", *QUICK, *outs
    )
    assert trained.exit_code == 0, trained.output
    assert "models that differ in the tokenizer alone: 2 tokenizers; tiny" in trained.stdout
    assert "bag of words" in trained.stdout
    assert max(map(len, trained.stdout.splitlines())) <= 80
    assert (small_tasks / "page.html").read_text("utf-8").startswith("<!doctype html>")
    made = json.loads((small_tasks / "made.json").read_text())
    assert made["tokenizers"] == ["many", "few"]
    assert [len(one["outcome"]["seeds"]) for one in made["tasks"][0]["results"]] == [1, 1]
    again = _called("report", "made.json")
    assert again.exit_code == 0, again.output
    assert again.stdout.splitlines()[4:9] == trained.stdout.splitlines()[4:9]

    more = ["finetune", "many", "few", "--task", "colours.yaml", "--seeds", "2", *QUICK]
    longer = _called(*more, "--baseline", "few", "--json", "-")
    assert longer.exit_code == 0, longer.output
    both = json.loads(longer.stdout)
    assert both["baseline"] == "few"
    first, second = ([one["outcome"]["seeds"][0]["seconds"] for one in some["tasks"][0]["results"]]
                     for some in (made, both))  # fmt: skip
    assert first == second, "the first seed was trained once"

    monkeypatch.setattr("tokbench.downstream.finetuning.run_in_child", None)
    found = _called(*more, "--json", "-", "--log", "tensorboard")
    assert "--log tensorboard is told of nothing that was trained before (2 of" in found.stderr
    assert (
        json.loads(found.stdout)["tasks"][0]["results"]
        == json.loads(_called(*more, "--json", "-").stdout)["tasks"][0]["results"]
    )
    beside = _called("compare", "many", "few", "--on", "colours.csv", "--text", "text")
    assert beside.exit_code == 0, beside.output
    assert "models:" in beside.stdout
    assert "colours" in beside.stdout


@pytest.mark.usefixtures("models_in_process")
def test_models_of_every_kind_are_asked(small_tasks: Path) -> None:
    tasks = [f"--task={name}.yaml" for name in ("colours", "pairs", "spans")]
    made = _called("finetune", "many", *tasks, "--seeds", "1", *QUICK)
    assert made.exit_code == 0, made.output

    asked = _called("predict", "many", "the blue dog", "--task", "colours", "--json", "-")
    said = json.loads(asked.stdout)
    assert said["labels"] == ["blue", "red", "sea"]
    assert said["answer"] in said["labels"]
    assert sum(said["probabilities"][0]) == pytest.approx(1)
    shown = _called("predict", "many", "-", "--task", "colours", input="the blue dog\n")
    assert "the blue dog" in shown.stdout
    assert "probability" in shown.stdout
    (small_tasks / "asked.txt").write_text("the blue dog\n")
    from_file = _called("predict", "many", "--file", "asked.txt", "--task", "colours")
    assert from_file.stdout == shown.stdout

    pair = _called(
        "predict", "many", "the blue dog", "it is blue", "--task", "pairs", "--json", "-"
    )
    assert set(json.loads(pair.stdout)["type_ids"]) == {0, 1}
    words = _called("predict", "many", "the blue dog " * 9, "--task", "spans", "--json", "-")
    labelled = json.loads(words.stdout)
    assert [one["text"] for one in labelled["words"]][:3] == ["the", "blue", "dog"]
    assert labelled["cut"] == 27 - 14
    assert not labelled["words"][-1]["read"]

    raw = _called("predict", "many", "a dog", "--task", "spans", "--pipeline", "ner")
    assert isinstance(json.loads(raw.stdout), list)
    for task, name, texts in (
        ("spans", "ner", ["the blue dog " * 90]),
        ("colours", "text-classification", ["the blue dog " * 90]),
        ("pairs", "text-classification", ["the blue dog " * 90, "it is blue " * 90]),
    ):
        cut = _called("predict", "many", *texts, "--task", task, "--pipeline", name)
        assert json.loads(cut.stdout)
    one = ["predict", "many", "a dog", "--task"]
    assert "does not fit" in _refused(*one, "spans", "--pipeline", "text-classification")
    assert "what fits is text-classification" in _refused(*one, "colours", "--pipeline", "ner")
    assert "is about pairs: give the second" in _refused(*one, "pairs")
    assert "is about one text, and two" in _refused(
        "predict", "many", "a", "b", "--task", "colours"
    )
    assert "on several tasks" in _refused("predict", "many", "a dog")
    assert "did you mean 'colours'" in _refused(*one, "colour")
    assert "was fine-tuned on nothing" in _refused("predict", "few", "a dog")
    assert "is empty" in _refused("predict", "many", " ", "--task", "colours")


@pytest.mark.usefixtures("models_in_process", "small_tasks")
def test_a_task_that_cannot_be_read_does_not_lose_the_others(small_tasks: Path) -> None:
    (small_tasks / "gone.yaml").write_text("name: gone\ntrain: {type: files, paths: gone.csv}\n")
    (small_tasks / "mute").mkdir()
    Tokenizer(models.BPE()).save("mute/tokenizer.json")
    tasks = ["--task", "gone.yaml", "--task", "colours.yaml"]
    made = _called("finetune", "many", "mute", *tasks, "--seeds", "1", *QUICK)
    assert made.exit_code == 1
    assert "gone failed: " in made.stderr
    assert re.search(r"mute  +failed", made.stdout)
    assert "→ mute: failed: the tokenizer gives no token for any text" in made.stdout
    assert "colours  accuracy" in made.stdout
    kept = [
        json.loads(path.read_text()) for path in store.cache_dir().rglob("colours/*/failed.json")
    ]
    assert [one["why"] for one in kept] == [
        "the tokenizer gives no token for any text, so no model can be trained"
    ]


@pytest.mark.usefixtures("models_in_process", "small_tasks")
def test_every_process_says_why_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise TokbenchError("the disk is full")

    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "any")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("tokbench.downstream.worker.work", fails)
    made = _called("finetune", "many", "--task", "colours.yaml", "--seeds", "1", *QUICK)
    assert made.stderr.endswith("process 1: many on colours failed: the disk is full\n")
    assert (made.exit_code, made.stdout) == (0, ""), "the first process says how it ended"


@pytest.mark.usefixtures("small_tasks")
@pytest.mark.parametrize("name", ["WORLD_SIZE", "LOCAL_RANK"])
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_processes_that_no_launcher_started_are_refused(
    name: str, dry: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "2")
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    said = _refused("finetune", "many", "--task", "colours.yaml", *QUICK, *dry)
    assert said.startswith(f"{name}=2 says that several processes train together")
    assert said.endswith(f"start it by one of them, or unset {name}")


@pytest.mark.usefixtures("models_in_process", "small_tasks")
def test_a_dry_run_counts_and_keeps_nothing(
    small_tasks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["finetune", "many", "few", "--task", "colours.yaml", "--dry-run"]
    made = _called(*command, *QUICK, "--seeds", "3", "--json", "-")
    told = json.loads(made.stdout)
    assert [(one["models"], one["done"]) for one in told["trials"]] == [(3, 0), (3, 0)]
    assert (told["at_once"], told["seconds"]) == (1, sum(one["seconds"] for one in told["trials"]))
    monkeypatch.setattr("tokbench.workbench.trials.cores", lambda: 2)
    beside = _called(*command, *QUICK, "--seeds", "3", "--jobs", "8")
    assert "6 models to train: about" in beside.stdout
    assert "2 trainings at a time" in " ".join(beside.stdout.split())
    assert not list(Path(small_tasks).rglob("outcome.json"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--task", "colour.yaml"], "colour.yaml: no such file"),
        (["--task", "python_are"], "unknown task 'python_are': did you mean 'python_area'?"),
        (["--task", "colours.yaml", "--seeds", "0"], "--seeds 0: seeds: must be at least 1, got 0"),
        (["--task", "colours.yaml", "--model", "huge"], "known: tiny, mini, small"),
        (
            ["--task", "colours.yaml", "--learning-rate", "1,x"],
            "learning_rate.1: expected a number",
        ),
        (["--task", "colours.yaml", "--set", "warmpu=1"], "did you mean 'warmup'?"),
        (["--task", "colours.yaml", "--baseline", "mny"], "did you mean 'many'?"),
        (
            ["--task", "colours.yaml", "--max-length", "100000000000"],
            "--max-length 100000000000: max_length: must be at most 8192, got 100000000000",
        ),
        (["--task", "colours.yaml", "--set", "buckets=[32, 0]"], "must be at least 1, got 0"),
        (
            ["--task", "colours.yaml", "--set", "buckets=[32, 3000]"],
            "buckets: no example is longer than max_length, 128: got 3,000",
        ),
        (["--task", "colours.yaml", "--log", "wandb"], "known: tensorboard, trackio"),
    ],
)
@pytest.mark.usefixtures("small_tasks")
def test_mistakes_are_told_in_a_sentence(options: list[str], sentence: str) -> None:
    assert sentence in _refused("finetune", "many", *options)


@pytest.mark.usefixtures("small_tasks")
def test_a_tokenizer_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such file" in _refused("finetune", "./gone", "--task", "colours.yaml")
    monkeypatch.setattr("tokbench.downstream.extra.find_spec", lambda _: None)
    assert "pip install 'tokbench[downstream]'" in _refused(
        "finetune", "many", "--task", "colours.yaml"
    )


def test_options_stand_below_headings() -> None:
    told = _called("finetune", "--help").stdout
    places = [told.index(one) for one in ("Tasks:", "Training, alike", "Device", "\nOptions:")]
    assert places == sorted(places)
    assert places[1] < told.rindex("--seeds") < places[2]
