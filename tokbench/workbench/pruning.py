"""A tokenizer without the tokens that a text never takes."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench import counting, encoding, reshaping, store
from tokbench.encoding import Subject
from tokbench.errors import CorpusError, SubjectError, WrappingError
from tokbench.values import Corpus, Smaller, Watch, ignore
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.find import find
from tokbench.workbench.plan import RUNS
from tokbench.workbench.resaving import (
    differing_documents,
    documents_of,
    resaved,
    side_by_side,
    state_of,
    write_manifest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAPPING = "old_ids.json"
"""The file that says which old id each new one was."""
_SHOWN = 60


def pruned(
    name: str,
    on: Sequence[str],
    out: Path,
    *,
    size: int | None = None,
    text: str | None = None,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Smaller:
    """Write a tokenizer with the tokens alone that a text takes, and what these need.

    Ids are numbered anew, in the order of the old ones; the folder says in `old_ids.json` which old
    id each was. Every document of the text is encoded with both and must have the same tokens.

    Args:
        name: a run, folder, file or Hub name, as for `compare`.
        on: the text, as `bench` takes it.
        out: the folder to fill; one that tokbench wrote is replaced.
        size: how many tokens there shall be; those with the lowest ids stay besides.
        text: the column of `on` that is the text.
        runs: where the runs of recipes are kept.
        watch: told how far it has come.

    Raises:
        SubjectError: there is no such tokenizer, or the text needs more tokens than `size`.
        CorpusError: the text cannot be read.
        StoreError: `out` cannot be written.
        WrappingError: what was written does not load to the same ids, or a document has others.
    """
    store.refuse_foreign(out)
    found = find(name, runs=runs)
    subject = found.subject
    state = state_of(found)
    corpus = named_corpus(on, text)
    documents, counts = _counted(subject, corpus, watch)
    if not counts.any():
        raise CorpusError(f"{', '.join(on)}: holds no text that takes tokens")
    numbers = reshaping.ids(state)
    counted = {token for token, number in numbers.items() if counts[number]}
    used = counted | {str(subject.tokenizer.id_to_token(number)) for number in subject.special}
    tried = set(_tried(state, corpus, subject, watch))
    least = reshaping.needed(state, used | tried)
    if size is not None and len(least) > size:
        raise SubjectError(
            f"{name}: that text needs {len(least):,} of its tokens, {len(counted):,} that it takes "
            f"and what these are made of: ask for {len(least):,} or more, or leave out --keep-size"
        )
    kept = least if size is None else reshaping.needed(state, used | tried, size)
    made = reshaping.renumbered(state, kept)
    smaller = encoding.subject(subject.name, json.dumps(made.state), subject.name)
    old_ids = np.array(made.old_ids, np.int64)
    _same(subject, smaller, old_ids, corpus, watch)
    proving = documents_of(corpus, "all", "proving", watch)
    with store.new_folder(out) as part:
        proof, notes = resaved(name, found, smaller.tokenizer, proving, part)
        said = {"old": reshaping.next_id(state), "new": len(kept), "old_ids": old_ids.tolist()}
        store.write_json(part / MAPPING, said)
        value = Smaller(
            name=subject.name,
            folder=out,
            model=state["model"]["type"],
            sizes=(reshaping.next_id(state), len(kept)),
            used=len(counted),
            needed=len(least) - len(counted),
            filled=len(kept) - len(least),
            on=", ".join(on),
            documents=documents,
            tokens=int(counts.sum()),
            mapping=out / MAPPING,
            proof=proof,
            notes=(*subject.notes, *notes),
        )
        write_manifest(
            part, "pruned", found, {"on": value.on, "sizes": value.sizes, "used": value.used}
        )
    return value


def _counted(subject: Subject, corpus: Corpus, watch: Watch) -> "tuple[int, NDArray[np.int64]]":
    """The number of documents, and how often each id is in them."""
    size = 1 + max(subject.tokenizer.get_vocab(with_added_tokens=True).values())
    counts, seen = np.zeros(size, np.int64), 0
    for documents, (made,) in side_by_side((subject,), corpus, "all", "encoding", watch):
        seen += len(documents)
        counts += np.bincount(made.flat, minlength=size)
    return seen, counts


def _tried(state: dict[str, Any], corpus: Corpus, subject: Subject, watch: Watch) -> Iterator[str]:
    """The pieces that WordPiece takes of words before it finds that it cannot go on.

    Without them another way through such a word might be found.
    """
    if state["model"]["type"] != "WordPiece":
        return
    matching = reshaping.Matching(state["model"])
    words = counting.count(corpus, subject.tokenizer, split="all", max_word_chars=None, watch=watch)
    strings: Any = words.words.to_pylist()
    for word in strings:
        pieces, whole = matching.pieces(word)
        if not whole:
            yield from pieces


def _same(
    old: Subject, new: Subject, old_ids: "NDArray[np.int64]", corpus: Corpus, watch: Watch
) -> None:
    """Raise where a document has other tokens than before."""
    both = old, new
    for documents, (first, second) in side_by_side(both, corpus, "all", "comparing", watch):
        mapped = second._replace(flat=old_ids[second.flat].astype(np.int32))
        for at in differing_documents(first, mapped)[:1].tolist():
            raise WrappingError(
                f"{old.name}: {documents[at].as_py()[:_SHOWN]!r} would have other tokens than "
                "before; please report this"
            )
