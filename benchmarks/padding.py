"""How much is computed for nothing: tokens and time of an epoch by how batches are padded.

    python benchmarks/padding.py [FILE] [--tokenizer FOLDER|FILE] [--max-length 128] [--steps 25]

FILE has one example a line; without it the docstrings of this interpreter's standard library are
the examples. A tiny encoder (2 layers of width 128) learns a class of each from scratch, 32 at a
time. Tokens are exact, of a whole epoch; time is that of `--steps` optimizer steps with each way of
padding in turn, by rounds, the median, as an epoch would take. "By bytes" is what tokbench does, so
that all tokenizers see the same batches; "by tokens" groups by each tokenizer's own lengths.
"""

import argparse
import ast
import json
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tokbench.downstream import TrainingSpec
from tokbench.downstream.batching import Batches, Collator, Padding, Rows, buckets, loader
from tokbench.downstream.kinds import KINDS
from tokbench.downstream.prepared import Prepared, prepared
from tokbench.downstream.tokenized import tokenized
from tokbench.values import TaskData

KIND = KINDS["classification"]
BATCH = 32
EXAMPLES = 20_000


def docstrings() -> Iterator[str]:
    """What the modules, classes and functions of the standard library say of themselves."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if {"site-packages", "test", "tests"} & set(path.parts):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue  # wrong on purpose, for compilers to find
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield from filter(None, [ast.get_docstring(node)])


def learned(texts: list[str]) -> str:
    """The tokenizer.json of a byte-level BPE of these texts."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=8000, initial_alphabet=alphabet, show_progress=False, special_tokens=["[PAD]"]
    )
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str())


def model(made: Prepared, max_length: int) -> Any:
    """The tiny encoder with two classes, and what trains it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=made.rows, hidden_size=128, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=512, max_position_embeddings=max_length, pad_token_id=made.pad_id,
    )  # fmt: skip
    torch.manual_seed(0)
    body = BertForSequenceClassification(config)
    return body, torch.optim.AdamW(body.parameters(), lr=1e-3)


def seconds_a_step(
    rows: Rows, batches: Batches, collator: Collator, steps: int, made: Any
) -> float:
    """Mean over the first steps, drawing batches included."""
    body, optimizer = made
    started, done = time.perf_counter(), 0
    for batch in islice(loader(rows, batches, collator), steps):
        labels = batch.pop("labels")
        KIND.loss(body(**batch).logits, labels).backward()
        optimizer.step()
        optimizer.zero_grad()
        done += 1
    return (time.perf_counter() - started) / done


def main() -> None:
    """Measure all in turn, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    source = told.file.read_text("utf-8").splitlines() if told.file else docstrings()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TOKBENCH_CACHE": folder, "HF_HUB_OFFLINE": "1"}
        measure(list(islice(source, EXAMPLES)), told, Path(folder) / "tokenizer")


def measure(texts: list[str], told: argparse.Namespace, folder: Path) -> None:
    """The table."""
    import pyarrow as pa

    config = None
    if told.tokenizer is None:
        state = learned(texts)
    else:
        inside = told.tokenizer / "tokenizer.json" if told.tokenizer.is_dir() else told.tokenizer
        state = inside.read_text("utf-8")
        if (beside := inside.with_name("tokenizer_config.json")).is_file():
            config = json.loads(beside.read_text("utf-8"))
    made = prepared(state, config, folder, max_length=told.max_length)
    spec = TrainingSpec(max_length=told.max_length)
    labels = [len(text) % 2 for text in texts]
    table = pa.table({"text": pa.array(texts, pa.large_string()), "label": labels})
    data = TaskData("t", "classification", ("a", "b"), ("accuracy",), table, table, table)
    rows = Rows(tokenized(folder, data, "train", spec))
    one = [1] * len(rows)
    by_bytes, at_random = (
        Batches(sizes, rows.lengths, BATCH, seed=0) for sizes in (rows.sizes, one)
    )
    by_tokens = Batches(rows.lengths, rows.lengths, BATCH, seed=0)
    static = buckets(spec)
    ways = {
        f"all to {told.max_length}": (at_random, Padding((told.max_length,), BATCH)),
        "dynamic, at random": (at_random, Padding()),
        "dynamic, by bytes": (by_bytes, Padding()),
        "dynamic, by tokens": (by_tokens, Padding()),
        f"static {'/'.join(map(str, static))}, by bytes": (by_bytes, Padding(static, BATCH)),
    }
    trained = model(made, told.max_length)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(told.rounds + 1):
        for way, (batches, padding) in ways.items():
            collator = Collator(KIND, made.pad_id, padding)
            steps = told.steps if number else 2  # the first round warms up
            found = seconds_a_step(rows, batches, collator, steps, trained)
            seconds[way] += [found] if number else []
    report(ways, {way: statistics.median(found) for way, found in seconds.items()}, len(rows))


def report(ways: dict[str, tuple[Batches, Padding]], seconds: dict[str, float], count: int) -> None:
    """Print it: tokens computed in an epoch, the share of padding, time, and both as ratios."""
    print(f"{count:,} examples; ratios are to the first line")
    print(
        f"{'':34}{'tokens':>12}{'padding':>9}{'ratio':>7}{'s/epoch':>10}{'ratio':>7}{'shapes':>8}"
    )
    first: tuple[float, float] | None = None
    for way, (batches, padding) in ways.items():
        cost = batches.shapes(padding, len(batches))
        computed, spent = cost.tokens + cost.padding, seconds[way] * len(batches)
        first = first or (computed, spent)
        print(
            f"{way:34}{computed:12,}{cost.waste:9.1%}{computed / first[0]:7.2f}"
            f"{spent:10.1f}{spent / first[1]:7.2f}{len(cost.distinct):8}"
        )


if __name__ == "__main__":
    sys.exit(main())
