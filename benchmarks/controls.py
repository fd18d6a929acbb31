"""Comparisons whose answer is known: a tokenizer crippled on purpose, and twins.

    python benchmarks/controls.py crippled [--limit 4000] [--seeds 2]
    python benchmarks/controls.py twins [--times 10] [--seeds 3] [--tokenizer FOLDER] [--task NAME]

`crippled` trains models on Korean film reviews with a tokenizer and with the same one but that it
loses all that is not ASCII (benchmarks/crippled/); the second has to come out as clearly worse.

`twins` trains models with one tokenizer under several numberings: what a text is cut into is the
same, and which row of the embedding table a token has, so what it begins as, is not. None is
better, so that whatever difference is seen is seen by chance: of independent pairs that should
be at most one in twenty. First a tokenizer's models are trained twice from nothing, which has to
give every answer again. What was trained is kept in the cache and not trained again.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from scipy.stats import binomtest
from tokenizers import Tokenizer

from tokbench import run
from tokbench.cli.progress import progress
from tokbench.downstream import TrainingSpec
from tokbench.recipe.tasks import task
from tokbench.reports.downstream import render
from tokbench.reports.downstream.facts import rivals, title
from tokbench.reports.downstream.scale import scale
from tokbench.values import Downstream, Gap
from tokbench.workbench import finetune, outcomes
from tokbench.workbench.find import find

HERE = Path(__file__).parent
DEMO = HERE.parent / "recipes" / "demo.yaml"
USUAL = 0.05


def main() -> None:
    """Train and compare; exit status 1 where an answer is not the one that is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the folder of run folders")
    parser.add_argument("--jobs", type=int, help="models trained at once")
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("crippled")
    part.set_defaults(call=crippled, task=HERE / "tasks" / "nsmc.yaml")
    _training(part, seeds=2, limit=4000, epochs=3, learning_rate=1e-3)
    part = parts.add_parser("twins")
    part.add_argument("--times", type=int, default=10, help="pairs of twins")
    part.add_argument("--tokenizer", type=Path, help="a folder or tokenizer.json  [default: demo]")
    part.add_argument("--task", default="python_tokens")
    part.set_defaults(call=twins)
    _training(part, seeds=3, limit=1280, epochs=1, learning_rate=3e-3)
    told = parser.parse_args()
    sys.exit(0 if told.call(told) else 1)


def _training(parser: argparse.ArgumentParser, **usual: float) -> None:
    for name, value in usual.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=type(value), default=value, help=f"[default: {value:g}]")


def crippled(told: argparse.Namespace) -> bool:
    """Whether the crippled tokenizer comes out as worse."""
    folders = [
        str(run(HERE / "crippled" / f"{name}.yaml", runs=told.runs).folder)
        for name in ("korean", "crippled")
    ]
    found = _compared(folders, told)
    Console().print(render(found))
    gap = _gap(found, 1)
    print(f"\nthe crippled one comes out as worse: {'yes' if gap.seen and gap.value < 0 else 'NO'}")
    return gap.seen and gap.value < 0


