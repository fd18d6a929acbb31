"""`tokbench show`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokbench.recipe import Recipe
    from tokbench.workbench import Found

_SHOWN_TOKENS = 12


@click.command("show")
@click.argument("name")
@click.option(
    "--resolved", is_flag=True, help="The whole recipe as YAML, with what came from where."
)
@options.overrides
@options.runs
@options.json_out
def command(
    name: str, resolved: bool, overrides: tuple[str, ...], runs: Path, json_path: str | None
) -> None:
    """What a run, a folder, a tokenizer.json or a recipe holds.

    Of a recipe with a sweep, what its variants share and where they differ.

    \b
    tokbench show runs/demo
    tokbench show recipes/bert.yaml --resolved
    """
    from tokbench.cli.output import show, write_json

    path = Path(name)
    if path.suffix in (".yaml", ".yml") and (path.is_file() or resolved):
        from tokbench.recipe import load_all

        recipes = load_all(path, overrides)
        if resolved:
            _resolved(recipes, json_path)
            return
        facts = _of_recipes(recipes)
    elif resolved:
        raise click.UsageError("--resolved is about recipes: name a .yaml file")
    else:
        from tokbench.workbench import find

        facts = _facts(find(name, runs=runs))
    if json_path:
        write_json(facts, json_path)
    if json_path != "-":
        show(_table(facts | _sentences(facts)))


def _of_recipes(recipes: "Sequence[Recipe]") -> dict[str, Any]:
    """What recipes resolve to: what all share, then below the name of each what is its own."""
    resolved = [one.resolved() for one in recipes]
    if len(resolved) == 1:
        return resolved[0]
    names = [one.pop("name") for one in resolved]
    shared, own = _parted(resolved)
    return {
        "name": recipes[0].family,
        **shared,
        "variants": dict(zip(names, own, strict=True)),
    }


def _parted(maps: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What maps with the same keys share, and what each has for its own."""
    shared: dict[str, Any] = {}
    own: list[dict[str, Any]] = [{} for _ in maps]
    for key in dict.fromkeys(key for one in maps for key in one):
        values = [one.get(key) for one in maps]
        if all(value == values[0] for value in values):
            shared[key] = values[0]
        elif all(isinstance(value, dict) and "type" not in value for value in values):
            shared[key], inner = _parted([one[key] for one in maps])
            for one, said in zip(own, inner, strict=True):
                one[key] = said
        else:
            for one, value in zip(own, values, strict=True):
                one[key] = value
    return shared, own


def _resolved(recipes: "Sequence[Recipe]", json_path: str | None) -> None:
    """Every recipe with the place of each value, as YAML documents or as JSON."""
    from tokbench.cli.output import show_yaml, write_json
    from tokbench.recipe import DEFAULT, annotated, origins

    if json_path:
        plain = [
            {
                "recipe": one.resolved(),
                "from": {
                    ".".join(map(str, path)): DEFAULT if where is None else str(where)
                    for path, where in origins(one).items()
                },
            }
            for one in recipes
        ]
        write_json(plain[0] if len(plain) == 1 else plain, json_path)
    if json_path != "-":
        show_yaml("---\n".join(map(annotated, recipes)))


def _facts(found: "Found") -> dict[str, Any]:
    state = json.loads(found.subject.tokenizer.to_str())
    size = found.subject.tokenizer.get_vocab_size()
    model = {key: value for key, value in state["model"].items() if key not in ("vocab", "merges")}
    last = [
        found.subject.tokenizer.id_to_token(i) for i in range(max(0, size - _SHOWN_TOKENS), size)
    ]
    facts: dict[str, Any] = {
        "name": found.subject.name,
        "vocabulary": size,
        "normalizer": state["normalizer"],
        "pre_tokenizer": state["pre_tokenizer"],
        "model": model,
        "merges": len(state["model"].get("merges", ())),
        "post_processor": state["post_processor"],
        "decoder": state["decoder"],
        "added_tokens": {str(one["id"]): one["content"] for one in state["added_tokens"]},
        "last_tokens": [token for token in last if token is not None],
    }
    if found.manifest:
        facts |= {
            "signature": found.manifest["signature"],
            "corpus": found.manifest["corpus"],
            "proof": found.manifest["proof"],
            "verdict": found.manifest.get("verdict"),
            "determinism": found.manifest.get("determinism"),
            "allowed": {one["rule"]: one["reason"] for one in found.manifest.get("allowed", ())},
            "versions": {"tokbench": found.manifest["tokbench"], **found.manifest["versions"]},
            "recipe": found.manifest["recipe"],
        }
    return facts


def _sentences(facts: dict[str, Any]) -> dict[str, str]:
    """Verdict and determinism as a person reads them."""
    from tokbench.cli.run import judged
    from tokbench.values import Guarantee, Verdict

    told: dict[str, str] = {}
    if facts.get("verdict"):
        told["verdict"] = judged(Verdict(**facts["verdict"]))
    if facts.get("determinism"):
        said = Guarantee(**facts["determinism"])
        same = "training again gives the same bytes" if said.identical else "none guaranteed"
        told["determinism"] = f"{same}: {said.why}"
        if said.checked:
            told["checked"] = said.checked
    return told


def _table(facts: dict[str, Any]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    variants = facts.get("variants", {})
    for key, value in (*facts.items(), *variants.items()):
        if key not in ("recipe", "variants") and value not in (None, 0, [], {}, ""):
            table.add_row(key, Text(_written(value)))
    return table


def _written(value: Any) -> str:
    """A value as a person reads it: components by their type, the rest as YAML's flow style."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        by_line = all(isinstance(one, dict) and "type" in one for one in value)
        return ("\n" if by_line else " ").join(map(_written, value))
    if isinstance(value, dict):
        return _map(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _map(value: dict[str, Any]) -> str:
    if "SpecialToken" in value or "Sequence" in value:  # a piece of a template
        piece = next(iter(value.values()))
        name = f"${piece['id']}" if "Sequence" in value else piece["id"]
        return f"{name}:{piece['type_id']}" if piece["type_id"] else name
    if value.get("type") == "Sequence":
        return _written(next(inner for inner in value.values() if isinstance(inner, list)))
    said = {key: inner for key, inner in value.items() if inner not in (None, False, [], {}, "")}
    if "content" in said and len(said) == 1:
        return str(said["content"])
    head = said.pop("type", "")
    if head == "TemplateProcessing":
        said.pop("special_tokens", None)
    body = ", ".join(f"{key}: {_written(inner)}" for key, inner in said.items())
    return f"{head} {body}".strip()
