"""Train models that differ in nothing but the tokenizer, and put them side by side."""

import shlex
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tokbench import store
from tokbench.downstream import TaskInput, TrainingSpec, extra, processes
from tokbench.downstream import finetuning as trainings
from tokbench.downstream import rivals as without
from tokbench.errors import StoreError, SubjectError, TokbenchError, nearest, sentence
from tokbench.recipe import Recipe
from tokbench.recipe.tasks import TaskSpec, known_tasks, task
from tokbench.values import (
    Downstream,
    Outcome,
    Progress,
    TaskData,
    TrainingProgress,
    Watch,
    ignore,
)
from tokbench.workbench import outcomes, together
from tokbench.workbench.comparisons import distinct, own_and_baselines, place_of
from tokbench.workbench.entrants import Entrant, entrants
from tokbench.workbench.examples import examples
from tokbench.workbench.failures import Failure
from tokbench.workbench.find import Found, find, find_all
from tokbench.workbench.plan import RUNS

Rivals = dict[str, dict[str, float]]
_USUAL = TrainingSpec()
_TOLD = (TokbenchError, OSError, MemoryError)


@dataclass(frozen=True)
class Finetuned:
    """What came of tokenizers and tasks.

    Attributes:
        downstream: the comparison; None where nothing came of any, and in all processes but the
            first where several train together.
        failed: what gave nothing, and why.
        done_before: how many pairs of a tokenizer and a task were found, not trained.
    """

    downstream: Downstream | None
    failed: tuple[Failure, ...] = ()
    done_before: int = 0


def finetune(
    names: Sequence[str],
    tasks: Sequence[str | TaskSpec],
    spec: TrainingSpec = _USUAL,
    *,
    baseline: str | None = None,
    base: Path = Path(),
    overrides: Sequence[str] = (),
    runs: Path = RUNS,
    force: bool = False,
    jobs: int | None = None,
    watch: Watch = ignore,
) -> Finetuned:
    """Train models of tokenizers on tasks, as far as that was not done, and compare them.

    Args:
        names: runs, recipes, folders, tokenizer.json files or Hub names; a recipe with a sweep
            stands for all its variants.
        tasks: names that tokbench knows, paths of task files, or tasks.
        spec: how every model is trained.
        baseline: whom gaps are to, by its name in the report or as it stands in `names`; None for
            the first.
        base: the folder that relative paths of tasks start from.
        overrides: `key.path=value` assignments that the recipes among the names were run with.
        runs: the folder of run folders.
        force: train again what was trained.
        jobs: how many models are trained at once; None for as many as there are cores, one on a
            GPU or TPU.
        watch: told how far it has come, from several threads where several are trained at once.

    Raises:
        SubjectError: a tokenizer cannot be found, before anything is trained.
        TokbenchError: a task is not known, two have one name, or the extra `[downstream]` is
            missing.
    """
    if not names or not tasks:
        raise ValueError("name at least one tokenizer and one task")
    meant = [find_all(name, runs=runs, overrides=overrides) for name in names]
    found = [one for some in meant for one in some]
    subjects = distinct([one.subject for one in found])
    place = 0 if baseline is None else place_of(baseline, names, meant, subjects)
    specs = [one if isinstance(one, TaskSpec) else task(one, base) for one in tasks]
    return side_by_side(
        found,
        [one.name for one in subjects],
        specs,
        spec,
        baseline=place,
        base=base,
        force=force,
        jobs=jobs,
        watch=watch,
    )


def side_by_side(
    found: Sequence[Found],
    names: Sequence[str],
    tasks: Sequence[TaskSpec],
    spec: TrainingSpec,
    *,
    baseline: int = 0,
    base: Path = Path(),
    force: bool = False,
    jobs: int | None = None,
    watch: Watch = ignore,
) -> Finetuned:
    """The same of tokenizers that are found already, under these names."""
    extra.require()
    processes.require()
    refuse_namesakes(tasks)
    spec, every = entrants(found, names, spec, base)
    read, failed = _read(tasks, base, watch)
    counted = _Counted(watch, len(read) * len(every), spec)
    fresh = set[Path]() if force else None
    pairs = [(one, data) for data in read for one in every]
    begun = [not force and _known(one, data) is not None for one, data in pairs]
    works = [
        partial(_tried, one, data, fresh, counted, before=before)
        for (one, data), before in zip(pairs, begun, strict=True)
    ]
    results = list(together.done(works, at_once(jobs, begun.count(False))))
    for (one, data), (_, _, why) in zip(pairs, results, strict=True):
        if why and processes.first():
            outcomes.keep_failure(one.found, data, one.spec, why.why)
    failed += [why for _, _, why in results if why]
    done = sum(before for _, before, _ in results)
    some: list[tuple[TaskData, list[Outcome | None], list[str]]] = []
    for place, data in enumerate(read):
        mine = results[place * len(every) : (place + 1) * len(every)]
        if any(one for one, _, _ in mine) and processes.first():
            whys = [why.why if why else "" for _, _, why in mine]
            some.append((data, [one for one, _, _ in mine], whys))
    if not some:
        return Finetuned(None, tuple(failed), done)
    inputs = [_input(data, made, whys, watch) for data, made, whys in some]
    prints = [data.fingerprint for data, _, _ in some]
    called = [one.name for one in every]
    compared = outcomes.side_by_side(inputs, called, spec, prints, baseline=baseline)
    return Finetuned(compared, tuple(failed), done)


