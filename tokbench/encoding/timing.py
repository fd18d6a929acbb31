"""How fast tokenizers are on the same text, and what memory they take: each in a fresh process."""

import heapq
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import xxhash

from tokbench.child import ChildError, run_in_child
from tokbench.encoding import stopwatch
from tokbench.encoding.subjects import Subject
from tokbench.errors import SubjectError
from tokbench.memory import cores
from tokbench.values import Corpus, Progress, Speed, Split, Watch, ignore, texts

_ROUNDS = 5
_BYTES = 500_000
_LONGEST = 100_000
"""Characters of a document that are timed: one novel is no batch."""


def timing_text(corpus: Corpus, split: Split) -> list[str]:
    """Documents from all over a split, chosen by their hash: about half a megabyte."""
    chosen: list[tuple[int, str]] = []
    size = 0
    for batch in corpus.batches(split):
        for whole in texts(batch):
            place = -xxhash.xxh3_64_intdigest(whole.encode())
            if size >= _BYTES and place <= chosen[0][0]:
                continue
            text = whole[:_LONGEST]
            heapq.heappush(chosen, (place, text))
            size += len(text.encode())
            while size - (least := len(chosen[0][1].encode())) >= _BYTES:
                heapq.heappop(chosen)
                size -= least
    return [text for _, text in sorted(chosen, reverse=True)]


def time_all(
    subjects: Sequence[Subject],
    documents: Sequence[str],
    watch: Watch = ignore,
    *,
    rounds: int = _ROUNDS,
) -> list[Speed]:
    """Time every tokenizer on the same texts, in rounds that interleave them.

    Args:
        subjects: the tokenizers.
        documents: the texts.
        watch: told how far it has come.
        rounds: how many, after one to warm up.

    Raises:
        SubjectError: the same work gives different ids or text, or the process died.
    """
    threads = _threads()

    def told(message: tuple[int, int]) -> None:
        watch(Progress("timing", *message, "rounds"))

    states = [(one.name, one.state) for one in subjects]
    try:
        found = run_in_child(stopwatch.run, states, list(documents), rounds, threads, watch=told)
        grown = [_grown(one) for one in subjects]
    except ChildError as error:
        raise SubjectError(f"timing tokenizers failed: {error.last}") from error
    return [
        Speed(
            bytes=sum(len(text.encode()) for text in documents),
            documents=len(documents),
            threads=threads,
            peak=memory[0] if memory else None,
            kept=memory[1] if memory else None,
            **one,
        )
        for one, memory in zip(found, grown, strict=True)
    ]


def _threads() -> int:
    """How many this process may use; RAYON_NUM_THREADS limits what `tokenizers` takes."""
    said = os.environ.get("RAYON_NUM_THREADS", "")
    return int(said) if said.isdigit() and int(said) else cores()


def _grown(one: Subject) -> tuple[int, int] | None:
    with tempfile.TemporaryDirectory(prefix="tokbench-") as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_text(one.state, "utf-8")
        return run_in_child(stopwatch.grown, str(path))
