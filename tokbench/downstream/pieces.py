"""Documents cut into pieces of so many bytes, alike for every tokenizer."""

from collections.abc import Iterator

CONTEXT = 512
"""Bytes of a piece, unless a task says otherwise."""


def pieces(text: str, most: int = CONTEXT) -> Iterator[str]:
    r"""The text in pieces of at most so many bytes of UTF-8, which joined are the text.

    A piece ends behind the last line end that leaves it at least half full, else before the last
    such space, else between any two characters.

    Args:
        text: a document.
        most: bytes of a piece; at least 4, as much as a character may have.

    >>> list(pieces("one two\nthree four", 10)), list(pieces("안녕하세요", 7))
    (['one two\n', 'three four'], ['안녕', '하세', '요'])
    """
    start = 0
    while start < len(text):
        end = _within(text, start, most)
        if end < len(text):
            end = _better(text, start, end)
        yield text[start:end]
        start = end


def _within(text: str, start: int, most: int) -> int:
    """The place behind the last character that fits."""
    data = text[start : start + most].encode()
    if len(data) <= most:
        return min(start + most, len(text))
    return start + len(data[:most].decode("utf-8", "ignore"))


def _better(text: str, start: int, end: int) -> int:
    """The same or an earlier place, where a line or a word ends."""
    least = start + (end - start) // 2
    line = text.rfind("\n", least, end)
    if line >= 0:
        return line + 1
    space = text.rfind(" ", least, end + 1)
    return space if space > start else end
