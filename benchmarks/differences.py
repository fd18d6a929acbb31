"""How often a difference is seen where there is none, and where there is one.

    python benchmarks/differences.py [--times 400]

Models are simulated with noise of seeds, of test examples, and of both at once. A row for each
kind of noise: how often t over seeds, the bootstrap over examples, both, and their joined interval
(which decides) hold no zero.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "downstream"))

from simulated import simulated

from tokbench.downstream import compared

NOISE = {
    "of neither": {},
    "of seeds, a little": {"of_seeds": 0.05},
    "of seeds": {"of_seeds": 0.2},
    "of examples, a little": {"of_examples": 0.5},
    "of examples": {"of_examples": 1.0},
    "of both": {"of_seeds": 0.08, "of_examples": 0.7},
    "of both, 2 seeds": {"of_seeds": 0.08, "of_examples": 0.7, "seeds": 2},
    "of both, 20 seeds": {"of_seeds": 0.15, "of_examples": 0.7, "seeds": 20, "both": 0.2},
    "of both, 2,000 examples": {"of_seeds": 0.04, "of_examples": 0.7, "n": 2000},
}


def _seen(noise: dict[str, float], gap: float, times: int) -> list[float]:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(times):
        made = compared([simulated(rng, gaps=(gap,), **noise)], ["a", "b"], resamples=400)
        score = made.tasks[0].scores[1]["accuracy"].gap
        seeds, examples = (
            one is not None and not one[0] <= 0 <= one[1] for one in (score.seeds, score.examples)
        )
        found.append((seeds, examples, seeds and examples, score.seen))
    return [float(one) for one in np.mean(found, axis=0)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="comparisons of each kind")
    times = parser.parse_args().times
    for gap in (0.0, 0.2, 0.5):
        print(f"\na true gap of {gap} (of a skill whose noise has a spread of 1)")
        print(f"{'noise':26}{'seeds':>9}{'examples':>10}{'both':>9}{'joined':>9}")
        for name, noise in NOISE.items():
            shares = _seen(noise, gap, times)
            print(f"{name:26}" + "".join(f"{one:>9.1%}" for one in shares))


if __name__ == "__main__":
    main()
