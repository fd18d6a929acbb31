"""Counting measured: the pass in MB/s a core, second recipes and memory beside `tokenizers`.

    python benchmarks/counting.py [--rounds 3] [--megabytes 60] [--text FOLDER]

All times are medians of interleaved rounds. The pass is one thread's user and system time; what is
compared with the library is wall-clock time from batches in memory to word counts, all cores.
"""

import argparse
import gzip
import json
import lzma
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numba
import numpy as np
import pyarrow as pa
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from tokbench.chunks import CUT_SETS, WORDS
from tokbench.chunks.arrow import raw_strings
from tokbench.chunks.patterns import CL100K
from tokbench.counting import count, count_chunks, count_words
from tokbench.counting.chunk_pass import Cutter

ENGLISH = ("en_novels_1.txt.xz", "en_novels_2.txt.zst", "en_novels_3.jsonl.gz", "en_alice.txt")
ENGLISH += ("en_tfdocs.jsonl.zst",)
OTHERS = ("ru_dostoevsky.txt.xz", "ko_movie_reviews.txt.zst", "ja_tfdocs.jsonl.gz")
OTHERS += ("ar_tashkeela_val.txt", "hi_libreoffice_help.jsonl.zst", "th_thaigov_202101.jsonl.zst")


def documents_of(path: Path) -> list[str]:
    """Lines of text, or the field `text` of JSON lines."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    elif path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    lines = data.decode().splitlines(keepends=True)
    return [json.loads(line)["text"] for line in lines] if ".jsonl" in path.name else lines


def python_source() -> Iterator[str]:
    """Every different Python file of this interpreter's standard library and packages."""
    seen = set()
    for root in (sysconfig.get_path("stdlib"), sysconfig.get_path("platlib")):
        for path in sorted(Path(root).rglob("*.py")):
            text = path.read_bytes().decode(errors="ignore")
            if text and text not in seen:
                seen.add(text)
                yield text


class Memory:
    """Documents as a corpus of batches in memory."""

    sources = ("memory",)
    held_out = 0.0

    def __init__(self, documents: Iterator[str] | list[str], megabytes: float) -> None:
        kept, size = [], 0
        for document in documents:
            if size >= megabytes * 1e6:
                break
            kept.append(document)
            size += len(document.encode())
        self.size = size
        self.all = [
            pa.record_batch({"text": pa.array(kept[k : k + 5000], pa.large_string())})
            for k in range(0, len(kept), 5000)
        ]

    def batches(self, *_: object) -> Iterator[pa.RecordBatch]:
        """All of them."""
        yield from self.all

    def identity(self) -> str:
        """Never the same: nothing may come from a cache."""
        return str(time.time_ns())


@numba.njit
def only_read(text: np.ndarray) -> int:
    """The least that anything can do with bytes."""
    total = 0
    for byte in text:
        total += byte
    return total


BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
MAPPED = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
SECOND = {
    "Digits + ByteLevel": (
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), BYTES]),
        None,
    ),
    "cl100k": (
        pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(CL100K), "isolated"), MAPPED]),
        None,
    ),
    "BERT": (pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer()),
}


def tokenizer(name: str) -> Tokenizer:
    """A tokenizer with one of the second recipes' pipelines."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106
    made.pre_tokenizer, normalizer = SECOND[name]
    if normalizer is not None:
        made.normalizer = normalizer
    return made


def by_library(corpus: Memory, name: str) -> dict[str, int]:
    """What the library does before it trains: all that counting once spares."""
    trainer = trainers.WordLevelTrainer(vocab_size=1, show_progress=False)
    batches = (batch.column("text").to_pylist() for batch in corpus.all)
    tokenizer(name).train_from_iterator(batches, trainer)
    return json.loads(trainer.__getstate__())["WordLevelTrainer"]["words"]


def medians(
    rounds: int, clock: Callable[[], float], **runs: Callable[[], object]
) -> dict[str, float]:
    """The median time of each run, in rounds that take turns."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            before = clock()
            run()
            times[name].append(clock() - before)
    return {name: statistics.median(each) for name, each in times.items()}


