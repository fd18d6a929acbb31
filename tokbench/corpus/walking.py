"""One pass over the sources of a corpus, which can begin again where another one stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokbench.corpus import documents, ledgers
from tokbench.corpus.cleaned import Account, Cleaned
from tokbench.corpus.cleaning.step import Tally, applied, needed
from tokbench.corpus.groups import columns_of, grouped
from tokbench.corpus.ledgers import Ledger
from tokbench.corpus.rows import Rows, Stream

if TYPE_CHECKING:
    from tokbench.corpus.opening import OpenCorpus


@dataclass
class Walk:
    """Reads all rows behind all steps, each with the number of its source.

    Attributes:
        corpus: what is read.
        columns: what is wanted of each row beside its text.
        groups: whether the groups of its source are, too.
        ledger: filled while reading.
        skipped: sources that need not be read.
        start: a place that an earlier walk gave, behind which to go on.
        source: the number of the source that is read now.
    """

    corpus: "OpenCorpus"
    columns: Sequence[str] = ()
    groups: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    skipped: frozenset[int] = frozenset()
    start: "dict[str, Any] | None" = None
    source: int = 0

    def __post_init__(self) -> None:
        corpus, ledger = self.corpus, self.ledger
        ledger.sources += [Account() for _ in corpus.opened]
        ledger.together += [Tally(step.type) for step in corpus.together]
        self._wanted = needed(corpus.together, self.columns)
        self._names = corpus.groups if self.groups else ()
        self._begun: dict[tuple[int, int], Account] = {}
        self._at = (0, 0, 0)
        if self.start:
            ledger.sources[:] = ledgers.accounts(self.start["accounts"])
            self._at = (*self.start["at"],)

    def rows(self) -> Stream:
        """The rows, without those before the start."""
        skip = self._at[2]
        for rows in self._joined() if not self.corpus.together else self._together():
            if skip >= len(rows.batch):
                skip -= len(rows.batch)
                continue
            yield rows._replace(batch=rows.batch.slice(skip)) if skip else rows
            skip = 0

    def place(self, rows: Rows) -> dict[str, Any]:
        """Where a walk goes on behind these rows, the last that were given; JSON-able."""
        at = (0 if self.corpus.together else self.source, rows.piece, rows.seen)
        accounts = [account.copy() for account in self.ledger.sources]
        if self.corpus.together:
            begun = {number: Account() for number in range(len(accounts))}
        else:
            self._begun = {key: one for key, one in self._begun.items() if key >= at[:2]}
            begun = {self.source: self._begun[at[:2]]}
        for number, account in begun.items():
            accounts[number] = Account(account.read, account.steps, accounts[number].given)
        return {"at": at, "accounts": ledgers.plain(accounts)}

    def _together(self) -> Stream:
        rows = applied(self._joined(), self.corpus.together, self.ledger.together)
        return documents.gather(each._replace(piece=0) for each in rows)

    def _joined(self) -> Stream:
        before = 0
        first_source, first_piece, _ = (0, 0, 0) if self.corpus.together else self._at
        for number, source in enumerate(self.corpus.opened):
            if number >= first_source and number not in self.skipped:
                self.source = number
                first = first_piece if number == first_source else 0
                for rows in documents.gather(self._read(number, source, first)):
                    batch = documents.of_source(rows.batch, number)
                    yield rows._replace(batch=batch, done=before + rows.done)
            before += source.size

    def _read(self, number: int, source: Cleaned, first: int) -> Stream:
        """The rows of a source; accounts are noted as they stand when a piece begins."""
        account = self.ledger.sources[number]
        groups = source.groups if self._names else {}
        keep = tuple(name for name in self._wanted if name != "source" and name not in self._names)
        columns = tuple(dict.fromkeys((*keep, *columns_of(groups))))
        piece, before = None, account.copy()
        for rows in source.read(columns, first=first, account=account):
            if source.joint:
                rows = rows._replace(piece=0)  # noqa: PLW2901 - what stands for all of them
            if rows.piece != piece:
                piece, self._begun[number, rows.piece] = rows.piece, before
            if self._names:
                batch = grouped(rows.batch, groups, self._names, keep)
                rows = rows._replace(batch=batch)  # noqa: PLW2901 - the same rows
            yield rows
            before = account.copy()
