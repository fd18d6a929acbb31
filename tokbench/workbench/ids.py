"""A corpus as ids in files: encoded, resumed after a kill, read back and proven."""

import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench import corpus as corpora
from tokbench import encoding, store, writing
from tokbench.encoding import Ids, Subject
from tokbench.encoding.encode import DIFFERED
from tokbench.errors import CorpusError, StoreError, SubjectError
from tokbench.recipe import load
from tokbench.values import Layout, Split, Watch, Written, ignore
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.find import find
from tokbench.workbench.plan import RUNS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

SAFE_EVERY = 32_000_000
"""Ids between two checkpoints, which end a part of a table."""
_SAMPLE, _SAMPLE_LENGTH = 64, 20_000
_AHEAD = 2


def encode_corpus(
    name: str,
    on: Sequence[str],
    out: Path,
    layout: Layout,
    *,
    split: Split = "all",
    text: str | None = None,
    overrides: Sequence[str] = (),
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Written:
    """Write the ids of all documents of a corpus.

    Args:
        name: of the tokenizer, as for `compare`.
        on: a recipe, whose corpus it is, or files, or the name of a built-in source.
        out: the folder to fill; one that tokbench wrote is replaced.
        layout: how.
        split: which documents, where the corpus is a recipe's.
        text: the column that is the text, of files that have some.
        overrides: `key.path=value` assignments for the recipe.
        runs: where the runs of recipes are kept.
        watch: told how far it has come.

    Raises:
        SubjectError: the tokenizer cannot be loaded, or cannot encode a document.
        CorpusError: the corpus cannot be read.
        StoreError: `out` cannot be written.
    """
    _refuse_tokenizer(out)
    subject = find(name, runs=runs).subject
    corpus = _corpus(on, text, overrides)
    end = _end(subject, layout)
    size = subject.tokenizer.get_vocab_size()
    meant = store.signature(
        subject.state, corpus.identity(), split, asdict(layout), version("tokenizers")
    )
    dtype = writing.id_type(size)
    with store.continued_folder(out, meant) as (folder, noted):
        asked = _Asked(subject, corpus, split, layout, end, watch)
        try:
            work = _write(asked, folder, noted, chunks=True)
        except encoding.Differs:
            noted.unlink(missing_ok=True)
            work = _write(asked, folder, noted, chunks=False)
        returned = _proven(asked, work, folder, dtype)
        made = Written(
            folder=out,
            tokenizer=subject.name,
            layout=layout,
            dtype=dtype.str,
            documents=work.documents,
            rows=work.rows,
            tokens=work.tokens,
            bytes=work.bytes,
            by="documents" if work.why else "chunks",
            why=work.why,
            sampled=len(work.sample),
            returned=returned,
            signature=meant,
            resumed=work.resumed,
        )
        store.write_json(folder / store.MANIFEST, _manifest(made, corpus, split, folder))
    return made


@dataclass(frozen=True)
class _Asked:
    """What is to be encoded, and how."""

    subject: Subject
    corpus: corpora.OpenCorpus
    split: Split
    layout: Layout
    end: int | None
    watch: Watch


@dataclass
class _Done:
    """How far an encoding has come; `sample` has where a document's ids begin, and its text."""

    documents: int = 0
    rows: int = 0
    tokens: int = 0
    bytes: int = 0
    sample: list[tuple[int, str]] = field(default_factory=list)
    every: int = 1
    why: str = ""
    resumed: bool = False

    def look(self, texts: "pa.LargeStringArray", ids: Ids) -> None:
        """Remember some documents of a batch, the fewer the more there were."""
        for number in range(self.documents % self.every, len(texts), self.every):
            text, start = str(texts[number]), int(ids.lengths[:number].sum())
            if len(text) <= _SAMPLE_LENGTH or not self.sample:
                self.sample.append((self.tokens + start, text))
            if len(self.sample) > _SAMPLE:
                self.sample, self.every = self.sample[::2], 2 * self.every
                break


def _write(asked: _Asked, folder: Path, noted: Path, *, chunks: bool) -> _Done:
    """Fill the folder, from where an earlier attempt came to."""
    state = _state(noted, chunks=chunks)
    done = _Done(**state["done"]) if state else _Done()
    layout, size = asked.layout, asked.subject.tokenizer.get_vocab_size()
    encoder = encoding.Encoder(asked.subject, special=layout.special, chunks=chunks)
    done.why = encoder.why if chunks else DIFFERED
    done.resumed = bool(state)
    rows = writing.Rows(layout.pack, state["rest"] if state else None)
    safe = done.tokens
    batches = asked.corpus.resumed(asked.split, state and state["place"], asked.watch)
    writer = writing.writer(layout.format, folder, size, state and state["writer"])
    with closing(writer), closing(_ahead(batches)) as ahead:
        for batch, place in ahead:
            texts = batch.column("text")
            ids = _ended(encoder.encode(texts), asked.end)
            done.look(texts, ids)
            done.documents += len(texts)
            done.tokens += len(ids.flat)
            done.bytes += encoding.bytes_of(texts)
            done.rows += _put(writer, rows.of(*ids))
            if place is not None and done.tokens - safe >= SAFE_EVERY:
                safe = done.tokens
                kept = {"place": place(), "rest": rows.rest.tolist(), "writer": writer.checkpoint()}
                store.write_json(noted, {**kept, "done": asdict(done), "chunks": chunks})
        done.rows += _put(writer, rows.last())
    if not done.documents:
        raise CorpusError(f"{', '.join(asked.corpus.sources)}: there are no documents to encode")
    return done


def _put(writer: writing.Writer, rows: "tuple[NDArray[Any], NDArray[np.int64]]") -> int:
    """Write some rows, if there are any; how many."""
    if len(rows[1]):
        writer.write(*rows)
    return len(rows[1])


def _state(noted: Path, *, chunks: bool) -> dict[str, Any] | None:
    """What an earlier attempt noted, None where it did not, or went another way."""
    if not noted.exists():
        return None
    try:
        found: dict[str, Any] = store.read_json(noted)
    except StoreError:
        return None  # what it had written is written again
    return found if found["chunks"] == chunks else None


def _ended(ids: Ids, end: int | None) -> Ids:
    """The same with a token behind every document."""
    if end is None:
        return ids
    lengths = ids.lengths + 1
    made = Ids(np.full(int(lengths.sum()), end, np.int32), lengths)
    own = np.ones(len(made.flat), np.bool_)
    own[made.bounds[1:] - 1] = False
    made.flat[own] = ids.flat
    return made


def _ahead(batches: Iterator[Any]) -> Generator[Any]:
    """The same, read in a thread of its own while others are encoded."""
    waiting: queue.Queue[Any] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def read() -> None:
        last: Any = None
        try:
            for one in batches:
                waiting.put((one, None))
                if stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            last = error
        waiting.put((None, last))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while True:
            one, error = waiting.get()
            if error is not None:
                raise error
            if one is None:
                return
            yield one
    finally:
        stopped.set()
        while reader.is_alive():
            with suppress(queue.Empty):
                waiting.get(timeout=0.05)


def _proven(asked: _Asked, work: _Done, folder: Path, dtype: "np.dtype[Any]") -> int:
    """Read everything back: as many ids and rows as were written, those of the sample the same.

    Returns:
        How many documents of the sample decode to their text, or to its normalized form.
    """
    layout, tokenizer = asked.layout, asked.subject.tokenizer
    wanted = [(start, _again(asked, text)) for start, text in work.sample]
    found: list[list[int]] = [[] for _ in wanted]
    tokens = rows = 0
    for flat, lengths in writing.blocks(folder, dtype):
        for place, (start, ids) in enumerate(wanted):
            if start < tokens + len(flat) and start + len(ids) > tokens:
                found[place] += flat[max(0, start - tokens) : start + len(ids) - tokens].tolist()
        tokens += len(flat)
        rows += len(lengths)
    wrong = [place for place, (_, ids) in enumerate(wanted) if found[place] != ids]
    if (tokens, rows) != (work.tokens, work.rows) or wrong:
        raise StoreError(
            f"{asked.subject.name}: what was written is not what was encoded "
            f"({tokens:,} of {work.tokens:,} ids, {rows:,} of {work.rows:,} rows, "
            f"{len(wrong)} of {len(wanted)} documents of the sample differ); nothing was kept: "
            "run it again, and report it if that does not help"
        )
    plain = asked if not layout.special else replace(asked, layout=replace(layout, special=False))
    normalizer: Any = tokenizer.normalizer
    returned = 0
    for _, text in work.sample:
        back = tokenizer.decode(_again(replace(plain, end=None), text), skip_special_tokens=False)
        returned += back == text or (normalizer and back == normalizer.normalize_str(text)) or False
    return returned


def _again(asked: _Asked, text: str) -> list[int]:
    """The ids of one document, encoded whole."""
    encoded = asked.subject.tokenizer.encode(text, add_special_tokens=asked.layout.special)
    return [*encoded.ids, *([] if asked.end is None else [asked.end])]


def _refuse_tokenizer(out: Path) -> None:
    """Raise where a trained tokenizer would be replaced by ids."""
    if (out / "tokenizer.json").exists():
        raise StoreError(f"{out}: holds a tokenizer, no ids; name another --out")


def _corpus(on: Sequence[str], text: str | None, overrides: Sequence[str]) -> corpora.OpenCorpus:
    if len(on) == 1 and Path(on[0]).suffix in (".yaml", ".yml"):
        recipe = load(on[0], overrides)
        return corpora.open(recipe.corpus, recipe.base)
    return named_corpus(on, text)


def _end(subject: Subject, layout: Layout) -> int | None:
    if layout.end is None:
        return None
    found = subject.tokenizer.token_to_id(layout.end)
    if found is None:
        raise SubjectError(f"{subject.name}: has no token {layout.end!r} to end documents with")
    return int(found)


def _manifest(
    made: Written, corpus: corpora.OpenCorpus, split: Split, folder: Path
) -> dict[str, Any]:
    said = asdict(made)
    del said["folder"], said["resumed"]
    return {
        **said,
        "corpus": {"sources": list(corpus.sources), "identity": corpus.identity(), "split": split},
        "versions": {name: version(name) for name in ("tokbench", "tokenizers")},
        "files": {one.name: one.stat().st_size for one in sorted(folder.iterdir())},
    }
