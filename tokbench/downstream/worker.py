"""The child process: every seed of one tokenizer on one task.

All that is finished lies in the job's folder, each seed whole or not at all; a training that was
killed goes on from its last checkpoint in `work/` and gives what it would have given.
"""

import math
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from tokenizers import Tokenizer

from tokbench.downstream import bodies, extra, kinds, outcomes, processes
from tokbench.downstream.bench import MODEL, WORK, Bench, Job, opened
from tokbench.downstream.outcomes import Run
from tokbench.values import Outcome, SeedOutcome, Watch


def work(job: Job, watch: Watch) -> Outcome:
    """Train what is not done yet, and give all of it."""
    from tokbench.downstream.seed import Seed  # noqa: PLC0415 - it imports transformers

    extra.require()
    bench = opened(job, watch)
    done: list[SeedOutcome] = []
    where: list[dict[str, Any]] = []

    def outcome(run: Run) -> SeedOutcome:
        known = processes.gathered(
            outcomes.kept(job.out, job.signature, run) if processes.first() else None
        )[0]
        if known is None:
            known = Seed(bench, run, tuple(done)).train(), bench.machine.told()
        done.append(known[0])
        where.append(known[1])
        return known[0]

    tried = [outcome(Run(0, rate)) for rate in job.spec.learning_rates]
    chosen = outcomes.best(tried, bench.metric)
    where[:] = [where[tried.index(chosen)]]
    others = [outcome(Run(seed, chosen.learning_rate)) for seed in range(1, job.spec.seeds)]
    if processes.first():
        shutil.rmtree(job.out / WORK, ignore_errors=True)
    return _outcome(bench, (chosen, *others), tried, where)


def _outcome(
    bench: Bench,
    seeds: tuple[SeedOutcome, ...],
    tried: list[SeedOutcome],
    where: list[dict[str, Any]],
) -> Outcome:
    job = bench.job
    parameters = bodies.Parameters.of(bench.model(0))
    test = bench.rows["test"]
    model = job.out / MODEL
    several = len(job.spec.learning_rates) > 1
    return Outcome(
        tokenizer=job.name,
        task=job.data.name,
        seeds=seeds,
        vocabulary=bench.tokenizer.rows,
        body=parameters.body,
        head=parameters.head,
        embeddings=parameters.embeddings,
        tried=tuple((one.learning_rate, one.valid[bench.metric]) for one in tried if several),
        truncated=bench.truncated,
        cut_spans=bench.judges["test"].cut_spans(),
        ceiling=bench.judges["test"].ceiling(),
        tokens_per_example=sum(test.lengths) / max(len(test), 1),
        **where[-1],
        static=bench.machine.static,
        signature=job.signature,
        model=str(model) if model.is_dir() else "",
        notes=(
            *_head(bench),
            *bench.tokenizer.notes,
            *_empty(bench),
            *bench.judges["test"].notes(),
            *_notes(seeds, where),
        ),
        lost=bench.judges["test"].lost(),
        continuations=kinds.of(job.data).continuations(model, job.data) if model.is_dir() else (),
    )


def _head(bench: Bench) -> Iterator[str]:
    """What is new in models that go on from a checkpoint."""
    if bench.pretrained is not None:
        yield bench.pretrained.head(bench.job.data.kind, bench.job.data.labels)


def _empty(bench: Bench) -> Iterator[str]:
    """That of some examples a model sees nothing."""
    tokenizer = Tokenizer.from_file(str(bench.tokenizer.folder / "tokenizer.json"))
    special = tokenizer.num_special_tokens_to_add(bench.job.data.pair)
    lengths = [length for rows in bench.rows.values() for length in rows.lengths]
    if nothing := sum(length <= special for length in lengths):
        yield (
            f"{nothing:,} of {len(lengths):,} examples have no token of their own: "
            "its models see nothing of them"
        )


def _notes(seeds: Sequence[SeedOutcome], where: Sequence[dict[str, Any]]) -> list[str]:
    """What users should know of how training went."""
    notes = []
    lost = [str(one.seed) for one in seeds if not math.isfinite(one.loss)]
    if lost:
        notes.append(
            f"the training of seed {', '.join(lost)} diverged (its loss is not a number): "
            "use a lower learning rate"
        )
    if any(one != where[0] for one in where):
        notes.append(
            "its seeds were not all trained on the same device with as many threads and "
            "processes, which changes scores a little"
        )
    return notes
