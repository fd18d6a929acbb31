"""When counts stop mattering: what a vocabulary learned from a part of a text has of the whole's.

    python benchmarks/subsets.py [FILE ...] [--shares 64 16 4 2] [--size 32000]

The text is all of the team's shared data, or the files named; one document in fifty is held out.
The same byte-level BPE is learned from a 64th of the rest by chance, a 16th and so on. A row has
the distinct chunks and words, how much of the whole's vocabulary is there, and of its first
quarter, and what the held-out text takes more in tokens than with the whole's.
"""

import argparse
import math
import os
import tempfile
from pathlib import Path

from texts import SHARED

RECIPE = """name: subset
corpus:
  held_out: 0.02
  sources:
    - {{type: files, paths: [{paths}]}}
pre_tokenizer: {{type: ByteLevel, add_prefix_space: false}}
model: BPE
trainer: {{vocab_size: {size}}}
wrap: {{model_max_length: 1024}}
"""
HELD_OUT = 5_000_000
"""Characters of held-out text that are encoded, from all over it."""


def learned(recipe: Path, share: int) -> tuple[tuple[str, ...], int, tuple[int, int, int]]:
    """The vocabulary of a share, tokens of held-out text, and bytes, chunks and words."""
    from tokbench import counting, pipeline, training
    from tokbench.chunks import WORDS
    from tokbench.recipe import load
    from tokbench.values import texts
    from tokbench.workbench.plan import Plan, demands_of

    sampled = f"corpus.steps=[{{type: sample, share: {1 / share}}}]"
    plan = Plan.of(load(recipe, [sampled] if share > 1 else []))
    blank = pipeline.assemble(plan.recipe.pipeline)
    words = counting.count(plan.corpus, blank)
    chunks = counting.merge_counts(
        counting.count_chunks(part, WORDS) for part in plan.corpus.parts()
    )
    trained = training.from_counts(plan.recipe.trainer, demands_of(plan.recipe), words)
    made = pipeline.assemble(plan.recipe.pipeline, trained)
    whole = Plan.of(load(recipe)).corpus
    held_out = [text for batch in whole.batches("held_out") for text in texts(batch)]
    every = max(1, sum(map(len, held_out)) // HELD_OUT)
    tokens = sum(len(one) for one in made.encode_batch_fast(held_out[::every]))
    return trained.tokens, tokens, (words.bytes, len(chunks.counts), len(words.counts))


def main() -> None:
    """Print a row a share."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--shares", type=int, nargs="+", default=[64, 16, 4, 2])
    parser.add_argument("--size", type=int, default=32000)
    told = parser.parse_args()
    files = told.files or sorted(path for path in SHARED.iterdir() if path.is_file())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TOKBENCH_CACHE"] = folder
        recipe = Path(folder) / "subset.yaml"
        paths = ", ".join(str(path.absolute()) for path in files)
        recipe.write_text(RECIPE.format(paths=paths, size=told.size))
        every, all_tokens, _ = whole = learned(recipe, 1)
        print("share |     MB    chunks     words  exponent | vocabulary  first quarter | tokens")
        before = None
        for share in (*told.shares, 1):
            tokens, taken, (size, chunks, words) = whole if share == 1 else learned(recipe, share)
            grown = (
                f"{math.log(chunks / before[1]) / math.log(size / before[0]):.2f}" if before else ""
            )
            before = size, chunks
            same, quarter = (
                {*tokens[:first]} & {*every[:first]} for first in (told.size, told.size // 4)
            )
            print(
                f"{f'1/{share}':>5} | {size / 1e6:6.1f} {chunks:9,} {words:9,} {grown:>9} "
                f"| {len(same) / len(every):10.1%} {len(quarter) / (told.size // 4):14.1%} "
                f"| {taken / all_tokens - 1:+.2%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
