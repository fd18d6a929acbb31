"""The tokenizers that a run was measured beside: which they were, and how others can have them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tokbench import store
from tokbench.errors import StoreError, SubjectError
from tokbench.publishing.facts import Baseline
from tokbench.publishing.remote import Remote
from tokbench.values import Comparison
from tokbench.workbench.find import Found, find

ORIGIN = "published.json"
"""Where a run folder says where on the Hub its tokenizer is."""
_KINDS = ("hub", "tiktoken", "file", "")
"""The ways to have a tokenizer, the easiest first."""


def note_origin(run: Path, remote: Remote) -> None:
    """Note in a run folder where its tokenizer lies on the Hub."""
    said = {"repo": remote.name, "commit": remote.commit, "private": remote.private}
    store.write_json(run / ORIGIN, said)


def there(run: Path, found: Found) -> dict[str, Found]:
    """The baselines of a run's recipe that can be loaded, by what the recipe calls them."""
    manifest = found.manifest or {}
    base = (found.folder / manifest["recipe_folder"]).resolve()
    had = {}
    for name in manifest["recipe"]["benchmark"]["baselines"]:
        try:
            had[name] = find(name, runs=run.absolute().parents[1], base=base)
        except (SubjectError, StoreError):
            continue  # it was measured when it was there
    return had


def measured(found: Found, loaded: dict[str, Found], made: Comparison) -> Iterator[Baseline]:
    """Each tokenizer of a comparison but the first, and how others can have it.

    What is there now under the same name but is another tokenizer is not what was measured.

    Args:
        found: the run's own.
        loaded: its baselines that are there.
        made: the comparison.
    """
    manifest = found.manifest or {}
    base = (found.folder / manifest["recipe_folder"]).resolve()
    known = {name: store.signature(one.subject.state) for name, one in loaded.items()}
    ways = {name: had(name, one, base) for name, one in loaded.items()}
    best = sorted(loaded, key=lambda name: _KINDS.index(ways[name].kind))
    for one in made.tokenizers[1:]:
        name = next((name for name in best if is_in(made, one.name, known[name])), None)
        yield (
            replace(ways[name], name=one.name, signature=known[name])
            if name
            else Baseline(one.name)
        )


def is_in(made: Comparison, name: str, signature: str) -> bool:
    """Whether the tokenizer of this name in a comparison has this signature."""
    return f"{name}@{signature[:8]}" in made.signature


def had(name: str, found: Found, base: Path) -> Baseline:
    """How others can have what a recipe names."""
    if found.subject.commit:
        return Baseline(name, "hub", f"{name.partition('@')[0]}@{found.subject.commit}")
    if name.startswith("tiktoken:"):
        return Baseline(name, "tiktoken", name)
    if found.manifest is not None:
        at = _published(found.folder.parent)
        return Baseline(name, "hub", at) if at else Baseline(name)
    path = (base / Path(name).expanduser()).resolve()
    place = path.relative_to(base) if path.is_relative_to(base) else Path(path.name)
    return Baseline(name, "file", place.as_posix())


def _published(run: Path) -> str:
    """Where everybody finds the tokenizer of a run folder; empty where nobody does."""
    try:
        said = store.read_json(run / ORIGIN)
        return "" if said.get("private") else f"{said['repo']}@{said['commit']}"
    except (StoreError, KeyError, TypeError, AttributeError):
        return ""
