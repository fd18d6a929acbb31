"""Models side by side, made up: numbers that are easy to check, names of any kind."""

from collections.abc import Sequence
from dataclasses import replace

from tokbench.values import (
    Comparison,
    Downstream,
    Gap,
    Measured,
    Outcome,
    RankCorrelation,
    Score,
    SeedOutcome,
    TaskResult,
)

NAMES = ("bpe", "wordpiece", "unigram")
TITLES = {"accuracy": "accuracy", "macro_f1": "macro F1", "span_f1": "span F1"}


def _seed(place: int, seed: int, scores: dict[str, float]) -> SeedOutcome:
    return SeedOutcome(
        seed=seed,
        learning_rate=1e-3,
        scores=scores,
        valid={name: value - 0.01 for name, value in scores.items()},
        predictions=(),
        loss=0.4,
        steps=300,
        epochs=3.0,
        seconds=75.0 + place,
        examples=9000,
        tokens=400_000 + 10_000 * place,
        padding=40_000,
        shapes=40 + place,
        peak_memory=612_000_000,
        stopped_early=place == 2 and seed == 1,
    )


def _outcome(name: str, task: str, place: int, seeds: int, metric: str) -> Outcome:
    return Outcome(
        name,
        task,
        tuple(_seed(place, seed, {metric: 0.8 + seed / 100}) for seed in range(seeds)),
        vocabulary=8000 * (place + 1),
        body=397_000,
        head=1_500 if metric == "span_f1" else 18_060,
        embeddings=1_024_000 * (place + 1),
        tried=((1e-3, 0.8), (1e-4, float("nan"))),
        truncated=12 * place,
        cut_spans=3 if metric == "span_f1" and place == 1 else 0,
        ceiling=0.987 if metric == "span_f1" and place == 1 else None,
        tokens_per_example=31.4 + place,
        signature=f"{place:08x}",
        notes=("a pad token was added",) if place != 1 else (),
    )


def _score(value: float, gap: Gap | None, best: str = "", seeds: int = 5) -> Score:
    by_seed = tuple(value + (seed - (seeds - 1) / 2) / 100 for seed in range(seeds))
    interval = (value - 0.02, value + 0.02) if seeds > 1 else None
    return Score(value, interval, by_seed, gap, best)  # type: ignore[arg-type]


def _seen(value: float) -> Gap:
    ends = (value - 0.012, value + 0.012)
    return Gap(value, ends, ends, (value - 0.017, value + 0.017), seen=True, n=5)


def _unseen(value: float, why: str) -> Gap:
    ends = (value - 0.03, value + 0.03)
    return Gap(value, ends, ends, (value - 0.042, value + 0.042), seen=False, why=why, n=5)


_WHY = "seeds vary by as much, and 402 test examples are too few"


def models(names: Sequence[str] = NAMES) -> Downstream:
    """Three tasks: one that a tokenizer wins, one without a difference, one with all that is rare.

    In the last, of words, the second tokenizer is far worse, the third was trained with one seed,
    those beyond not at all.
    """
    more = names[3:]
    rivals = {
        "majority": {"accuracy": 0.312, "macro_f1": 0.04},
        "bag of words": {"accuracy": 0.815, "macro_f1": 0.8},
    }
    areas = TaskResult(
        "areas",
        "classification",
        "accuracy",
        (3210, 400, 402),
        12,
        tuple(_outcome(name, "areas", place, 5, "accuracy") for place, name in enumerate(names)),
        (
            {"accuracy": _score(0.822, None), "macro_f1": _score(0.79, None)},
            {
                "accuracy": _score(0.843, _seen(0.021), "clearly best"),
                "macro_f1": _score(0.81, _seen(0.02), "best"),
            },
            {"accuracy": _score(0.825, _unseen(0.003, _WHY)), "macro_f1": _score(0.8, None)},
            *({"accuracy": _score(0.82, _unseen(-0.002, _WHY))} for _ in more),
        ),
        rivals,
        TITLES,
        ("12 rows of empty text were left out",),
    )
    signatures = replace(
        areas,
        task="signatures",
        labels=2,
        scores=tuple(
            {"accuracy": _score(0.5 + place / 1000, _unseen(place / 1000, _WHY) if place else None)}
            for place in range(len(names))
        ),
        rivals={"majority": {"accuracy": 0.5}, "bag of words": {"accuracy": 0.71}},
        notes=(),
    )
    one_seed = "one seed does not tell how much seeds vary"
    tokens = TaskResult(
        "python-tokens",
        "tokens",
        "span_f1",
        (800, 100, 1100),
        9,
        (
            _outcome(names[0], "python-tokens", 0, 5, "span_f1"),
            _outcome(names[1], "python-tokens", 1, 5, "span_f1"),
            _outcome(names[2], "python-tokens", 2, 1, "span_f1"),
            *(None for _ in more),
        ),
        (
            {"span_f1": _score(0.95, None, "best")},
            {"span_f1": _score(0.91, _seen(-0.04))},
            {
                "span_f1": _score(
                    0.93,
                    Gap(-0.02, None, (-0.03, -0.01), None, seen=False, why=one_seed, n=1),
                    "",
                    1,
                )
            },
            *({} for _ in more),
        ),
        {"majority": {"span_f1": float("nan")}},
        TITLES,
    )
    return Downstream(
        tuple(names),
        (areas, signatures, tokens),
        0,
        "tiny",
        "3 epochs, batches of 32, learning rate 0.001",
        signature="tokbench|tasks:areas+signatures+python-tokens",
        repeat="tokbench finetune bpe wordpiece unigram --task areas",
    )


def beside(comparison: Comparison) -> Comparison:
    """The comparison with such models of all its tokenizers but the last."""
    names = [one.name for one in comparison.tokenizers]
    made = models(names[:-1] if len(names) > len(NAMES) else names)
    found = tuple(
        RankCorrelation(metric, task, value, 3, p)
        for metric in ("bytes_per_token", "vocabulary_size")
        for task, value, p in (("areas", 1.0, 1 / 3), ("python-tokens", -1 / 3, 1.0))
    )
    return replace(comparison, downstream=replace(made, correlations=found))


def renamed(measured: Sequence[Measured], names: Sequence[str]) -> tuple[Measured, ...]:
    """The same numbers under other names."""
    return tuple(replace(one, name=name) for one, name in zip(measured, names, strict=False))
