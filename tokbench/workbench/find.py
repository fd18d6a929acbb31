"""Whom a name means: a run, a recipe that was run, a folder, a file, a tiktoken or Hub name."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokbench import corpus as corpora
from tokbench import store
from tokbench.encoding import Subject, from_folder, from_hub, from_tiktoken
from tokbench.encoding.loading import can_load, in_folder
from tokbench.errors import StoreError, SubjectError
from tokbench.recipe import Recipe, load, load_all
from tokbench.values import Corpus
from tokbench.workbench.plan import RUN_FILE, RUNS, TOKENIZER, Plan

_HUB = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?(@[\w./-]+)?")
_NEEDED = {"name", "recipe", "recipe_folder", "corpus", "signature", "proof"}
_OTHERS = {"run", "checkpoint", "reshaped"}
"""What stands in the manifest of a folder that is no run: a model that was trained here or
transplanted, a tokenizer that was extended or pruned."""
RECIPES = (".yaml", ".yml")
"""How files of recipes end."""
_FILES = (*RECIPES, ".json", ".model", ".tiktoken", ".txt")
_TIKTOKEN = "tiktoken:"


@dataclass(frozen=True)
class Found:
    """A tokenizer to measure, and what tokbench knows of how it was made.

    Attributes:
        subject: the tokenizer.
        manifest: the run's or folder's `tokbench.json`; None where others made it.
        folder: where that manifest lies.
    """

    subject: Subject
    manifest: dict[str, Any] | None = None
    folder: Path = Path()

    @property
    def held_out(self) -> float:
        """The share of documents that its training did not see: the largest of all sources."""
        return max(self._shares())

    @property
    def least_held_out(self) -> float:
        """The smallest of all sources: what falls below it, training saw nowhere."""
        return min(self._shares())

    def _shares(self) -> list[float]:
        if not self.manifest:
            return [0.0]
        corpus = self.manifest["recipe"]["corpus"]
        own = [source.get("held_out") for source in corpus["sources"]]
        return [float(corpus["held_out"] if share is None else share) for share in own]

    def corpus(self) -> Corpus:
        """The corpus that it was trained on and holds documents out of.

        Raises:
            SubjectError: tokbench did not make it, or its corpus changed since.
        """
        name = self.subject.name
        if self.manifest is None:
            raise SubjectError(
                f"{name}: has no held-out text of its own; name a text with --on FILE"
            )
        spec = corpora.CorpusSpec.model_validate(_pinned(self.manifest))
        opened = corpora.open(spec, (self.folder / self.manifest["recipe_folder"]).resolve())
        if opened.identity() != self.manifest["corpus"]["identity"]:
            raise SubjectError(
                f"{name}: its corpus ({', '.join(opened.sources)}) changed since it was trained; "
                "run the recipe again, or name a text with --on FILE"
            )
        return opened


def _pinned(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the recipe said of its corpus, with the commit that each revision meant then."""
    said: dict[str, Any] = manifest["recipe"]["corpus"]
    commits = [origin.get("commit") for origin in manifest["corpus"].get("origins", ())]
    sources = [
        {**source, "revision": commit} if commit else source
        for source, commit in zip_longest(said["sources"], commits)
    ]
    return {**said, "sources": sources}


def find(
    name: str, *, runs: Path = RUNS, base: Path = Path(), overrides: Sequence[str] = ()
) -> Found:
    """Load what a name on the command line or in `benchmark.baselines` means.

    Args:
        name: a path, `tiktoken:` and the name of one of its encodings, or a Hub name, with
            `@revision` if need be.
        runs: where the runs of recipes are kept.
        base: the folder that relative paths start from.
        overrides: `key.path=value` assignments that the recipe was run with.

    Raises:
        SubjectError: nothing there can be loaded.
    """
    try:
        path = base / Path(name).expanduser()
    except RuntimeError as error:
        raise SubjectError(f"{name}: {error}") from error
    if path.name == "tokenizer.json" and (path.parent / store.MANIFEST).is_file():
        path = path.parent
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        if path.suffix in RECIPES:
            return _recipe(load(path, overrides), runs)
        return Found(from_folder(path))
    if name.startswith(_TIKTOKEN):
        return Found(from_tiktoken(name))
    looks_local = path.suffix in _FILES or name.startswith((".", "/", "~"))
    looks_local |= Path(name).parts[:1] == (runs.name,)
    if looks_local or not _HUB.fullmatch(name):
        raise SubjectError(f"{name}: no such file or folder")
    if "/" in name and "@" not in name and path.parent.is_dir():  # the Hub is slow to say no
        raise SubjectError(
            f"{name}: the folder {path.parent.name} has no such file or folder; if a name on the "
            f"Hub is meant, write {name}@main"
        )
    return Found(from_hub(name))


