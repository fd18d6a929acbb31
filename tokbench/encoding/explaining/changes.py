"""What a normalizer changed, as a reader would say it: the least that turns one text into another.

>>> [(one.before, one.after, one.at) for one in changes("Ab  c", "ab c")]
[('A', 'a', 0), (' ', '', 3)]
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from tokbench.values import Rewrite

_WORDS = re.compile(r"\s+|[^\s]+")
_LONG = 2000
"""Characters that are compared one by one; of more only words that differ are."""


def changes(before: str, after: str) -> tuple[Rewrite, ...]:
    """In the order of the text; nothing where it is the same."""
    if before == after:
        return ()
    if len(before) == len(after):
        return tuple(_alike(before, after))
    return tuple(_between(before, after, 0))


def _alike(before: str, after: str) -> Iterator[Rewrite]:
    """Of texts of one length: the characters that are not the same, neighbours together."""
    start: int | None = None
    for at in range(len(after) + 1):
        same = at == len(after) or before[at] == after[at]
        if not same and start is None:
            start = at
        elif same and start is not None:
            yield Rewrite(before[start:at], after[start:at], start)
            start = None


def _between(before: str, after: str, begin: int) -> Iterator[Rewrite]:
    if max(len(before), len(after)) <= _LONG:
        for kind, start, end, first, last in SequenceMatcher(
            None, before, after, autojunk=False
        ).get_opcodes():
            if kind != "equal":
                yield Rewrite(before[start:end], after[first:last], begin + first)
        return
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    places = [0]
    for word in new:
        places.append(places[-1] + len(word))
    for kind, start, end, first, last in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            continue
        gone, come = "".join(old[start:end]), "".join(new[first:last])
        if max(len(gone), len(come)) <= _LONG:
            yield from _between(gone, come, begin + places[first])
        else:
            yield Rewrite(gone, come, begin + places[first])
