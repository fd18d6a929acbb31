"""Models of three tokenizers each on tasks with real data, beside what needs no tokenizer.

    python benchmarks/real_tasks.py [TASK...] [--shared ../shared] [--seeds 2] [--jobs 2]

Tiny encoders from scratch with a fixed learning rate, on as many examples and for as many epochs
as stands in `TASKS`. Prints a row a task in Markdown; what was trained before is found. All seven
take some 25,000 steps of about 0.1 s on a core.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokbench import run
from tokbench.cli.progress import progress
from tokbench.downstream import TrainingSpec
from tokbench.recipe.tasks import task
from tokbench.reports.downstream.facts import rivals, title
from tokbench.reports.downstream.scale import scale
from tokbench.values import Downstream
from tokbench.workbench import finetune

HERE = Path(__file__).parent
ENGLISH = ("bert-base-uncased", "gpt2", HERE.parent / "recipes" / "demo.yaml")
KOREAN = ("kcbert-base/vocab.txt", "gpt2", HERE / "crippled" / "korean.yaml")


@dataclass(frozen=True)
class Plan:
    """How long models learn from how much of a task; by which tokenizers' models."""

    tokenizers: tuple[str | Path, ...]
    epochs: float
    limit: int | None = None


TASKS = {
    "nsmc": Plan(KOREAN, 3, 4000),
    "movie_polarity": Plan(ENGLISH, 3, 4000),
    "klue_nli": Plan(KOREAN, 5),
    "snli": Plan(ENGLISH, 3, 4000),
    "wnut17": Plan(ENGLISH, 8),
    "klue_ner": Plan(KOREAN, 4),
    "kaist_pos": Plan(KOREAN, 5),
}
HEAD = (
    "task", "score", "learned from", "epochs", "tested on", "majority", "bag of words",
    "kcbert-base / bert-base-uncased", "gpt2", "korean / demo", "seen as different",
)  # fmt: skip


def main() -> None:
    """Print a row a task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="[default: all]")
    parser.add_argument("--shared", type=Path, default=HERE.parents[1] / "shared")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int)
    told = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}", flush=True)
    for name in told.tasks or TASKS:
        made = _trained(name, told)
        print(f"| {' | '.join(_row(made, TASKS[name]))} |", flush=True)


def _trained(name: str, told: argparse.Namespace) -> Downstream:
    plan = TASKS[name]
    places = [_place(one, told) for one in plan.tokenizers]
    said = [] if plan.limit is None else [f"limit={plan.limit}"]
    wanted = task(HERE / "tasks" / f"{name}.yaml", overrides=said)
    spec = TrainingSpec(seeds=told.seeds, epochs=plan.epochs, learning_rate=(1e-3,))
    with progress() as watch:
        made = finetune(places, [wanted], spec, runs=told.runs, jobs=told.jobs, watch=watch)
    if made.downstream is None or made.failed:
        sys.exit("; ".join(f"{one.name}: {one.why}" for one in made.failed))
    return made.downstream


def _place(tokenizer: str | Path, told: argparse.Namespace) -> str:
    """Where it lies; of recipes the run, which is made if need be."""
    if isinstance(tokenizer, Path):
        return str(run(tokenizer, runs=told.runs).folder)
    return str(told.shared / "data" / "tokenizers" / tokenizer)


def _row(made: Downstream, plan: Plan) -> Sequence[str]:
    """What the table says of a task."""
    (result,) = made.tasks
    said = scale(result)
    scores = [one[result.metric] for one in result.scores]
    gaps = [
        f"{name} {said.signed(score.gap.value)}"
        for name, score in zip(made.tokenizers, scores, strict=True)
        if score.gap is not None and score.gap.seen
    ]
    return (
        result.task,
        title(result),
        f"{result.sizes[0]:,}",
        f"{plan.epochs:g}",
        f"{result.sizes[2]:,}",
        *(said.number(value) for _, value in rivals(result)),
        *(f"{said.number(score.value)} {said.half(score)}" for score in scores),
        ", ".join(gaps) or "none",
    )


if __name__ == "__main__":
    main()
