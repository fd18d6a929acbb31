"""The corpus stage, from files to batches of documents: tokbench beside `datasets`.

    python benchmarks/corpus.py [english|source|FILE] [--megabytes 50] [--rounds 3]

The same documents, one a line, as text, JSON lines (plain and gzipped), CSV and Parquet. `datasets`
streams rows, and streams Arrow batches of 1,000; for the last line it maps what it has already
converted, which takes it a pass that is not timed. tokbench streams Arrow batches, alone, with
five steps of cleaning (white space, empty and short documents, line ends, exact copies), and with
half of the text left out by a mix. Every run is a process of its own, whose imports are not timed;
megabytes are those of the documents in UTF-8, and their number is compared.
"""

import argparse
import csv
import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import measured, peak_memory
from texts import as_file

STEPS = ["normalize_newlines", "drop_empty", {"type": "min_chars", "chars": 2}, "dedupe"]
FORMATS = {"txt": "text", "jsonl": "json", "jsonl.gz": "json", "csv": "csv", "parquet": "parquet"}
OURS = ("tokbench", "tokbench, cleaned", "tokbench, mixed")
THEIRS = ("datasets, rows", "datasets, batches", "datasets, mapped")


def write(documents: list[str], folder: Path) -> dict[str, Path]:
    """The documents in every format."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths = {name: folder / f"documents.{name}" for name in FORMATS}
    rows = "".join(json.dumps({"text": one}, ensure_ascii=False) + "\n" for one in documents)
    paths["txt"].write_text("".join(one + "\n" for one in documents), "utf-8", newline="")
    paths["jsonl"].write_text(rows, "utf-8")
    paths["jsonl.gz"].write_bytes(gzip.compress(rows.encode(), 6))
    with paths["csv"].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([one] for one in documents)
    pq.write_table(pa.table({"text": documents}), paths["parquet"])
    return paths


def tokbench(path: str, who: str) -> Iterator[tuple[int, int]]:
    """Documents and bytes of every batch."""
    from tokbench import corpus

    source: dict[str, Any] = {"type": "files", "paths": path}
    said: dict[str, Any] = {"sources": [source], "held_out": 0.0}
    if who == "tokbench, cleaned":
        said["steps"] = STEPS
    if who == "tokbench, mixed":
        source["at_most"] = Path(path).stat().st_size // 2
    read = corpus.open(corpus.CorpusSpec.model_validate(said), Path())
    for batch in read.batches("train"):
        yield len(batch), batch.column("text").nbytes


def streamed(path: str, who: str, kind: str) -> Iterator[tuple[int, int]]:
    """The same by `datasets`."""
    import datasets

    datasets.disable_progress_bars()
    streaming = who != "datasets, mapped"
    more = {"keep_default_na": False} if kind == "csv" else {}  # else empty texts become null
    given = datasets.load_dataset(kind, data_files=path, split="train", streaming=streaming, **more)
    if who == "datasets, rows":
        yield from ((1, len(row["text"].encode())) for row in given)
        return
    for table in given.with_format("arrow").iter(1000):
        yield len(table), table.column("text").nbytes


def worker(path: str, kind: str, who: str) -> None:
    """The measured process."""
    if who in THEIRS:
        import datasets  # noqa: F401 - so that importing is not timed

        if who == "datasets, mapped":
            for _ in streamed(path, who, kind):
                break
    else:
        import pyarrow.compute  # noqa: F401 - as above

        from tokbench import corpus  # noqa: F401 - as above
    started = time.perf_counter()
    found = tokbench(path, who) if who in OURS else streamed(path, who, kind)
    documents = sum(count for count, _ in found)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "documents": documents, "peak": peak_memory()}))


def main() -> None:
    """Measure all in turn, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?", default="english")
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", nargs=3)
    told = parser.parse_args()
    if told.worker:
        worker(*told.worker)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HF_HOME": folder, "HF_HUB_OFFLINE": "1", "TOKBENCH_CACHE": folder}
        text = as_file(told.text, told.megabytes, Path(folder)).read_bytes().decode()
        documents = text.split("\n")[:-1]
        size = sum(len(one.encode()) for one in documents)
        paths = write(documents, Path(folder))
        print(f"{told.text}: {len(documents):,} documents, {size / 1e6:.1f} MB; MB/s (peak MB)")
        for name, path in paths.items():
            found: dict[str, list[Any]] = {who: [] for who in (*OURS, *THEIRS)}
            for _ in range(told.rounds):
                for who, runs in found.items():
                    runs.append(measured(__file__, path, FORMATS[name], who))
            for who, runs in found.items():
                speed = size / 1e6 / statistics.median(run["seconds"] for run in runs)
                peak = statistics.median(run["peak"] for run in runs)
                wrong = "" if who in OURS[1:] or runs[0]["documents"] == len(documents) else (
                    f"  {runs[0]['documents']:,} documents!")  # fmt: skip
                print(f"{name:9} {who:18} {speed:8.0f} {peak:6.0f}{wrong}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
