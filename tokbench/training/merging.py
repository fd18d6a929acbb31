"""Merges from symbols: the merge kernel, driven a slice at a time.

Between slices Python gets to run: progress is reported, Ctrl-C is noticed, arrays grow, and the
kernel's question whether it has seen a text before is answered.
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokbench.training import merge_kernel as kernel
from tokbench.training import room
from tokbench.training.alphabet import Symbols
from tokbench.values import Progress, Watch

SLICE_SECONDS = 0.05
FIRST_SLICE = 8
"""Merges; the first ones take longest."""
UNLIMITED = 1 << 62


class Texts:
    """The text of every token. Merges are spelled out when somebody asks, not as they are made.

    No merge may make the text of one of the first `taken`.
    """

    def __init__(self, tokens: list[str], prefix: str, taken: int = 0) -> None:
        self.tokens = list(tokens)
        self.taken = taken
        self._ids: dict[str, int] = {}
        self._prefix = prefix
        self._merges = 0

    def joined(self, left: int, right: int) -> str:
        """What a merge makes: left + right without the right one's prefix."""
        return self.tokens[left] + self.tokens[right].removeprefix(self._prefix)

    def follow(self, merges: NDArray[Any]) -> None:
        """Spell out all merges so far (`merge_kernel.MERGE`)."""
        tokens, skipped = self.tokens, len(self._prefix)
        new = merges[self._merges :]
        self._merges = len(merges)
        columns = (new[name].tolist() for name in ("left", "right", "token"))
        for left, right, token in zip(*columns, strict=True):
            if token == len(tokens):  # every right side begins with the prefix
                tokens.append(tokens[left] + tokens[right][skipped:])

    def find(self, text: str) -> int | None:
        """The id of a text that has been spelled out, if it has one."""
        for token in range(len(self._ids), len(self.tokens)):
            self._ids[self.tokens[token]] = token
        return self._ids.get(text)


def learn(
    symbols: Symbols,
    *,
    vocab_size: int,
    min_frequency: int,
    max_token_length: int | None,
    prefix: str,
    affixed: bool,
    watch: Watch,
    taken: int = 0,
    forbidden: "NDArray[np.int64] | None" = None,
) -> tuple[list[str], NDArray[Any]]:
    """Merge until the vocabulary is full or no pair is frequent enough.

    Args:
        symbols: what to start from; its slots are used up.
        vocab_size: how many tokens there may be, the symbols included.
        min_frequency: the least count of a pair that is merged.
        max_token_length: a pair that a merge makes counts only if its sides have together fewer
            symbols than this.
        prefix: what the right side of a merge loses.
        affixed: whether symbols have a prefix or suffix, so that different ones may spell one text.
        watch: told how many merges are made.
        taken: no merge may make the text of one of so many first symbols.
        forbidden: pairs of symbols, as `left << 32 | right`, that no merge may join; it takes
            `taken` too for them to stay apart, or a merge could make one of their sides.

    Returns:
        The vocabulary in the order of its ids, and the merges in order (`merge_kernel.MERGE`).
    """
    texts = Texts(symbols.tokens, prefix, taken)
    most = max(0, min(vocab_size - len(symbols.tokens), len(symbols.slots)))
    frequent = min(max(1, min_frequency), UNLIMITED)
    settings = kernel.Settings(
        vocab_size=np.int64(len(symbols.tokens) + most),
        min_frequency=np.int64(frequent),
        max_token_length=np.int64(
            UNLIMITED if max_token_length is None else min(max_token_length, UNLIMITED)
        ),
        worth_keeping=np.int64(1 if affixed else frequent),
        prefix=np.uint64(room.fingerprint(prefix)[0]),
        unprefix=np.uint64(pow(kernel.BASE, -len(prefix), 1 << 64)),
    )
    made = np.empty(0, kernel.MERGE)
    if most:
        work = room.begin(symbols, most)
        if forbidden is not None:
            work.table["count"][np.isin(work.table["pair"], forbidden)] = 0
        made = _merge(work, settings, texts, most, watch)
        texts.follow(made)
    watch(Progress("merging", done=len(made), total=max(most, len(made)), unit="merges"))
    return texts.tokens, made


def _merge(
    work: kernel.Work, settings: kernel.Settings, texts: Texts, most: int, watch: Watch
) -> NDArray[Any]:
    """Slice after slice until the kernel is done; returns the merges."""
    slice_size = FIRST_SLICE
    while True:
        done = int(work.state[kernel.MERGES])
        watch(Progress("merging", done=done, total=max(most, done), unit="merges"))
        if done == len(work.merges):  # some merges made no new token
            work = work._replace(merges=room.longer(work.merges, 2 * done + FIRST_SLICE))
        started = time.perf_counter()
        why = kernel.merge_slice(work, settings, min(slice_size, len(work.merges) - done))
        if why == kernel.DONE:
            made: NDArray[Any] = work.merges[: work.state[kernel.MERGES]]
            return made
        if why == kernel.SLICE_OVER:
            spent = time.perf_counter() - started
            slice_size = max(1, int(slice_size * min(4.0, SLICE_SECONDS / max(spent, 1e-6))))
        elif why == kernel.TEXT_SEEN:
            texts.follow(work.merges[: work.state[kernel.MERGES]])
            pair = int(work.heap[0]["pair"])
            known = texts.find(texts.joined(pair >> 32, pair & 0xFFFFFFFF))
            if known is not None and known < texts.taken:
                work.table[kernel.find(work.table, pair)]["count"] = 0  # drops the candidate
                continue
            work.state[kernel.ANSWER] = kernel.NEW_TEXT if known is None else known
        else:
            work = room.enlarge(work, why)
