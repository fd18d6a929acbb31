"""Text from anywhere as HTML: escaped, controls made visible, very long text cut."""

import re
import unicodedata

from markupsafe import Markup, escape

_LONGEST = 400
_PICTURES = {"\n": "⏎", "\t": "⇥", "\r": "␍"}
_JOINERS = "\u200c\u200d"
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)


def plain(text: str, longest: int = _LONGEST) -> str:
    r"""Text without power over its surroundings: controls by their numbers, its end cut off.

    Joiners between other characters stay: they are part of words and of emoji.

    >>> plain("a\u202eb"), plain("x" * 1000, 3)
    ('a⟨202E⟩b', 'xxx… (1,000 characters)')
    """
    shown = _INVISIBLE.sub(lambda found: _named(text[:longest], found, "⟨{}⟩"), text[:longest])
    return shown + _rest(text, longest)


def shown(text: str, longest: int = _LONGEST) -> Markup:
    r"""The same as HTML.

    >>> shown("<b>\n")
    Markup('&lt;b&gt;<span class="c">⏎</span>')
    """
    some = text[:longest]
    parts: list[str] = []
    reached = 0
    for found in _INVISIBLE.finditer(some):
        parts.append(str(escape(some[reached : found.start()])))
        named = _named(some, found, "{}")
        joins = named == found[0]
        parts.append(named if joins else f'<span class="c">{named}</span>')
        reached = found.end()
    parts.append(str(escape(some[reached:])))
    if rest := _rest(text, longest):
        parts.append(f'<span class="c">{rest}</span>')
    return Markup("".join(parts))  # noqa: S704 - each part is escaped


def _named(text: str, found: re.Match[str], form: str) -> str:
    """A control as its picture or number; a joiner inside a text as it is."""
    char = found[0]
    if char in _JOINERS and 0 < found.start() < len(text) - 1:
        return char
    return _PICTURES.get(char) or form.format(f"{ord(char):04X}")


def _rest(text: str, longest: int) -> str:
    return f"… ({len(text):,} characters)" if len(text) > longest else ""


def direction(text: str) -> str:
    """`rtl` where the first letter is of a script that is written from the right, else `ltr`.

    >>> direction("1. مرحبا"), direction("hello")
    ('rtl', 'ltr')
    """
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"
