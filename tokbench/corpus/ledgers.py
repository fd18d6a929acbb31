"""What became of documents, kept in the cache: a corpus that was counted once is not read again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.corpus.cleaned import Account
from tokbench.corpus.cleaning.step import Tally
from tokbench.errors import StoreError
from tokbench.values import StepDone

_SHOWN = 500
"""Characters of an example that are kept."""


@dataclass
class Ledger:
    """What became of all documents in one read.

    Attributes:
        sources: an account for each source.
        together: what each joint step of the corpus did, and those behind it.
    """

    sources: list[Account] = field(default_factory=list)
    together: list[Tally] = field(default_factory=list)


def steps_done(tallies: Sequence[Tally]) -> tuple[StepDone, ...]:
    """What steps did, as values."""
    listed = ((tally, tuple(tally.examples), tuple(tally.notes)) for tally in tallies)
    return tuple(
        StepDone(**{**asdict(tally), "examples": examples, "notes": notes})
        for tally, examples, notes in listed
    )


def keep(identity: str, accounts: list[Account], together: list[Tally]) -> None:
    """Keep what one whole read of a part of a corpus gave, where the cache can be written."""
    value = {"sources": plain(accounts), "together": [_plain(tally) for tally in together]}
    with store.optional():
        store.write_json(
            _place(identity), {"check": store.signature(identity, value), "ledger": value}
        )


def kept(identity: str) -> Ledger | None:
    """The same; None where it was never read whole, or the file is damaged."""
    try:
        found = store.read_json(_place(identity))
        if found["check"] != store.signature(identity, found["ledger"]):
            return None
        value = found["ledger"]
        return Ledger(accounts(value["sources"]), [_tally(one) for one in value["together"]])
    except (StoreError, KeyError, TypeError, ValueError, AttributeError):
        return None


def plain(accounts: list[Account]) -> list[dict[str, Any]]:
    """Accounts as JSON-able data, long examples cut off."""
    return [
        {
            "read": _plain(account.read),
            "steps": [_plain(step) for step in account.steps],
            "given": _plain(account.given),
        }
        for account in accounts
    ]


def accounts(found: list[dict[str, Any]]) -> list[Account]:
    """Accounts from such data."""
    return [
        Account(_tally(one["read"]), [_tally(step) for step in one["steps"]], _tally(one["given"]))
        for one in found
    ]


def _plain(tally: Tally) -> dict[str, Any]:
    examples = [[_start(before), _start(after)] for before, after in tally.examples]
    return {**asdict(replace(tally, examples=[])), "examples": examples}


def _start(text: str | None) -> str | None:
    return text if text is None or len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _tally(found: dict[str, Any]) -> Tally:
    examples = [(before, after) for before, after in found["examples"]]
    return Tally(**{**found, "examples": examples})


def _place(identity: str) -> Path:
    return store.cache_dir() / "ledgers" / f"ledger-{identity}.json"
