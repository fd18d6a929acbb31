"""A tokenizer with lookers-on between its stages, who say what each stage got and gave."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tokbench.values import Component, Piece


@dataclass(frozen=True)
class Seen:
    """What stood between the stages while a text was encoded.

    Attributes:
        normalized: what stood before the first normalizer, then behind each: texts, one for each
            part between added tokens.
        pieces: the same of pre-tokenizers.
    """

    normalized: tuple[tuple[str, ...], ...]
    pieces: tuple[tuple[Piece, ...], ...]


class Watched:
    """A copy of a tokenizer that can be watched.

    Attributes:
        normalizers: each by itself, sequences taken apart.
        pre_tokenizers: likewise.
    """

    def __init__(self, tokenizer: Tokenizer, *, model: bool = True) -> None:
        """Put lookers-on into a copy.

        Args:
            tokenizer: is not changed.
            model: whether it has one; without, words come to nothing.
        """
        self._copy: Any = Tokenizer.from_str(tokenizer.to_str())
        if not model:
            self._copy.model = models.BPE()
        steps = list(_parts(self._copy.normalizer))
        cuts = list(_parts(self._copy.pre_tokenizer))
        self.normalizers: tuple[Component, ...] = tuple(map(_state, steps))
        self.pre_tokenizers: tuple[Component, ...] = tuple(map(_state, cuts))
        self._texts: list[list[str]] = [[] for _ in range(len(steps) + 1)]
        self._cuts: list[list[Piece]] = [[] for _ in range(len(cuts) + 1)]
        custom: Any = normalizers.Normalizer
        watched = [custom.custom(_Texts(seen)) for seen in self._texts]
        self._copy.normalizer = normalizers.Sequence(_between(watched, steps))
        custom = pre_tokenizers.PreTokenizer
        watched = [custom.custom(_Pieces(seen)) for seen in self._cuts]
        self._copy.pre_tokenizer = pre_tokenizers.Sequence(_between(watched, cuts))

    def encode(self, text: str) -> Seen:
        """Encode a text and say what was seen."""
        for texts in self._texts:
            texts.clear()  # added tokens were normalized when the copy was made
        for pieces in self._cuts:
            pieces.clear()
        self._copy.encode(text, add_special_tokens=False)
        return Seen(tuple(map(tuple, self._texts)), tuple(map(tuple, self._cuts)))


def _parts(component: Any) -> Iterator[Any]:
    """The components of a sequence, whatever is in it; a component alone."""
    if component is None:
        return
    if isinstance(component, normalizers.Sequence | pre_tokenizers.Sequence):
        for at in range(len(json.loads(component.__getstate__())[_listed(component)])):
            yield from _parts(component[at])
    else:
        yield component


def _listed(sequence: Any) -> str:
    """What the JSON of a sequence calls its parts."""
    is_normalizer = isinstance(sequence, normalizers.Sequence)
    return "normalizers" if is_normalizer else "pretokenizers"


def _state(component: Any) -> Component:
    state: Component = json.loads(component.__getstate__())
    return state


def _between(watched: list[Any], parts: list[Any]) -> list[Any]:
    """Lookers-on before, between and behind the parts."""
    together = [watched[0]]
    for part, watcher in zip(parts, watched[1:], strict=True):
        together += [part, watcher]
    return together


class _Texts:
    """Stands behind a normalizer."""

    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    def normalize(self, text: Any) -> None:
        self._seen.append(text.normalized)


class _Pieces:
    """Stands behind a pre-tokenizer."""

    def __init__(self, seen: list[Piece]) -> None:
        self._seen = seen

    def pre_tokenize(self, text: Any) -> None:
        self._seen += [
            Piece(piece, start, end, added=tokens is not None)
            for piece, (start, end), tokens in text.get_splits("original", "char")
        ]
