"""What the variants of a sweep are called: short, different, and fit for a folder."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

LONGEST_NAME = 100
"""Characters in the name of a recipe."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_UNFIT = re.compile(r"[^A-Za-z0-9.]+")
_LONGEST = 32
_TELLING = ("type", "named", "content")
"""Keys that say what a map is."""
_SIZE = "vocab_size"


def label(key: str, value: Any, *, long: bool = False) -> str:
    """A value in the name of a variant.

    Args:
        key: the last part of the field's name; says what a number, true or false is about.
        value: as YAML has it.
        long: with the parameters of components, for telling two of one type apart.

    >>> label("vocab_size", 4000), label("min_frequency", 2), label("byte_fallback", False)
    ('4000', 'min_frequency_2', 'no_byte_fallback')
    >>> label("normalizer", ["NFD", {"type": "Lowercase"}]), label("normalizer", None)
    ('NFD_Lowercase', 'no_normalizer')
    >>> label("pre_tokenizer", {"type": "ByteLevel", "use_regex": False}, long=True)
    'ByteLevel_no_use_regex'
    """
    return _UNFIT.sub("_", _said(key, value, long=long)).strip("_.")[:_LONGEST].strip("_.")


def _said(key: str, value: Any, *, long: bool) -> str:
    match value:
        case None | False:
            return f"no_{key}"
        case True:
            return key
        case int() | float():
            return str(value) if key == _SIZE else f"{key}_{value}"
        case list():
            return "_".join(_said(key, one, long=long) for one in value)
        case dict():
            head = [str(value[one]) for one in _TELLING if one in value]
            rest = [_said(*one, long=long) for one in value.items() if one[0] not in _TELLING]
            return "_".join(head if head and not long else [*head, *rest])
        case _:
            return str(value)


def labels(key: str, values: Sequence[Any]) -> list[str]:
    """A label for each value of a field, all different: longer or numbered where need be.

    >>> labels("vocab_size", [4000, 8000])
    ['4000', '8000']
    >>> labels("model.dropout", ["--", "--"])
    ['1', '2']
    """
    short = [label(key, value) for value in values]
    again = {one for one in short if short.count(one) > 1}
    made = [
        label(key, value, long=True) if one in again else one
        for one, value in zip(short, values, strict=True)
    ]
    return unique([one or str(number) for number, one in enumerate(made, 1)])


def unique(names: Iterable[str]) -> list[str]:
    """The same, a second one with a number; upper and lower case are one, as on some disks.

    >>> unique(["a", "A", "a", "b"])
    ['a', 'A-2', 'a-3', 'b']
    """
    taken: set[str] = set()
    made = []
    for name in names:
        fresh, number = name, 1
        while fresh.casefold() in taken:
            number += 1
            fresh = f"{name}-{number}"
        taken.add(fresh.casefold())
        made.append(fresh)
    return made


def name_problem(name: Any) -> str:
    """What is wrong with a name that a value or a case gives itself; empty for nothing."""
    if isinstance(name, str) and len(name) <= _LONGEST and _NAME.fullmatch(name):
        return ""
    return (
        f"{name!r} is not a name: use letters, digits, dots, dashes and underscores, "
        f"{_LONGEST} at most"
    )
