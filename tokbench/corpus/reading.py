"""One split read once: rows behind all steps, chosen by hash, each account kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench import store
from tokbench.corpus import ledgers
from tokbench.corpus.documents import numbers, present
from tokbench.corpus.ledgers import Ledger
from tokbench.corpus.mixing.choosing import Edges, chosen
from tokbench.corpus.rows import Rows, texts_of
from tokbench.corpus.walking import Walk
from tokbench.fingerprint import offsets
from tokbench.values import Progress, Split, Watch

if TYPE_CHECKING:
    import pyarrow as pa

    from tokbench.corpus.cleaned import Account
    from tokbench.corpus.opening import OpenCorpus

Place = Callable[[], Any]
"""Gives the place behind a batch."""


@dataclass
class Reading:
    """What `OpenCorpus.batches` and `resumed` do."""

    corpus: "OpenCorpus"
    split: Split
    watch: Watch
    columns: Sequence[str] = ()
    ledger: Ledger = field(default_factory=Ledger)
    groups: bool = False
    start: Any = None

    def batches(self) -> "Iterator[tuple[pa.RecordBatch, Place | None]]":
        """Batches of the split, each with what gives the place behind it."""
        corpus, split = self.corpus, self.split
        if split == "held_out" and corpus.held_out == 0:
            return
        terms, total = corpus.terms(self.watch), corpus.size
        walk = Walk(
            corpus, self.columns, self.groups, self.ledger, _idle(corpus, split), self.start
        )
        edges: Edges = {
            (n, digest): many for n, digest, many in (self.start or {}).get("edges", ())
        }
        count = sum(account.given.documents_out for account in self.ledger.sources)
        for rows in walk.rows():
            _given(rows.batch, self.ledger.sources, come=False)
            found = chosen(rows.batch, split, terms, corpus.spec.seed, edges)
            kept = next(found, None)
            while kept is not None:
                following = next(found, None)
                count += len(kept)
                _given(kept, self.ledger.sources, come=True)
                yield kept, _place(walk, rows, edges) if following is None else None
                kept = following
            name = corpus.sources[walk.source]
            self.watch(Progress("reading", rows.done, total, "bytes", count, name))
        self.watch(Progress("reading", total, total, "bytes", count))
        _keep(corpus, split, self.ledger)


def kept(corpus: "OpenCorpus", split: Split) -> Ledger | None:
    """The ledger of a corpus, from those of its parts; None where one of them is not there."""
    ledger = Ledger()
    for part in corpus.parts():
        if not _idle(part, split):
            found = ledgers.kept(_key(part, split))
            if found is None or len(found.sources) != len(part.opened):
                return None
            ledger.sources += found.sources
            ledger.together += found.together
        else:
            ledger.sources += Walk(part).ledger.sources
    return ledger


def _place(walk: Walk, rows: Rows, edges: Edges) -> Place:
    return lambda: {
        **walk.place(rows),
        "edges": [[*same, count] for same, count in edges.items()],
    }


def _keep(corpus: "OpenCorpus", split: Split, ledger: Ledger) -> None:
    """Keep what training read; what was not identified to be trained on is nobody's business."""
    if split != "train" or not all(source.is_identified for source in corpus.opened):
        return
    for number, part in enumerate(corpus.parts()):
        if not _idle(part, split):
            accounts = ledger.sources if corpus.together else [ledger.sources[number]]
            ledgers.keep(_key(part, split), accounts, ledger.together)


def _key(part: "OpenCorpus", split: Split) -> str:
    return store.signature(part.identity(), split)


def _idle(corpus: "OpenCorpus", split: Split) -> frozenset[int]:
    """The sources that have nothing for a split, where each is read by itself."""
    if corpus.together or split == "all":
        return frozenset()
    never = 1.0 if split == "train" else 0.0
    return frozenset(n for n, one in enumerate(corpus.opened) if one.held_out == never)


def _given(batch: "pa.RecordBatch", accounts: "Sequence[Account]", *, come: bool) -> None:
    """Count documents and bytes of each source: before the choice, or what came of it."""
    sources, bounds = numbers(batch.column("source")), offsets(texts_of(batch))
    found = present(sources)
    for source in found:
        tally = accounts[source].given
        documents, size = len(sources), int(bounds[-1] - bounds[0])
        if len(found) > 1:
            here = sources == source
            documents, size = int(here.sum()), int(np.diff(bounds)[here].sum())
        if come:
            tally.documents_out += documents
            tally.bytes_out += size
        else:
            tally.documents_in += documents
            tally.bytes_in += size
