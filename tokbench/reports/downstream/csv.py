"""A line for each task, tokenizer and metric, for spreadsheets and data frames."""

import csv
import io
import math
from collections.abc import Iterator

from tokbench.reports.downstream.facts import Cost
from tokbench.reports.downstream.scale import scale
from tokbench.values import Downstream, Score, TaskResult

COLUMNS = (
    "task",
    "tokenizer",
    "metric",
    "value",
    "low",
    "high",
    "seeds",
    "best",
    "baseline",
    "difference",
    "difference_low",
    "difference_high",
    "seeds_low",
    "seeds_high",
    "examples_low",
    "examples_high",
    "difference_seen",
    "why",
    "rival",
    "train",
    "test",
    "body",
    "head",
    "embeddings",
    "seconds",
    "examples_per_second",
    "tokens_per_second",
    "padding",
    "peak_memory",
    "tokens_per_example",
    "truncated",
    "cut_spans",
    "ceiling",
    "lost",
    "better",
    "learning_rate",
    "shapes",
)


def render(made: Downstream) -> str:
    """Numbers in full, scores of 0 to 1; a cell is empty where there is nothing to say."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for task in made.tasks:
        writer.writerows(_models(made, task))
        for name, scores in task.rivals.items():
            for metric, value in scores.items():
                said = value if math.isfinite(value) else ""
                writer.writerow(
                    {"task": task.task, "tokenizer": name, "metric": metric, "value": said}
                    | {
                        "better": scale(task, metric).better,
                        "rival": "true",
                        "train": task.sizes[0],
                        "test": task.sizes[2],
                    }
                )
    return file.getvalue()


def _models(made: Downstream, task: TaskResult) -> Iterator[dict[str, object]]:
    baseline = made.tokenizers[made.baseline]
    for name, scores, outcome in zip(made.tokenizers, task.scores, task.outcomes, strict=True):
        if outcome is None:
            continue
        cost = Cost.of(outcome, task.sizes[2])
        same = {
            "task": task.task,
            "tokenizer": name,
            "rival": "false",
            "train": task.sizes[0],
            "test": task.sizes[2],
            "body": outcome.body,
            "head": outcome.head,
            "embeddings": outcome.embeddings,
            "seconds": cost.seconds,
            "examples_per_second": cost.examples,
            "tokens_per_second": cost.tokens,
            "padding": cost.padding,
            "peak_memory": cost.memory,
            "tokens_per_example": cost.length,
            "truncated": outcome.truncated,
            "cut_spans": outcome.cut_spans,
            "ceiling": "" if outcome.ceiling is None else outcome.ceiling,
            "lost": "" if outcome.lost is None else outcome.lost,
            "learning_rate": cost.learning_rate,
            "shapes": cost.shapes,
        }
        for metric, score in scores.items():
            better = {"better": scale(task, metric).better}
            yield {**same, **better, "metric": metric, **_score(score, baseline)}


def _score(score: Score, baseline: str) -> dict[str, object]:
    said: dict[str, object] = {
        "value": score.value,
        "seeds": len(score.by_seed),
        "best": score.best,
        **_ends("", score.interval),
    }
    if score.gap:
        said |= {
            "baseline": baseline,
            "difference": score.gap.value,
            "difference_seen": str(score.gap.seen).lower(),
            "why": score.gap.why,
            **_ends("difference_", score.gap.interval),
            **_ends("seeds_", score.gap.seeds),
            **_ends("examples_", score.gap.examples),
        }
    return said


def _ends(of: str, interval: tuple[float, float] | None) -> dict[str, object]:
    low, high = interval or ("", "")
    return {f"{of}low": low, f"{of}high": high}
