"""From a recipe to a run: train, wrap, prove, measure; each stage only where it is not done."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tokbench import counting, kernels, pipeline, rules, store, training, wrapping
from tokbench.errors import StoreError, WrappingError
from tokbench.recipe import Recipe, load
from tokbench.training import Engine
from tokbench.values import (
    Comparison,
    Composition,
    Downstream,
    Guarantee,
    Measurement,
    Progress,
    Proof,
    Split,
    Trained,
    Verdict,
    Watch,
    WordCounts,
    ignore,
    texts,
)
from tokbench.workbench import provenance, vocabularies
from tokbench.workbench.comparisons import of_run, with_models
from tokbench.workbench.finetuning import of_recipes, refuse_unready
from tokbench.workbench.plan import RUN_FILE, RUNS, TOKENIZER, Plan, demands_of

_MOST_LEFT_OUT = 5
_PROOF_TEXTS, _PROOF_LENGTH = 100, 2000


@dataclass(frozen=True)
class Run:
    """What a recipe gave.

    Attributes:
        name: of the recipe.
        signature: of everything that makes the tokenizer.
        folder: the run folder, or the folder that `--out` named.
        tokenizer: the folder that `AutoTokenizer` loads.
        vocab_size: tokens, added ones included.
        proof: that it loads to the same ids.
        verdict: what comes back of text.
        determinism: whether training again gives the same.
        comparison: measurements of it and its baselines; None where nothing was measured.
        note: why nothing was measured.
        notes: what may surprise about how it was trained.
        done_before: the stages that did not have to run.
        composition: what the training text is made of.
        downstream: what models with it learned, where the recipe asks for some.
    """

    name: str
    signature: str
    folder: Path
    tokenizer: Path
    vocab_size: int
    proof: Proof
    verdict: Verdict
    determinism: Guarantee
    comparison: Comparison | None = None
    note: str = ""
    notes: tuple[str, ...] = ()
    done_before: tuple[str, ...] = ()
    composition: Composition | None = None
    downstream: Downstream | None = None

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Of the recipe's own tokenizer, by metric."""
        return self.comparison.tokenizers[0].measurements if self.comparison else {}


def run(
    recipe: str | Path | Recipe,
    *,
    corpus: Any = None,
    overrides: Sequence[str] = (),
    runs: str | Path = RUNS,
    engine: Engine = "tokbench",
    force: bool = False,
    memory: int | None = None,
    models: bool = True,
    watch: Watch = ignore,
) -> Run:
    """Train, wrap, prove and measure what a recipe describes; skip what was done before.

    Args:
        recipe: a file, or a recipe already loaded.
        corpus: documents in place of those that the recipe names; see `corpus.of`.
        overrides: `key.path=value` assignments that win over the file.
        runs: the folder of run folders.
        engine: who trains: "tokbench" from counts, "tokenizers" from text.
        force: do every stage again.
        memory: bytes that counting and training may take, 200 MB or more; None: half of what is
            free, and for training all of it.
        models: whether to fine-tune models where the recipe says `downstream`; what came of them
            stands in `run.comparison.downstream`.
        watch: told how far each stage has come.

    Returns:
        The run; `run.measurements["fertility"].value` is a number.
    """
    runs = Path(runs)
    plan = Plan.of(_loaded(recipe, overrides), engine, corpus)
    if models:
        refuse_unready([plan.recipe])
    folder = plan.folder(runs)
    with _locked(plan, runs):
        manifest, done = _tokenizer(plan, runs, memory, force=force, watch=watch)
        comparison, note, before = of_run(plan, folder, force=force, watch=watch)
    done += ["measure"] if before else []
    made = _result(plan, folder, folder / TOKENIZER, manifest, done, comparison, note)
    if not models or plan.recipe.downstream is None:
        return made
    trained = of_recipes([plan.recipe], [folder], runs=runs, force=force, watch=watch)
    told = [f"{one.name}: {one.why}" for one in trained.failed]
    made = replace(made, downstream=trained.downstream, notes=(*made.notes, *told))
    if comparison and trained.downstream:
        made = replace(made, comparison=with_models(comparison, trained.downstream))
    return made


def train(
    recipe: str | Path | Recipe,
    out: str | Path | None = None,
    *,
    corpus: Any = None,
    overrides: Sequence[str] = (),
    runs: str | Path = RUNS,
    engine: Engine = "tokbench",
    force: bool = False,
    memory: int | None = None,
    watch: Watch = ignore,
) -> Run:
    """Train, wrap and prove, without measuring.

    Args:
        recipe: a file, or a recipe already loaded.
        out: the folder to fill; None for the run folder. An existing folder is replaced only if
            tokbench wrote it.
        corpus: as for `run`.
        overrides: `key.path=value` assignments that win over the file.
        runs: the folder of run folders, where a training done before is looked for.
        engine: who trains: "tokbench" from counts, "tokenizers" from text.
        force: train again even so.
        memory: as for `run`.
        watch: told how far each stage has come.
    """
    if out is not None:
        out = Path(out)
        store.refuse_foreign(out)
    runs = Path(runs)
    plan = Plan.of(_loaded(recipe, overrides), engine, corpus)
    if out is not None:
        trained, done = _trained(plan, memory, force=force, watch=watch)
        earlier = out / store.MANIFEST if (out / store.MANIFEST).is_file() else None
        manifest = _wrap(plan, trained, out, earlier, watch)
        return _result(plan, out, out, manifest, done)
    with _locked(plan, runs):
        manifest, done = _tokenizer(plan, runs, memory, force=force, watch=watch)
    folder = plan.folder(runs)
    return _result(plan, folder, folder / TOKENIZER, manifest, done)


