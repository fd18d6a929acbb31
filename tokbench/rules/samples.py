"""A little of a corpus for rules to look at: read quickly, the same every time."""

from dataclasses import dataclass
from pathlib import Path

from tokbench import corpus as corpora
from tokbench.corpus import CorpusSpec
from tokbench.errors import CorpusError
from tokbench.values import Corpus, texts

MOST_DOCUMENTS = 400
MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Sample:
    """The first documents of a corpus's training split.

    Attributes:
        texts: documents, at most `MOST_DOCUMENTS` of `MOST_CHARACTERS` in all; the last may be cut.
        problem: why a source cannot be read, empty where all can.
        source: the position of that source.
        chosen: whether the user named another text than the recipe's.
    """

    texts: tuple[str, ...] = ()
    problem: str = ""
    source: int = 0
    chosen: bool = False


NO_SAMPLE = Sample(chosen=True)
"""For checking a recipe without any text."""


def sample(spec: CorpusSpec, base: Path) -> Sample:
    """The first documents of every source, an equal share of each.

    Args:
        spec: what the recipe says about its corpus.
        base: the folder that relative paths start from.
    """
    share = len(spec.sources)
    found: list[str] = []
    for position, source in enumerate(spec.sources):
        alone = spec.model_copy(update={"sources": (source,)})
        try:
            corpus = corpora.open(alone, base).unmixed()
            found += _first(corpus, MOST_DOCUMENTS // share or 1, MOST_CHARACTERS // share)
        except CorpusError as error:
            return Sample(tuple(found), str(error), position)
    return Sample(tuple(found))


def sample_of(corpus: Corpus) -> Sample:
    """The first documents of a corpus that the user named.

    Raises:
        CorpusError: it cannot be read.
    """
    return Sample(tuple(_first(corpus, MOST_DOCUMENTS, MOST_CHARACTERS)), chosen=True)


def _first(corpus: Corpus, documents: int, characters: int) -> list[str]:
    found: list[str] = []
    for batch in corpus.batches("train"):
        for text in texts(batch.slice(0, documents - len(found))):
            found.append(text[:characters])
            characters -= len(text)
            if characters <= 0:
                return found
        if len(found) >= documents:
            break
    return found
