"""Outcomes of models whose noise is known: of seeds, of test examples, of both at once."""

import numpy as np

from tokbench.downstream import TaskInput
from tokbench.values import Outcome, SeedOutcome


def seed_outcome(seed: int, right: "np.ndarray", gold: "np.ndarray") -> SeedOutcome:
    """A model that answers these examples rightly, of two classes."""
    answers = np.where(right, gold, 1 - gold)
    return SeedOutcome(
        seed=seed,
        learning_rate=1e-3,
        scores={"accuracy": float(right.mean())},
        valid={"accuracy": float(right.mean())},
        predictions=tuple(answers.tolist()),
        loss=0.5,
        steps=100,
        epochs=3.0,
        seconds=10.0,
        examples=3000,
        tokens=60_000,
        padding=6_000,
        shapes=30,
        peak_memory=500_000_000,
    )


def outcome(name: str, seeds: "list[SeedOutcome]", task: str = "areas") -> Outcome:
    """The models of one tokenizer."""
    size = {"vocabulary": 8000, "body": 400_000, "head": 2000, "embeddings": 1_024_000}
    return Outcome(name, task, tuple(seeds), **size)


def simulated(
    rng: np.random.Generator,
    *,
    gaps: "tuple[float, ...]",
    n: int = 400,
    seeds: int = 5,
    of_seeds: float = 0.0,
    of_examples: float = 0.0,
    both: float = 1.0,
) -> TaskInput:
    """Tokenizers whose models answer rightly where skill plus noise is above zero.

    Args:
        rng: of all noise.
        gaps: how much better than the first each further tokenizer is.
        n: test examples.
        seeds: models of each tokenizer.
        of_seeds: standard deviation of what a seed does to a tokenizer's model on all examples.
        of_examples: of what suits a tokenizer's models of all seeds in an example.
        both: of what a seed does to an example.
    """
    gold = rng.integers(0, 2, n)
    hard = rng.normal(0, 1, n)  # alike for all
    made = []
    for place, skill in enumerate((0.0, *gaps)):
        suits = rng.normal(0, 1, n) * of_examples
        models = []
        for seed in range(seeds):
            luck = rng.normal(0, 1) * of_seeds
            right = 0.6 + skill + hard + suits + luck + both * rng.normal(0, 1, n) > 0
            models.append(seed_outcome(seed, right, gold))
        made.append(outcome(f"t{place}", models))
    return TaskInput("areas", "classification", ("accuracy",), 2, (3000, 300, n), gold, tuple(made))
