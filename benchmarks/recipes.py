"""A second recipe on a corpus already counted, and a sweep of twelve, beside `tokenizers`.

    python benchmarks/recipes.py english|source|FILE [--megabytes 60] [--rounds 3] [--only second]

The corpus is one file, one document a line. Every measurement is a process of its own and holds
all from opening the file to vocabulary and merges in memory; imports are apart. A second recipe
finds the chunks that a byte-level recipe left in the cache; the sweep begins with an empty one and
counts once for all twelve. Merges are compared with those of `tokenizers`; WordPiece, which differs
from run to run there, by the share of the vocabulary that both have.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import measured, peak_memory
from texts import as_file

from tokbench.pipeline.patterns import PATTERNS

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
CL100K = {"type": "Split", "pattern": {"Regex": PATTERNS["cl100k"]}, "behavior": "Isolated"}
DIGITS = {"type": "Digits", "individual_digits": True}
BERT = {"type": "BertPreTokenizer"}
PRE_TOKENIZERS: dict[str, Any] = {
    "byte-level": BYTES,
    "digits": {"type": "Sequence", "pretokenizers": [DIGITS, BYTES]},
    "cl100k": {
        "type": "Sequence",
        "pretokenizers": [CL100K | {"invert": False}, BYTES | {"use_regex": False}],
    },
    "bert": BERT,
}
NORMALIZERS: dict[str, Any] = {
    "none": None,
    "nfc": {"type": "NFC"},
    "lowercase": {"type": "Lowercase"},
    "nfkc": {"type": "NFKC"},
    "bert": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
}
SECOND = [("digits", "none"), ("cl100k", "none"), ("bert", "bert")]
SWEEP = [
    (pre_tokenizer, normalizer)
    for pre_tokenizer in ("byte-level", "digits", "cl100k")
    for normalizer in ("none", "nfc", "lowercase", "nfkc")
]
BPE_SIZE, WORDPIECE_SIZE = 32_000, 30_000


def blank(pre_tokenizer: str, normalizer: str) -> Any:
    """A tokenizer with this pipeline and an empty model."""
    from tokenizers import Tokenizer, models

    made = Tokenizer(models.WordPiece() if pre_tokenizer == "bert" else models.BPE())
    state = json.loads(made.to_str())
    state["pre_tokenizer"] = PRE_TOKENIZERS[pre_tokenizer]
    state["normalizer"] = NORMALIZERS[normalizer]
    return Tokenizer.from_str(json.dumps(state))


def documents(path: str) -> Iterator[list[str]]:
    """The file's lines, a thousand at a time."""
    batch: list[str] = []
    with open(path, encoding="utf-8", newline="\n") as file:  # noqa: PTH123
        for line in file:
            batch.append(line.rstrip("\n"))
            if len(batch) == 1000:  # noqa: PLR2004
                yield batch
                batch = []
    yield batch


def by_tokenizers(path: str, _: str, recipes: list[list[str]]) -> tuple[float, float, list[Any]]:
    """Each recipe trained by the library, which reads the file anew."""
    started = time.perf_counter()
    from tokenizers import pre_tokenizers, trainers

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    imported = time.perf_counter()
    found: list[Any] = []
    for pre_tokenizer, normalizer in recipes:
        tokenizer = blank(pre_tokenizer, normalizer)
        if pre_tokenizer == "bert":
            trainer: Any = trainers.WordPieceTrainer(
                vocab_size=WORDPIECE_SIZE, show_progress=False, special_tokens=["[UNK]"]
            )
        else:
            trainer = trainers.BpeTrainer(
                vocab_size=BPE_SIZE, show_progress=False, initial_alphabet=alphabet
            )
        tokenizer.train_from_iterator(documents(path), trainer)
        model = json.loads(tokenizer.to_str())["model"]
        found.append(model["merges"] if model["type"] == "BPE" else sorted(model["vocab"]))
    return imported - started, time.perf_counter() - imported, found


