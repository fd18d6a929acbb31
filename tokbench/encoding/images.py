"""What a normalizer makes of texts, put together from what it makes of their characters.

The library normalizes a text in microseconds, and there are millions; its distinct characters are
thousands. That the image of a text is those of its characters is known for those that neither join
nor change places with any other, if a character and the marks behind it are taken as one
(`docs/cuts.md`); texts with others are the library's.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from tokbench.chunks.classes import MARK, VISIBLE, WHITE, load
from tokbench.chunks.structure import flattened
from tokbench.encoding import image_kernels as kernels
from tokbench.encoding import unigram_kernel as trees
from tokbench.encoding.spaced import SPACE, undrawn
from tokbench.encoding.tables import Strings

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = Mapping[str, Any]

_ONE_BY_ONE = frozenset(
    {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "BertNormalizer"}
)
"""Normalizers that look at more than one character only where marks or Hangul's vowels and finals
follow another."""
_JOINS = regex.compile(r"[\p{M}\u1160-\u11ff\ud7b0-\ud7ff]")
_AT_ONCE = 1 << 12


class Images:
    """The images of characters, each asked for once.

    Args:
        normalize: the normalizer.
        alone: bool, by code point, whether it may be looked at alone.
    """

    def __init__(self, normalize: Callable[[str], str], alone: "NDArray[np.bool_]") -> None:
        self._normalize = normalize
        self._alone = alone
        self._marks = load().stable == MARK
        self._marked: dict[bytes, int] = {}
        self._plant()
        self._images = np.where(alone, kernels.UNASKED, kernels.ODD).astype(np.int32)
        self._strings = Strings()
        self._single = np.zeros(_AT_ONCE, np.bool_)
        self._lead = normalize(" a").removesuffix(normalize("a")[-1:])
        self._strings.append([self._lead])

    @classmethod
    def of(cls, normalizer: Json | None, normalize: Callable[[str], str]) -> "Images | None":
        """Those of a normalizer; None where none of its characters is known to stand for itself.

        Args:
            normalizer: its JSON, or that of `spaced.Way`.
            normalize: applies it.
        """
        parts = flattened(normalizer, "normalizers") or []
        alone = np.isin(load().stable, [*VISIBLE, WHITE])
        if not all(part["type"] in _ONE_BY_ONE for part in parts):
            found = undrawn(json.dumps(parts))
            if found is None:
                return None
            alone = np.isin(load().stable, list(VISIBLE)) & found
            alone[ord(" ")] = found[ord(" ")]
        made = cls(normalize, alone)
        return made if made._lead else None

    def apply(
        self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]"
    ) -> "tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]":
        """What texts become.

        Args:
            text: UTF-8 bytes.
            bounds: where each text begins, and the last one ends; the first 0.

        Returns:
            What is known one behind another; where each begins and the last one ends; of which
            texts it is known; and in which of those each character became a single one, spaces
            around it aside.
        """
        self._ask(text)
        self._ask_marked(text, bounds)
        ends = np.zeros(len(bounds), np.int64)
        known, plain = np.zeros((2, len(bounds) - 1), np.bool_)
        room = len(text) + len(text) // 2 + 1024
        while True:
            out = np.empty(room, np.uint8)
            done = kernels.put_together(
                text, bounds, 0, self._images, self._marks, *self._tree, self._strings.text,
                self._strings.bounds, self._single, out, ends, known, plain,
            )  # fmt: skip
            if done == len(known):
                return out[: ends[-1]], ends, known, plain
            room *= 2

    def _ask(self, text: "NDArray[np.uint8]") -> None:
        found = np.empty(_AT_ONCE, np.int64)
        while count := kernels.unasked(text, self._images, found):
            for code in found[:count].tolist():
                image = self._image(chr(code))
                if image:
                    self._images[code] = self._keep(
                        image, single=len(image.strip(" ")) == 1 or image == " "
                    )

    def _ask_marked(self, text: "NDArray[np.uint8]", bounds: "NDArray[np.int64]") -> None:
        """The same for characters with marks behind them."""
        found, first = np.empty((_AT_ONCE, 2), np.int64), 0
        while first < len(bounds) - 1:
            count, first = kernels.unasked_marked(
                text, bounds, first, self._marks, *self._asked, found
            )
            for begin, end in found[:count].tolist():
                piece = text[begin:end].tobytes()
                if piece not in self._marked:
                    one = piece.decode()
                    image = self._image(one) if self._alone[ord(one[0])] else ""
                    odd = not image or image[0] == " " or SPACE in image
                    self._marked[piece] = (
                        kernels.ODD if odd else self._keep(image, single=image == one)
                    )
            if count:
                self._plant()

    def _plant(self) -> None:
        """Make the tree of all that was asked."""
        bounds = np.zeros(len(self._marked) + 1, np.int64)
        np.cumsum(list(map(len, self._marked)), out=bounds[1:])
        text = np.frombuffer(b"".join(self._marked), np.uint8)
        keys = np.full(1 << (2 * len(text) + 1).bit_length(), -1, np.int64)
        nodes, numbers = np.zeros(len(keys), np.int32), np.full(len(text) + 1, -1, np.int32)
        trees.plant(text, bounds, keys, nodes, numbers)
        images = np.array([*self._marked.values(), kernels.ODD], np.int32)
        self._asked = keys, nodes, numbers
        self._tree = keys, nodes, images[numbers]

    def _image(self, one: str) -> str:
        """What becomes of it behind others; empty if that cannot be told."""
        whole = self._normalize(" " + one)
        image = whole.removeprefix(self._lead)
        return "" if image == whole or _JOINS.match(image) else image

    def _keep(self, image: str, *, single: bool) -> int:
        """The number of an image."""
        number = len(self._strings.bounds) - 1
        if number == len(self._single):
            self._single = np.concatenate([self._single, np.zeros_like(self._single)])
        self._single[number] = single
        self._strings.append([image])
        return number
