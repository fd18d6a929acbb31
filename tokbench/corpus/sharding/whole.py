"""From what all slices of a source told to what the whole source is, without reading it."""

from collections.abc import Mapping
from typing import Any

from tokbench.corpus import ledgers
from tokbench.corpus.cleaned import Account
from tokbench.corpus.cleaning.step import EXAMPLES, Tally
from tokbench.errors import CorpusError
from tokbench.store import signature
from tokbench.values import Split

About = Mapping[str, Any]
"""What `Slice.about` gives, or `together` of several."""


def together(one: About, other: About) -> dict[str, Any]:
    """What two slices of a source know.

    Raises:
        CorpusError: a file was not the same for both.
    """
    digests = dict(one["digests"])
    for number, digest in other["digests"].items():
        if digests.setdefault(number, digest) != digest:
            raise CorpusError(f"file {int(number) + 1} of a source changed while it was counted")
    accounts = ledgers.accounts([one["account"], other["account"]])
    return {**one, "digests": digests, "account": ledgers.plain([_sum(*accounts)])[0]}


def identity(about: About) -> str:
    """The identity of a source as a corpus of its own, from what all its slices know.

    Raises:
        CorpusError: a file was read by none of them.
    """
    said, files, digests = dict(about["said"]), about["files"], about["digests"]
    if files is None:
        return signature(said)
    if missing := [number for number in range(files) if str(number) not in digests]:
        raise CorpusError(f"file {missing[0] + 1} of a source was read by no shard")
    read = [digests[str(number)] for number in range(files)]
    said["sources"] = [_with_files(one, read) for one in said["sources"]]
    return signature(said)


def _with_files(said: Any, files: list[Any]) -> Any:
    """What a source says of itself, with the contents of its files; steps stand behind it."""
    if isinstance(said, list):
        return [_with_files(said[0], files), *said[1:]]
    return {**said, "files": files}


def keep(about: About, split: Split) -> None:
    """Keep the account of a source, as reading it in one go would have."""
    ledgers.keep(signature(identity(about), split), ledgers.accounts([about["account"]]), [])


def _sum(one: Account, other: Account) -> Account:
    steps = one.steps or other.steps
    if one.steps and other.steps:  # a slice of which nothing was read has none
        steps = [_added(*both) for both in zip(one.steps, other.steps, strict=True)]
    return Account(_added(one.read, other.read), steps, _added(one.given, other.given))


def _added(one: Tally, other: Tally) -> Tally:
    """The sum of two tallies of one step."""
    whole = Tally(one.step)
    for each in (one, other):
        for name in ("documents_in", "documents_out", "bytes_in", "bytes_out", "changed", "added"):
            setattr(whole, name, getattr(whole, name) + getattr(each, name))
        for reason, count in each.reasons.items():
            whole.drop(reason, count)
        whole.examples += each.examples[: EXAMPLES - len(whole.examples)]
        whole.notes += [note for note in each.notes if note not in whole.notes]
    return whole