def tokenizer_folder(name: str, runs: Path = RUNS) -> Path:
    """The folder or tokenizer.json that a path or the name of a run means; it need not load.

    Raises:
        SubjectError: there is no such file, folder or run.
    """
    path = Path(name)
    if not path.exists() and path.parts[1:] == () and (runs / name).is_dir():
        path = runs / name
    if path.is_dir():
        return _of_run(path)
    if not path.is_file():
        raise SubjectError(f"{name}: no such file, folder or run")
    return path


def run_folder(name: str, runs: Path = RUNS) -> Path:
    """The run folder that a path, the name of a run or a recipe that was run means.

    Raises:
        SubjectError: there is no such run.
    """
    path = Path(name)
    if path.suffix in RECIPES and path.is_file():
        found = find(name, runs=runs).folder
    else:
        found = tokenizer_folder(name, runs)
    if not (found.parent / RUN_FILE).is_file():
        raise SubjectError(f"{name}: is no run; `tokbench run RECIPE` makes one")
    return found.parent


@contextmanager
def checkable(name: str, runs: Path = RUNS) -> Iterator[tuple[Path, bool]]:
    """As `tokenizer_folder`; what has no tokenizer.json is converted into one while the block runs.

    Yields:
        The folder or file, and whether it was made for this.

    Raises:
        SubjectError: there is no such file, folder, run or name, or it cannot be converted.
    """
    path = Path(name)
    other = name.startswith(_TIKTOKEN) or can_load(path)
    other |= path.is_dir() and not _has_json(path) and in_folder(path) is not None
    hub = not path.exists() and not (runs / name).is_dir() and "/" in name and _HUB.fullmatch(name)
    if not other and not hub:
        yield tokenizer_folder(name, runs), False
        return
    subject = find(name, runs=runs).subject
    with TemporaryDirectory(prefix="tokbench-") as made:
        folder = Path(made)
        (folder / "tokenizer.json").write_text(subject.state, "utf-8")
        config = {"tokenizer_class": "PreTrainedTokenizerFast"}
        store.write_json(folder / "tokenizer_config.json", config)
        yield folder, True


def _has_json(path: Path) -> bool:
    """Whether a folder has a tokenizer.json, or is that of a run or of the runs of a recipe."""
    return (_of_run(path) / "tokenizer.json").is_file()


def _of_run(path: Path) -> Path:
    """The tokenizer of a run, of the newest run of a recipe, or the folder itself."""
    if not (path / RUN_FILE).is_file() and not (path / "tokenizer.json").is_file():
        runs = [one.parent for one in path.glob(f"*/{RUN_FILE}")]
        if runs:
            path = max(runs, key=lambda run: (run / RUN_FILE).stat().st_mtime)
    return path / TOKENIZER if (path / RUN_FILE).is_file() else path


def find_all(name: str, *, runs: Path = RUNS, overrides: Sequence[str] = ()) -> list[Found]:
    """The same, and every variant where the name is that of a recipe with a sweep."""
    path = Path(name)
    if path.suffix not in RECIPES or not path.is_file():
        return [find(name, runs=runs, overrides=overrides)]
    return [_recipe(one, runs) for one in load_all(path, overrides)]


def _recipe(recipe: Recipe, runs: Path) -> Found:
    folder = Plan.of(recipe).folder(runs)
    if not (folder / RUN_FILE).is_file():
        path = recipe.path
        said = "" if recipe.name == recipe.family else f" in its variant {recipe.name}"
        raise SubjectError(
            f"{path}: is not trained as it stands{said}; `tokbench run {path}` first"
        )
    return _folder(folder)


def _folder(path: Path) -> Found:
    path = _of_run(path)
    manifest = None
    if (path / store.MANIFEST).is_file():
        manifest = store.read_json(path / store.MANIFEST)
        known = isinstance(manifest, dict) and manifest.keys() >= _NEEDED
        if isinstance(manifest, dict) and manifest.keys() & _OTHERS:
            return Found(from_folder(path), None, path)
        if not known or "corpus" not in (manifest["recipe"] or ()):
            raise StoreError(
                f"{path / store.MANIFEST}: is no manifest of tokbench; train again, or delete it "
                "to measure the folder as anybody's"
            )
    return Found(from_folder(path, manifest["name"] if manifest else None), manifest, path)