def twins(told: argparse.Namespace) -> bool:
    """Whether training again gives the same, and twins differ no oftener than chance has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = told.tokenizer or run(DEMO, runs=told.runs).tokenizer
        places = numbered(path, 2 * told.times, Path(folder))
        same = _trained_twice(places[0], told)
        found = _compared(places, told)
        gaps = {
            pair: gap for first in range(len(places)) for pair, gap in _gaps(places, first, told)
        }
    _tell_scores(found)
    said = scale(found.tasks[0])
    pairs = [gaps[number, number + 1] for number in range(0, len(places), 2)]
    for number, gap in enumerate(pairs, 1):
        seen = "seen" if gap.seen else "no difference seen"
        print(
            f"pair {number}: {said.signed(gap.value)} {said.signed_interval(gap.interval)} {seen}"
        )
    seen = sum(gap.seen for gap in pairs)
    likely = binomtest(seen, len(pairs)).proportion_ci()
    print(
        f"{seen} of {len(pairs)} independent pairs seen as different: {likely.low:.0%} to "
        f"{likely.high:.0%} of all, by 95% (Clopper and Pearson)"
    )
    every = [gap.seen for gap in gaps.values()]
    print(f"of all {len(every)} pairs of them, which share models: {np.mean(every):.1%}")
    return same and likely.low <= USUAL


def numbered(path: Path, times: int, out: Path) -> list[str]:
    """Copies of a tokenizer whose learned tokens have other ids, the first as it is."""
    file = path / "tokenizer.json" if path.is_dir() else path
    state: dict[str, Any] = json.loads(file.read_text("utf-8"))
    known: dict[str, int] = state["model"]["vocab"]
    kept = {token["content"] for token in state["added_tokens"]}
    learned = [token for token in known if token not in kept]
    ids = [known[token] for token in learned]
    text = "".join(learned[:500])
    first = Tokenizer.from_file(str(file)).encode(text).tokens
    made = []
    for number in range(times):
        places = np.random.default_rng(number).permutation(ids).tolist() if number else ids
        state["model"]["vocab"] = known | dict(zip(learned, places, strict=True))
        folder = out / f"numbering-{number}"
        folder.mkdir()
        copy = folder / "tokenizer.json"
        copy.write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        if (config := file.with_name("tokenizer_config.json")).is_file():
            (folder / config.name).write_bytes(config.read_bytes())
        assert Tokenizer.from_file(str(copy)).encode(text).tokens == first
        made.append(str(folder))
    return made


def _trained_twice(place: str, told: argparse.Namespace) -> bool:
    """Whether every answer is the same when models are trained again from nothing."""
    answers = []
    for force in (False, True):
        _compared([place], told, force=force)
        kept = next(outcomes.of(find(place))).outcome
        answers.append([(one.scores, one.predictions) for one in kept.seeds])
    same = answers[0] == answers[1]
    print(f"trained twice from nothing, every answer is the same: {'yes' if same else 'NO'}")
    return same


def _compared(
    places: list[str], told: argparse.Namespace, *, baseline: int = 0, force: bool = False
) -> Downstream:
    """Models of these tokenizers; those that were trained before are found."""
    spec = TrainingSpec(seeds=told.seeds, epochs=told.epochs, learning_rate=(told.learning_rate,))
    wanted = task(told.task, overrides=[f"limit={told.limit}"])
    with progress() as watch:
        made = finetune(
            places, [wanted], spec, baseline=places[baseline], runs=told.runs, force=force,
            jobs=told.jobs, watch=watch,
        )  # fmt: skip
    if made.downstream is None or made.failed:
        sys.exit("; ".join(f"{one.name}: {one.why}" for one in made.failed))
    return made.downstream


def _gaps(
    places: list[str], first: int, told: argparse.Namespace
) -> Iterator[tuple[tuple[int, int], Gap]]:
    """The differences of those that come later to one of them."""
    found = _compared(places, told, baseline=first)
    for other in range(first + 1, len(places)):
        yield (first, other), _gap(found, other)


def _gap(found: Downstream, place: int) -> Gap:
    (result,) = found.tasks
    gap = result.scores[place][result.metric].gap
    assert gap is not None
    return gap


def _tell_scores(found: Downstream) -> None:
    """How far the means of tokenizers are from each other, and from what needs no tokenizer."""
    (result,) = found.tasks
    means = [scores[result.metric].value for scores in result.scores]
    points = scale(result).number
    spread = points(float(np.std(means, ddof=1)))
    beside = ", ".join(f"{name} {points(value)}" for name, value in rivals(result))
    print(f"{title(result)} of {len(means)} numberings: {points(min(means))} to "
          f"{points(max(means))}, standard deviation {spread}; {beside}")  # fmt: skip


if __name__ == "__main__":
    main()
