"""A published run back from the Hub: as a run folder, its numbers recomputed, trained again."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Tokenizer

from tokbench import corpus as corpora
from tokbench import store
from tokbench.errors import CorpusError, PublishingError, RecipeError, StoreError, SubjectError
from tokbench.publishing import REPO
from tokbench.publishing.bundle import FACTS, RECIPE, TOKENIZER_FILES, is_ours
from tokbench.publishing.proving import Fetched, fetched
from tokbench.publishing.remote import MAIN, Hub, Remote
from tokbench.recipe import NAME, Recipe, parsed_all
from tokbench.reports.json import read as read_comparison
from tokbench.values import Comparison, Recomputed, Split, Watch, ignore
from tokbench.workbench.again import difference
from tokbench.workbench.baselines import note_origin
from tokbench.workbench.comparisons import COMPARISON, keep, named_corpus
from tokbench.workbench.find import RECIPES, find
from tokbench.workbench.plan import RUN_FILE, RUNS, TOKENIZER
from tokbench.workbench.published import OWN
from tokbench.workbench.reproducing import Again, Published, measured_again
from tokbench.workbench.runs import train

_SIGNATURE = re.compile(r"[0-9a-f]{16}")
_NEEDED = {"name", "signature", "recipe", "corpus", "files", "proof", "verdict", "determinism"}


@dataclass(frozen=True)
class Pulled:
    """A published run that lies here.

    Attributes:
        repo: `user/name`.
        commit: its full hash there.
        folder: the run folder.
        before: whether it was here already.
        comparison: what was measured when it was published; None where nothing was.
        recomputed: its numbers and its baselines' beside those measured now; empty where that
            could not be.
        missing: what was not measured again, and why, a sentence each.
        retrained: what training it again gave, in words; empty where that was not asked for.
        identical: whether that is the same tokenizer byte for byte; None where it was not asked.
    """

    repo: str
    commit: str
    folder: Path
    before: bool
    comparison: Comparison | None
    recomputed: tuple[Recomputed, ...] = ()
    missing: tuple[str, ...] = ()
    retrained: str = ""
    identical: bool | None = None

    @property
    def not_measured(self) -> tuple[str, ...]:
        """What was not measured again, and why: tokenizers, text, single numbers."""
        whys = dict.fromkeys(one.why for one in self.recomputed if one.agrees is None)
        return (*self.missing, *whys)


def pull(
    name: str,
    out: Path | None = None,
    *,
    data: Path | None = None,
    retrain: bool = False,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Pulled:
    """Bring a published run back, and measure it again where its text is here.

    Args:
        name: `user/name`, with `@revision` if need be.
        out: the run folder to make; None for its place among the runs.
        data: the folder that the recipe's paths start from; None for the run folder.
        retrain: whether to train it again from its recipe.
        runs: the folder of run folders.
        watch: told how far it has come.

    Raises:
        PublishingError: it is no published run, or cannot be had.
        TokbenchError: it cannot be trained again.
    """
    with _had(name) as (remote, got):
        repo, facts = remote.name, _facts(remote.name, got)
        folder = out or runs / facts["name"] / facts["signature"]
        before = _is_here(folder, facts)
        if not before:
            _put(remote, got, facts, folder, data)
        elif data is not None:
            _start_from(folder, data)
    comparison = facts.get("comparison") and read_comparison(facts["comparison"], repo)
    made = Pulled(repo, got.commit, folder, before, comparison)
    if comparison is None:
        made = replace(made, missing=("it was published without numbers",))
    else:
        told = Published.of(comparison, facts, "published with it")
        made = _measured_again(made, told, data or folder, watch)
    return _retrained(made, data or folder, watch) if retrain else made


def verify_published(name: str, on: Sequence[str], watch: Watch = ignore) -> Again:
    """The numbers of a published card, each beside what comes out on a text given.

    Args:
        name: `user/name`, with `@revision` if need be.
        on: the text that it was trained and measured on: the folder that the paths of its recipe
            start from, files in place of the only source of files that it has, or what `--on` of
            other commands takes, of which all is read.
        watch: told how far it has come.

    Raises:
        PublishingError: it is no published run, or tells no numbers, or the text is another one.
        CorpusError: the text cannot be read.
    """
    with _had(name) as (remote, got), TemporaryDirectory(prefix="tokbench-") as scratch:
        repo, facts = remote.name, _facts(remote.name, got)
        if not facts.get("comparison"):
            raise PublishingError(f"{repo}: was published without numbers: nothing was held out")
        folder = Path(scratch) / "run"
        _put(remote, got, facts, folder, None)
        published = read_comparison(facts["comparison"], repo)
        told = Published.of(published, facts, f"the card of {repo} at {got.commit[:12]}")
        corpus, split, base = _given(facts, on)
        again = measured_again(find(str(folder)).subject, told, corpus, split, base, watch)
        made = again.made
        if (made.documents, made.bytes) != (published.documents, published.bytes):
            raise PublishingError(
                f"{repo}: that is not the text of its card: {made.documents:,} documents of "
                f"{made.bytes:,} bytes, where the card is about {published.documents:,} of "
                f"{published.bytes:,}; name what its recipe.yaml names"
            )
        return again


@contextmanager
def _had(name: str) -> Iterator[tuple[Remote, Fetched]]:
    """A published run in a folder that is gone behind the block."""
    repo, _, revision = name.partition("@")
    if not re.fullmatch(REPO, repo):
        raise PublishingError(f"{name}: is no repository; write user/name, or user/name@revision")
    hub = Hub(repo)
    remote = hub.look(revision or MAIN, needed=True)
    paths = [path for path in remote.files if is_ours(path)]
    if FACTS not in paths or "tokenizer.json" not in paths:
        raise PublishingError(
            f"{repo}: was not published by tokbench; to measure it, name it to `tokbench bench`"
        )
    with TemporaryDirectory(prefix="tokbench-") as cache:
        yield remote, fetched(hub, remote.commit, paths, Path(cache))


def _facts(repo: str, got: Fetched) -> dict[str, Any]:
    """What it says of itself, no more trusted than anything from there.

    Raises:
        PublishingError: it does not say what is needed, or its files are not those it tells of.
    """
    what = f"{repo}: its {FACTS}"
    try:
        facts = json.loads((got.folder / FACTS).read_bytes())
        known = isinstance(facts, dict) and facts.keys() >= _NEEDED
        known = (
            known and isinstance(facts["recipe"], dict) and "sources" in facts["recipe"]["corpus"]
        )
        digests = dict(facts["files"]) if known else {}
    except (ValueError, KeyError, TypeError) as error:
        raise PublishingError(f"{what} is damaged ({error}); ask its author") from None
    if not known:
        raise PublishingError(f"{what} is none that tokbench wrote; ask its author")
    if not re.fullmatch(NAME, str(facts["name"])) or not _SIGNATURE.fullmatch(facts["signature"]):
        raise PublishingError(
            f"{what} has a name or signature that names no folder; ask its author"
        )
    for path, digest in digests.items():
        if path not in TOKENIZER_FILES or got.digests.get(path) != digest:
            raise PublishingError(
                f"{repo}: {path} is not what was published with the numbers; pull an earlier "
                "revision, or ask its author"
            )
    return dict(facts)


def _is_here(folder: Path, facts: Mapping[str, Any]) -> bool:
    """Whether a run folder holds the same tokenizer already.

    Raises:
        PublishingError: it holds something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        same = store.read_json(folder / RUN_FILE)["signature"] == facts["signature"]
        same = same and store.digests(folder / TOKENIZER) == facts["files"]
    except (StoreError, OSError, KeyError, TypeError):
        same = False
    if not same:
        raise PublishingError(f"{folder}: holds something else; name another folder with --out")
    return True