def at_once(jobs: int | None, new: int) -> int:
    """How many tokenizers are trained side by side.

    Args:
        jobs: what the user asks for; None for as many as there are cores, one on a GPU or TPU.
        new: pairs of a tokenizer and a task that are not done yet.
    """
    if processes.number() > 1:
        return 1
    if jobs is not None:
        return jobs
    return min(new, processes.at_once()) if new > 1 else 1


def refuse_namesakes(tasks: Sequence[TaskSpec]) -> None:
    """Refuse different tasks of one name: reports could not tell them apart.

    Raises:
        TokbenchError: names it.
    """
    known: dict[str, TaskSpec] = {}
    for one in tasks:
        if known.setdefault(one.name, one) != one:
            raise TokbenchError(f"two different tasks have the name {one.name!r}; rename one")


def _read(
    tasks: Sequence[TaskSpec], base: Path, watch: Watch
) -> tuple[list[TaskData], list[Failure]]:
    """The examples of all tasks before anything is trained, and what cannot be read."""
    read: list[TaskData] = []
    failed: list[Failure] = []
    for wanted in tasks:
        try:
            read.append(examples(wanted, base, watch))
        except _TOLD as error:
            failed.append(Failure(wanted.name, sentence(error)))
    return read, failed


def _tried(
    one: Entrant,
    data: TaskData,
    fresh: set[Path] | None,
    counted: "_Counted",
    *,
    before: bool,
) -> tuple[Outcome | None, bool, Failure | None]:
    """A tokenizer's outcome on a task, whether it was known, and why there is none."""
    try:
        outcome, before = _outcome(one, data, fresh, counted, before=before)
    except _TOLD as error:
        return None, False, Failure(f"{one.name} on {data.name}", sentence(error))
    if before:
        counted.found()
    return outcome, before, None


def _outcome(
    one: Entrant,
    data: TaskData,
    fresh: set[Path] | None,
    watch: Watch,
    *,
    before: bool,
) -> tuple[Outcome, bool]:
    """What a tokenizer's models do on a task, and whether that was known.

    Args:
        one: the tokenizer, and how models are trained.
        data: the task.
        fresh: where folders are emptied first, those that were; None where they are not.
        watch: told how far it has come.
        before: whether it was known when the command began: processes that train together go by
            that, since the first alone keeps outcomes, at any time.
    """
    key = outcomes.key_of(data, one.spec)
    folder = outcomes.home(one.found) / data.name / key
    with _to_oneself(folder):
        if fresh is not None and folder not in fresh:
            _empty(folder)
            fresh.add(folder)
        if (before or processes.number() == 1) and (known := _known(one, data)):
            return replace(known, tokenizer=one.name), True
        given = outcomes.given(one.found)
        made = trainings.finetune(
            given, one.name, data, one.spec, folder, watch=watch, start=one.start
        )
        if processes.first():
            told, reached = _beside(data, watch)
            outcomes.keep(folder, key, one.spec, told, made, reached)
    return made, False


def _known(one: Entrant, data: TaskData) -> Outcome | None:
    """What is kept of a tokenizer on a task, with as many seeds as are wanted; else None."""
    key = outcomes.key_of(data, one.spec)
    kept = outcomes.read(outcomes.home(one.found) / data.name / key)
    return _first(kept.outcome, one.spec.seeds) if kept and kept.key == key else None


def _first(outcome: Outcome, seeds: int) -> Outcome | None:
    """The same with so many seeds; None where there are fewer."""
    some = tuple(one for one in outcome.seeds if one.seed < seeds)
    return replace(outcome, seeds=some) if len(some) == seeds else None


@contextmanager
def _to_oneself(folder: Path) -> Iterator[None]:
    """No other command trains into the folder meanwhile; processes that train together do."""
    if processes.first():
        with store.lock(folder.parent / f".{folder.name}.lock"):
            yield
    else:
        yield


def _empty(folder: Path) -> None:
    if processes.number() > 1:
        raise StoreError(
            f"{folder}: several processes that train together do not start again from nothing; "
            "delete the folder, and leave out --force"
        )
    shutil.rmtree(folder, ignore_errors=True)


class _Counted:
    """Tells, of everything that trains, how many models are done; threads may ask at once."""

    def __init__(self, watch: Watch, pairs: int, spec: TrainingSpec) -> None:
        self._watch, self._each = watch, spec.seeds + len(spec.learning_rates) - 1
        self._models = pairs * self._each
        self._shares: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def __call__(self, told: Progress) -> None:
        with self._lock:
            if isinstance(told, TrainingProgress):
                share = told.done / told.total if told.total else 0.0
                self._shares[told.source, told.stage] = share
                done = sum(self._shares.values())
                told = replace(told, models_done=done, models=self._models)
            self._watch(told)

    def found(self) -> None:
        """A tokenizer's models of a task were there before."""
        with self._lock:
            self._models -= self._each


