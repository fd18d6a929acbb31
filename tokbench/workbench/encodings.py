"""What tokenizers make of a text and of what is beside it: from the cache where it was made before.

Each tokenizer's work is kept by itself, by all that it follows from: a second comparison on the
same text encodes only whom the first did not have. Speed is never kept. The folder is bounded; what
was not used for longest goes first.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

from tokbench import corpus as corpora
from tokbench import encoding, store
from tokbench.encoding import Gold, Subject, keep
from tokbench.values import (
    Corpus,
    Documents,
    Encoded,
    Entries,
    Morphology,
    Parallel,
    Progress,
    Split,
    Watch,
)

V = TypeVar("V")
_VERSION = 1
"""Raised when encoding comes out otherwise than before."""
MOST = 1 << 30
"""Bytes that the folder may hold."""


@dataclass(frozen=True)
class Beside:
    """What is measured on beside the corpus, and what is known of the model.

    Attributes:
        parallel: aligned lines by language; None for none.
        reference: the language that the others are compared with.
        gold: words with their morphemes; None for none.
        width: of the model's embeddings.
        longest: the most tokens that the model takes; None for what each tokenizer's folder says.
    """

    parallel: Mapping[str, Sequence[str]] | None = None
    reference: str = ""
    gold: Gold | None = None
    width: int = 768
    longest: int | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """What metrics may need of it."""
        there = {"parallel": self.parallel, "gold": self.gold}
        return tuple(name for name, one in there.items() if one is not None)


@dataclass(frozen=True)
class Text:
    """The documents of a split of a corpus, and what they are known by.

    Attributes:
        corpus: the corpus.
        split: of it.
        fresh: whether nothing kept is used; what is made is kept all the same.
    """

    corpus: Corpus
    split: Split
    fresh: bool = False

    def encoded(
        self,
        subjects: Sequence[Subject],
        watch: Watch,
        *,
        cuts: bool,
        by: Sequence[str] = (),
    ) -> list[Encoded]:
        """What each tokenizer makes of the documents, as `encoding.encode` has it."""
        here = [self.corpus.identity(), self.split]
        paths = [_path("encoded", *_of(one), *here, cuts) for one in subjects]
        facts = _path("documents", *here, self._groups(by))
        documents = self._kept(facts, Documents)
        found = [self._kept(path, Encoded) for path in paths]
        lacking = [place for place, one in enumerate(found) if one is None]
        if lacking or documents is None:
            documents, made = encoding.encode_documents(
                [subjects[place] for place in lacking],
                self.corpus,
                self.split,
                watch,
                cuts=cuts,
                by=by,
            )
            for place, one in zip(lacking, made, strict=True):
                found[place] = one
                # The documents are the same for all, and stand in a file of their own.
                _keep(paths[place], replace(one, documents=cast("Documents", None)))
            _keep(facts, documents)
            _bound(paths[0].parent)
        return [
            replace(cast("Encoded", one), name=subject.name, documents=documents)
            for one, subject in zip(found, subjects, strict=True)
        ]

    def entries(self, subject: Subject, encoded: Encoded) -> Entries:
        """What the entries of its vocabulary are worth."""
        path = _path("entries", *_of(subject), self.corpus.identity(), self.split)
        return self._made(path, Entries, lambda: encoding.entries(subject, encoded.frequencies))

    def beside(self, encoded: Encoded, subject: Subject, beside: Beside) -> Encoded:
        """The same with what the tokenizer makes of what is beside the text."""
        longest = subject.longest if beside.longest is None else beside.longest
        made = replace(encoded, width=beside.width, longest=longest)
        if (lines := beside.parallel) is not None:
            path = _path("parallel", *_of(subject), lines, beside.reference)
            found = self._made(
                path, Parallel, lambda: encoding.parallel(subject, lines, beside.reference)
            )
            made = replace(made, parallel=found)
        if (gold := beside.gold) is not None:
            path = _path("morphology", *_of(subject), gold.words, gold.boundaries)
            inside = self._made(path, Morphology, lambda: encoding.morphology(subject, gold))
            made = replace(
                made, morphology=replace(inside, aligned=gold.aligned, refused=gold.refused)
            )
        return made

    def lines(self) -> encoding.Lines:
        """Short texts for people to look at."""
        path = _path("lines", self.corpus.identity(), self.split)
        chosen = self._made(path, tuple, lambda: encoding.lines(self.corpus, self.split).plain)
        return encoding.Lines.of(chosen)

    def _groups(self, by: Sequence[str]) -> Any:
        """What groups of documents follow from beside the contents of the corpus."""
        if not by:
            return None
        spec = self.corpus.spec if isinstance(self.corpus, corpora.OpenCorpus) else None
        return [list(by), list(self.corpus.sources), spec and spec.model_dump(mode="json")]

    def _made(self, path: Path, kind: type[V], make: Callable[[], V]) -> V:
        found = self._kept(path, kind)
        if found is None:
            found = make()
            _keep(path, found)
        return found

    def _kept(self, path: Path, kind: type[V]) -> V | None:
        found = None if self.fresh else keep.load(path, kind)
        if found is not None:
            with suppress(OSError):
                os.utime(path)
        return found


def inputs(
    subjects: Sequence[Subject],
    text: Text,
    watch: Watch,
    *,
    needs: Collection[str],
    beside: Beside | None = None,
    by: Sequence[str] = (),
) -> list[Encoded]:
    """All that metrics with these needs are made from."""
    made = text.encoded(subjects, watch, cuts="cuts" in needs, by=by)
    other = beside or Beside()
    made = [text.beside(one, s, other) for one, s in zip(made, subjects, strict=True)]
    if "entries" in needs:
        watch(Progress("looking at vocabularies", 0, None, "entries"))
        made = [
            replace(one, entries=text.entries(subject, one))
            for one, subject in zip(made, subjects, strict=True)
        ]
    if "speed" in needs:
        documents = encoding.timing_text(text.corpus, text.split)
        speeds = encoding.time_all(subjects, documents, watch)
        made = [replace(one, speed=s) for one, s in zip(made, speeds, strict=True)]
    return made


def _of(subject: Subject) -> list[Any]:
    """What a tokenizer's ids, and what is said of them, follow from."""
    return [subject.state, list(subject.special)]


def _path(kind: str, *key: Any) -> Path:
    libraries = [version("tokenizers"), version("regex")]
    name = store.signature(kind, _VERSION, keep.FORMAT, libraries, *key)
    return store.cache_dir() / "encoded" / f"{kind}-{name}.bin"


def _keep(path: Path, value: Any) -> None:
    with store.optional():
        keep.save(path, value)


def _bound(folder: Path) -> None:
    """Remove what was not used for longest until the rest is no more than MOST."""
    files = []
    with suppress(OSError):
        files = [(one.stat().st_mtime, one.stat().st_size, one) for one in folder.glob("[!.]*")]
    left = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if left <= MOST:
            return
        with suppress(OSError):
            path.unlink()
        left -= size
