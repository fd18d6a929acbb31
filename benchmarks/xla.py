"""The XLA path, run for real where there is no TPU: what is compiled for which shapes of batches.

    python benchmarks/xla.py [--folder DIR] [--examples 3000] [--epochs 4] [--seeds 2]
        [--ways WAY ...]

Makes an environment of its own in DIR (else in a temporary folder): torch_xla, the torch that
belongs to it, and this checkout with what `finetune` needs; 3 GB to download, 8 GB on the disk,
made once a folder. torch_xla then compiles for the CPU (PJRT_DEVICE=CPU), by the same compiler and
through the same code of ours as for a TPU. The command `tokbench finetune` trains a tiny encoder on
a part of the built-in task python_area each way:

    cpu         plain torch, for the scores
    one length  static shapes, all of them 128 tokens long
    buckets     static shapes as they are chosen by themselves on XLA: 32, 64 or 128
    dynamic     each batch as wide as its longest example (a multiple of 8), the last one lower

What counts is how many programs there are and how long the compiler took; a CPU's time for a step
says nothing about a TPU's. Programs of a first seed serve the later ones.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
PACKAGES = ("torch==2.9.0", "torch_xla==2.9.0")
"""The newest torch_xla for Python 3.11, and its torch: each works with one version alone."""
XLA = {"PJRT_DEVICE": "CPU"}
WAYS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "cpu": ({"USE_TORCH_XLA": "0"}, ("--static-shapes",)),
    "one length": (XLA, ("--set", "buckets=[128]")),
    "buckets": (XLA, ()),
    "dynamic": (XLA, ("--dynamic-shapes",)),
}
"""By name: environment and options."""
TASK = """
name: small_area
like: python_area
train: {{type: python_docstrings, steps: [{{type: sample, documents: {count}}}]}}
valid: 128
test: 0.25
"""


def made(folder: Path) -> Path:
    """The environment's Python; installed where it is not yet there."""
    python, done = folder / "venv" / "bin" / "python", folder / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *PACKAGES], check=True)
        subprocess.run([*pip, "--editable", f"{CHECKOUT}[downstream]"], check=True)
        done.touch()
    return python


def asked(python: Path, folder: Path, environment: dict[str, str], *words: object) -> str:
    """What a command of the environment's tokbench prints."""
    usual = {"TOKBENCH_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    told = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-m", "tokbench", *map(str, words)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=folder,
        env=told | usual | environment,
    )  # fmt: skip
    return done.stdout


def trained(python: Path, folder: Path, way: str, *words: object) -> tuple[dict[str, Any], float]:
    """The outcome of a way, and the seconds that all of it took."""
    environment, options = WAYS[way]
    began = time.perf_counter()
    told = asked(
        python, folder, environment, "finetune", "runs/demo", "--task", "small.yaml",
        "--learning-rate", "1e-3", *words, *options, "--force", "--json", "-",
    )  # fmt: skip
    (task,) = json.loads(told)["tasks"]
    if task["results"][0]["outcome"] is None:
        raise SystemExit(f"{way}: {task['results'][0]['missing']}")
    return task["results"][0]["outcome"], time.perf_counter() - began


def main() -> None:
    """Measure one way after the other, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--examples", type=int, default=3000)
    parser.add_argument("--epochs", type=float, default=4)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure((told.folder or Path(temporary)).absolute(), told)


def measure(folder: Path, told: argparse.Namespace) -> None:
    """The table, a line as soon as it is known."""
    folder.mkdir(parents=True, exist_ok=True)
    python = made(folder)
    (folder / "small.yaml").write_text(TASK.format(count=told.examples))
    recipe = CHECKOUT / "recipes" / "demo.yaml"
    asked(python, folder, {}, "run", recipe, "--no-downstream")
    print(
        f"{'':12}{'device':10}{'steps':>7}{'shapes':>7}{'programs':>10}{'compiling':>11}"
        f"{'training':>11}{'all':>9}  accuracy, loss of each seed"
    )
    for way in told.ways:
        outcome, taken = trained(
            python, folder, way, "--seeds", told.seeds, "--epochs", told.epochs
        )
        seeds = outcome["seeds"]
        compiling = sum(one["compiling"] for one in seeds)
        scores = ", ".join(f"{one['scores']['accuracy']:.3f} {one['loss']:.3f}" for one in seeds)
        print(
            f"{way:12}{outcome['device']:10}{sum(one['steps'] for one in seeds):7,}"
            f"{max(one['shapes'] for one in seeds):7}"
            f"{sum(one['programs'] for one in seeds):10}{compiling:9.0f} s"
            f"{sum(one['seconds'] for one in seeds):9.0f} s{taken:7.0f} s  {scores}",
            flush=True,
        )


if __name__ == "__main__":
    main()
