"""The merges that BPE applies to a pre-token, in their order.

The library keeps every pair that could be merged in a queue by rank, then place, and looks again
when a pair's turn comes. This does the same, so that what it shows is what happened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from tokbench.values import Merge


@dataclass(frozen=True)
class Replayed:
    """What happened to a pre-token.

    Attributes:
        symbols: what merging began with.
        merges: in the order they applied.
        tokens: what was left.
    """

    symbols: tuple[str, ...]
    merges: tuple[Merge, ...]
    tokens: tuple[str, ...]


class Replay:
    """A BPE model, read from its JSON.

    >>> model = {"vocab": {"a": 0, "b": 1, "ab": 2, "aba": 3}, "merges": ["a b", "ab a"]}
    >>> made = Replay(model)("abab")
    >>> made.tokens, [(one.left, one.right, one.at) for one in made.merges]
    (('ab', 'ab'), [('a', 'b', 0), ('a', 'b', 1)])
    """

    def __init__(self, model: Mapping[str, Any]) -> None:
        """Take a model as tokenizer.json writes it."""
        self._vocabulary: Mapping[str, int] = model["vocab"]
        self._prefix: str = model.get("continuing_subword_prefix") or ""
        self._suffix: str = model.get("end_of_word_suffix") or ""
        self._unk: str | None = model.get("unk_token")
        self._fuse, self._bytes = bool(model.get("fuse_unk")), bool(model.get("byte_fallback"))
        self._whole = bool(model.get("ignore_merges"))
        pairs = (one.split(" ") if isinstance(one, str) else one for one in model["merges"])
        self._merges = {
            (left, right): (rank, left + right[len(self._prefix) :])
            for rank, (left, right) in enumerate(pairs)
        }

    def __call__(self, text: str) -> Replayed:
        """Merge a pre-token."""
        if self._whole and text in self._vocabulary:
            return Replayed((text,), (), (text,))
        symbols = tuple(self._symbols(text))
        row = _Row(symbols)
        merges = tuple(self._applied(row))
        return Replayed(symbols, merges, row.there())

    def _symbols(self, text: str) -> Iterator[str]:
        """What merging begins with: characters, bytes where they fall back, unknown tokens."""
        unknown = False
        for at, character in enumerate(text):
            symbol = self._prefix * (at > 0) + character + self._suffix * (at + 1 == len(text))
            if symbol in self._vocabulary:
                if unknown and self._unk:
                    yield self._unk
                unknown = False
                yield symbol
                continue
            fallback = [f"<0x{byte:02X}>" for byte in symbol.encode()]
            if self._bytes and all(one in self._vocabulary for one in fallback):
                yield from fallback
                continue
            if unknown and not self._fuse and self._unk:
                yield self._unk
            unknown = True
        if unknown and self._unk:
            yield self._unk

    def _applied(self, row: "_Row") -> Iterator[Merge]:
        queue = [
            (found[0], at, found[1])
            for at in range(len(row.symbols) - 1)
            if (found := self._merges.get((row.symbols[at], row.symbols[at + 1])))
        ]
        heapify(queue)
        while queue:
            _, at, made = heappop(queue)
            right = row.after(at)
            if right is None:
                continue
            pair = row.symbols[at], row.symbols[right]
            found = self._merges.get(pair)
            if found is None or found[1] != made:
                continue
            yield Merge(found[0], *pair, made, row.place(at))
            row.join(at, right, made)
            for first, second in ((row.before(at), at), (at, row.after(at))):
                if first is None or second is None:
                    continue
                again = self._merges.get((row.symbols[first], row.symbols[second]))
                if again:
                    heappush(queue, (again[0], first, again[1]))


class _Row:
    """Symbols in a row, of which neighbours become one."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = list(symbols)
        self._next = [*range(1, len(symbols)), -1] if symbols else []
        self._last = list(range(-1, len(symbols) - 1))
        self._gone = [False] * len(symbols)
        self._counts = [0] * (len(symbols) + 1)  # of those gone, in a Fenwick tree

    def after(self, at: int) -> int | None:
        """Who stands behind one that is still there."""
        found = -1 if self._gone[at] else self._next[at]
        return None if found < 0 else found

    def before(self, at: int) -> int | None:
        """Who stands before it."""
        return None if self._last[at] < 0 else self._last[at]

    def place(self, at: int) -> int:
        """How many that are still there stand before it."""
        place, behind = at, at
        while behind:
            place -= self._counts[behind]
            behind &= behind - 1
        return place

    def join(self, at: int, right: int, made: str) -> None:
        """Make two neighbours one."""
        self.symbols[at], self._gone[right] = made, True
        place = right + 1
        while place < len(self._counts):
            self._counts[place] += 1
            place += place & -place
        self._next[at] = self._next[right]
        if self._next[right] >= 0:
            self._last[self._next[right]] = at

    def there(self) -> tuple[str, ...]:
        """What is still there."""
        pairs = zip(self.symbols, self._gone, strict=True)
        return tuple(symbol for symbol, gone in pairs if not gone)
