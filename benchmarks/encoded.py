"""Is what is measured through chunks what encoding everything gives? Every text, every tokenizer.

    python benchmarks/encoded.py [--megabytes 1] [--texts FILE...] [--without-cuts] [FOLDER...]

All of the team's shared texts or the files named, each cut off at so many megabytes; the tokenizers
of `recipes/`, trained for this, and the published ones that lie beside the texts, or those in the
folders or files named. Every number of every document is compared. Exit status 1 if any differs.

Where tokens begin inside words is not told of the chunks of albert, sentencepiece_ja_unigram.model,
mistral_v1 and phi3_mini: with it they go whole. `--without-cuts` leaves it out, and they do not.
"""

import argparse
import dataclasses
import importlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from texts import SHARED

from tokbench import corpus, encoding
from tokbench.corpus.documents import batch
from tokbench.encoding import Subject
from tokbench.workbench import train

RECIPES = Path(__file__).parents[1] / "recipes"
encode_module: Any = importlib.import_module("tokbench.encoding.encode")


class Part:
    """The first documents of a file."""

    held_out = 0.0

    def __init__(self, path: Path, megabytes: float) -> None:
        spec = corpus.CorpusSpec.model_validate(
            {"sources": [{"type": "files", "paths": str(path)}], "held_out": 0.0}
        )
        self.sources = (path.name,)
        self._batches = []
        size = 0.0
        for each in corpus.open(spec, Path()).batches("all"):
            column: Any = each.column("text")
            left = megabytes * 1e6 - size
            kept = max(1, int(len(column) * min(1.0, left / max(1, column.nbytes))))
            self._batches.append(batch(column[:kept], 0))
            size += column[:kept].nbytes
            if size >= megabytes * 1e6:
                break

    def batches(self, *_: object) -> Iterator[Any]:
        """What was kept."""
        yield from self._batches


def subjects(folders: list[Path]) -> list[Subject]:
    """All tokenizers."""
    found = [encoding.from_folder(folder) for folder in folders]
    if not folders:
        with tempfile.TemporaryDirectory() as folder:
            for recipe in sorted(RECIPES.glob("*.yaml")):
                made = train(recipe, Path(folder) / recipe.stem, runs=Path(folder) / "runs")
                found.append(encoding.from_folder(made.tokenizer).renamed(recipe.stem))
        published = sorted((SHARED.parent / "tokenizers").iterdir())
        found += map(encoding.from_folder, published)
    return found


def encoded(every: list[Subject], part: Part, *, chunks: bool, cuts: bool) -> list[Any]:
    """All numbers, through chunks wherever that can be or never."""
    encode_module.LONG = encode_module.LONG_UNCOMPILED = 0 if chunks else 1 << 62
    return encoding.encode(every, part, "all", cuts=cuts)  # type: ignore[arg-type]


def differs(one: Any, other: Any) -> list[str]:
    """The names of the fields that are not the same."""
    found = []
    for field in dataclasses.fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if dataclasses.is_dataclass(mine) and field.name != "encoded_by":
            found += [f"{field.name}.{inner}" for inner in differs(mine, theirs)]
        elif isinstance(mine, np.ndarray):
            found += [] if np.array_equal(mine, theirs) else [field.name]
        elif field.name not in ("encoded_by", "speed") and mine != theirs:
            found.append(field.name)
    return found


def main() -> None:
    """Compare all, print a line a text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=float, default=1.0)
    parser.add_argument("--texts", nargs="*", type=Path, default=sorted(SHARED.iterdir()))
    parser.add_argument("--without-cuts", action="store_true")
    told = parser.parse_args()
    every = subjects(told.folders)
    print(f"{len(every)} tokenizers: {', '.join(one.name for one in every)}", flush=True)
    failed = False
    for path in told.texts:
        part = Part(path, told.megabytes)
        whole, through = (
            encoded(every, part, chunks=chunks, cuts=not told.without_cuts)
            for chunks in (False, True)
        )
        by = [one.encoded_by.by if one.encoded_by else "documents" for one in through]
        wrong = {
            one.name: found
            for one, other in zip(whole, through, strict=True)
            if (found := differs(one, other))
        }
        failed |= bool(wrong)
        print(
            f"{path.name:34} {len(whole[0].documents.bytes):7,} documents, "
            f"{by.count('chunks')} through chunks, {wrong or 'all the same'}",
            flush=True,
        )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
