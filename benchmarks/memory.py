"""Peak memory and time with and without a bound: all Python source of this machine, 32k BPE.

    python benchmarks/memory.py [--megabytes 1000] [--memory 500MB ...] [--text FILE]

The text is every distinct Python file below this interpreter's folders, ~/.pyenv and /usr/lib, a
file a document. `tokbench train` runs as a user runs it, into an empty cache, once for each bound;
measured are the process that counts and trains and the largest process of all (proving a folder
imports transformers in a child). The tokenizers that come out are compared.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from processes import measured, peak_memory
from texts import distinct

RECIPE = """name: source
corpus: {{held_out: 0.0, sources: [{{type: files, paths: [{path}]}}]}}
pre_tokenizer: {{type: ByteLevel, add_prefix_space: false}}
model: BPE
trainer: {{vocab_size: 32000, min_frequency: 2}}
wrap: {{model_max_length: 1024}}
"""


def write_source(path: Path, megabytes: float) -> float:
    """Write the files as JSON lines until so many megabytes of text; returns how many it were."""
    roots = dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "purelib"))
    size = 0
    with path.open("w", encoding="utf-8") as file:
        for document in distinct([*roots, str(Path.home() / ".pyenv"), "/usr/lib"]):
            size += len(document.encode())
            if size > megabytes * 1e6:
                break
            file.write(json.dumps({"text": document}, ensure_ascii=False) + "\n")
    return size / 1e6


def in_process(recipe: str, folder: str, bound: str) -> None:
    """The measured process: everything but wrapping and proving."""
    from tokbench import memory
    from tokbench.recipe import load
    from tokbench.workbench.plan import Plan
    from tokbench.workbench.runs import learn

    os.environ["TOKBENCH_CACHE"] = folder
    plan = Plan.of(load(recipe))
    started = time.perf_counter()
    trained = learn(plan, memory=memory.parsed(bound) if bound else None)
    seconds = time.perf_counter() - started
    digest = hashlib.sha256(json.dumps([trained.tokens, trained.merges]).encode()).hexdigest()
    print(json.dumps({"seconds": seconds, "peak": peak_memory(), "same": digest}))


def tree(recipe: str, folder: str, bound: str) -> None:
    """`tokbench train` and all its children."""
    command = [sys.executable, "-m", "tokbench", "train", recipe, "--out", f"{folder}/out"]
    started = time.perf_counter()
    subprocess.run(
        [*command, *(["--memory", bound] if bound else [])],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TOKBENCH_CACHE": folder},
    )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    same = hashlib.sha256(Path(folder, "out", "tokenizer.json").read_bytes()).hexdigest()
    print(json.dumps({"seconds": seconds, "peak": peak, "same": same}))


def main() -> None:
    """Print a row a bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("--memory", nargs="+", default=["500MB"])
    parser.add_argument("--text", type=Path)
    parser.add_argument("--worker", nargs=4)
    told = parser.parse_args()
    if told.worker:
        {"in_process": in_process, "tree": tree}[told.worker[0]](*told.worker[1:])
        return
    with tempfile.TemporaryDirectory() as folder:
        path = told.text or Path(folder) / "source.jsonl"
        size = path.stat().st_size / 1e6 if told.text else write_source(path, told.megabytes)
        print(f"{size:.0f} MB of text, byte-level BPE 32,000, cold")
        recipe = Path(folder) / "recipe.yaml"
        recipe.write_text(RECIPE.format(path=path.absolute()))
        row = "{:>10} | {:>9} {:>9} | {:>9} {:>12} | {}"
        print(row.format("--memory", "learn s", "peak MB", "train s", "largest MB", "result"))
        wanted = None
        for bound in ("", *told.memory):
            found = []
            for how in ("in_process", "tree"):
                with tempfile.TemporaryDirectory() as cache:
                    found.append(measured(__file__, how, recipe, cache, bound))
            one, all_ = found
            wanted = wanted or (one["same"], all_["same"])
            same = "same" if wanted == (one["same"], all_["same"]) else "OTHER"
            times = f"{one['seconds']:.1f}", f"{all_['seconds']:.1f}"
            print(row.format(bound or "-", times[0], one["peak"], times[1], all_["peak"], same))


if __name__ == "__main__":
    main()
