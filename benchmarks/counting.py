"""The one pass over a corpus, in MB/s a core: cutting, counting and the fingerprint.

    python benchmarks/counting.py [--rounds 5] [--megabytes 60]

Medians of one thread's processor time, beside a compiled loop that only reads the bytes.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable

import numba
import numpy as np
import pyarrow as pa
from texts import SHARED, documents_of, english, source

from tokbench.chunks import CUT_SETS
from tokbench.chunks.arrow import raw_strings
from tokbench.counting.chunk_pass import Cutter

OTHERS = {
    "Russian": "ru_dostoevsky.txt.xz",
    "Korean": "ko_movie_reviews.txt.zst",
    "Japanese": "ja_tfdocs.jsonl.gz",
    "Chinese": "zh_tfdocs.parquet",
    "Arabic": "ar_tashkeela_val.txt",
    "Hindi": "hi_libreoffice_help.jsonl.zst",
    "Thai": "th_thaigov_202101.jsonl.zst",
}
AT_ONCE = 5000
"""Documents in a batch."""

Batches = list[tuple[np.ndarray, np.ndarray]]


def batches(documents: Iterable[str], megabytes: float) -> Batches:
    """At most so much text, as kernels read it."""
    kept, size = [], 0
    for document in documents:
        size += len(document.encode())
        if size > megabytes * 1e6:
            break
        kept.append(document)
    arrays = (
        pa.array(kept[first : first + AT_ONCE], pa.large_string())
        for first in range(0, len(kept), AT_ONCE)
    )
    return [raw_strings(array) for array in arrays]


@numba.njit
def only_read(text: np.ndarray) -> int:
    """The least that anything can do with bytes."""
    total = 0
    for byte in text:
        total += byte
    return total


def cut(parts: Batches, cut_set: str) -> None:
    """What a counting thread does."""
    cutter = Cutter(CUT_SETS[cut_set])
    for text, offsets in parts:
        cutter.add(text, offsets)


def read(parts: Batches) -> None:
    """All bytes, once."""
    for text, _ in parts:
        only_read(text)


def median(rounds: int, *runs: Callable[[], None]) -> list[float]:
    """The median time of each run, in rounds that take turns; the first round does not count."""
    times: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for run, kept in zip(runs, times, strict=True):
            before = time.thread_time()
            run()
            if number:
                kept.append(time.thread_time() - before)
    return [statistics.median(each) for each in times]


def main() -> None:
    """Print a line a text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=float, default=60)
    told = parser.parse_args()
    print(f"{'one core, MB/s':18}{'words':>8}{'spaces':>8}{'only read':>11}")
    texts = {"English": english(), "Python source": source()}
    texts |= {name: documents_of(SHARED / file) for name, file in OTHERS.items()}
    for name, documents in texts.items():
        parts = batches(documents, told.megabytes)
        size = sum(int(offsets[-1] - offsets[0]) for _, offsets in parts) / 1e6
        runs = [
            lambda parts=parts: cut(parts, "words"),
            lambda parts=parts: cut(parts, "spaces"),
            lambda parts=parts: read(parts),
        ]
        speeds = [size / seconds for seconds in median(told.rounds, *runs)]
        print(f"{name:18}{speeds[0]:8.0f}{speeds[1]:8.0f}{speeds[2]:11.0f}", flush=True)


if __name__ == "__main__":
    main()
