"""What is timed, in a process that does nothing else.

Rounds go through all tokenizers in turn, A B C A B C, so that a machine that slows down slows all
of them. One thread and all threads are told apart by what `tokenizers` reads before every batch,
`TOKENIZERS_PARALLELISM`; this process is ours to set it in.
"""

import gc
import json
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
import xxhash
from tokenizers import Tokenizer

from tokbench import memory
from tokbench.encoding.rival import pattern_and_ranks
from tokbench.encoding.subjects import subject
from tokbench.errors import SubjectError
from tokbench.values import Rival, Work

T = TypeVar("T")
Ids = list[list[int]]

_PARALLEL = "TOKENIZERS_PARALLELISM"
_TIKTOKEN = "tiktoken"
_MISSING = "tiktoken is not installed: pip install 'tokbench[tiktoken]'"
_OTHER = "tiktoken gives other ids for this text"


class _Library(Protocol):
    """One way to do the work; `threads` is 1 or all."""

    def load(self) -> None: ...
    def encode(self, texts: list[str]) -> Ids: ...
    def encode_batch(self, texts: list[str], threads: int) -> Ids: ...
    def decode(self, ids: Ids) -> list[str]: ...
    def decode_batch(self, ids: Ids, threads: int) -> list[str]: ...


class _Tokenizers:
    """The library `tokenizers`."""

    def __init__(self, name: str, state: str) -> None:
        """Ready for work; `plain` is its tokenizer.json in today's form."""
        self._state = state
        self._tokenizer = subject(name, state, name).tokenizer
        self.plain = self._tokenizer.to_str()

    def load(self) -> None:
        Tokenizer.from_str(self._state)

    def encode(self, texts: list[str]) -> Ids:
        encode = self._tokenizer.encode
        return [encode(text, add_special_tokens=False).ids for text in texts]

    def encode_batch(self, texts: list[str], threads: int) -> Ids:
        os.environ[_PARALLEL] = str(threads > 1).lower()
        found = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [one.ids for one in found]

    def decode(self, ids: Ids) -> list[str]:
        return [self._tokenizer.decode(one, skip_special_tokens=False) for one in ids]

    def decode_batch(self, ids: Ids, threads: int) -> list[str]:
        os.environ[_PARALLEL] = str(threads > 1).lower()
        return self._tokenizer.decode_batch(ids, skip_special_tokens=False)


class _Tiktoken:
    """The library `tiktoken` with the same vocabulary."""

    def __init__(self, own: Any, pattern: str, ranks: dict[bytes, int]) -> None:
        self._make = partial(
            own.Encoding, "rival", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}
        )
        self._encoding = self._make()

    def load(self) -> None:
        self._make()

    def encode(self, texts: list[str]) -> Ids:
        return [self._encoding.encode_ordinary(text) for text in texts]

    def encode_batch(self, texts: list[str], threads: int) -> Ids:
        return self._encoding.encode_ordinary_batch(texts, num_threads=threads)  # type: ignore[no-any-return]

    def decode(self, ids: Ids) -> list[str]:
        return [self._encoding.decode(one) for one in ids]

    def decode_batch(self, ids: Ids, threads: int) -> list[str]:
        return self._encoding.decode_batch(ids, num_threads=threads)  # type: ignore[no-any-return]


class Runner:
    """One library with one tokenizer: its times and what its work gave."""

    def __init__(self, name: str, library: _Library, texts: list[str], threads: int) -> None:
        self.name = name
        self.made_with = library
        self.rounds: dict[Work, list[float]] = {}
        self.load: list[float] = []
        self._ids = library.encode(texts)
        self.digest = _digest(self._ids)
        self._text = _digest(library.decode(self._ids))
        self.work: dict[Work, Callable[[], Any]] = {
            "encode": lambda: library.encode(texts),
            "encode_one_thread": lambda: library.encode_batch(texts, 1),
            "encode_batch": lambda: library.encode_batch(texts, threads),
            "decode": lambda: library.decode(self._ids),
            "decode_one_thread": lambda: library.decode_batch(self._ids, 1),
            "decode_batch": lambda: library.decode_batch(self._ids, threads),
        }

    def run(self, work: Work, *, counted: bool) -> None:
        """Do it once, and see that it gave what it gave before."""
        result, seconds = _timed(self.work[work])
        if _digest(result) != (self.digest if work.startswith("encode") else self._text):
            raise SubjectError(
                f"{self.name}: encoding or decoding the same texts again, or in one call, gives "
                "something else; is dropout or sampling saved with it?"
            )
        if counted:
            self.rounds.setdefault(work, []).append(seconds)

    def all_rounds(self) -> dict[Work, tuple[float, ...]]:
        """The seconds of each round."""
        return {work: tuple(found) for work, found in self.rounds.items()}


