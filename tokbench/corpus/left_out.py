"""What a folder or an archive holds and a corpus does not read: counted, so that it can be said."""

from collections.abc import Iterator

_NAMED = 3


class LeftOut:
    """Counts what was left out, by reason, with the names of the first few.

    >>> left = LeftOut("a.tar")
    >>> for name in "abcd":
    ...     left.add("links", name)
    >>> list(left.notes())
    ['a.tar: left out links (4): a, b, c and 1 more']
    """

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._names: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, reason: str, name: str) -> None:
        """Note one more."""
        self._counts[reason] = self._counts.get(reason, 0) + 1
        names = self._names.setdefault(reason, [])
        if len(names) < _NAMED:
            names.append(name)

    def notes(self) -> Iterator[str]:
        """A sentence for each reason."""
        for reason, count in self._counts.items():
            yield f"{self._shown}: left out {reason} ({count:,}): {self.named(reason)}"

    def named(self, reason: str) -> str:
        """The first names, and how many more there are; nothing if there are none."""
        names = self._names.get(reason, [])
        rest = self._counts.get(reason, 0) - len(names)
        return ", ".join(names) + (f" and {rest:,} more" if rest else "")
