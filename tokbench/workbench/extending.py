"""New tokens for new text, without disturbing the old."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

from tokbench import encoding, reshaping, store
from tokbench.encoding import Subject
from tokbench.errors import CorpusError, WrappingError
from tokbench.spelling import Spelling, shown
from tokbench.values import Corpus, Extended, Reencoded, Split, Watch, ignore
from tokbench.workbench import new_tokens
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.find import Found, find
from tokbench.workbench.new_tokens import Kept, Learned
from tokbench.workbench.plan import RUNS
from tokbench.workbench.resaving import (
    differing_documents,
    documents_of,
    resaved,
    side_by_side,
    state_of,
    write_manifest,
)

_MOST_CHANGED = 20_000
"""Documents that changed and are looked at closely."""
_EXAMPLES = 24


def extended(
    name: str,
    on: Sequence[str],
    out: Path,
    *,
    add: int,
    keep: Sequence[str] = (),
    refuse: bool = True,
    multiple: int = 1,
    min_frequency: int = 2,
    text: str | None = None,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Extended:
    """Write a tokenizer with more tokens, learned from a text; old ids and merges stay.

    A BPE goes on merging where its merges end; the new ones stand behind the old. A WordPiece gets
    pieces made of its pieces, a Unigram pieces with their log-probabilities in the new text, a
    WordLevel the most frequent words. Where that changes text that it could do before is looked
    for.

    Args:
        name: a run, folder, file or Hub name, as for `compare`.
        on: the new text, as `bench` takes it.
        out: the folder to fill; one that tokbench wrote is replaced.
        add: how many tokens.
        keep: text whose ids shall stay; for a run without it, what it holds out is looked at.
        refuse: leave out what would change `keep`; else what changes is only told.
        multiple: learn so many more that the number of ids is a multiple of this.
        min_frequency: how often a new token must occur where it is made.
        text: the column of `on` that is the text.
        runs: where the runs of recipes are kept.
        watch: told how far it has come.

    Raises:
        SubjectError: there is no such tokenizer, or it cannot encode a text.
        CorpusError: a text cannot be read, or is empty.
        StoreError: `out` cannot be written.
        WrappingError: what was written does not load to the same ids.
    """
    store.refuse_foreign(out)
    found = find(name, runs=runs)
    state = state_of(found)
    new_text: tuple[Corpus, Split] = named_corpus(on, text), "all"
    old_text = _old_text(found, keep)
    words = new_tokens.count(new_text[0], found.subject.tokenizer, watch)
    if not len(words.words):
        raise CorpusError(f"{', '.join(on)}: holds no text to learn tokens from")
    kept = Kept.of(found.subject, old_text, watch) if keep and refuse and old_text else Kept()
    if keep and refuse and not kept.words:
        raise CorpusError(f"{', '.join(keep)}: holds no text whose ids could stay")
    first = reshaping.next_id(state)
    rows = first + add + -(first + add) % multiple
    learned = new_tokens.learn(state, words, kept, rows - first, min_frequency, watch)
    grown = _grown(state, learned, found.subject)
    new = _reencoded(found.subject, grown, new_text, ", ".join(on), watch)
    old = _changes(found.subject, grown, old_text, ", ".join(keep), watch) if old_text else None
    documents = documents_of(*new_text, "proving", watch)
    with store.new_folder(out) as part:
        proof, notes = resaved(name, found, grown.tokenizer, documents, part)
        value = Extended(
            name=found.subject.name,
            folder=out,
            model=state["model"]["type"],
            sizes=(first, first + len(learned.tokens)),
            multiple=multiple,
            added=tuple(learned.tokens),
            merges=len(learned.merges),
            refused=learned.refused,
            new=new,
            old=old,
            examples=tuple(_examples(learned.tokens, Spelling(state))),
            proof=proof,
            notes=(*found.subject.notes, *notes, *_notes(found, state, learned, add)),
        )
        write_manifest(part, "extended", found, _said(value))
    return value


def _old_text(found: Found, keep: Sequence[str]) -> tuple[Corpus, Split] | None:
    """The text that should stay as it is, else what a run holds out; None where there is none."""
    if keep:
        return named_corpus(keep, None), "all"
    return (found.corpus(), "held_out") if found.manifest else None


def _grown(state: dict[str, Any], learned: Learned, old: Subject) -> Subject:
    """The tokenizer with more tokens; each old token has its id.

    Raises:
        WrappingError: one has not.
    """
    made = reshaping.appended(state, learned.tokens, learned.merges, learned.scores)
    grown = encoding.subject(old.name, json.dumps(made), old.name)
    now = grown.tokenizer.get_vocab(with_added_tokens=True)
    for token, number in old.tokenizer.get_vocab(with_added_tokens=True).items():
        if now.get(token) != number:
            raise WrappingError(
                f"{old.name}: its token {token!r} would have the id {now.get(token)} and not "
                f"{number}; please report this"
            )
    return grown


def _reencoded(
    old: Subject, grown: Subject, text: tuple[Corpus, Split], name: str, watch: Watch,
    changed: list[str] | None = None,
) -> Reencoded:  # fmt: skip
    """A text with both tokenizers.

    Args:
        old: the tokenizer before.
        grown: the tokenizer now.
        text: what is encoded.
        name: of the text.
        watch: told how far it has come.
        changed: gets the documents that have other ids, not more than are looked at.
    """
    seen = differing = 0
    tokens, unknown = [0, 0], [0, 0]
    both = old, grown
    for documents, made in side_by_side(both, *text, name, watch):
        seen += len(documents)
        for at, (subject, ids) in enumerate(zip(both, made, strict=True)):
            tokens[at] += len(ids.flat)
            unknown[at] += int((ids.flat == subject.unk_id).sum())
        other = differing_documents(*made)
        differing += len(other)
        if changed is not None:
            changed += documents.take(other[: _MOST_CHANGED - len(changed)]).to_pylist()
    return Reencoded(name, seen, (tokens[0], tokens[1]), (unknown[0], unknown[1]), differing)


def _changes(
    old: Subject, grown: Subject, text: tuple[Corpus, Split], name: str, watch: Watch
) -> Reencoded:
    """Old text with both tokenizers, and what changed in it."""
    changed: list[str] = []
    made = _reencoded(old, grown, text, name or "held out", watch, changed)
    renamed = old.renamed("before"), grown.renamed("now")
    changes = encoding.differing(*renamed, changed) if changed else None
    return replace(made, changes=changes)


def _examples(tokens: Sequence[str], spelling: Spelling) -> Iterator[str]:
    """What some new tokens stand for, from all over; whole characters only."""
    meanings = [one for one in map(spelling.meaning, tokens) if one.string]
    step = max(1, len(meanings) // _EXAMPLES)
    for one in meanings[::step][:_EXAMPLES]:
        yield ("" if one.begins is not False else "…") + shown(one.text)


def _notes(found: Found, state: dict[str, Any], learned: Learned, add: int) -> Iterator[str]:
    """What may surprise."""
    normalizer: Any = found.subject.tokenizer.normalizer
    jamo = normalize("NFD", "한")
    if normalizer is not None and jamo in normalizer.normalize_str("한"):
        yield (
            f'its normalizer takes Hangul apart: "한" is written as {len(jamo)} jamo, and so are '
            "its new tokens"
        )
    if held := reshaping.behind(state):
        others = f" and {len(held) - 1} more" if held[1:] else ""
        yield (
            f"its added token {held[0]!r}{others} stands in its vocabulary now, to keep its id: "
            "text that only the normalizer makes to it becomes that token too"
        )
    if len(learned.tokens) < add:
        more = " that the old text does not hold" if learned.refused else ""
        yield (
            f"{add:,} tokens were to be learned, {len(learned.tokens):,} could be: there is no "
            f"more to learn in that text{more}"
        )


def _said(value: Extended) -> dict[str, Any]:
    """What the manifest says."""
    old = value.old
    return {
        "on": value.new.name,
        "sizes": value.sizes,
        "tokens": value.new.tokens,
        "merges": value.merges,
        "refused": value.refused,
        "kept": None if old is None else [old.name, old.documents, old.tokens, old.differing],
    }