def run(
    states: Sequence[tuple[str, str]],
    texts: list[str],
    rounds: int,
    threads: int,
    tell: Callable[[tuple[int, int]], None],
) -> list[dict[str, Any]]:
    """Time all tokenizers on the same texts, after one round to warm up.

    Args:
        states: name and tokenizer.json of each.
        texts: what they encode, and decode the ids of.
        rounds: how many are counted.
        threads: how many "all" are.
        tell: told (rounds done, rounds).

    Returns:
        For each the fields of `values.Speed` that are its own: rounds, load, ids, rival.

    Raises:
        SubjectError: the same work gave something else.
    """
    libraries = [_Tokenizers(name, state) for name, state in states]
    runners = [
        Runner(name, library, texts, threads)
        for (name, _), library in zip(states, libraries, strict=True)
    ]
    rivals = [
        _rival(library.plain, runner, texts, threads)
        for library, runner in zip(libraries, runners, strict=True)
    ]
    every = [
        one
        for runner, rival in zip(runners, rivals, strict=True)
        for one in (runner, rival)
        if isinstance(one, Runner)
    ]
    for counted in range(rounds + 1):
        tell((counted, rounds + 1))
        for work in every[0].work:
            for runner in every:
                runner.run(work, counted=bool(counted))
        for runner in runners if counted else ():
            runner.load.append(_timed(runner.made_with.load)[1])
    return [
        {
            "rounds": runner.all_rounds(),
            "load": tuple(runner.load),
            "ids": runner.digest,
            "rival": rival if isinstance(rival, Rival) else Rival(rival.name, rival.all_rounds()),
        }
        for runner, rival in zip(runners, rivals, strict=True)
    ]


def _rival(state: str, runner: Runner, texts: list[str], threads: int) -> Runner | Rival:
    """A rival with the same ids, or why there is none."""
    try:
        import tiktoken as own  # noqa: PLC0415 - an extra
    except ImportError:
        return Rival(_TIKTOKEN, why=_MISSING)
    found = pattern_and_ranks(json.loads(state))
    if isinstance(found, str):
        return Rival(_TIKTOKEN, why=found)
    try:
        rival = Runner(f"{_TIKTOKEN} {own.__version__}", _Tiktoken(own, *found), texts, threads)
    except (ValueError, KeyError) as error:  # its engine of regular expressions is another one
        return Rival(_TIKTOKEN, why=f"tiktoken refuses it: {error}")
    return rival if rival.digest == runner.digest else Rival(_TIKTOKEN, why=_OTHER)


def grown(path: str) -> tuple[int, int] | None:
    """Bytes by which this process grew at most, and in the end, by loading a file.

    Returns:
        None where the system does not say.
    """
    before, peak_before = memory.taken(), memory.peak()
    tokenizer = Tokenizer.from_file(path)
    after, peak = memory.taken(), memory.peak()
    del tokenizer
    if not (before and peak):
        return None
    return max(after, peak if peak > peak_before else 0) - before, after - before


def _digest(found: Sequence[Sequence[int]] | Sequence[str]) -> str:
    """Of all ids, or texts, and where each document ends."""
    digest = xxhash.xxh3_128()
    for one in found:
        data = one.encode() if isinstance(one, str) else np.array(one, np.int64).tobytes()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        result = work()
        return result, time.perf_counter() - start
    finally:
        gc.enable()
