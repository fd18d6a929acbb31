"""Which languages a source is in."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus.groups import column_of
from tokbench.corpus.looking.languages import Detector
from tokbench.corpus.opening import OpenCorpus
from tokbench.fingerprint import offsets

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_DETECTED, _AT_ONCE, _LONG_ENOUGH = 400, 50, 30
"""Documents of a source, and of one batch of it, whose language is detected; the bytes that
it takes at the least."""


@dataclass
class Spoken:
    """The languages of sources: what the recipe says, else what a detector sees in some documents.

    Attributes:
        corpus: whose sources.
        detect: the detector, if there is one.
        seen: documents by language, by source.
    """

    corpus: OpenCorpus
    detect: Detector | None
    seen: dict[int, dict[str, int]] = field(default_factory=dict)

    def add(self, texts: "pa.LargeStringArray", sources: "NDArray[np.int32]") -> None:
        """Show a few documents to the detector."""
        if self.detect is None:
            return
        for source in np.unique(sources).tolist():
            seen = self.seen.setdefault(source, {})
            if self._said(source) or sum(seen.values()) >= _DETECTED:
                continue
            lengths = np.diff(offsets(texts))
            which = np.flatnonzero((sources == source) & (lengths >= _LONG_ENOUGH))
            which = which[:: max(1, len(which) // _AT_ONCE)]  # files are sorted by language
            some: list[Any] = [texts[index].as_py() for index in which.tolist()]
            for language in self.detect(some):
                seen[language] = seen.get(language, 0) + 1

    def languages(self, source: int, documents: int) -> dict[str, int]:
        """Documents by language, most first, of a source that has so many."""
        if said := self._said(source):
            return {said: documents}
        return dict(sorted(self.seen.get(source, {}).items(), key=lambda one: (-one[1], one[0])))

    def _said(self, source: int) -> str | None:
        said = self.corpus.opened[source].groups.get("language")
        return None if said is None or column_of(said) else said
