"""How fast each step of the corpus stage is, on lines and on long documents.

    python benchmarks/steps.py [--megabytes 50] [--only dedupe]

Text is held in memory in batches of 4 MB; what reading it costs is not counted. Seconds are those
of the processor, so that other work on the machine counts little.
"""

import argparse
import time
from itertools import chain

import pyarrow as pa
from pydantic import TypeAdapter
from texts import SHARED, documents_of, novels

from tokbench.corpus.cleaning.step import Steps, Tally, applied
from tokbench.corpus.documents import array_of, gather
from tokbench.corpus.rows import Rows, Stream, rows_of

STEPS = [
    "drop_empty",
    "unescape_html",
    "strip_html",
    "fix_text",
    "normalize_newlines",
    "lowercase",
    "normalize_unicode",
    {"type": "min_chars", "chars": 20},
    {"type": "max_chars", "chars": 200},
    {"type": "max_chars", "chars": 200, "too_long": "cut"},
    {"type": "language", "keep": ["en", "ko"]},
    {"type": "filter_regex", "drop": r"(?i)lorem|\p{Cyrillic}{9}"},
    {"type": "replace_regex", "pattern": r"[ \t]+\n", "replacement": "\n"},
    "dedupe",
    {"type": "dedupe", "near": {"threshold": 0.8}},
    {"type": "map", "function": "textwrap:dedent"},
    {"type": "add_column", "column": "kind", "template": "{text}!"},
    {"type": "sort", "by": "length"},
    {"type": "sort", "by": "text"},
    "shuffle",
    {"type": "sample", "documents": 10_000},
    {"type": "sample", "share": 0.1},
    {"type": "sample", "bytes": "5MB"},
    {"type": "limit", "bytes": "40MB"},
]


def texts(megabytes: int) -> list[bytes]:
    """Lines of novels, half as much Korean, and then Russian, Japanese and German."""
    korean = documents_of(SHARED / "ko_movie_reviews.txt.zst")
    others = ("ru_dostoevsky.txt.xz", "ja_aozora.txt.gz", "de_eltec_novels.parquet")
    found, size = [], 0
    every = chain(korean, *(documents_of(SHARED / name) for name in others), novels())
    for text in every:
        found.append(text.encode())
        size += len(found[-1])
        if size >= megabytes * 1_000_000:
            break
    return found


def long(lines: list[bytes]) -> list[bytes]:
    """A hundred lines a document."""
    return [b"".join(lines[start : start + 100]) for start in range(0, len(lines), 100)]


def stream(batches: list[pa.RecordBatch]) -> Stream:
    """The batches as rows of one piece."""
    return (Rows(batch, 0) for batch in batches)


def main() -> None:
    """Print a line for each step: MB a second of processor time, of lines and long documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    lines = texts(arguments.megabytes)
    kinds = {"lines": lines, "long": long(lines)}
    batches = {}
    for name, some in kinds.items():
        whole = [Rows(rows_of(array_of(some)), 0)]
        batches[name] = [rows.batch for rows in gather(iter(whole))]
        print(f"{name}: {len(some):,} documents, {sum(map(len, some)) / 1e6:.1f} MB")
    size = sum(map(len, lines)) / 1e6
    for option in STEPS:
        if arguments.only not in str(option):
            continue
        (step,) = TypeAdapter(Steps).validate_python([option])
        for _ in applied(stream(batches["long"][:1]), [step], [Tally(step.type)]):
            pass  # kernels and libraries loaded
        speeds = []
        for some in batches.values():
            start = time.process_time()
            for _ in applied(stream(some), [step], [Tally(step.type)]):
                pass
            speeds.append(f"{size / (time.process_time() - start):8.1f}")
        print(*speeds, option)


if __name__ == "__main__":
    main()
