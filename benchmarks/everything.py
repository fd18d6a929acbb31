"""All the team's tokenizers and three trained ones on PUD, UDHR and all text files, at once.

    python benchmarks/everything.py [--work FOLDER] [-- OPTIONS OF bench]

Prints what `tokbench bench` prints, then for a first run from an empty cache, a second one, and one
with a tokenizer more: seconds on the clock, seconds of processor, and the most memory.
"""

import argparse
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared" / "data"
PUD = SHARED / "parallel" / "pud_20langs.tsv"
TRAINED = ("demo", "bert", "t5")
GUIDE = "text/multi_opensource_guide.jsonl.gz"
LANGUAGES = (
    "en",
    "ko",
    "zh",
    "ja",
    "ar",
    "hi",
    "ru",
    "th",
    "de",
    "tr",
    "fi",
    "id",
    "fr",
    "es",
    "pl",
    "pt",
    "is",
    "it",
    "cs",
    "sv",
)
ARTICLES = range(1, 31)
"""Some translations have no preamble."""


def texts(folder: Path) -> Path:
    """The file that names all texts: every language of PUD, UDHR whole, every text file."""
    lines = ["sources:"]
    for language in LANGUAGES:
        options = f"paths: [{PUD}], quote: '\"', text: {language}"
        lines.append(f"  - {{type: files, name: pud {language}, {options}}}")
    template = "\\n".join(f"{{segments.{name}}}" for name in ARTICLES)
    udhr = SHARED / "parallel/udhr.jsonl.xz"
    lines.append(f'  - {{type: files, name: udhr, paths: [{udhr}], text: "{template}"}}')
    lines += [
        f"  - {{type: files, name: {path.name.split('.')[0]}, paths: [{path}]}}"
        for path in sorted((SHARED / "text").iterdir())
    ]
    path = folder / "texts.yaml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def run(*arguments: str, quiet: bool = True) -> tuple[float, float, float]:
    """Seconds on the clock, of processor, and the most MB of memory of one command."""
    command = [sys.executable, "-m", "tokbench", *arguments]
    print(f"$ tokbench {shlex.join(arguments)}"[:300], file=sys.stderr)
    started = time.perf_counter()
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)] if quiet else []
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"it ended with {os.waitstatus_to_exitcode(status)}")
    wall = time.perf_counter() - started
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def tokenizers(work: Path) -> list[str]:
    """All in the shared folder, and three that are trained on one of its texts."""
    source = f"corpus.sources=[{{type: files, paths: [{SHARED / GUIDE}]}}]"
    recipes = Path(__file__).parents[1] / "recipes"
    for name in TRAINED:
        run("run", str(recipes / f"{name}.yaml"), "--runs", str(work / "runs"), "--set", source)
    return [*(str(work / "runs" / name) for name in TRAINED),
            *map(str, sorted((SHARED / "tokenizers").iterdir()))]  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Measure, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, help="where runs, cache and reports are kept")
    parser.add_argument("more", nargs="*", help="options of bench")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        os.environ["TOKBENCH_CACHE"] = str(work / "cache")
        every = tokenizers(work)
        bench = ("--on", str(texts(work)), "--parallel", str(PUD), *given.more)
        first = run("bench", *every[:-1], *bench)
        more = run("bench", *every, *bench)
        again = run("bench", *every, *bench, "--json", str(work / "everything.json"), quiet=False)
        anew = run("bench", *every, *bench, "--force")
    for name, (wall, cpu, memory) in {
        f"{len(every) - 1} from an empty cache": first,
        "the same and one more": more,
        f"all {len(every)} again": again,
        f"all {len(every)} with --force": anew,
    }.items():
        print(f"{name:28} {wall:6.1f} s  processor {cpu:6.1f} s  {memory:6.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
