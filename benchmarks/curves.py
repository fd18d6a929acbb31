"""Is a cut vocabulary the trained one, and the curve what encoding gives? Ten sizes, every text.

    python benchmarks/curves.py [FILE...] [--recipes NAME...]

Every recipe of `recipes/` whose sizes follow from one training, on all of the team's shared texts
or the files named: at ten sizes the vocabulary is learned anew and compared with the cut of the
largest, and the held-out documents are encoded by `tokenizers` and counted. Exit status 1 if
anything differs.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from texts import SHARED
from tokenizers import Tokenizer

from tokbench import pipeline, training
from tokbench.errors import TokbenchError
from tokbench.recipe import Recipe, load
from tokbench.values import Curve, Split, Trained, texts
from tokbench.workbench import curve
from tokbench.workbench.curves import at_size
from tokbench.workbench.plan import Plan
from tokbench.workbench.runs import learn, learned

RECIPES = Path(__file__).parents[1] / "recipes"
SIZES, ONCE = 10, 1000


def sizes(largest: Trained) -> list[int]:
    """Ten sizes, evenly spaced by ratio, the last of all tokens."""
    least = min(largest.initial + 10, len(largest.tokens))
    return sorted({int(size) for size in np.geomspace(least, len(largest.tokens), SIZES).round()})


def tokens(recipe: Recipe, trained: Trained, documents: list[str]) -> int:
    """What `tokenizers` makes of the documents, encoding all of them."""
    state = pipeline.assemble(recipe.pipeline, trained).to_str()
    tokenizer = Tokenizer.from_str(state)
    groups = (documents[start : start + ONCE] for start in range(0, len(documents), ONCE))
    return sum(
        len(encoding)
        for group in groups
        for encoding in tokenizer.encode_batch_fast(group, add_special_tokens=False)
    )


def differences(recipe: Recipe, found: Curve, largest: Trained) -> list[str]:
    """What is not the same, in words."""
    plan = Plan.of(recipe)
    encoded = found.texts[-1]  # a few long documents may all be for training
    split: Split = "held_out" if encoded.name == "held out" else "train"
    documents = [text for batch in plan.corpus.batches(split) for text in texts(batch)]
    wrong = []
    for size, said in zip(found.sizes, encoded.tokens, strict=True):
        anew = learned(Plan.of(at_size(recipe, size)))
        cut = training.cut(largest, size)
        if cut is None or (cut.tokens, cut.merges) != (anew.tokens, anew.merges):
            wrong.append(f"vocabulary of {size:,}")
        if (really := tokens(recipe, anew, documents)) != said:
            wrong.append(f"{said:,} tokens at {size:,}, really {really:,}")
    return wrong


def compared(name: str, path: Path) -> str:
    """One line about a recipe on a text; begins with "DIFFERS" where something does."""
    source = (
        f"corpus={{sources: [{{type: files, paths: {str(path.resolve())!r}}}], held_out: 0.05}}"
    )
    recipe = load(RECIPES / f"{name}.yaml", [source])
    if recipe.byte_fallback or recipe.model.type == "Unigram":
        return "is learned and encoded at every size: nothing follows from one training"
    largest = learn(Plan.of(recipe))
    chosen = sizes(largest)
    found = curve(recipe, sizes=chosen)
    wrong = differences(recipe, found, largest)
    told = f"{len(found.sizes)} sizes up to {chosen[-1]:,}"
    return f"DIFFERS: {'; '.join(wrong)}" if wrong else f"{told}, all the same"


def main() -> None:
    """Compare all, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument(
        "--recipes", nargs="*", default=[path.stem for path in RECIPES.glob("*.y*")]
    )
    told = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TOKBENCH_CACHE"] = cache
        for path in told.files or sorted(SHARED.iterdir()):
            for name in sorted(told.recipes):
                start = time.perf_counter()
                try:
                    line = compared(name, path)
                except TokbenchError as error:
                    line = f"DIFFERS: {error}"
                failed |= line.startswith("DIFFERS")
                took = time.perf_counter() - start
                print(f"{path.name:32} {name:10} {line} ({took:.0f} s)", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
