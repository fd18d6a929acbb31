"""From opening a file to vocabulary and merges in memory: tokbench beside its rivals.

    python benchmarks/training.py english|novels|source|FILE [--megabytes 60] [--rounds 3]

Every measurement is a process of its own; the rivals take turns. Imports and the start of compiled
kernels are printed apart, a first process compiles them where need be. `english` joins the plain
English of the team's shared data, `source` the Python files of the standard library and of
site-packages; both are put into one file, one document a line. Merges are compared with those of
`tokenizers`. gigabpe, rustbpe and bpeasy are measured where they are installed.
"""

import argparse
import hashlib
import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import measured, peak_memory
from texts import as_file

SIZE = 32_000
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def lines(path: str) -> Iterator[str]:
    """The file's documents, as a user of the libraries would read them."""
    with open(path, encoding="utf-8", newline="\n") as file:  # noqa: PTH123
        for line in file:
            yield line.rstrip("\n")


def batches(path: str) -> Iterator[list[str]]:
    """The same, a thousand at a time."""
    batch: list[str] = []
    for line in lines(path):
        batch.append(line)
        if len(batch) == 1000:  # noqa: PLR2004
            yield batch
            batch = []
    yield batch


def run_tokenizers(path: str) -> tuple[float, float, Any]:
    """The library's own trainer."""
    started = time.perf_counter()
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    imported = time.perf_counter()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(batches(path), trainer)
    done = time.perf_counter()
    merges = [list(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    return imported - started, done - imported, merges


def run_tokbench(path: str) -> tuple[float, float, Any]:
    """Counting into an empty cache, and our kernel."""
    started = time.perf_counter()
    from llvmlite import binding
    from tokenizers import Tokenizer, models, pre_tokenizers

    from tokbench import corpus, counting, training

    with tempfile.TemporaryDirectory() as cache:
        spec = corpus.CorpusSpec.model_validate(
            {"sources": [{"type": "files", "paths": [path], "format": "txt"}], "held_out": 0.0}
        )
        blank = Tokenizer(models.BPE())
        blank.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        _ = binding, counting.count, pre_tokenizers.ByteLevel.alphabet()
        imported = time.perf_counter()
        words = counting.count(
            corpus.open(spec, Path()), blank, max_word_chars=None, cache=Path(cache)
        )
        trained = training.train_bpe(
            words,
            vocab_size=SIZE,
            min_frequency=2,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
        done = time.perf_counter()
    return imported - started, done - imported, [list(pair) for pair in trained.merges]


def run_gigabpe(path: str) -> tuple[float, float, Any]:
    """Rust, hand-written pre-tokenizer, files only."""
    started = time.perf_counter()
    import gigabpe

    imported = time.perf_counter()
    _, merges = gigabpe.train_bpe([path], SIZE, min_frequency=2, special_tokens=[])
    return imported - started, time.perf_counter() - imported, [list(pair) for pair in merges]


def run_rustbpe(path: str) -> tuple[float, float, Any]:
    """The trainer of nanochat."""
    started = time.perf_counter()
    import rustbpe

    imported = time.perf_counter()
    rustbpe.Tokenizer().train_from_iterator(lines(path), SIZE, pattern=GPT2)
    return imported - started, time.perf_counter() - imported, None


def run_bpeasy(path: str) -> tuple[float, float, Any]:
    """Rust with a regular expression."""
    started = time.perf_counter()
    import bpeasy

    imported = time.perf_counter()
    bpeasy.train_bpe(lines(path), GPT2, 128, SIZE)
    return imported - started, time.perf_counter() - imported, None


RIVALS = {
    "tokenizers": run_tokenizers,
    "tokbench": run_tokbench,
    "gigabpe": run_gigabpe,
    "rustbpe": run_rustbpe,
    "bpeasy": run_bpeasy,
}


def worker(who: str, path: str) -> None:
    """The measured process."""
    imports, seconds, merges = RIVALS[who](path)
    digest = hashlib.sha256(json.dumps(merges).encode()).hexdigest() if merges else None
    found = {"import": imports, "seconds": seconds, "peak": peak_memory(), "merges": digest}
    print(json.dumps(found))


def main() -> None:
    """Measure in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?", default="source")
    parser.add_argument("--megabytes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", nargs=2)
    told = parser.parse_args()
    if told.worker:
        worker(*told.worker)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = as_file(told.text, told.megabytes, Path(folder))
        present = [who for who in RIVALS if importlib.util.find_spec(who)]
        small = Path(folder) / "small.txt"
        small.write_text("low lower lowest, 12 times: it's 한국어\n" * 50)
        measured(__file__, "tokbench", small)
        results: dict[str, list[dict[str, Any]]] = {who: [] for who in present}
        for _ in range(told.rounds):
            for who in present:
                results[who].append(measured(__file__, who, path))
        print(f"{told.text}, {path.stat().st_size / 1e6:.1f} MB, byte-level BPE {SIZE:,}, cold")
        base = statistics.median(one["seconds"] for one in results["tokenizers"])
        wanted = results["tokenizers"][0]["merges"]
        for who, runs in results.items():
            seconds = statistics.median(one["seconds"] for one in runs)
            imports = statistics.median(one["import"] for one in runs)
            same = {None: "-", True: "same", False: "OTHER"}[
                None if runs[0]["merges"] is None else runs[0]["merges"] == wanted
            ]
            print(
                f"{who:11} {seconds:7.2f} s  {base / seconds:5.1f} x  "
                f"imports {imports:4.2f} s  peak {max(r['peak'] for r in runs):5.0f} MB  "
                f"merges {same}"
            )


if __name__ == "__main__":
    main()
