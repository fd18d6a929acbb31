"""Where two tokenizers cut a text otherwise."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokbench.encoding import differing
from tokbench.errors import SubjectError
from tokbench.values import Corpus, Differing, Progress, Watch, ignore, texts
from tokbench.workbench.comparisons import distinct, named_corpus
from tokbench.workbench.find import find
from tokbench.workbench.plan import RUNS

MOST = 20_000_000
"""Bytes that are read unless more are asked for."""


def diff(
    first: str,
    second: str,
    *,
    on: Sequence[str] = (),
    text: str | None = None,
    limit: int = MOST,
    top: int = 10,
    runs: Path = RUNS,
    overrides: Sequence[str] = (),
    watch: Watch = ignore,
) -> Differing:
    """Put two tokenizers' cuts of a text side by side.

    Args:
        first: a run, a recipe that was run, a folder, a file or a Hub name.
        second: another.
        on: the text, as `bench` takes it; none for what the first, else the second, holds out.
        text: the column of the text.
        limit: bytes to read at most, from the first document on.
        top: how many differences are kept of each kind.
        runs: where the runs of recipes are kept.
        overrides: `key.path=value` assignments that recipes among the two were run with.
        watch: told how far it has come.

    Raises:
        SubjectError: one cannot be found, or none holds out text and none is named.
        CorpusError: the text cannot be read.
    """
    found = [find(name, runs=runs, overrides=overrides) for name in (first, second)]
    one, two = distinct([each.subject for each in found])
    if on:
        corpus: Corpus = named_corpus(on, text)
        split = "all"
    else:
        of = next((each for each in found if each.manifest), None)
        if of is None:
            raise SubjectError(
                f"neither {first} nor {second} holds out text of its own; name a text with --on"
            )
        corpus, split = of.corpus(), "held_out"
    documents = _documents(corpus, split, limit, watch)
    made = differing(one, two, documents, top=top)
    if not made.documents:
        raise SubjectError("there is no document to compare on; name a text with --on")
    return made


def _documents(corpus: Corpus, split: str, limit: int, watch: Watch) -> Iterator[str]:
    """Documents until there are so many bytes."""
    read = 0
    for batch in corpus.batches(split):  # type: ignore[arg-type] # one of the two above
        for document in texts(batch):
            yield document
            read += len(document.encode())
            watch(Progress("comparing", read, limit, "bytes"))
            if read >= limit:
                return
