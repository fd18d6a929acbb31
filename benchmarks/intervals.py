"""How often does a 95% interval hold the truth? Simulated corpora whose ratio is known.

    python benchmarks/intervals.py [--draws 1000]

Documents have lengths from one to thousands (lognormal) and rates of their own (gamma). Where
documents are gathered in groups before they are drawn, too. Two tokenizers whose rates are equal in
truth are told apart in 5% of the draws at most; copies never.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from tokbench.metrics.resampling import Resamples, interval

TRUTH = 0.3


def corpus(documents: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lengths, and the tokens of two tokenizers that take as many on average."""
    chance = np.random.default_rng(seed)
    lengths = np.ceil(chance.lognormal(4, spread, documents)).astype(np.int64)
    rates = lengths * chance.gamma(10, 0.1, documents) * TRUTH
    return lengths, chance.poisson(rates), chance.poisson(rates)


def share(draws: int, held: Callable[[int], bool]) -> float:
    """Of how many draws it is true."""
    return sum(map(held, range(draws))) / draws


def main() -> None:
    """Print a line for each kind of corpus."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    print("documents  spread  held  told apart  seconds a draw")
    for documents in (20, 50, 200, 1000, 4096, 20_000):
        for spread in (0.5, 1.0):
            apart = 0
            begun = time.perf_counter()

            def held(seed: int, documents: int = documents, spread: float = spread) -> bool:
                nonlocal apart
                lengths, one, other = corpus(documents, spread, seed)
                totals = Resamples(documents, seed=seed).totals([lengths, one, other])
                low, high = interval(totals[:, 1] / totals[:, 0], documents) or (1, 0)
                between = interval((totals[:, 1] - totals[:, 2]) / totals[:, 0], documents)
                apart += between is not None and not between[0] <= 0 <= between[1]
                return low <= TRUTH <= high

            found = share(draws, held)
            seconds = (time.perf_counter() - begun) / draws
            print(f"{documents:9,} {spread:7} {found:5.1%} {apart / draws:10.1%} {seconds:10.3f}")


if __name__ == "__main__":
    main()
