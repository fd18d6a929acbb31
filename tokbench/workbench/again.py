"""Training a second time under other circumstances, and comparing byte by byte."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from tokbench import pipeline, store, training
from tokbench.child import ChildError, run_in_child
from tokbench.errors import TrainingError
from tokbench.recipe import Recipe
from tokbench.training import Engine
from tokbench.values import Composed, Composition, Split, Trained, Watch, ignore
from tokbench.workbench.plan import RUN_FILE, Plan
from tokbench.workbench.runs import Run, learned
from tokbench.wrapping.folder import saved_state

if TYPE_CHECKING:
    import pyarrow as pa

_OTHERWISE = {
    "PYTHONHASHSEED": "4321",
    "RAYON_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_COMPARED = (
    "trained again in a fresh process with another hash seed, one thread, an empty cache and the "
    "documents of each batch in reverse"
)


@dataclass(frozen=True)
class Backwards:
    """A corpus whose documents come in another order: those of each batch from the last.

    Attributes:
        corpus: what is read.
    """

    corpus: Composed

    @property
    def sources(self) -> Sequence[str]:
        """The same."""
        return self.corpus.sources

    @property
    def held_out(self) -> float:
        """The same: documents are held out by their hash."""
        return self.corpus.held_out

    @property
    def size(self) -> int:
        """The same."""
        return self.corpus.size

    def parts(self) -> "Sequence[Backwards]":
        """Each source backwards."""
        return [Backwards(part) for part in self.corpus.parts()]

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """The same batches, each from its last document to its first."""
        import numpy as np  # noqa: PLC0415 - the command line starts without it

        for batch in self.corpus.batches(split, watch):
            yield batch.take(np.arange(batch.num_rows - 1, -1, -1))

    def prepare(self, watch: Watch = ignore) -> None:
        """The same."""
        self.corpus.prepare(watch)

    def composition(self) -> Composition:
        """The same."""
        return self.corpus.composition()

    def identity(self) -> str:
        """Another than the corpus itself has."""
        return f"backwards {self.corpus.identity()}"


def check_determinism(recipe: Recipe, made: Run, engine: Engine = "tokbench") -> Run:
    """Train a run's recipe a second time, compare tokenizer.json, and note it in the manifest.

    Args:
        recipe: what `made` was made from.
        made: a run, or what `train` gave.
        engine: who trained it.

    Returns:
        The run with `determinism.checked` saying what was compared and what came of it.

    Raises:
        TrainingError: another tokenizer came out though the same was guaranteed.
    """
    plan = Plan.of(recipe, engine)
    trained = _trained_again(plan)
    first = (made.tokenizer / "tokenizer.json").read_text("utf-8")
    second = saved_state(pipeline.assemble(recipe.pipeline, trained))
    said = "tokenizer.json is the same byte for byte"
    if first != second:
        said = difference(Tokenizer.from_str(first), Tokenizer.from_str(second))
        if training.guarantee(recipe.trainer, engine).identical:
            raise TrainingError(f"{recipe.path}: {_COMPARED}, it is another tokenizer: {said}")
    checked = replace(made.determinism, checked=f"{_COMPARED}: {said}")
    _note(made, checked.checked)
    return replace(made, determinism=checked)


def _trained_again(plan: Plan) -> Trained:
    with TemporaryDirectory() as cache:
        docs = store.cache_dir() / "python_docs"
        if docs.is_dir():  # what was gathered once is text, not a result
            (Path(cache) / docs.name).symlink_to(docs.resolve())
        try:
            return run_in_child(_learn, plan, environment={**_OTHERWISE, "TOKBENCH_CACHE": cache})
        except ChildError as error:
            raise TrainingError(f"training again failed: {error.last}") from error


def _learn(plan: Plan) -> Trained:
    return learned(replace(plan, corpus=Backwards(plan.corpus)))


def difference(first: Tokenizer, second: Tokenizer) -> str:
    """How many tokens differ, and the first that does."""
    one, other = first.get_vocab(), second.get_vocab()
    differing = [token for token in one if one[token] != other.get(token)]
    if not differing:
        return "the same tokens, with other merges or scores"
    token = min(differing, key=one.__getitem__)
    became = second.id_to_token(one[token])
    return (
        f"{len(differing):,} of {len(one):,} tokens have another id or are gone, the first is "
        f"{one[token]}: {token!r} became {became!r}"
    )


def _note(made: Run, checked: str) -> None:
    """Put it into every copy of the manifest."""
    own = made.tokenizer / store.MANIFEST
    manifest = store.read_json(own)
    manifest["determinism"]["checked"] = checked
    for path in (own, made.tokenizer.parent / RUN_FILE):
        if path == own or (path.is_file() and made.tokenizer != made.folder):
            store.write_json(path, manifest)
