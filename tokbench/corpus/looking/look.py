"""What a corpus is: everything that one pass over its documents can tell, and a second one."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench.corpus.ledgers import steps_done
from tokbench.corpus.looking.found import Found, Numbers, written
from tokbench.corpus.looking.hashes import hashed
from tokbench.corpus.looking.languages import Detector
from tokbench.corpus.looking.overlap import Evaluated, Prints, Search, prints
from tokbench.corpus.looking.passes import Counted, batches, chosen
from tokbench.corpus.looking.spoken import Spoken
from tokbench.corpus.mixing.doses import WHOLE
from tokbench.corpus.opening import Ledger, OpenCorpus
from tokbench.values import (
    CorpusFacts,
    HeadDocument,
    Overlap,
    SourceFacts,
    Split,
    Watch,
    ignore,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


_SPLITS = ((False, "training"), (True, "held out"))
_AHEAD = 4
"""So many batches are worked on while the next one is read."""


def look(
    corpus: OpenCorpus,
    name: str,
    *,
    split: Split = "all",
    against: Mapping[str, OpenCorpus] | None = None,
    overlaps: bool = True,
    detect: Detector | None = None,
    watch: Watch = ignore,
) -> CorpusFacts:
    """Read a corpus and say what it is.

    Everything is counted in one pass. Where documents are held out, a second one over those to
    train on looks for passages of the held-out ones.

    Args:
        corpus: what to read.
        name: what to call it.
        split: which documents to tell about; overlaps are between all of them.
        against: other texts, read whole, whose documents are looked for in this one, by name.
        overlaps: whether held-out documents are looked for among those to train on.
        detect: tells the language of texts; some documents of each source are shown to it that
            does not name its language. None: only what the recipe says is told.
        watch: told how far each pass has come.

    Raises:
        CorpusError: something cannot be read.
    """
    before = time.perf_counter()
    counted = [Counted(each.source) for each in corpus.opened]
    opened = zip(corpus.opened, counted, strict=True)
    reading = replace(
        corpus,
        opened=tuple(replace(each, source=one) for each, one in opened),
        dosed=(WHOLE,) * len(counted),
    )
    others = [_evaluated(one, text, watch) for one, text in (against or {}).items()]
    searches = [
        {is_held: Search(sealed, within, corpus.sources) for is_held, within in _SPLITS}
        for _, sealed in others
    ]
    found = Found(len(corpus.sources), split)
    held = Evaluated("held out", corpus.sources)
    spoken = Spoken(corpus, detect)
    ledger = Ledger()
    for texts, sources, is_held in batches(reading, watch, ledger, "reading"):
        hashes = hashed(texts)
        names = found.add(texts, sources, hashes, is_held)
        spoken.add(texts, sources)
        if corpus.held_out and overlaps:
            some, marks = chosen(texts, is_held, held_out=True)
            held.add(some, names[marks])
        for is_wanted, _ in _SPLITS if searches else ():
            some, marks = chosen(texts, is_held, held_out=is_wanted)
            if len(some):
                these = _printed(some)
                for search in searches:
                    search[is_wanted].see(*these, names[marks])
    seconds = time.perf_counter() - before
    shared = [*_within(corpus, held, watch)] if held.documents else []
    for (text, _), search in zip(others, searches, strict=True):
        which = _SPLITS if corpus.held_out else _SPLITS[:1]
        shared += [search[is_wanted].result(_named(text)) for is_wanted, _ in which]
    mixed = corpus.mixed(watch)
    sources_ = tuple(
        SourceFacts(
            name=corpus.sources[index],
            size=each.size,
            nulls=each.nulls,
            read=(account.read.documents_out, account.read.bytes_out),
            steps=steps_done(account.steps),
            text=found.facts(corpus.sources, [index]),
            languages=spoken.languages(index, found.documents(index)),
            warnings=(*account.read.notes, *found.warnings(index, each.nulls, account)),
            training=mixed.given[index],
            wanted=mixed.shares[index] if mixed.shares else None,
        )
        for index, (each, account) in enumerate(zip(counted, ledger.sources, strict=True))
    )
    return CorpusFacts(
        name=name,
        split=split,
        held_out_share=corpus.held_out,
        fingerprint=written(found.prints[0]),
        training=written(found.prints[1]),
        sources=sources_,
        together=steps_done(ledger.together),
        text=found.facts(corpus.sources, range(len(corpus.sources))),
        overlaps=tuple(shared),
        seconds=seconds,
        comparing=time.perf_counter() - before - seconds,
        remembered=found.known.size,
    )


def head(corpus: OpenCorpus, count: int, split: Split = "all") -> list[HeadDocument]:
    """The first documents of each source behind all steps; nothing more is read than they take."""
    found: list[HeadDocument] = []
    for part in replace(corpus, dosed=(WHOLE,) * len(corpus.opened)).parts():
        left = dict.fromkeys(range(len(part.sources)), count)
        seen = dict.fromkeys(left, 0)
        some: list[HeadDocument] = []
        for texts, sources, is_held in batches(part, ignore, Ledger(), "reading"):
            wanted = np.ones(len(texts), np.bool_)
            if split != "all":
                wanted = is_held == (split == "held_out")
            for index, source in enumerate(sources.tolist()):
                seen[source] += 1
                if left[source] and wanted[index]:
                    left[source] -= 1
                    text: Any = texts[index].as_py()
                    some.append(HeadDocument(part.sources[source], seen[source], text))
                elif not any(left.values()):
                    break
            if not any(left.values()):
                break
        order = {name: place for place, name in enumerate(part.sources)}
        found += sorted(some, key=lambda each: order[each.source])
    return found


def _evaluated(name: str, text: OpenCorpus, watch: Watch) -> "tuple[OpenCorpus, Any]":
    evaluated = Evaluated(name, text.sources)
    numbers = Numbers(len(text.sources))
    for texts, sources, _ in batches(text, watch, Ledger(), f"reading {name}"):
        evaluated.add(texts, numbers.names(sources))
    return text, evaluated.seal()


def _named(
    corpus: OpenCorpus, *, only_held: bool = False
) -> "Iterator[tuple[pa.LargeStringArray, NDArray[np.int64]]]":
    """The documents again, with what overlaps call them."""
    numbers = Numbers(len(corpus.sources))
    for texts, sources, is_held in batches(corpus, ignore, Ledger(), ""):
        names = numbers.names(sources)
        if only_held:
            some, marks = chosen(texts, is_held, held_out=True)
            yield some, names[marks]
        else:
            yield texts, names


def _within(corpus: OpenCorpus, held: Evaluated, watch: Watch) -> Iterator[Overlap]:
    """What of the held-out documents stands in those to train on."""
    search = Search(held.seal(), "training", corpus.sources)
    numbers = Numbers(len(corpus.sources))
    with ThreadPoolExecutor() as pool:  # kernels do not hold the interpreter's lock
        begun: deque[tuple[Future[tuple[NDArray[np.uint64], Prints]], NDArray[np.int64]]] = deque()
        for texts, sources, is_held in batches(corpus, watch, Ledger(), "comparing"):
            names = numbers.names(sources)
            some, marks = chosen(texts, is_held, held_out=False)
            begun.append((pool.submit(_printed, some), names[marks]))
            if len(begun) > _AHEAD:
                found, which = begun.popleft()
                search.see(*found.result(), which)
        for found, which in begun:
            search.see(*found.result(), which)
    yield search.result(_named(corpus, only_held=True))


def _printed(texts: "pa.LargeStringArray") -> "tuple[NDArray[np.uint64], Prints]":
    return hashed(texts), prints(texts)
