"""Measuring through distinct chunks, beside encoding everything.

    python benchmarks/encoding.py [--rounds 3] [--megabytes 50] [--tokenizers gpt2 ...]

The English of the shared data, a document a line. The documents are cut and numbered once; then,
for each tokenizer in turn and in interleaved rounds: token counts of all documents with
`encode_batch_fast`, the same through chunks, and all that `encode` reports through chunks (round
trips, unknown tokens, frequencies). Seconds of wall-clock and of processor time, since other work
on the machine disturbs the first.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from processes import peak_memory
from texts import SHARED, as_file

from tokbench import corpus as corpora
from tokbench.chunks.numbering import Numbering
from tokbench.encoding import Subject, from_folder
from tokbench.encoding.batch import Batch
from tokbench.encoding.by_chunks import ByChunks
from tokbench.encoding.structure import Route, route


def whole_counts(subject: Subject, batches: list[Batch]) -> Any:
    """Tokens of each document, by encoding every document."""
    found = []
    for batch in batches:
        encodings = subject.tokenizer.encode_batch_fast(batch.strings, add_special_tokens=False)
        found.append(np.fromiter(map(len, encodings), np.int64, len(encodings)))
    return np.concatenate(found)


def chunk_counts(subject: Subject, batches: list[Batch], way: Route, numbering: Numbering) -> Any:
    """The same through chunks that are numbered already."""
    through = ByChunks(subject, way, numbering)
    return np.concatenate([through.tokens(batch)[1] for batch in batches])


def chunk_everything(
    subject: Subject, batches: list[Batch], way: Route, numbering: Numbering
) -> Any:
    """All numbers, round trips too."""
    through = ByChunks(subject, way, numbering)
    found = []
    for batch in batches:
        _, part, rows = through.measure(batch)
        through.count(rows)
        found.append(part.columns["tokens"])
    through.frequencies(0)
    return np.concatenate(found)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, its wall-clock and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def measure(name: str, columns: list[Any], rounds: int) -> None:
    """Measure one tokenizer in interleaved rounds and print a table."""
    there = SHARED.parent / "tokenizers" / name
    subject = from_folder(there if there.is_dir() else Path(name))
    way = route(json.loads(subject.tokenizer.to_str()))
    assert isinstance(way, Route), way
    numbering = Numbering(way.cut_set)
    numberings = {way.cut_set.name: numbering}
    batches, wall, cpu = timed(lambda: [Batch(column, numberings) for column in columns])
    size = sum(int(batch.offsets[-1] - batch.offsets[0]) for batch in batches) / 1e6
    print(
        f"{name}: {size:.1f} MB, {sum(map(len, batches)):,} documents, {len(numbering):,} distinct "
        f"chunks; the shared pass {wall:.2f} s, {cpu:.2f} s of processor time"
    )
    works: dict[str, Callable[[], Any]] = {
        "encode_batch_fast": lambda: whole_counts(subject, batches),
        "counts through chunks": lambda: chunk_counts(subject, batches, way, numbering),
        "everything through chunks": lambda: chunk_everything(subject, batches, way, numbering),
    }
    walls: dict[str, list[float]] = {work: [] for work in works}
    cpus: dict[str, list[float]] = {work: [] for work in works}
    for _ in range(rounds):
        results = []
        for work, function in works.items():
            result, wall, cpu = timed(function)
            walls[work].append(wall)
            cpus[work].append(cpu)
            results.append(result)
        assert all(np.array_equal(results[0], other) for other in results[1:])
    base = [statistics.median(one["encode_batch_fast"]) for one in (walls, cpus)]
    for work in works:
        wall, cpu = statistics.median(walls[work]), statistics.median(cpus[work])
        print(
            f"  {work:26} {wall:7.2f} s {base[0] / wall:6.1f} x   "
            f"processor {cpu:7.2f} s {base[1] / cpu:6.1f} x"
        )


def main() -> None:
    """Measure each tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--tokenizers", nargs="+", default=["gpt2", "bert-base-uncased"])
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = as_file("english", told.megabytes, Path(folder))
        source = {"type": "files", "paths": [str(path)], "format": "txt"}
        spec = corpora.CorpusSpec.model_validate({"sources": [source], "held_out": 0.0})
        columns = [batch.column("text") for batch in corpora.open(spec, Path()).batches("all")]
    for name in told.tokenizers:
        measure(name, columns, told.rounds)
    print(f"peak {peak_memory()} MB")


if __name__ == "__main__":
    main()
