"""A recipe from a finished tokenizer."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from tokbench import store
from tokbench.errors import StoreError
from tokbench.pipeline.derived import derived
from tokbench.recipe import load
from tokbench.workbench.find import find
from tokbench.workbench.plan import RUNS

_FLOW = 90
"""Characters that a list or a map may take to stand in one line."""


@dataclass(frozen=True)
class Written:
    """A recipe that was written.

    Attributes:
        path: of the recipe.
        notes: what it does not carry over, a sentence each.
    """

    path: Path
    notes: tuple[str, ...]


def recipe_from(
    tokenizer: str, name: str, path: Path, *, on: Sequence[str] = (), runs: Path = RUNS
) -> Written:
    """Write the recipe of a finished tokenizer, ready to be trained on other text.

    Args:
        tokenizer: a run, folder, tokenizer.json, SentencePiece or tiktoken file, or a Hub name.
        name: of the recipe.
        path: the file to write; files that it names lie beside it.
        on: files to train on; none for Python's documentation.
        runs: where the runs of recipes are kept.

    Raises:
        SubjectError: there is no such tokenizer.
        StoreError: a file is there already, or cannot be written.
    """
    subject = find(tokenizer, runs=runs).subject
    state = json.loads(subject.tokenizer.to_str())
    state |= {key: json.loads(subject.state).get(key) for key in ("truncation", "padding")}
    control = [str(subject.tokenizer.id_to_token(number)) for number in subject.special]
    made = derived(state, _config(Path(tokenizer)), name, control)
    sources: Any = [{"type": "files", "paths": list(on)}] if on else ["python_docs"]
    fields = {"name": name, "description": f"Like {subject.name}", "corpus": {"sources": sources}}
    files = {path.parent / file: data for file, data in made.files.items()}
    for one in (path, *files):
        if one.exists():
            raise StoreError(f"{one}: is there already; name another file with --out")
    lines = [f"# The pipeline of {subject.name}, to be trained on other text"]
    lines += _comments(made.notes)
    written = [path]
    try:
        for file, data in files.items():
            store.write_bytes(file, data)
            written.append(file)
        store.write_bytes(path, ("\n".join(lines) + "\n" + _yaml(fields | made.fields)).encode())
        load(path)
    except BaseException:
        for file in written:
            file.unlink(missing_ok=True)
        raise
    return Written(path, (*subject.notes, *made.notes))


def _config(path: Path) -> dict[str, Any] | None:
    """The tokenizer_config.json beside a tokenizer.json."""
    folder = path if path.is_dir() else path.parent
    file = folder / "tokenizer_config.json"
    if not file.is_file() and (folder / "tokenizer").is_dir():
        file = folder / "tokenizer" / file.name
    if not file.is_file():
        return None
    config = store.read_json(file)
    return config if isinstance(config, dict) else None


def _comments(notes: Sequence[str]) -> list[str]:
    """Notes as comments, a line each."""
    return ["# What it does not carry over:", *(f"# - {note}" for note in notes)] if notes else []


def _yaml(fields: dict[str, Any]) -> str:
    """The recipe as people write it: what is short stands in one line."""
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump({key: _laid_out(value, yaml) for key, value in fields.items()}, text)
    return text.getvalue()


def _laid_out(value: Any, yaml: YAML) -> Any:
    """A value with short lists and maps in one line, and quotes where a reader expects them."""
    if isinstance(value, str):
        plain = value.isascii() and value.replace("_", "").replace("-", "").isalnum()
        return value if plain or " " in value.strip() else DoubleQuotedScalarString(value)
    if not isinstance(value, dict | list):
        return value
    short = len(json.dumps(value, ensure_ascii=False)) <= _FLOW
    made: Any = yaml.map() if isinstance(value, dict) else yaml.seq()
    if isinstance(value, dict):
        made.update({key: _laid_out(one, yaml) for key, one in value.items()})
    else:
        made.extend(_laid_out(one, yaml) for one in value)
    if short:
        made.fa.set_flow_style()
    return made