def _loaded(recipe: str | Path | Recipe, overrides: Sequence[str]) -> Recipe:
    if not isinstance(recipe, Recipe):
        return load(recipe, overrides)
    if overrides:
        raise ValueError("overrides apply to a recipe's file: give them to load()")
    return recipe


def _result(
    plan: Plan,
    folder: Path,
    tokenizer: Path,
    manifest: dict[str, Any],
    done: list[str],
    comparison: Comparison | None = None,
    note: str = "",
) -> Run:
    return Run(
        name=plan.recipe.name,
        signature=plan.signature,
        folder=folder,
        tokenizer=tokenizer,
        vocab_size=manifest["vocab_size"],
        proof=Proof(**manifest["proof"]),
        verdict=Verdict(**manifest["verdict"]),
        determinism=Guarantee(**manifest["determinism"]),
        comparison=comparison,
        note=note,
        notes=(*([] if "wrap" in done else manifest["changed"]), *manifest["notes"]),
        done_before=tuple(done),
        composition=provenance.composition(manifest),
    )


def _locked(plan: Plan, runs: Path) -> Any:
    return store.lock(runs / plan.recipe.name / f".{plan.signature}.lock")


def _tokenizer(
    plan: Plan, runs: Path, memory: int | None, *, force: bool, watch: Watch
) -> tuple[dict[str, Any], list[str]]:
    """The manifest of the run's tokenizer, made or found, and the stages that were found."""
    folder = plan.folder(runs)
    if not force and (manifest := _finished(folder, plan)):
        return _retold(manifest, plan, folder), ["train", "wrap"]
    trained, done = _trained(plan, memory, force=force, watch=watch)
    manifest = _wrap(plan, trained, folder / TOKENIZER, provenance.latest(plan, runs), watch)
    store.write_json(folder / RUN_FILE, manifest)
    return manifest, done


def is_finished(plan: Plan, runs: Path = RUNS) -> bool:
    """Whether a plan's tokenizer is there, whole."""
    return _finished(plan.folder(runs), plan) is not None


def _finished(folder: Path, plan: Plan) -> dict[str, Any] | None:
    """The manifest of a complete run, None where there is none or it is damaged."""
    try:
        manifest: dict[str, Any] = store.read_json(folder / RUN_FILE)
        same = store.read_json(folder / TOKENIZER / store.MANIFEST) == manifest
        whole = store.digests(folder / TOKENIZER) == manifest["files"]
        judged = Proof(**manifest["proof"]) and Verdict(**manifest["verdict"])
        ours = manifest["signature"] == plan.signature and judged
        ours = ours and Guarantee(**manifest["determinism"])
    except (StoreError, OSError, KeyError, TypeError):
        return None
    return manifest if same and whole and ours else None


def _retold(manifest: dict[str, Any], plan: Plan, folder: Path) -> dict[str, Any]:
    """The manifest with the recipe as it stands now, in what changes nothing about the tokenizer.

    Such are description, licences, and what is said of publishing.
    """
    target = folder / TOKENIZER
    told = {**manifest, **_of_recipe(plan.recipe, target)}
    if told != manifest:
        with store.optional():
            store.write_json(target / store.MANIFEST, told)
            store.write_json(folder / RUN_FILE, told)
    return told


def _of_recipe(recipe: Recipe, target: Path) -> dict[str, Any]:
    """What a manifest says of the recipe itself."""
    return {
        "recipe": recipe.resolved(),
        "recipe_folder": os.path.relpath(recipe.base.resolve(), target.resolve()),
        "allowed": _allowed(recipe),
    }


def _trained(
    plan: Plan, memory: int | None, *, force: bool, watch: Watch
) -> tuple[Trained, list[str]]:
    """The vocabulary: learned before, or cut from a larger one that was, or learned now."""
    size = plan.recipe.trainer.vocab_size
    if not force and (found := vocabularies.find(plan.family, size)):
        return _noted(found, plan.recipe), ["train"]
    trained = learned(plan, watch, memory)
    with store.optional():
        vocabularies.keep(plan.family, trained, size)
    return _noted(trained, plan.recipe), []


def learn(plan: Plan, watch: Watch = ignore, memory: int | None = None) -> Trained:
    """A plan's vocabulary alone: found, cut from a larger one, or learned now."""
    return _trained(plan, memory, force=False, watch=watch)[0]