def _put(
    remote: Remote, got: Fetched, facts: Mapping[str, Any], folder: Path, data: Path | None
) -> None:
    """Make the run folder, whole or not at all."""
    manifest = {key: value for key, value in facts.items() if key not in OWN}
    manifest["recipe_folder"] = _start(folder, data)
    with store.new_folder(folder) as part:
        (part / TOKENIZER).mkdir()
        for path in got.digests:
            if path == FACTS:
                continue
            target = part / TOKENIZER / path if path in facts["files"] else part / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((got.folder / path).read_bytes())
        for copy in (part / RUN_FILE, part / TOKENIZER / store.MANIFEST):
            store.write_json(copy, manifest)
        if facts.get("comparison"):
            keep(part / COMPARISON, "", read_comparison(facts["comparison"], remote.name))
        note_origin(part, remote)


def _start(folder: Path, data: Path | None) -> str:
    """How the tokenizer of a run folder names the folder that the recipe's paths start from."""
    here = (folder / TOKENIZER).resolve()
    return os.path.relpath((data or folder).resolve(), here)


def _start_from(folder: Path, data: Path) -> None:
    """Note that the recipe's paths start from another folder now."""
    manifest = {**store.read_json(folder / RUN_FILE), "recipe_folder": _start(folder, data)}
    for path in (folder / RUN_FILE, folder / TOKENIZER / store.MANIFEST):
        store.write_json(path, manifest)


