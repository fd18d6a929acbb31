"""Text from anywhere, made harmless for a terminal."""

from tokbench.errors import CONTROLS

_PICTURES = {**CONTROLS, ord("\n"): "⏎", ord("\t"): "⇥"}


def visible(text: str) -> str:
    r"""Line ends and other controls as pictures, so that a sample stays one line and harmless.

    >>> visible("a\tb")
    'a⇥b'
    """
    return text.translate(_PICTURES)