_RIVALS = threading.Lock()


def rivals(data: TaskData, watch: Watch = ignore) -> Rivals:
    """What models without any of this reach on a task, kept in the cache by its examples."""
    key = store.signature(data.fingerprint, version("scikit-learn"))
    path = store.cache_dir() / outcomes.FOLDER / "rivals" / f"{key}.json"
    with _RIVALS:  # one thread computes what others wait for
        with suppress(StoreError):
            known: Rivals = store.not_numbers(store.read_json(path))
            return known
        watch(Progress(f"{data.name}, rivals", 0, None, "examples"))
        made: Rivals = without.rivals(data)
        with store.optional():
            store.write_json(path, store.finite(made))
    return made


def _input(
    data: TaskData, made: Sequence[Outcome | None], whys: Sequence[str], watch: Watch
) -> TaskInput:
    """What a task's report is made of; `whys` say why a tokenizer has no outcome."""
    told, reached = _beside(data, watch)
    return TaskInput.of(told, made, reached, whys)


def _beside(data: TaskData, watch: Watch) -> tuple[TaskData, Rivals]:
    """What models without any of this reach; a note says why where that is not known."""
    try:
        return data, rivals(data, watch)
    except TokbenchError as error:
        return replace(data, notes=(*data.notes, sentence(error))), {}


def alike(recipe: Recipe) -> str:
    """What recipes have in common whose models can be compared."""
    spec = recipe.downstream
    if spec is None:
        return ""
    known = known_tasks()
    anywhere = all(isinstance(one, str) and one in known for one in spec.tasks)
    anywhere &= spec.from_scratch
    return store.signature(spec.model_dump(mode="json"), "" if anywhere else str(recipe.base))


def refuse_unready(recipes: Sequence[Recipe]) -> None:
    """Find out before tokenizers are trained that their models could not be.

    Raises:
        TokbenchError: a recipe asks for models, and the extra `[downstream]` is missing or a task
            is not known.
    """
    for recipe in recipes:
        if recipe.downstream is not None:
            extra.require()
            refuse_namesakes(recipe.downstream.specs(recipe.base))


def of_recipes(
    recipes: Sequence[Recipe],
    folders: Sequence[Path],
    *,
    runs: Path = RUNS,
    force: bool = False,
    watch: Watch = ignore,
) -> Finetuned:
    """What the models are like that recipes with `downstream` ask for, baselines among them.

    Args:
        recipes: which say the same of `downstream`.
        folders: the run folder of each.
        runs: the folder of run folders.
        force: train again what was trained.
        watch: told how far it has come.
    """
    spec = recipes[0].downstream
    if spec is None:
        raise ValueError("the recipe asks for no models")
    found = own_and_baselines(recipes, folders, runs=runs)
    names = [one.name for one in distinct([one.subject for one in found])]
    base = recipes[0].base
    settings = TrainingSpec.model_construct(
        **{name: getattr(spec, name) for name in TrainingSpec.model_fields}
    )
    tasks = spec.specs(base)
    made = side_by_side(found, names, tasks, settings, base=base, force=force, watch=watch)
    if made.downstream is None:
        return made
    repeat = shlex.join(["tokbench", "run", *dict.fromkeys(str(one.path) for one in recipes)])
    return replace(made, downstream=replace(made.downstream, repeat=repeat))


def saved_model(name: str, task_name: str | None = None, *, runs: Path = RUNS) -> Path:
    """The folder of the model that a path, or a tokenizer and a task, mean.

    Args:
        name: the folder of a saved model, or what `find` takes.
        task_name: which task, where the tokenizer was fine-tuned on several.
        runs: the folder of run folders.

    Raises:
        SubjectError: there is none, or one of several is meant.
    """
    path = Path(name).expanduser()
    for folder in (path, path / outcomes.MODEL):
        if (folder / "config.json").is_file():
            return folder
    found = find(name, runs=runs)
    newest: dict[str, Path] = {}
    for kept in outcomes.of(found):
        if kept.outcome.model:
            newest.setdefault(kept.task["name"], Path(kept.outcome.model))
    if not newest:
        raise SubjectError(
            f"{name}: was fine-tuned on nothing; `tokbench finetune {name} --task NAME` first"
        )
    if task_name is None and len(newest) > 1:
        raise SubjectError(
            f"{name}: was fine-tuned on several tasks, {', '.join(newest)}; name one with --task"
        )
    if task_name is not None and task_name not in newest:
        raise SubjectError(
            f"{name}: was not fine-tuned on {task_name!r}: {nearest(task_name, list(newest))}"
        )
    return newest[task_name] if task_name else next(iter(newest.values()))