def _given(facts: Mapping[str, Any], on: Sequence[str]) -> tuple[corpora.OpenCorpus, Split, Path]:
    """The text that a user names, as the recipe reads and parts it where it can be taken so.

    Behind it the folder that the recipe's paths start from.
    """
    said = facts["recipe"]["corpus"]
    files = [one for one in said["sources"] if one["type"] == "files"]
    sources, base = said["sources"], Path()
    if len(on) == 1 and Path(on[0]).is_dir():
        base = Path(on[0])
    elif len(files) == 1 and Path(on[0]).suffix not in RECIPES:
        sources = [{**one, "paths": list(on)} if one in files else one for one in sources]
    elif not (len(on) == 1 and [on[0]] == [one["type"] for one in sources]):
        return named_corpus(on, None), "all", base
    spec = corpora.CorpusSpec.model_validate({**said, "sources": sources})
    return corpora.open(spec, base), "held_out", base


def _measured_again(made: Pulled, told: Published, base: Path, watch: Watch) -> Pulled:
    """The same with the numbers of now, or why there are none."""
    try:
        found = find(str(made.folder))
        again = measured_again(found.subject, told, found.corpus(), "held_out", base, watch)
    except (CorpusError, SubjectError) as error:
        return replace(made, missing=(str(error),))
    return replace(made, recomputed=again.numbers, missing=again.missing)


def _retrained(made: Pulled, base: Path, watch: Watch) -> Pulled:
    """The same, trained again from its recipe."""
    recipe = _recipe(made, base)
    with TemporaryDirectory(prefix="tokbench-") as scratch:
        again = train(recipe, Path(scratch) / "again", force=True, watch=watch)
        first = (made.folder / TOKENIZER / "tokenizer.json").read_text("utf-8")
        second = (again.tokenizer / "tokenizer.json").read_text("utf-8")
        same = first == second
        said = "trained again from its recipe, tokenizer.json is the same byte for byte"
        if not same:
            how = difference(Tokenizer.from_str(first), Tokenizer.from_str(second))
            said = f"trained again from its recipe, it is another tokenizer: {how}"
            manifest = store.read_json(made.folder / RUN_FILE)
            other = store.read_json(again.tokenizer / store.MANIFEST)
            if other["corpus"]["identity"] != manifest["corpus"]["identity"]:
                said += "; the text is not what it was trained on"
            elif other["versions"] != manifest["versions"]:
                said += f"; it was made with {_versions(manifest)}, now with {_versions(other)}"
    return replace(made, retrained=said, identical=same)


def _recipe(made: Pulled, base: Path) -> Recipe:
    path = made.folder / RECIPE
    try:
        (recipe,) = parsed_all(path.read_text("utf-8"), base / RECIPE)
    except OSError as error:
        raise PublishingError(f"{made.repo}: was published without a recipe") from error
    except RecipeError as error:
        raise PublishingError(
            f"{made.repo}: its recipe cannot be read by this tokbench: {error}"
        ) from error
    return recipe


def _versions(manifest: Mapping[str, Any]) -> str:
    told = {"tokbench": manifest["tokbench"], **manifest["versions"]}
    return ", ".join(f"{name} {version}" for name, version in told.items())


def as_json(made: Pulled) -> dict[str, Any]:
    """What was pulled as plain data."""
    return {
        "repo": made.repo,
        "commit": made.commit,
        "folder": str(made.folder),
        "recomputed": [{**asdict(one), "agrees": one.agrees} for one in made.recomputed],
        "missing": list(made.missing),
        "retrained": made.retrained,
        "identical": made.identical,
    }
