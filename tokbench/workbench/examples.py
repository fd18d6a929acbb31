"""From a task to its examples: sources read, labels numbered, splits made, all known by a hash.

What a row says is gathered as an `Example`; splits are made of these, then `labelling` numbers
what they are labelled with, and tables are made.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokbench import corpus as corpora
from tokbench import store
from tokbench.corpus import STEPS, CorpusSpec, SourceSpec
from tokbench.corpus.texts import TextFields
from tokbench.downstream.pieces import CONTEXT, pieces
from tokbench.errors import CorpusError
from tokbench.recipe.tasks import TaskSpec, problems
from tokbench.values import TaskData, Watch, ignore
from tokbench.workbench import labelling
from tokbench.workbench.labelling import Example, Labelling

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "valid", "test")
_FORMAT = 1
"""Goes up when other examples are made of the same rows."""
_SEEDS = {"test": 8_000_000_011, "valid": 8_000_000_017, "train": 8_000_000_033}
"""Of the hash that chooses a split, or what a `limit` leaves of train; not 0, by which corpora
hold documents out."""
_SEPARATOR = "\x1f"


def examples(spec: TaskSpec, base: Path, watch: Watch = ignore) -> TaskData:
    """Read the examples of a task.

    Args:
        spec: where they are and what they mean.
        base: the folder that relative paths start from, of a task that no file of its own says.
        watch: told while sources are read.

    Raises:
        CorpusError: a source cannot be read, a label is not what the task says, or a split has no
            examples.
    """
    for problem in problems(spec):
        raise CorpusError(f"{spec.name}: {'.'.join(map(str, problem.path))}: {problem.message}")
    spec, base = spec.here(), spec.base(base)
    notes: list[str] = []
    found: dict[str, list[Example]] = {}
    for split in SPLITS:
        source = getattr(spec, split)
        if isinstance(source, SourceSpec):
            found[split] = list(_read(spec, split, source, base, notes, watch))
    given = len(found["train"])
    for split in ("test", "valid"):
        part = getattr(spec, split)
        if split not in found:
            found[split], found["train"] = _parted(found["train"], split, part, given)
            notes.append(_said(split, part, len(found[split]), given))
    _refuse_taken(spec, found, given)
    _refuse_empty(spec, found)
    _limit(spec.limit, found, notes)
    labels = Labelling.of(spec, found, notes)
    kept = {split: labels.known(split, found[split], notes) for split in SPLITS}
    _refuse_empty(spec, kept)
    _leaks(spec, kept, notes)
    tables = {split: _table(spec, rows, labels) for split, rows in kept.items()}
    metrics = labels.metrics()
    unit = spec.of_what if spec.kind == "tokens" else ""
    said = [_FORMAT, spec.kind, unit, labels.names, metrics]
    fingerprint = _fingerprint(said, tables)
    return TaskData(
        spec.name, spec.kind, labels.names, metrics, **tables,
        unit=unit, fingerprint=fingerprint, notes=tuple(notes),
    )  # fmt: skip


def _read(
    spec: TaskSpec, split: str, source: SourceSpec, base: Path, notes: list[str], watch: Watch
) -> Iterator[Example]:
    """The examples of a source, without those that lack a text or a label."""
    opened = corpora.open(CorpusSpec(sources=(_source(spec, source),), held_out=0.0), base)
    columns = [column for column in (spec.pair, spec.words, _label(spec)) if column is not None]
    ledger, lacking, number = corpora.Ledger(), Counter[str](), 0
    for batch in opened.batches("all", watch, columns, ledger):
        for text, pair, words, label in _rows(spec, batch):
            number += 1
            said = "" if pair is None else labelling.key(pair)
            row = Example(text, said, (), None, opened.sources[0], number)
            if lacks := _lacks(spec, pair, words, label):
                lacking[lacks] += 1
            else:
                yield _whole(spec, row, words, label)
    account = ledger.sources[0]
    notes += [f"{split}: {note}." for note in account.read.notes]
    changed = sum(step.changed for step in account.steps)
    if changed and spec.kind == "tokens":
        what = f"its steps change the text of {changed:,} examples"
        if spec.words is None:
            advice = "whose labels count characters as they were; leave those steps out"
            raise CorpusError(f"{opened.sources[0]}: {what}, {advice}")
        notes.append(f"{split}: {what}; the words that have labels stay as they are.")
    if dropped := account.steps[0].dropped:
        lacking["a text"] = dropped
    if gone := lacking.total():
        reasons = ", ".join(f"{count:,} without {what}" for what, count in lacking.items())
        rows = f"{gone:,} of {number + dropped:,} rows"
        notes.append(f"{split}: {rows} {'was' if gone == 1 else 'were'} left out: {reasons}.")


def _source(spec: TaskSpec, source: SourceSpec) -> SourceSpec:
    """The source as a task reads it.

    Rows without a text are left out and counted, where a corpus would refuse them. Where nothing
    else is the text, the words are.
    """
    steps = (STEPS["drop_empty"](type="drop_empty"), *source.steps)
    changed: dict[str, Any] = {"steps": steps}
    if spec.words and isinstance(source, TextFields) and source.text == "text":
        if not source.holds_lists:
            changed["words"] = spec.words
        if spec.of_what == "characters":
            changed["joined_by"] = ""
    return source.model_copy(update=changed)


def _rows(spec: TaskSpec, batch: "pa.RecordBatch") -> Iterator[tuple[str, Any, Any, Any]]:
    """Text, second sentence, words and label of each row, as Python has them."""
    nothing = [None] * len(batch)
    columns = [
        nothing if name is None else batch.column(name).to_pylist()
        for name in ("text", spec.pair, spec.words, _label(spec))
    ]
    yield from zip(*columns, strict=True)


def _lacks(spec: TaskSpec, pair: Any, words: Any, label: Any) -> str:
    """What a row would need to be an example; nothing for one that is."""
    if spec.pair and (pair is None or not str(pair).strip()):
        return "a second sentence"
    if spec.words and words in (None, "", "[]", []):
        return "words"
    return "a label" if spec.labelled and (label is None or label == "") else ""


def _label(spec: TaskSpec) -> str | None:
    """The column of the label, where there is one."""
    return spec.label if spec.labelled else None


def _whole(spec: TaskSpec, row: Example, words: Any, label: Any) -> Example:
    """The example with its words and its label."""
    if spec.words:
        found = labelling.words(words, row, spec.words)
        text = "".join(found) if spec.of_what == "characters" else row.text
        row = row._replace(words=found, text=text)
    return row._replace(label=labelling.read(spec, label, row)) if spec.labelled else row


def _key(example: Example) -> str:
    """What makes an example the same as another, whatever its label."""
    return _SEPARATOR.join(example.words or (example.text, example.pair))


def _first(example: Example) -> Example:
    """Without the second sentence.

    Who has learned what two hypotheses are to a premise can guess what the third one is: pairs with
    one first sentence are no examples of their own.
    """
    return example._replace(pair="")


def _parted(
    rows: list[Example], split: str, part: float, of: int
) -> tuple[list[Example], list[Example]]:
    """The examples of a split, and what is left; those of one text or first sentence stay together.

    Args:
        rows: what the split is taken from.
        split: chooses the hash.
        part: a share, or an integer: so many examples, and the copies of the last.
        of: how many examples it is a share of.
    """
    import xxhash  # noqa: PLC0415 - only who reads examples needs it

    seed = _SEEDS[split]
    hashes = [xxhash.xxh3_64_intdigest(_key(_first(row)).encode(), seed) for row in rows]
    if isinstance(part, int):
        last = sorted(hashes)[min(part, len(rows)) - 1] if rows else 0
    else:
        last = int(2**64 * min(part * of / max(len(rows), 1), 1)) - 1
    halves: tuple[list[Example], list[Example]] = ([], [])
    for row, place in zip(rows, hashes, strict=True):
        halves[place > last].append(row)
    return halves


def _said(split: str, part: float, taken: int, of: int) -> str:
    wanted = f"{part:g}" if isinstance(part, float) else f"{part:,}"
    return f"{split} is {taken:,} of the {of:,} examples of train, by hash ({wanted} asked for)."


def _limit(limit: int | None, found: dict[str, list[Example]], notes: list[str]) -> None:
    """Train on so many examples; those of a smaller limit are among those of a larger one."""
    rows = found["train"]
    if limit is None or limit >= len(rows):
        return
    some, _ = _parted(rows, "train", limit, len(rows))
    found["train"] = some
    notes.append(
        f"train is {len(some):,} of its {len(rows):,} examples, by hash (limit {limit:,})."
    )


def _refuse_taken(spec: TaskSpec, found: dict[str, list[Example]], given: int) -> None:
    """Refuse parts of the training examples that leave none."""
    if not given or found["train"]:
        return
    parts = [
        split for split in ("test", "valid") if not isinstance(getattr(spec, split), SourceSpec)
    ]
    took = " and ".join(f"{split} ({len(found[split]):,})" for split in parts)
    take = "takes" if len(parts) == 1 else "take"
    raise CorpusError(
        f"{spec.name}: {took} {take} all of the {given:,} training examples; ask for less"
    )


def _refuse_empty(spec: TaskSpec, found: dict[str, list[Example]]) -> None:
    for split in SPLITS:
        if found[split]:
            continue
        part = getattr(spec, split)
        advice = f"{part} of the training examples are none; give a larger part, or a source"
        if isinstance(part, SourceSpec):
            advice = "look at its source, its steps and its label column"
        raise CorpusError(f"{spec.name}: the {split} split has no examples; {advice}")


def _leaks(spec: TaskSpec, found: dict[str, list[Example]], notes: list[str]) -> None:
    """Note how many examples of the test split, or sentences of pairs, can be known by heart."""
    train, test = found["train"], found["test"]
    known = {_key(row) for row in train}
    rest = [row for row in test if _key(row) not in known]
    if seen := len(test) - len(rest):
        are = "is" if seen == 1 else "are"
        notes.append(f"{_part_of_test(seen, len(test))} {are} in train too, text by text.")
    if spec.pair:
        sentences = {sentence for row in train for sentence in (row.text, row.pair)}
        shared = sum(not sentences.isdisjoint((row.text, row.pair)) for row in rest)
        if shared:
            have = "has" if shared == 1 else "have"
            more = " more" if seen else ""
            said = (
                f"{_part_of_test(shared, len(test), more)} {have} a sentence in common with train"
            )
            notes.append(f"{said}, in another pair.")


def _part_of_test(count: int, of: int, more: str = "") -> str:
    return f"{count:,}{more} example{'' if count == 1 else 's'} of test ({count / of:.1%})"


def _table(spec: TaskSpec, rows: Sequence[Example], labels: Labelling) -> "pa.Table":
    """The examples with their labels as numbers; of language models the pieces of documents."""
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    columns: dict[str, pa.Array[Any]] = {}
    if not spec.labelled:
        cut = [list(pieces(row.text, spec.context_bytes or CONTEXT)) for row in rows]
        columns["text"] = _texts(chain.from_iterable(cut))
        columns["document"] = labelling.repeated([len(some) for some in cut])
        return pa.table(columns)
    if spec.kind == "tokens" and spec.of_what == "words":
        words = _texts(word for row in rows for word in row.words)
        columns["words"] = labelling.lists(words, [len(row.words) for row in rows])
    else:
        columns["text"] = _texts([row.text for row in rows])
    if spec.pair:
        columns["pair"] = _texts([row.pair for row in rows])
    columns["label"] = labels.column(rows)
    return pa.table(columns)


def _texts(texts: Iterable[str]) -> "pa.Array[Any]":
    from tokbench.corpus.documents import array_of  # noqa: PLC0415 - pyarrow is slow to import

    return array_of([text.encode() for text in texts])


def _fingerprint(said: list[Any], tables: "dict[str, pa.Table]") -> str:
    """What the examples are known by: all values in their order."""
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import
    import xxhash  # noqa: PLC0415 - only who reads examples needs it

    digests = []
    for split, table in tables.items():
        for name in table.column_names:
            digest = xxhash.xxh3_128()
            column = table.column(name).combine_chunks()
            if isinstance(column, pa.ListArray):
                digest.update(memoryview(column.buffers()[1] or b""))
                column = column.values
            for buffer in column.buffers()[1:]:
                digest.update(b"" if buffer is None else memoryview(buffer))
            digests.append([split, name, len(table), digest.hexdigest()])
    return store.signature(*said, digests)
