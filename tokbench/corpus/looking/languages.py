"""The language of texts, where a detector is installed: `pip install 'tokbench[language]'`."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_LOOKED_AT = 2000
"""So many characters of a text are enough."""

Detector = Callable[[Sequence[str]], Sequence[str]]
"""Gives the language of each text."""


@cache
def detector() -> Detector | None:
    """The detector of the step `language`, py3langid; None where it is not installed."""
    if find_spec("py3langid") is None:
        return None
    langid: Any = import_module("py3langid.langid")
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)

    def detect(texts: Sequence[str]) -> list[str]:
        return [identifier.classify(text[:_LOOKED_AT])[0] for text in texts]

    return detect
