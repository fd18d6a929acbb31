"""Several recipes in one go: one that fails does not lose the others."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tokbench.errors import CorpusError, SubjectError, TokbenchError, sentence
from tokbench.recipe import Recipe, load_all
from tokbench.training import Engine
from tokbench.values import Comparison, Downstream, Watch, ignore
from tokbench.workbench import finetuning
from tokbench.workbench.again import check_determinism
from tokbench.workbench.comparisons import together, with_models
from tokbench.workbench.failures import Failure
from tokbench.workbench.finetuning import of_recipes
from tokbench.workbench.plan import RUNS, Plan
from tokbench.workbench.runs import Run, is_finished, learn, run, train


@dataclass(frozen=True)
class Runs:
    """What several recipes gave.

    Attributes:
        done: the runs, in the order of the recipes.
        failed: the recipes that gave none, and the tasks that gave no models.
        comparison: all of them and their baselines on the same documents; None where nothing was
            measured.
        note: why nothing was measured.
        downstream: what models learned, of all recipes that say the same of `downstream`; a single
            one stands in the comparison too.
    """

    done: tuple[Run, ...]
    failed: tuple[Failure, ...] = ()
    comparison: Comparison | None = None
    note: str = ""
    downstream: tuple[Downstream, ...] = ()


def learn_largest(
    recipes: Sequence[Recipe],
    *,
    runs: Path = RUNS,
    engine: Engine = "tokbench",
    memory: int | None = None,
    watch: Watch = ignore,
) -> None:
    """Learn the largest of vocabularies that differ in size only: the others are cut from it.

    What cannot be learned is left for `attempt` to say.
    """
    families: dict[str, list[Plan]] = {}
    for recipe in recipes if len(recipes) > 1 else ():
        with suppress(TokbenchError, OSError):
            plan = Plan.of(recipe, engine)
            if not is_finished(plan, runs):
                families.setdefault(plan.family, []).append(plan)
    for plans in families.values():
        if len(plans) > 1:
            with suppress(TokbenchError, OSError, MemoryError):
                learn(max(plans, key=lambda plan: plan.recipe.trainer.vocab_size), watch, memory)


def attempt(
    recipe: Recipe,
    *,
    measure: bool = True,
    out: Path | None = None,
    runs: Path = RUNS,
    engine: Engine = "tokbench",
    force: bool = False,
    again: bool = False,
    memory: int | None = None,
    watch: Watch = ignore,
) -> Run | Failure:
    """Run a recipe, or say why it cannot be run.

    Args:
        recipe: what to do.
        measure: measure it too; a variant of a sweep never is by itself, `finish` measures all.
        out: the folder to fill where it is not measured; None for the run folder.
        runs: the folder of run folders.
        engine: who trains.
        force: do every stage again.
        again: train a second time elsewhere and compare.
        memory: bytes that counting and training may take.
        watch: told how far each stage has come.
    """
    try:
        if measure and recipe.family == recipe.name:
            made = run(
                recipe,
                runs=runs,
                engine=engine,
                force=force,
                memory=memory,
                models=False,  # `finish` trains those of all
                watch=watch,
            )
        else:
            made = train(
                recipe, out, runs=runs, engine=engine, force=force, memory=memory, watch=watch
            )
        return check_determinism(recipe, made, engine) if again else made
    except (TokbenchError, OSError, MemoryError) as error:
        return Failure(recipe.name, sentence(error))


def finish(
    recipes: Sequence[Recipe],
    attempts: Sequence[Run | Failure],
    *,
    runs: Path = RUNS,
    force: bool = False,
    models: bool = True,
    watch: Watch = ignore,
) -> Runs:
    """What came of recipes: one comparison of all that succeeded, and the models they ask for.

    A single recipe that is no variant has measured itself.

    Args:
        recipes: what was run.
        attempts: what came of each.
        runs: the folder of run folders.
        force: measure and train models again.
        models: whether to train models where recipes say `downstream`.
        watch: told how far it has come.
    """
    pairs = list(zip(recipes, attempts, strict=True))
    done = [(recipe, one) for recipe, one in pairs if isinstance(one, Run)]
    failed = tuple(one for one in attempts if isinstance(one, Failure))
    made = Runs(tuple(one for _, one in done), failed)
    if done:
        made = _measured(recipes, done, made, runs=runs, force=force, watch=watch)
    return _trained(done, made, runs=runs, force=force, watch=watch) if models else made


def _measured(
    recipes: Sequence[Recipe],
    done: Sequence[tuple[Recipe, Run]],
    made: Runs,
    *,
    runs: Path,
    force: bool,
    watch: Watch,
) -> Runs:
    if len(recipes) == 1 and recipes[0].family == recipes[0].name:
        return replace(made, comparison=made.done[0].comparison)
    own, folders = [recipe for recipe, _ in done], [one.folder for one in made.done]
    try:
        comparison = together(own, folders, runs=runs, force=force, watch=watch)
    except (CorpusError, SubjectError) as error:
        return replace(made, note=str(error))
    return replace(made, comparison=comparison)


def _trained(
    done: Sequence[tuple[Recipe, Run]], made: Runs, *, runs: Path, force: bool, watch: Watch
) -> Runs:
    """The same with the models of recipes that ask for some; alike ones are compared."""
    groups: dict[str, list[tuple[Recipe, Run]]] = {}
    for recipe, one in done:
        if recipe.downstream:
            groups.setdefault(finetuning.alike(recipe), []).append((recipe, one))
    found: list[Downstream] = []
    for group in groups.values():
        own, folders = [recipe for recipe, _ in group], [one.folder for _, one in group]
        try:
            models = of_recipes(own, folders, runs=runs, force=force, watch=watch)
        except (TokbenchError, OSError, MemoryError) as error:
            failed = Failure(f"the models of {own[0].family}", sentence(error))
            made = replace(made, failed=(*made.failed, failed))
            continue
        made = replace(made, failed=(*made.failed, *models.failed))
        found += [models.downstream] if models.downstream else []
    comparison = made.comparison
    if comparison and len(found) == 1:
        comparison = with_models(comparison, found[0])
    return replace(made, downstream=tuple(found), comparison=comparison)


def run_all(
    recipe: str | Path,
    *,
    overrides: Sequence[str] = (),
    runs: str | Path = RUNS,
    engine: Engine = "tokbench",
    force: bool = False,
    watch: Watch = ignore,
) -> Runs:
    """Run every variant of a recipe and compare them; skip what was done before.

    Args:
        recipe: a file.
        overrides: `key.path=value` assignments that win over the file and its sweep.
        runs: the folder of run folders.
        engine: who trains: "tokbench" from counts, "tokenizers" from text.
        force: do every stage again.
        watch: told how far each stage has come.

    Raises:
        RecipeError: the recipe cannot be used; nothing was trained.
    """
    recipes = load_all(recipe, overrides)
    runs = Path(runs)
    if not force:
        learn_largest(recipes, runs=runs, engine=engine, watch=watch)
    attempts = [attempt(one, runs=runs, engine=engine, force=force, watch=watch) for one in recipes]
    return finish(recipes, attempts, runs=runs, force=force, watch=watch)
