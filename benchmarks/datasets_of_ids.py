"""A corpus written as ids: `tokbench encode` beside `Dataset.map` and plain `encode_batch`.

    python benchmarks/datasets_of_ids.py [english|source|FILE] [--megabytes 200] [--rounds 3]
        [--tokenizer FOLDER]

The same documents, one a line of a text file, to the same ids in Arrow files, each way in a
process of its own. `datasets` loads the text, maps a fast tokenizer over it in batches and saves
it to disk; the third way encodes a thousand lines at a time with `encode_batch_fast` and keeps
nothing. Reading the text is timed, imports are not. All ids are hashed and compared. Without
--tokenizer a byte-level BPE of 16,000 tokens is trained on the text first.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from processes import measured, peak_memory
from texts import as_file

RECIPE = """
name: ids
corpus: {sources: [{type: files, paths: TEXT}], held_out: 0}
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 16000, min_frequency: 2}
wrap: {model_max_length: 1024}
special_tokens: {eos: "<|endoftext|>"}
"""
WAYS = ("tokbench", "Dataset.map", "encode_batch")


def encoded(text: Path, tokenizer: str, out: Path) -> None:
    """The command."""
    from tokbench.values import Layout
    from tokbench.workbench import encode_corpus

    encode_corpus(tokenizer, [str(text)], out, Layout(special=False))


def mapped(text: Path, tokenizer: str, out: Path) -> None:
    """The same by `datasets` and `transformers`."""
    import datasets
    from transformers import PreTrainedTokenizerFast

    datasets.disable_progress_bars()
    fast = PreTrainedTokenizerFast(tokenizer_file=str(Path(tokenizer) / "tokenizer.json"))
    made = datasets.load_dataset("text", data_files=str(text), split="train")
    made = made.map(
        lambda rows: {"input_ids": fast(rows["text"], add_special_tokens=False)["input_ids"]},
        batched=True,
        remove_columns="text",
    )
    made.save_to_disk(out)


def batches(text: Path, tokenizer: str) -> Iterator[list[list[int]]]:
    """Lines encoded a thousand at a time."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(Path(tokenizer) / "tokenizer.json"))
    with text.open(encoding="utf-8", newline="\n") as lines:
        while some := [line.rstrip("\n") for line in islice(lines, 1000)]:
            yield [one.ids for one in made.encode_batch_fast(some, add_special_tokens=False)]


def written(out: Path) -> Iterator[Any]:
    """The ids in Arrow files, a batch at a time."""
    import pyarrow as pa

    for path in sorted(out.glob("*.arrow")):
        with pa.memory_map(str(path)) as source:
            for batch in pa.ipc.open_stream(source):
                column: Any = batch.column("input_ids")
                yield column.flatten().to_numpy()


def worker(way: str, text: str, tokenizer: str, out: str) -> None:
    """The measured process."""
    if way == "Dataset.map":
        import datasets  # noqa: F401 - so that importing is not timed
        import transformers  # noqa: F401 - as above
    elif way == "tokbench":
        import pyarrow.compute  # noqa: F401 - as above

        import tokbench.workbench  # noqa: F401 - as above
    digest, tokens, started = xxhash.xxh3_64(), 0, time.perf_counter()
    if way == "encode_batch":
        hashing = 0.0
        for some in batches(Path(text), tokenizer):
            begun = time.perf_counter()
            flat = np.array([number for one in some for number in one], np.uint32)
            digest.update(flat.tobytes())
            tokens += len(flat)
            hashing += time.perf_counter() - begun
        seconds = time.perf_counter() - started - hashing
    else:
        (encoded if way == "tokbench" else mapped)(Path(text), tokenizer, Path(out))
        seconds = time.perf_counter() - started
        for flat in written(Path(out)):
            digest.update(flat.astype(np.uint32).tobytes())
            tokens += len(flat)
    found = {"seconds": seconds, "peak": peak_memory(), "tokens": tokens}
    print(json.dumps({**found, "ids": digest.hexdigest()}))


def main() -> None:
    """Measure all in turn, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?", default="english")
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokenizer")
    parser.add_argument("--worker", nargs=4)
    told = parser.parse_args()
    if told.worker:
        worker(*told.worker)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"HF_HOME": name, "HF_HUB_OFFLINE": "1", "TOKBENCH_CACHE": name}
        text = as_file(told.text, told.megabytes, folder)
        tokenizer = told.tokenizer or trained(text, folder)
        size = text.stat().st_size / 1e6
        found: dict[str, list[Any]] = {way: [] for way in WAYS}
        for turn in range(told.rounds):
            for way, runs in found.items():
                out = folder / f"{way}-{turn}"
                runs.append(measured(__file__, way, text, tokenizer, out))
                os.environ["HF_DATASETS_CACHE"] = str(folder / f"cache-{turn}-{way}")
        ids = {run["ids"] for runs in found.values() for run in runs}
        same = "the same ids" if len(ids) == 1 else "DIFFERENT ids"
        tokens = found["tokbench"][0]["tokens"]
        print(f"{told.text}: {size:.1f} MB, {tokens:,} tokens, {same}")
        ours = statistics.median(run["seconds"] for run in found["tokbench"])
        for way, runs in found.items():
            took = [run["seconds"] for run in runs]
            peak = statistics.median(run["peak"] for run in runs)
            seconds = statistics.median(took)
            spread = f"{min(took):.2f} to {max(took):.2f} s"
            print(
                f"{way:12} {seconds:7.2f} s ({spread}) {size / seconds:7.1f} MB/s "
                f"{seconds / ours:5.1f} times ours, {peak:5.0f} MB"
            )
        sys.exit(len(ids) > 1)


def trained(text: Path, folder: Path) -> str:
    """A tokenizer of this text."""
    from tokbench.workbench import train

    recipe = folder / "ids.yaml"
    recipe.write_text(RECIPE.replace("TEXT", json.dumps(str(text))))
    return str(train(recipe, folder / "tokenizer", runs=folder / "runs").tokenizer)


if __name__ == "__main__":
    main()