def learned(plan: Plan, watch: Watch = ignore, memory: int | None = None) -> Trained:
    """The vocabulary, learned now."""
    recipe = plan.recipe
    demands = demands_of(recipe)
    blank = pipeline.assemble(recipe.pipeline)
    if plan.engine == "tokenizers":
        return training.from_text(recipe.trainer, demands, plan.corpus, blank.to_str(), watch)
    if not kernels.compiled_before():
        watch(Progress("compiling", 0, None, "kernels"))
    plan.corpus.prepare(watch)
    longest = recipe.trainer.max_word_chars
    words = counting.count(plan.corpus, blank, max_word_chars=longest, memory=memory, watch=watch)
    if not words.documents:
        raise training.no_documents(plan.corpus, provenance.why_nothing(plan.corpus.composition()))
    trained = training.from_counts(recipe.trainer, demands, words, watch, memory)
    return replace(trained, notes=(*trained.notes, *_notes(words)))


def _noted(trained: Trained, recipe: Recipe) -> Trained:
    """The same with what its size may surprise by."""
    return replace(trained, notes=(*trained.notes, *_other_size(trained, recipe)))


def _other_size(trained: Trained, recipe: Recipe) -> Iterator[str]:
    """That the vocabulary is larger or smaller than what was asked for."""
    asked, got = recipe.trainer.vocab_size, len(trained.tokens)
    if got > asked:
        limit = "; trainer.limit_alphabet drops the rarest"
        yield (
            f"{asked:,} tokens were asked for, {got:,} it has: every character of the text is one"
            f"{limit if hasattr(recipe.trainer, 'limit_alphabet') else ''}"
        )
    if got < asked:
        least = getattr(recipe.trainer, "min_frequency", None)
        more = f" that occurs {least} times" if least else ""
        yield (
            f"{asked:,} tokens were asked for, {got:,} it has: there is nothing more to learn"
            f"{more}; train on more text, or ask for fewer (L17)"
        )


def _notes(words: WordCounts) -> Iterator[str]:
    """What may surprise about how the words were counted."""
    if words.exact_by == "documents":
        yield f"whole documents were counted, not distinct chunks: {words.why}"
    for one in words.left_out[:_MOST_LEFT_OUT]:
        where = f" in {one.document}" if one.document else ""
        yield (
            f"a word of {one.characters:,} characters{where} was left out (it occurs "
            f"{one.count:,} times, begins with {one.start[:20]!r}); trainer.max_word_chars says so"
        )
    if len(words.left_out) > _MOST_LEFT_OUT:
        yield f"{len(words.left_out) - _MOST_LEFT_OUT:,} more such words were left out"


def _wrap(
    plan: Plan, trained: Trained, target: Path, earlier: Path | None, watch: Watch
) -> dict[str, Any]:
    """Assemble, judge, write the folder, prove it; the folder appears only when all holds."""
    recipe = plan.recipe
    tokenizer = pipeline.assemble(recipe.pipeline, trained)
    watch(Progress("wrapping", 0, None, "files"))
    documents = list(_proof_texts(plan))
    verdict = _judged(recipe, tokenizer, documents)
    composition = plan.corpus.composition()
    changed = list(provenance.changes(plan, earlier))
    said = [*provenance.notes(composition), *trained.notes]
    with store.new_folder(target, target.parent / RUN_FILE) as folder:
        proof = wrapping.wrap(
            tokenizer,
            recipe.wrap,
            recipe.special_tokens.roles(),
            [token.content for token in recipe.special_tokens.extra],
            documents,
            folder,
        )
        manifest = {
            "tokbench": version("tokbench"),
            "name": recipe.name,
            "signature": plan.signature,
            **_of_recipe(recipe, target),
            "corpus": provenance.of_corpus(plan, trained),
            "versions": plan.versions(),
            "vocab_size": tokenizer.get_vocab_size(),
            "changed": changed,
            "notes": said,
            "files": store.digests(folder),
            "proof": asdict(proof),
            "verdict": asdict(verdict),
            "determinism": asdict(training.guarantee(recipe.trainer, plan.engine)),
        }
        store.write_json(folder / store.MANIFEST, manifest)
    return manifest


def _judged(recipe: Recipe, tokenizer: Tokenizer, documents: list[str]) -> Verdict:
    try:
        return wrapping.judge(tokenizer, documents)
    except WrappingError as error:
        raise WrappingError(f"{recipe.path}: is trained and not kept: {error}") from error


def _allowed(recipe: Recipe) -> list[dict[str, str]]:
    """The rules that the recipe silences, each with the author's reason."""
    allowed, _ = rules.allowances(recipe.document, rules.known_ids())
    return [{"rule": one.rule, "reason": one.reason} for one in allowed]


def _proof_texts(plan: Plan) -> Iterator[str]:
    """The first held-out documents, or training documents where none is held out."""
    found = 0
    splits: tuple[Split, ...] = ("held_out", "train")
    for split in splits:
        for batch in plan.corpus.batches(split):
            for text in texts(batch):
                if found == _PROOF_TEXTS:
                    return
                yield text[:_PROOF_LENGTH]
                found += 1
        if found:
            return
