"""Tasks: from a file, by name, in a recipe; every mistake with its place."""

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tokbench.errors import RecipeError, TokbenchError, UnknownNameError
from tokbench.recipe import annotated, load, schema, tasks
from tokbench.recipe.tasks import TaskSpec, known_tasks, task
from tokbench.workbench.plan import Plan

GOOD = "name: t\ntrain: {type: files, paths: a.csv}\n"
BODY = "model: BPE\npre_tokenizer: ByteLevel\ntrainer: {vocab_size: 300}\n"
WRONG = {
    "no name": ("train: python_docs\n",
        "1:1: a task needs the key 'name', for example name: my-task"),
    "no train": ("name: t\n", "1:1: a task needs the key 'train', for example train: {type: files"),
    "empty": ("", "1:1: a task is a map of keys such as name and train, not: the file is empty"),
    "a list": ("- a\n", "1:1: a task is a map of keys such as name and train, not: a list"),
    "unknown key": (GOOD + "metrik: f1\n", "3:1: unknown key 'metrik': did you mean 'metric'?"),
    "key of a recipe": (GOOD + "sweep: {}\n", "3:1: unknown key 'sweep': known: name, description"),
    "key of a source": (GOOD.replace("paths", "pathz"),
        "2:22: unknown key 'pathz' in train: did you mean 'paths'?"),
    "key of a split": (GOOD + "test: {type: files, pathz: b}\n",
        "3:21: unknown key 'pathz' in test: did you mean 'paths'?"),
    "kind": (GOOD + "kind: token\n", "3:7: kind: unknown value 'token': did you mean 'tokens'?"),
    "source": (GOOD + "valid: {type: filez, paths: b}\n",
        "3:8: valid: unknown source 'filez': did you mean 'files'?"),
    "share": (GOOD + "valid: 1.5\n", "3:8: valid: must be less than 1.0, got 1.5"),
    "count": (GOOD + "test: 0\n", "3:7: test: must be at least 1, got 0"),
    "null": (GOOD + "test:\n",
        "3:1: test: expected a source, a share as 0.1, or a number of examples, got null"),
    "truth": (GOOD + "test: true\n",
        "3:7: test: expected a source, a share as 0.1, or a number of examples, got true"),
    "too much": (GOOD + "valid: 0.5\ntest: 0.5\n",
        "4:7: test: valid and test take 1 of the examples"),
    "train again": (GOOD + "test: {type: files, paths: a.csv}\n", "3:7: test: is what `train` is"),
    "pair of tokens": (GOOD + "kind: tokens\npair: b\n",
        "4:7: pair: a task about tokens labels one sentence"),
    "words without tokens": (GOOD + "words: w\n",
        "3:8: words: says what has a label where `kind` is tokens, and it is classification; say "),
    "unit without tokens": (GOOD + "unit: characters\n", "3:7: unit: says what has a label"),
    "words without words": (GOOD + "kind: tokens\nunit: words\n", "4:7: unit: needs `words`"),
    "names of numbers": (GOOD + "kind: regression\nlabels: [a, b]\n",
        "4:9: labels: numbers have no classes"),
    "one class": (GOOD + "labels: [a]\n", "3:9: labels: one class alone teaches nothing"),
    "twins": (GOOD + "labels: [a, b, a]\n", "3:16: labels.2: 'a' is the name of class 1 as well"),
    "number as a name": (GOOD + "labels: [0, 1]\n",
        '3:10: labels.0: expected a string, got the number 0; put it in quotes: "0"'),
    "unknown metric": (GOOD + "metric: acuracy\n",
        "3:9: metric: unknown metric 'acuracy': did you mean 'accuracy'? known: accuracy, bits_"),
    "another kind's metric": (GOOD + "metric: [accuracy, pearson]\n",
        "3:20: metric.1: 'pearson' is for regression, and `kind` is classification; take one of a"),
    "f1 of three": (GOOD + "labels: [a, b, c]\nmetric: f1\n",
        "4:9: metric: 'f1' needs two classes, and there are 3; take macro_f1"),
    "metric twice": (GOOD + "metric: [mcc, mcc]\n", "3:15: metric.1: 'mcc' is named twice"),
    "the answer": (GOOD + "pair: label\n", "3:7: pair: 'label' is the column of the label too"),
    "like nothing": (GOOD + "like: glue_sst\n",
        "1:1: the task: unknown task 'glue_sst': did you mean 'glue_sst2'?"),
    "control character": (GOOD + "a: \x01\n", "3:4: the control character U+0001 is not text"),
    "local": (GOOD + "local: {train: python_docs}\n", "3:1: local needs the key 'test'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_in_files(case: str, tmp_path: Path) -> None:
    text, said = WRONG[case]
    path = tmp_path / "t.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RecipeError) as caught:
        task(path)
    assert f"{path}:{said}" in str(caught.value)


@pytest.mark.parametrize(
    "case", [one for one in WRONG if one not in ("control character", "empty")]
)
def test_mistakes_in_recipes(case: str, write_recipe: Callable[..., Path]) -> None:
    text, said = WRONG[case]
    inside = "".join(f"        {line}\n" for line in text.splitlines())
    path = write_recipe(BODY + "downstream:\n  tasks:\n    -\n" + inside)
    with pytest.raises(RecipeError) as caught:
        load(path)
    told = str(caught.value)
    line, column, rest = said.split(":", 2)
    if case in ("no name", "no train", "a list", "like nothing"):
        assert f"{path}:" in told
        return
    assert f"{path}:{int(line) + 10}:{int(column) + 8}:" in told
    for part in ("; put it in quotes", "did you mean", "`kind` is"):
        assert (part in rest) <= (part in told)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no\.yaml: no such file$"):
        task("no.yaml", tmp_path)
    with pytest.raises(RecipeError, match="is a folder; name the task file in it"):
        task("./", tmp_path)
    with pytest.raises(
        UnknownNameError, match=r"unknown task 'glue_ctb': did you mean 'glue_stsb'\?"
    ):
        task("glue_ctb")


def test_known_tasks_load_and_say_what_they_are() -> None:
    known = known_tasks()
    assert {f"glue_{one}" for one in ("cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte",
                                      "wnli", "mnli_mismatched")} <= set(known)  # fmt: skip
    for name, about in known.items():
        spec = task(name)
        assert spec.name == name
        assert about == spec.description != ""
        if name.startswith("glue_"):
            assert "development split" in about or "glue_mnli" in about
            here = task(name, Path("x"), ["folder=GLUE"]).here()
            assert here.train.type == "files"
            assert here.base(Path("x")) == Path("x/GLUE")


def test_relative_paths_count_from_the_task(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "t.yaml").write_text(GOOD)
    spec = task("tasks/t.yaml", tmp_path)
    assert spec.base(Path("elsewhere")) == tmp_path / "tasks"
    other = task("tasks/t.yaml", tmp_path, ["folder=../data", "label=y", "metric=[mcc]"])
    assert other.base(Path("elsewhere")) == tmp_path / "tasks" / "../data"
    assert (other.label, other.metric) == ("y", ("mcc",))
    with pytest.raises(RecipeError, match="--set lable=y: unknown key 'lable'"):
        task("tasks/t.yaml", tmp_path, ["lable=y"])


def test_like_another(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("name: mine\nlike: glue_rte\nfolder: ../GLUE\nmetric: [accuracy, f1]\n")
    spec, known = task(path), task("glue_rte")
    assert (spec.name, spec.pair, spec.labels) == ("mine", known.pair, known.labels)
    assert spec.metric == ("accuracy", "f1")
    assert spec.here().test == known.local.test  # type: ignore[union-attr]


class _Entry:
    def __init__(self, found: Any) -> None:
        self.name, self._found = "theirs", found

    def load(self) -> Any:
        return self._found


@pytest.mark.parametrize("as_file", [True, False])
def test_of_other_packages(as_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "theirs.yaml"
    path.write_text(GOOD.replace("name: t", "name: theirs\ndescription: Of theirs."))
    found = path if as_file else task(path)
    monkeypatch.setattr(
        tasks, "entry_points", lambda group: [_Entry(found)] if group == "tokbench.tasks" else []
    )
    tasks.known_places.cache_clear()
    try:
        assert known_tasks()["theirs"] == "Of theirs."
        spec = task("theirs", Path("elsewhere"))
        assert spec.train == task(path).train
        assert spec.base(Path("elsewhere")) == tmp_path
        assert "theirs" in tasks.written("theirs")
        path.with_name("like.yaml").write_text("like: theirs\nname: mine\n")
        assert task(path.with_name("like.yaml")).name == "mine"
        path.write_text("name: theirs\nlike: theirs\ntrain: python_docs\n")
        assert as_file is False or task("theirs").name == "theirs"
    finally:
        tasks.known_places.cache_clear()


def test_entry_points_are_those_of_importlib() -> None:
    entry = EntryPoint("glue_extra", "tokbench.recipe.tasks:NAME", "tokbench.tasks")
    assert entry.load() == tasks.NAME


def test_in_a_recipe(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(GOOD)
    body = (
        BODY
        + """downstream:
  seeds: 2
  tasks: [t.yaml, glue_rte, {name: inline, train: python_docs, label: area}]
"""
    )
    recipe = load(write_recipe(body))
    assert recipe.downstream is not None
    assert recipe.downstream.seeds == 2
    names = [one.name for one in recipe.downstream.specs(recipe.base)]
    assert names == ["t", "glue_rte", "inline"]
    written = YAML(typ="safe").load(annotated(recipe))
    assert written["downstream"]["tasks"][2]["name"] == "inline"
    again = tmp_path / "again.yaml"
    again.write_text(annotated(recipe), "utf-8")
    assert load(again).resolved() == recipe.resolved()
    one = load(write_recipe(BODY + "downstream: {tasks: glue_rte}\n"))
    assert one.downstream is not None
    assert one.downstream.tasks == ("glue_rte",)


@pytest.mark.parametrize(("said", "told"), [
    ("tasks: glue_rta", "8:21: downstream.tasks: unknown task 'glue_rta': did you mean"),
    ("tasks: [glue_rte, glue_rte]", "8:32: downstream.tasks.1: task 1 is called 'glue_rte'"),
    ("tasks: []", "8:21: downstream.tasks: must not be empty"),
    ("seeds: 3", "8:1: downstream needs the key 'tasks'"),
    ("tasks: wrong.yaml", "8:21: downstream.tasks: {tmp}/wrong.yaml:3:1: unknown key 'metrik'"),
    ("tasks: glue_rte, epoch: 3", "8:31: unknown key 'epoch' in downstream: did you"),
])  # fmt: skip
def test_recipes_tell_where(
    said: str, told: str, write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text(GOOD + "metrik: f1\n")
    path = write_recipe(BODY + f"downstream: {{{said}}}\n")
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert f"{path}:{told.format(tmp=tmp_path)}" in str(caught.value)


def test_a_key_of_downstream_elsewhere(write_recipe: Callable[..., Path]) -> None:
    with pytest.raises(RecipeError, match=r"it belongs at downstream\.seeds"):
        load(write_recipe(BODY + "seeds: 3\n"))
    with pytest.raises(RecipeError, match="did you mean 'model_max_length'"):
        load(write_recipe(BODY + "wrap: {max_length: 3}\n"))


def test_the_tokenizer_does_not_depend_on_it(write_recipe: Callable[..., Path]) -> None:
    plain = Plan.of(load(write_recipe(BODY)))
    other = Plan.of(load(write_recipe(BODY + "downstream: {tasks: glue_rte, seeds: 2}\n")))
    assert (plain.signature, plain.family) == (other.signature, other.family)
    assert load(write_recipe(BODY)).downstream is None


def test_extends_moves_paths(tmp_path: Path, corpus_file: Path) -> None:
    (tmp_path / "below").mkdir()
    base = (
        f"name: base\ncorpus: {{sources: [{{type: files, paths: [{corpus_file.name}]}}]}}\n{BODY}"
    )
    inline = "{name: i, train: {type: files, paths: a.csv}, like: glue_rte, folder: data}"
    (tmp_path / "base.yaml").write_text(
        f"{base}downstream: {{tasks: [t.yaml, glue_wnli, {inline}]}}\n"
    )
    (tmp_path / "t.yaml").write_text(GOOD)
    (tmp_path / "below" / "r.yaml").write_text("name: r\nextends: ../base.yaml\n")
    recipe = load(tmp_path / "below" / "r.yaml")
    assert recipe.downstream is not None
    one, two, three = recipe.downstream.tasks
    assert (one, two) == ("../t.yaml", "glue_wnli")
    assert isinstance(three, TaskSpec)
    assert three.folder == "../data"
    assert recipe.downstream.specs(recipe.base)[0].name == "t"


def test_schema_knows_tasks() -> None:
    import jsonschema

    checker = jsonschema.Draft202012Validator(schema())
    recipe: dict[str, Any] = {"name": "a", "corpus": {"sources": ["python_docs"]}, "model": "BPE",
                              "trainer": {"vocab_size": 300}}  # fmt: skip
    inline = {"name": "t", "train": {"type": "files", "paths": "a.csv"}, "test": 100,
              "valid": 0.2, "metric": "f1"}  # fmt: skip
    for good in ("glue_rte", ["glue_rte", inline]):
        checker.validate({**recipe, "downstream": {"tasks": good, "learning_rate": 1e-3}})
    for bad in ({"tasks": [{**inline, "kind": "x"}]}, {"tasks": "a", "epoch": 2}):
        assert not checker.is_valid({**recipe, "downstream": bad})


def test_a_task_is_a_value() -> None:
    spec = TaskSpec(name="t", train="python_docs", metric="f1", labels=["a", "b"])
    again = TaskSpec.model_validate(json.loads(spec.model_dump_json()))
    assert again == spec
    with pytest.raises(TokbenchError):
        task("no")
