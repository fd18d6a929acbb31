"""Merges alone, from the same word counts, on one core: ours beside `tokenizers`.

    python benchmarks/merging.py [--vocab-size 32000] [--runs 3] [--only english]

English is the plain English of the team's shared texts; source code is 200 MB of the Python files
of this machine. Words are counted once with the library's own WordLevelTrainer and ByteLevel, and
kept in `--counts`.

The library cannot be given counts, so its child process is fed each word as often as it counts.
What is timed is what comes after: its progress (JSON lines, into a file) says when it starts to
turn words into symbols, and from then to the end of training is what `train_bpe` does. User CPU
time is what to compare on a machine that others share; writing progress costs the library system
time only.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from texts import english, every_source

SOURCE_BYTES = 200_000_000
MOST_REPEATS = 50_000
MOST_WORDS = 5_000
"""In a text that the library is fed."""
SPECIAL = ["<|endoftext|>"]


def all_lines(documents: Iterator[str]) -> Iterator[str]:
    """200 MB of documents, line by line."""
    size = 0
    for document in documents:
        size += len(document.encode())
        if size > SOURCE_BYTES:
            return
        yield from document.splitlines(keepends=True)


def count(texts: Iterator[str], path: Path) -> None:
    """Keep the words of these texts and their counts as an Arrow file."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    size = 0

    def counted() -> Iterator[str]:
        nonlocal size
        for text in texts:
            size += len(text.encode())
            yield text

    tokenizer = Tokenizer(models.WordLevel())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.WordLevelTrainer(vocab_size=1, show_progress=False)
    tokenizer.train_from_iterator(counted(), trainer)
    words = json.loads(trainer.__getstate__())["WordLevelTrainer"]["words"]
    names = pa.array(list(words), pa.large_string())
    table = pa.table({"word": names, "count": pa.array(list(words.values()), pa.int64())})
    table = table.replace_schema_metadata({"bytes": str(size)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def load(path: str) -> pa.Table:
    """The columns `word` and `count`."""
    return pa.ipc.open_file(pa.memory_map(path)).read_all().combine_chunks()


def train_theirs(path: str, vocab_size: int) -> dict[str, object]:
    """Train with the library; says when training ended, the parent saw when it began."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    table = load(path)

    def texts() -> Iterator[str]:
        part: list[str] = []
        for word, number in zip(*(table[n].to_pylist() for n in ("word", "count")), strict=True):
            part += [
                (word + " ") * min(MOST_REPEATS, number - start)
                for start in range(0, number, MOST_REPEATS)
            ]
            if len(part) >= MOST_WORDS or number >= MOST_REPEATS:
                yield "".join(part)
                part = []
        yield "".join(part)

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.CharDelimiterSplit(" ")
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        progress_format="json",
    )
    tokenizer.train_from_iterator(texts(), trainer)
    ended = [time.time(), resource.getrusage(resource.RUSAGE_SELF).ru_utime]
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return {"ended": ended, "merges": model["merges"], "tokens": tokens}


def train_ours(path: str, vocab_size: int) -> dict[str, object]:
    """Train with the kernel, loaded from its cache beforehand."""
    started = time.perf_counter()
    from tokenizers import pre_tokenizers

    from tokbench.training import train_bpe
    from tokbench.values import WordCounts

    table = load(path)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    words, counts = table["word"].chunk(0), table["count"].to_numpy()
    before = time.perf_counter()
    train_bpe(WordCounts(words[:1000], counts[:1000], 1, 1), vocab_size=400)
    loaded = time.perf_counter()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    trained = train_bpe(
        WordCounts(words, counts, 1, 1),
        vocab_size=vocab_size,
        special_tokens=SPECIAL,
        initial_alphabet=alphabet,
    )
    ended = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": time.perf_counter() - loaded,
        "user": ended.ru_utime - usage.ru_utime,
        "start": loaded - before,
        "import": before - started,
        "merges": trained.merges,
        "tokens": trained.tokens,
    }


def child(whose: str, path: Path, vocab_size: int) -> dict[str, object]:
    """Run one training in a process of its own, on one core."""
    with tempfile.TemporaryFile() as progress:
        process = subprocess.Popen(
            [sys.executable, __file__, "--child", whose, str(path), str(vocab_size)],
            stdout=subprocess.PIPE,
            stderr=progress,
            env={**os.environ, "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        )
        began: list[float] = []
        while whose == "theirs" and process.poll() is None and not began:
            if os.fstat(progress.fileno()).st_size:
                ticks = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
                began = [time.time(), int(ticks[11]) / os.sysconf("SC_CLK_TCK")]
            time.sleep(0.002)
        assert process.stdout
        result = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        result["peak"] = usage.ru_maxrss / 1024
    if began:
        result["wall"], result["user"] = (
            e - b for b, e in zip(began, result["ended"], strict=True)
        )
    return result


def main() -> None:
    """Count what is not counted yet, then run both sides by turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocab-size", type=int, default=32_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["english", "source"])
    parser.add_argument(
        "--counts", type=Path, default=Path(tempfile.gettempdir()) / "tokbench-merging"
    )
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        whose, path, size = options.child
        train = train_ours if whose == "ours" else train_theirs
        json.dump(train(path, int(size)), sys.stdout)
        return
    options.counts.mkdir(parents=True, exist_ok=True)
    for name, texts in (("english", english()), ("source", all_lines(every_source()))):
        if options.only not in {None, name}:
            continue
        path = options.counts / f"{name}.arrow"
        if not path.exists():
            count(texts, path)
        report(name, path, options)


def report(name: str, path: Path, options: argparse.Namespace) -> None:
    """Print the medians of one corpus."""
    table = load(str(path))
    megabytes = int(table.schema.metadata[b"bytes"]) / 1e6
    print(f"{name}: {megabytes:.1f} MB, {len(table):,} distinct words", flush=True)
    child("ours", path, options.vocab_size)  # compiles, should nobody have yet
    runs: dict[str, list[dict[str, object]]] = {"theirs": [], "ours": []}
    for _ in range(options.runs):
        for whose, results in runs.items():
            results.append(child(whose, path, options.vocab_size))
    same = all(
        (run["merges"], run["tokens"]) == (runs["ours"][0]["merges"], runs["ours"][0]["tokens"])
        for results in runs.values()
        for run in results
    )
    print(f"  {len(runs['ours'][0]['merges']):,} merges, {'identical' if same else 'DIFFERENT'}")
    middle = {
        whose: {
            key: statistics.median(run[key] for run in results) for key in ("user", "wall", "peak")
        }
        for whose, results in runs.items()
    }
    for whose, label in (("theirs", "tokenizers"), ("ours", "tokbench")):
        of = middle[whose]
        print(
            f"  {label:10} user {of['user']:6.3f} s   wall {of['wall']:6.3f} s   "
            f"peak {of['peak']:5.0f} MB (whole process)"
        )
    print(
        f"  ratio      user {middle['theirs']['user'] / middle['ours']['user']:6.1f}     "
        f"wall {middle['theirs']['wall'] / middle['ours']['wall']:6.1f}"
    )
    start = statistics.median(run["start"] for run in runs["ours"])
    print(f"  Numba's import and cached kernels: {start:.2f} s, not counted above")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
