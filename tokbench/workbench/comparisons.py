"""Measure tokenizers on the same documents and put them side by side."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import xxhash
from pydantic import TypeAdapter

from tokbench import corpus as corpora
from tokbench import encoding, metrics, store
from tokbench.downstream import correlations
from tokbench.encoding import Subject
from tokbench.errors import CorpusError, StoreError, SubjectError, nearest
from tokbench.metrics.resampling import RESAMPLES
from tokbench.recipe import Recipe, load_corpus
from tokbench.values import (
    Comparison,
    Corpus,
    Downstream,
    Split,
    Watch,
    ignore,
    texts,
)
from tokbench.workbench import outcomes
from tokbench.workbench.encodings import Beside, Text, inputs
from tokbench.workbench.find import RECIPES, Found, find, find_all
from tokbench.workbench.plan import RUNS, Plan
from tokbench.workbench.tables import parallel_text

COMPARISON = "comparison.json"
_AS_COMPARISON = TypeAdapter(Comparison)


def compare(
    names: Sequence[str],
    *,
    on: str | Sequence[str] = (),
    text: str | None = None,
    metric_names: Sequence[str] = (),
    baseline: str | None = None,
    beside: Beside | None = None,
    by: Sequence[str] = (),
    overrides: Sequence[str] = (),
    runs: Path = RUNS,
    force: bool = False,
    watch: Watch = ignore,
) -> Comparison:
    """Measure tokenizers on one text.

    Args:
        names: runs, recipes, folders, tokenizer.json files or Hub names; a recipe with a sweep
            stands for all its variants.
        on: files (or the name of a built-in source, or a YAML file of sources) to read whole;
            empty for the documents that the first run holds out.
        text: the column or field that is the text, for files that have some.
        metric_names: which metrics; empty for all.
        baseline: whom differences are to, by its name in the report or as it stands in `names`;
            None for the first.
        beside: what else to measure on.
        by: columns of the corpus, or "source", to break numbers down by.
        overrides: `key.path=value` assignments that the recipes among the names were run with.
        runs: where the runs of recipes are kept.
        force: encode anew, whatever the cache holds of these tokenizers and this text.
        watch: told how far it has come.

    Raises:
        SubjectError: a tokenizer cannot be loaded, or was trained on what it would be measured on.
        CorpusError: there is nothing to measure on.
    """
    if not names:
        raise ValueError("name at least one tokenizer")
    on = [on] if isinstance(on, str) else on
    meant = [find_all(name, runs=runs, overrides=overrides) for name in names]
    found = [one for some in meant for one in some]
    subjects = distinct([one.subject for one in found])
    corpus: Corpus
    if on:
        corpus, split = named_corpus(on, text), "all"
        said = ", ".join(corpus.sources)
    else:
        corpus, split = found[0].corpus(), "held_out"
        said = f"the documents held out by {found[0].subject.name}"
        for other in found[1:]:
            _refuse_trained_on(found[0], corpus, other)
    place = place_of(baseline, names, meant, subjects) if baseline is not None else 0
    made = measure(
        subjects,
        corpus,
        split,  # type: ignore[arg-type]
        said,
        metric_names,
        watch,
        place,
        beside,
        by,
        force=force,
    )
    names = [one.name for one in subjects]
    return with_models(made, outcomes.outcomes_of(found, names, baseline=place))


def with_models(made: Comparison, models: Downstream | None) -> Comparison:
    """A comparison with what models of its tokenizers learned, and how both go together."""
    if models is None:
        return made
    found = correlations(made.tokenizers, models)
    return replace(made, downstream=replace(models, correlations=found))


def place_of(
    baseline: str, names: Sequence[str], found: Sequence[Sequence[Found]], subjects: list[Subject]
) -> int:
    """The position of the tokenizer that a name means."""
    known = [one.name for one in subjects]
    if baseline in known:
        return known.index(baseline)
    if baseline in names:
        return sum(map(len, found[: names.index(baseline)]))
    raise SubjectError(
        f"{baseline}: is none of the tokenizers that are compared: {nearest(baseline, known)}"
    )


def of_run(
    plan: Plan, folder: Path, *, force: bool, watch: Watch
) -> tuple[Comparison | None, str, bool]:
    """A run against its baselines on its held-out split: made or found in its folder.

    Returns:
        The comparison (None where nothing is held out, then with the reason), and whether it had
        been made before.
    """
    spec = plan.recipe.benchmark
    own = find(str(folder))
    others = [find(name, runs=folder.parents[1], base=plan.recipe.base) for name in spec.baselines]
    for other in others:
        _refuse_trained_on(own, plan.corpus, other)
    subjects = distinct([own.subject, *(one.subject for one in others)])
    beside = given_beside(spec, plan.recipe.base)
    signature = store.signature(
        plan.signature, list(spec.metrics), [one.state for one in subjects], *_known_by(beside)
    )
    if not force and (kept := _kept(folder / COMPARISON, signature)):
        return kept, "", True
    try:
        made = measure(
            subjects,
            plan.corpus,
            "held_out",
            f"the documents held out by {plan.recipe.name}",
            spec.metrics,
            watch,
            beside=beside,
            repeat=_again(["run", str(plan.recipe.path)]),
            force=force,
        )
    except CorpusError as error:
        return None, str(error), False
    keep(folder / COMPARISON, signature, made)
    return made, "", False


def together(
    recipes: Sequence[Recipe],
    folders: Sequence[Path],
    *,
    runs: Path = RUNS,
    force: bool = False,
    watch: Watch = ignore,
) -> Comparison:
    """Runs side by side, with the baselines of their recipes, on what the first holds out.

    Variants of one sweep keep it in `runs/<family>/`, where it is found again.

    Args:
        recipes: what was run.
        folders: the run folder of each.
        runs: the folder of run folders.
        force: measure again even so.
        watch: told how far it has come.

    Raises:
        SubjectError: a baseline cannot be loaded, or one was trained on what it would be measured
            on.
        CorpusError: nothing is held out.
    """
    first, *others = own_and_baselines(recipes, folders, runs=runs)
    corpus = first.corpus()
    for other in others:
        _refuse_trained_on(first, corpus, other)
    asked = [one.benchmark.metrics for one in recipes]
    names = list(dict.fromkeys(name for some in asked for name in some)) if all(asked) else []
    subjects = distinct([first.subject, *(one.subject for one in others)])
    families = {one.family for one in recipes}
    path = runs / families.pop() / COMPARISON if len(families) == 1 else None
    given = next((one for one in recipes if one.benchmark.parallel), recipes[0])
    beside = given_beside(given.benchmark, given.base)
    states = [(one.name, one.state) for one in subjects]
    signature = store.signature(corpus.identity(), names, states, *_known_by(beside))
    if path and not force and (kept := _kept(path, signature)):
        return kept
    alike = path and all(one.corpus == recipes[0].corpus for one in recipes)
    said = f"the documents held out by {recipes[0].family if alike else first.subject.name}"
    repeat = _again(["compare", *map(str, folders)])
    made = measure(
        subjects,
        corpus,
        "held_out",
        said,
        names,
        watch,
        beside=beside,
        repeat=repeat,
        force=force,
    )
    if path:
        keep(path, signature, made)
    return made


def given_beside(spec: metrics.BenchmarkSpec, base: Path) -> Beside | None:
    """What a recipe names to measure on beside its held-out text."""
    if not spec.parallel:
        return None
    paths = [str(base / Path(one).expanduser()) for one in spec.parallel]
    return Beside(*parallel_text(paths, spec.reference))


def _known_by(beside: Beside | None) -> tuple[str, ...]:
    """What stands for it in a signature."""
    if beside is None:
        return ()
    return (store.signature(dict(beside.parallel or {}), beside.reference),)


def own_and_baselines(
    recipes: Sequence[Recipe], folders: Sequence[Path], *, runs: Path = RUNS
) -> list[Found]:
    """The tokenizers of runs, and then the baselines of their recipes, each once."""
    own = [find(str(folder)) for folder in folders]
    wanted = [(one.base, name) for one in recipes for name in one.benchmark.baselines]
    named = dict.fromkeys((os.path.normpath(base / name), base, name) for base, name in wanted)
    return own + [find(name, runs=runs, base=base) for _, base, name in named]


def named_corpus(on: Sequence[str], text: str | None) -> corpora.OpenCorpus:
    """Files, a source that needs no settings, or a YAML file of sources: all read whole.

    Raises:
        CorpusError: something cannot be read, or a YAML file is named among other things.
        RecipeError: a YAML file says nothing that can be read.
    """
    if found := [name for name in on if Path(name).suffix in RECIPES]:
        if len(on) > 1 or text:
            raise CorpusError(f"{found[0]}: says itself what is read and how: name nothing beside")
        return corpora.open(load_corpus(Path(found[0])), Path(found[0]).parent)
    builtin = {name for name, spec in corpora.SOURCES.items() if not _demanding(spec)}
    if len(on) == 1 and on[0] in builtin and not Path(on[0]).exists():
        sources: list[dict[str, Any]] = [{"type": on[0]}]
    else:
        sources = [{"type": "files", "paths": list(on), **({"text": text} if text else {})}]
    spec = corpora.CorpusSpec.model_validate({"sources": sources, "held_out": 0.0})
    return corpora.open(spec, Path())


def _demanding(spec: type[corpora.SourceSpec]) -> bool:
    return any(field.is_required() for field in spec.model_fields.values())


def _again(arguments: Sequence[str]) -> str:
    return shlex.join(["tokbench", *arguments])


def distinct(subjects: Sequence[Subject]) -> list[Subject]:
    """The same with names that differ: a second `gpt2` becomes `gpt2 (2)`."""
    seen: dict[str, int] = {}
    made = []
    for one in subjects:
        seen[one.name] = seen.get(one.name, 0) + 1
        again = seen[one.name] > 1
        made.append(one.renamed(f"{one.name} ({seen[one.name]})") if again else one)
    return made


def _refuse_trained_on(first: Found, corpus: Corpus, other: Found) -> None:
    """Raise where `other` was trained on documents that `first` holds out.

    Documents are held out by their hash, so what a share holds out every larger share does too:
    only a smaller share needs a look at the documents themselves.
    """
    if other.manifest is None or other.least_held_out >= first.held_out:
        return
    held_out = _hashes(corpus, "held_out")
    shared = held_out & _hashes(other.corpus(), "train")
    if shared:
        raise SubjectError(
            f"{other.subject.name} was trained on {len(shared):,} of the {len(held_out):,} "
            f"distinct documents that {first.subject.name} holds out "
            f"(held_out {other.least_held_out:g} against {first.held_out:g}): "
            "name another text with --on FILE"
        )


def _hashes(corpus: Corpus, split: Split) -> set[int]:
    return {
        xxhash.xxh64_intdigest(text.encode())
        for batch in corpus.batches(split)
        for text in texts(batch)
    }


def measure(
    subjects: Sequence[Subject],
    corpus: Corpus,
    split: Split,
    said: str,
    names: Sequence[str],
    watch: Watch,
    baseline: int = 0,
    beside: Beside | None = None,
    by: Sequence[str] = (),
    repeat: str = "",
    *,
    force: bool = False,
) -> Comparison:
    """Measure tokenizers that are loaded on one split of an open corpus.

    Args:
        subjects: the tokenizers.
        corpus: the text.
        split: which of its documents.
        said: what that is, in words.
        names: which metrics; empty for all.
        watch: told how far it has come.
        baseline: the position of the one that differences are to.
        beside: what else to measure on.
        by: columns to break numbers down by.
        repeat: the command that measures it again.
        force: encode anew.
    """
    wanted = metrics.chosen(names, beside.given if beside else ())
    needs = {one.needs for one in wanted}
    measured_on = Text(corpus, split, fresh=force)
    encoded = inputs(subjects, measured_on, watch, needs=needs, beside=beside, by=by)
    measured = metrics.measure(encoded, [one.name for one in wanted], baseline=baseline)
    parallel = (beside.parallel if beside else None) or {}
    lines = measured_on.lines()
    return Comparison(
        on=said,
        documents=len(encoded[0].documents.bytes),
        bytes=int(encoded[0].documents.bytes.sum()),
        tokenizers=tuple(
            replace(one, shape=shape)
            for one, shape in zip(measured, metrics.shapes(encoded), strict=True)
        ),
        samples=encoding.samples(subjects, lines.chosen),
        baseline=baseline,
        signature=_signature(subjects, corpus, split, len(encoded[0].tokens), baseline),
        repeat=repeat,
        scripts=encoding.in_scripts(subjects, lines.scripts, chain(*parallel.values())),
    )


def _signature(
    subjects: Sequence[Subject], corpus: Corpus, split: Split, documents: int, baseline: int
) -> str:
    """What was measured, as sacreBLEU says it: settings and versions, short hashes of contents."""
    named = "+".join(f"{one.name}@{store.signature(one.state)[:8]}" for one in subjects)
    parts = {
        "on": store.signature(corpus.identity())[:12],
        "split": split,
        "documents": documents,
        "tokenizers": named,
        "baseline": subjects[baseline].name,
        "intervals": f"paired-bootstrap-{RESAMPLES}-seed-0",
        "library": version("tokenizers"),
    }
    said = "|".join(f"{name}:{value}" for name, value in parts.items())
    return f"tokbench-{version('tokbench')}|{said}"


def keep(path: Path, signature: str, made: Comparison) -> None:
    """Write a comparison into a run folder, with what it follows from."""
    value = asdict(made)
    store.write_json(
        path, {"signature": signature, "check": store.signature(value), "comparison": value}
    )


def kept(run: Path) -> Comparison | None:
    """What was measured last in a run's folder; None where that is nothing, or is damaged."""
    return _kept(run / COMPARISON, None)


def _kept(path: Path, signature: str | None) -> Comparison | None:
    """The comparison in a file, None where it is of something else or the file is damaged."""
    try:
        found = store.read_json(path)
        value = found["comparison"]
        if signature not in (None, found["signature"]) or found["check"] != store.signature(value):
            return None
        return _AS_COMPARISON.validate_python(value)
    except (StoreError, KeyError, TypeError, ValueError, AttributeError):
        return None