def by_tokbench(path: str, cache: str, recipes: list[list[str]]) -> tuple[float, float, list[Any]]:
    """Each recipe from the counts in the cache, or counted into it."""
    started = time.perf_counter()
    from llvmlite import binding
    from tokenizers import pre_tokenizers

    from tokbench import corpus, counting, training
    from tokbench.training import alphabet as _alphabet
    from tokbench.training import merging

    spec = corpus.CorpusSpec.model_validate(
        {"sources": [{"type": "files", "paths": [path], "format": "txt"}], "held_out": 0.0}
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    _ = binding, _alphabet, merging, counting.count, training.train_bpe, training.train_wordpiece
    imported = time.perf_counter()
    opened = corpus.open(spec, Path())
    found: list[Any] = []
    for pre_tokenizer, normalizer in recipes:
        words = counting.count(
            opened, blank(pre_tokenizer, normalizer), max_word_chars=None, cache=Path(cache)
        )
        if pre_tokenizer == "bert":
            trained = training.train_wordpiece(
                words, vocab_size=WORDPIECE_SIZE, special_tokens=["[UNK]"]
            )
            found.append(sorted(trained.tokens))
        else:
            trained = training.train_bpe(words, vocab_size=BPE_SIZE, initial_alphabet=alphabet)
            found.append(trained.merges)
    return imported - started, time.perf_counter() - imported, found


WHO = {"tokenizers": by_tokenizers, "tokbench": by_tokbench}


def worker(who: str, path: str, cache: str, recipes: str, kept: str) -> None:
    """The measured process."""
    imports, seconds, found = WHO[who](path, cache, json.loads(recipes))
    peak = peak_memory()
    Path(kept).write_text(json.dumps(found))
    print(json.dumps({"imports": imports, "seconds": seconds, "peak": peak}))


def compared(theirs: Any, ours: Any, pre_tokenizer: str) -> str:
    """Whether two results are the same, as far as they can be."""
    if pre_tokenizer != "bert":
        return "same merges" if theirs == ours else "OTHER MERGES"
    return f"{len({*theirs} & {*ours}) / len({*theirs} | {*ours}):.1%} of the vocabulary shared"


def measure(
    title: str, path: Path, recipes: list[tuple[str, str]], rounds: int, *, first: bool
) -> None:
    """Both in turn; print medians, ratio, memory and whether the results are the same."""
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder, "filled")
        filled.mkdir()
        results: dict[str, list[dict[str, float]]] = {who: [] for who in WHO}
        if first:
            start = json.dumps([("byte-level", "none")])
            measured(__file__, "tokbench", path, filled, start, Path(folder, "first"))
        for _ in range(rounds):
            for who, runs in results.items():
                cache = Path(folder, "cache")
                shutil.copytree(filled, cache)
                runs.append(
                    measured(__file__, who, path, cache, json.dumps(recipes), Path(folder, who))
                )
                shutil.rmtree(cache)
        theirs, ours = (json.loads(Path(folder, who).read_text()) for who in WHO)
    said = {
        compared(one, other, pre_tokenizer)
        for one, other, (pre_tokenizer, _) in zip(theirs, ours, recipes, strict=True)
    }
    seconds = {who: statistics.median(r["seconds"] for r in runs) for who, runs in results.items()}
    peak = {who: max(run["peak"] for run in runs) for who, runs in results.items()}
    imports = statistics.median(run["imports"] for run in results["tokbench"])
    print(
        f"{title:20} tokenizers {seconds['tokenizers']:7.2f} s {peak['tokenizers']:5} MB   "
        f"tokbench {seconds['tokbench']:6.3f} s {peak['tokbench']:5} MB   "
        f"{seconds['tokenizers'] / seconds['tokbench']:6.1f} x   "
        f"imports {imports:.2f} s   {', '.join(sorted(said))}",
        flush=True,
    )


def main() -> None:
    """Measure in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?", default="source")
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["second", "sweep"])
    parser.add_argument("--worker", nargs=5)
    told = parser.parse_args()
    if told.worker:
        worker(*told.worker)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = as_file(told.text, told.megabytes, Path(folder))
        print(f"{told.text}, {path.stat().st_size / 1e6:.1f} MB", flush=True)
        if told.only != "sweep":
            for recipe in SECOND:
                measure(f"second: {recipe[0]}", path, [recipe], told.rounds, first=True)
        if told.only != "second":
            measure("twelve recipes", path, SWEEP, told.rounds, first=False)


if __name__ == "__main__":
    main()
