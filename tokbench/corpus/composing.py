"""What a corpus is made of, told from what was noted when it was read; nothing is read for it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tokbench.corpus import reading
from tokbench.corpus.cleaned import Account, Cleaned
from tokbench.corpus.ledgers import steps_done
from tokbench.corpus.mixing import measuring
from tokbench.store import signature
from tokbench.values import Composition, Given

if TYPE_CHECKING:
    from tokbench.corpus.opening import OpenCorpus


def composition(corpus: "OpenCorpus") -> Composition:
    """What each source is; and what it gave, where all were read for training."""
    if not measuring.is_measured(corpus):
        return Composition(tuple(_known(source) for source in corpus.opened))
    ledger, mixed = reading.kept(corpus, "train"), corpus.mixed()
    if ledger is None:
        return Composition(tuple(_known(source) for source in corpus.opened))
    whole = sum(account.given.bytes_out for account in ledger.sources)
    wanted = mixed.shares or (None,) * len(corpus.opened)
    facts = zip(corpus.opened, ledger.sources, wanted, mixed.sizes, strict=True)
    by = mixed.limited_by
    return Composition(
        tuple(_given(*each, whole) for each in facts),
        steps_done(ledger.together),
        "" if by is None else corpus.sources[by],
        corpus.spec.mix.total if corpus.spec.mix else None,
    )


def _known(source: Cleaned) -> Given:
    return Given(
        source.name,
        signature(source.source_identity()),
        source.size,
        source.held_out,
        dict(source.groups),
    )


def _given(source: Cleaned, account: Account, wanted: float | None, size: int, whole: int) -> Given:
    came = account.given
    return replace(
        _known(source),
        wanted=wanted,
        read=account.read.documents_out,
        documents=came.documents_out,
        bytes=came.bytes_out,
        share=came.bytes_out / whole if whole else 0.0,
        times=came.bytes_out / size if size else float(came.documents_out > 0),
        steps=steps_done(account.steps),
        notes=tuple(account.read.notes),
    )
