from collections.abc import Callable
from pathlib import Path

import pytest

from tokbench import run
from tokbench.downstream import TrainingSpec
from tokbench.errors import TokbenchError
from tokbench.recipe import load_all
from tokbench.recipe.tasks import task
from tokbench.values import Progress, TrainingProgress
from tokbench.workbench import attempt, compare, finetune, finish, tried
from tokbench.workbench.finetuning import refuse_namesakes

pytestmark = pytest.mark.usefixtures("in_process", "models_in_process")

RECIPE = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: %s, min_frequency: 2}\nspecial_tokens: {eos: <e>}\n"
    "wrap: {model_max_length: 512}\nbenchmark: {metrics: [tokens]}\n"
    "downstream: {tasks: colours.yaml, seeds: 1, epochs: 1, learning_rate: 0.01, max_length: 32}\n"
)
QUICK = TrainingSpec(seeds=2, epochs=1, batch_size=16, max_length=16, learning_rate=(1e-2,))


def test_each_model_is_counted_and_copies_are_trained_once(small_tasks: Path) -> None:
    told: list[Progress] = []
    made = finetune(["many", "./many"], ["colours.yaml"], QUICK, watch=told.append)
    assert made.downstream is not None
    assert made.downstream.tokenizers == ("many", "many (2)")
    assert made.done_before == 1
    gap = made.downstream.tasks[0].scores[1]["accuracy"].gap
    assert gap is not None
    assert (gap.value, gap.seen) == (0.0, False)
    trained = [one for one in told if isinstance(one, TrainingProgress)]
    assert trained[-1].models_done == 2
    assert {one.models for one in trained} == {4}
    assert small_tasks.joinpath("many").is_dir()
    twice = finetune(["many"], ["colours.yaml", "colours.yaml"], QUICK).downstream
    assert twice is not None
    assert [len(one.outcomes) for one in twice.tasks] == [1, 1]


def test_a_recipe_whose_models_cannot_be_trained_is_refused_before_its_tokenizer_is(
    small_tasks: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (small_tasks / "a.txt").write_text("a few words\n")
    path = small_tasks / "new.yaml"
    path.write_text("name: new\ncorpus: {sources: [{type: files, paths: a.txt}]}\n" + RECIPE % 300)
    monkeypatch.setattr("tokbench.downstream.extra.find_spec", lambda _: None)
    with pytest.raises(TokbenchError, match=r"pip install 'tokbench\[downstream\]'$"):
        run(path)
    assert not (small_tasks / "runs" / "new").exists()


def test_models_are_told_of_where_simple_ones_failed(
    small_tasks: Path,  # noqa: ARG001 - the folder to work in
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise TokbenchError("what simple models reach is not known")

    monkeypatch.setattr("tokbench.downstream.rivals.rivals", fails)
    made = finetune(["many"], ["colours.yaml"], QUICK.model_copy(update={"seeds": 1})).downstream
    assert made is not None
    assert made.tasks[0].rivals == {}
    assert made.tasks[0].notes[-1] == "what simple models reach is not known"


def test_two_tasks_of_one_name_are_refused(small_tasks: Path) -> None:
    text = (small_tasks / "colours.yaml").read_text()
    (small_tasks / "others.yaml").write_text(text.replace("0.3", "0.4"))
    (small_tasks / "copy.yaml").write_text(text)
    known = [task(f"{name}.yaml", small_tasks) for name in ("colours", "copy", "others")]
    refuse_namesakes(known[:2])
    for function in (finetune, tried):
        with pytest.raises(TokbenchError, match=r"^two different tasks have the name 'colours'"):
            function(["many"], known, QUICK)


def test_force_trains_again(small_tasks: Path) -> None:  # noqa: ARG001 - the folder to work in
    spec = QUICK.model_copy(update={"seeds": 1})
    first, second = (finetune(["many"], ["colours.yaml"], spec, force=one) for one in (False, True))
    assert (first.done_before, second.done_before) == (0, 0)
    assert finetune(["many"], ["colours.yaml"], spec).done_before == 1


def test_only_outcomes_with_the_same_settings_stand_side_by_side(small_tasks: Path) -> None:
    quick = QUICK.model_copy(update={"seeds": 1})
    other = quick.model_copy(update={"weight_decay": 0.5})
    finetune(["many"], ["colours.yaml"], other)
    alone = compare(["many", "few"], on=str(small_tasks / "colours.csv"), text="text",
                    metric_names=["tokens"]).downstream  # fmt: skip
    assert alone is not None
    assert [one is None for one in alone.tasks[0].outcomes] == [False, True]
    assert "weight_decay 0.5" in alone.settings
    finetune(["many", "few"], ["colours.yaml"], quick)
    both = compare(["many", "few"], on=str(small_tasks / "colours.csv"), text="text",
                   metric_names=["tokens"]).downstream  # fmt: skip
    assert both is not None
    assert all(both.tasks[0].outcomes)
    assert "weight_decay" not in both.settings


def test_run_trains_the_models_that_a_recipe_asks_for(
    write_recipe: Callable[..., Path], small_tasks: Path
) -> None:
    recipe = write_recipe(RECIPE % "320")
    made = run(recipe, runs=small_tasks / "runs")
    assert made.comparison is not None
    assert made.comparison.downstream == made.downstream
    assert made.downstream is not None
    assert made.downstream.repeat == f"tokbench run {recipe}"
    assert len(list(made.folder.glob("downstream/colours/*/outcome.json"))) == 1
    assert run(recipe, runs=small_tasks / "runs", models=False).downstream is None


def test_variants_of_a_sweep_are_compared_by_their_models(
    write_recipe: Callable[..., Path], small_tasks: Path
) -> None:
    recipes = load_all(write_recipe(RECIPE % "[320, 360]"))
    runs = small_tasks / "runs"
    attempts = [attempt(one, runs=runs) for one in recipes]
    ended = finish(recipes, attempts, runs=runs)
    assert ended.comparison is not None
    assert ended.comparison.downstream is not None
    assert ended.comparison.downstream.tokenizers == ("tiny-320", "tiny-360")
    assert [len(one.outcomes) for one in ended.downstream[0].tasks] == [2]
    (small_tasks / "colours.csv").unlink()
    again = finish(recipes, attempts, runs=runs)
    assert again.downstream == ()
    assert again.failed[0].name == "colours"