def measure_the_pass(corpora: dict[str, Memory], rounds: int) -> None:
    """MB/s a core of cutting, counting and fingerprinting, beside only reading."""
    print(f"{'one core, MB/s':24}{'words':>8}{'spaces':>8}{'only read':>11}")
    for name, corpus in corpora.items():
        parts = [raw_strings(batch.column("text")) for batch in corpus.all]

        def cut(cut_set: str, parts: list = parts) -> None:
            cutter = Cutter(CUT_SETS[cut_set])
            for text, offsets in parts:
                cutter.add(text, offsets)

        def read(parts: list = parts) -> None:
            for text, _ in parts:
                only_read(text)

        runs = {"words": lambda cut=cut: cut("words"), "spaces": lambda cut=cut: cut("spaces")}
        for run in (*runs.values(), read):
            run()
        found = medians(max(rounds, 5), time.thread_time, **runs, read=read)
        speeds = [corpus.size / 1e6 / found[each] for each in ("words", "spaces", "read")]
        print(f"{name:24}{speeds[0]:8.0f}{speeds[1]:8.0f}{speeds[2]:11.0f}")


def measure_second_recipes(name: str, corpus: Memory, rounds: int) -> None:
    """Words of another pipeline from the same chunks, beside the library's counting."""
    whole = medians(rounds, time.perf_counter, ours=lambda: count_chunks(corpus, WORDS))["ours"]
    chunks = count_chunks(corpus, WORDS)
    print(
        f"\n{name}, {corpus.size / 1e6:.0f} MB: the pass {whole:.3f} s on all cores, "
        f"{len(chunks.counts)} distinct chunks of {chunks.counts.sum()}"
    )
    for pipeline in SECOND:
        ours = count_words(chunks, tokenizer(pipeline), max_word_chars=None)
        words = dict(zip(ours.words.to_pylist(), ours.counts.tolist(), strict=True))
        found = medians(
            rounds,
            time.perf_counter,
            ours=lambda pipeline=pipeline: count_words(chunks, tokenizer(pipeline)),
            library=lambda pipeline=pipeline: by_library(corpus, pipeline),
        )
        equal = "equal" if words == by_library(corpus, pipeline) else "DIFFERENT"
        ratio = found["library"] / found["ours"]
        print(
            f"  {pipeline:20}{found['ours']:8.3f} s  tokenizers {found['library']:7.2f} s  "
            f"{ratio:6.0f} times  {len(words)} words, {equal}"
        )


def measure_memory(arguments: argparse.Namespace) -> None:
    """Peak memory of processes that do one thing, with the text in memory."""
    print("\npeak memory, MB")
    for name in ("english", "source"):
        for engine in ("nothing", "ours", "library"):
            command = [sys.executable, __file__, "--alone", f"{name}:{engine}"]
            command += ["--megabytes", str(arguments.megabytes), "--text", str(arguments.text)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(f"  {name:10}{engine:10}{int(done.stdout):6}")


def alone(what: str, corpora: dict[str, Callable[[], Memory]]) -> None:
    """Do one thing and print the peak memory of this process."""
    name, engine = what.split(":")
    corpus = corpora[name]()
    if engine == "ours":
        with tempfile.TemporaryDirectory() as folder:
            count(corpus, tokenizer("Digits + ByteLevel"), cache=Path(folder))
    elif engine == "library":
        by_library(corpus, "Digits + ByteLevel")
    # not ru_maxrss, which begins with what the parent process had
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    print(int(status.split()[0]) // 1024)


def main() -> None:
    """Measure everything, or one thing alone."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "text"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--text", type=Path, default=default)
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    def english() -> Memory:
        texts = (text for name in ENGLISH for text in documents_of(arguments.text / name))
        return Memory(texts, arguments.megabytes)

    def source() -> Memory:
        return Memory(python_source(), arguments.megabytes)

    if arguments.alone:
        alone(arguments.alone, {"english": english, "source": source})
        return
    corpora = {"English": english(), "Python source": source()}
    others = {name: Memory(documents_of(arguments.text / name), 60) for name in OTHERS}
    measure_the_pass(corpora | others, arguments.rounds)
    for name, corpus in corpora.items():
        measure_second_recipes(name, corpus, arguments.rounds)
    measure_memory(arguments)


if __name__ == "__main__":
    main()
