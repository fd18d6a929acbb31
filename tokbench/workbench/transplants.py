"""Give a checkpoint another tokenizer's vocabulary, and say how much of it that knew."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from tokbench import encoding, store
from tokbench.child import ChildError, run_in_child
from tokbench.downstream import extra
from tokbench.downstream.transplanting.folder import Job, Made, transplant
from tokbench.downstream.transplanting.tables import Otherwise
from tokbench.encoding import Subject
from tokbench.errors import TokbenchError
from tokbench.values import SOURCES, Progress, Source, Transplanted, Watch, ignore
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.entrants import checkpoint_folder, own_tokenizer
from tokbench.workbench.find import Found, find
from tokbench.workbench.outcomes import config_of
from tokbench.workbench.plan import RUNS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}
_SHOWN = 4


def transplanted(
    checkpoint: str,
    name: str,
    out: Path,
    *,
    otherwise: Otherwise = "mean",
    seed: int = 0,
    multiple: int = 1,
    on: Sequence[str] = (),
    text: str | None = None,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Transplanted:
    """Write a model folder in which a checkpoint speaks a tokenizer's vocabulary.

    Args:
        checkpoint: a folder, or a name on the Hub.
        name: of the tokenizer, as for `compare`.
        out: the folder to fill; one that tokbench wrote is replaced.
        otherwise: how rows are made of tokens that the old tokenizer has nothing for.
        seed: of random rows.
        multiple: of which the number of rows shall be one.
        on: texts whose tokens are counted by where their rows come from.
        text: the column of these that is the text.
        runs: where the runs of recipes are kept.
        watch: told how far it has come.

    Raises:
        SubjectError: the checkpoint or a tokenizer cannot be read, or they share nothing.
        StoreError: `out` cannot be written.
        TokbenchError: the extra is missing, or what was written does not load.
    """
    extra.require("torch", "transformers")
    store.refuse_foreign(out)
    folder = checkpoint_folder(checkpoint)
    old, new = own_tokenizer(folder), find(name, runs=runs)
    counted = _counted(new.subject, on, text, watch) if on else None
    job = Job(folder, _told(old), _told(new), new.subject.name, otherwise, seed, multiple)
    meant = store.signature(
        store.digests(folder), job.new, otherwise, seed, multiple, version("tokbench")
    )
    watch(Progress(f"{checkpoint} to {new.subject.name}", 0, None, "tokens"))
    with store.new_folder(out) as part:
        try:
            made: Made = run_in_child(transplant, job, part, environment=_QUIET)
        except ChildError as error:
            raise TokbenchError(f"{checkpoint}: cannot be transplanted: {error.last}") from error
        except TokbenchError as error:
            raise type(error)(str(error).replace(str(part), str(out))) from error
        value = _value(checkpoint, made, job, out, meant, counted, ", ".join(on))
        _write_manifest(part, value)
    return value


def _told(found: Found) -> tuple[str, Mapping[str, object]]:
    return found.subject.state, config_of(found) or {}


def _counted(
    subject: Subject, on: Sequence[str], text: str | None, watch: Watch
) -> "dict[str, int]":
    """How often each token is in a text."""
    counts: NDArray[np.int64] = np.zeros(subject.tokenizer.get_vocab_size() + 1, np.int64)
    encoder = encoding.Encoder(subject, special=False, chunks=False)
    for batch in named_corpus(on, text).batches("all", watch=watch):
        found = np.bincount(
            encoder.encode(cast("pa.LargeStringArray", batch.column("text"))).flat,
            minlength=len(counts),
        )
        counts = np.pad(counts, (0, max(0, len(found) - len(counts)))) + found
    every = subject.tokenizer.get_vocab(with_added_tokens=True)
    return {token: int(counts[number]) for token, number in every.items()}


def _value(
    checkpoint: str,
    made: Made,
    job: Job,
    out: Path,
    meant: str,
    counted: "dict[str, int] | None",
    on: str,
) -> Transplanted:
    old, new = made.tokens
    plan = made.plan
    examples: dict[Source, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    for source in SOURCES:
        some = plan.of(source)
        random.Random(0).shuffle(some)  # noqa: S311 - examples, no secrets
        examples[source] = tuple(
            (new[number], tuple(old[one] for one in plan.rows[number][1]))
            for number in some[:_SHOWN]
        )
    shares: dict[Source, float] = {}
    if counted is not None:
        total = sum(counted.values())
        shares = {
            source: sum(counted[new[one]] for one in plan.of(source) if new[one] in counted)
            / max(total, 1)
            for source in SOURCES
        }
    return Transplanted(
        checkpoint=checkpoint,
        tokenizer=job.name,
        folder=out,
        architecture=made.architecture,
        rows=made.rows,
        tables=made.tables,
        untouched=made.untouched,
        otherwise=job.otherwise,
        sources={source: len(plan.of(source)) for source in SOURCES},
        examples=examples,
        shares=shares,
        on=on,
        longest=made.longest,
        notes=made.notes,
        signature=meant,
    )


def _write_manifest(folder: Path, value: Transplanted) -> None:
    said = asdict(value)
    del said["folder"]
    said["versions"] = {n: version(n) for n in ("tokbench", "torch", "transformers", "tokenizers")}
    store.write_json(folder / store.MANIFEST, {**said, "files": store.digests(folder)})
