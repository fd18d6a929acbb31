"""What looking at a corpus costs beside a plain read of it, in MB/s and memory.

    python benchmarks/looking.py [--repeat 3] [--times 3]

The text is the English novels of the shared data as one file, a line or a paragraph a document, so
many times over; medians of wall and processor time.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from texts import novels

from tokbench import corpus as corpora
from tokbench.corpus.looking.look import look


def timed(function: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Medians of seconds on the clock and of the processor."""
    walls, processors = [], []
    for _ in range(repeat):
        wall, processor = time.perf_counter(), time.process_time()
        function()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return median(walls), median(processors)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "novels.txt"
        path.write_text("".join(novels()) * options.times, "utf-8")
        size = path.stat().st_size / 1e6
        for sample_by in ("line", "paragraph"):
            source = {"type": "files", "paths": str(path), "sample_by": sample_by}
            spec = corpora.CorpusSpec.model_validate({"sources": [source]})
            corpus = corpora.open(spec, Path())
            look(corpus, "warm", overlaps=True)
            ways: dict[str, Callable[[], object]] = {
                "read": lambda corpus=corpus: sum(len(batch) for batch in corpus.batches("all")),
                "look": lambda corpus=corpus: look(corpus, "x", overlaps=False),
                "look and compare": lambda corpus=corpus: look(corpus, "x"),
            }
            for name, way in ways.items():
                wall, processor = timed(way, options.repeat)
                print(
                    f"{sample_by:<10}{name:<18}{size / wall:7.0f} MB/s on the clock"
                    f"{size / processor:7.0f} MB/s of processor time"
                )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


if __name__ == "__main__":
    main()
