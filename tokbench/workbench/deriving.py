"""A recipe from a finished tokenizer."""

import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from tokbench import store
from tokbench.errors import StoreError
from tokbench.pipeline.derived import derived, flat
from tokbench.pipeline.special_tokens import ROLES
from tokbench.recipe import load
from tokbench.workbench.find import Found, find
from tokbench.workbench.plan import RUNS

_CONFIG, _TEMPLATE = "tokenizer_config.json", "chat_template.jinja"
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
    tokenizer: str,
    name: str,
    path: Path,
    *,
    on: Sequence[str] = (),
    text: str | None = None,
    runs: Path = RUNS,
) -> Written:
    """Write the recipe of a finished tokenizer, ready to be trained on other text.

    Args:
        tokenizer: a run, folder, tokenizer.json, SentencePiece or tiktoken file, or a Hub name.
        name: of the recipe.
        path: the file to write; files that it names lie beside it.
        on: files to train on; none for Python's documentation.
        text: the column of these that is the text.
        runs: where the runs of recipes are kept.

    Raises:
        SubjectError: there is no such tokenizer.
        StoreError: a file is there already, or cannot be written.
    """
    found = find(tokenizer, runs=runs)
    subject = found.subject
    state = json.loads(subject.tokenizer.to_str())
    state |= {key: json.loads(subject.state).get(key) for key in ("truncation", "padding")}
    control = [str(subject.tokenizer.id_to_token(number)) for number in subject.special]
    made = derived(state, settings_of(tokenizer, found), name, control)
    column = {"text": text} if text else {}
    sources: Any = [{"type": "files", "paths": list(on), **column}] if on else ["python_docs"]
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


def recipe_like(
    tokenizer: str, out: Path | None, on: Sequence[str], text: str | None = None, runs: Path = RUNS
) -> Written:
    """The recipe of a tokenizer, to be trained on files at once.

    It lies beside the folder that is filled, and is named as it is; else in this folder, named
    after the tokenizer.

    Args:
        tokenizer: as for `recipe_from`.
        out: the folder that will be filled.
        on: files, from here.
        text: the column of these that is the text.
        runs: where the runs of recipes are kept.

    Raises:
        SubjectError: there is no such tokenizer.
        StoreError: the recipe is there already, or cannot be written.
    """
    called = out.name if out else f"like-{find(tokenizer, runs=runs).subject.name}"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", called).strip("-.") or "like"
    path = (out.parent if out else Path()) / f"{name}.yaml"
    if path.exists():
        raise StoreError(
            f"{path}: is there already; `tokbench train {path}` trains it, or name another --out"
        )
    files = [os.path.relpath(one, path.parent) if Path(one).exists() else one for one in on]
    return recipe_from(tokenizer, name, path, on=files, text=text, runs=runs)


def differences(tokenizer: str, folder: Path, runs: Path = RUNS) -> tuple[str, ...]:
    """What a tokenizer that was trained like another has otherwise, besides what it learned.

    Args:
        tokenizer: the other.
        folder: of the new one.
        runs: where the runs of recipes are kept.
    """
    old, new = find(tokenizer, runs=runs), find(str(folder), runs=runs)
    states = [json.loads(one.subject.tokenizer.to_str()) for one in (old, new)]
    before, now = ({one["content"]: one for one in state["added_tokens"]} for state in states)
    told = [f"{token!r} is no token of its own any more" for token in before if token not in now]
    told += [f"{token!r} is a token of its own now" for token in now if token not in before]
    for token in before.keys() & now.keys():
        was, has = before[token], now[token]
        told += [
            f"{token!r} has the {key} {has[key]}, had {was[key]}"
            for key in was
            if was[key] != has.get(key)
        ]
    config, made = (
        settings_of(str(name), one) or {} for name, one in ((tokenizer, old), (folder, new))
    )
    for role in ROLES:
        was, has = (_content(one.get(f"{role}_token")) for one in (config, made))
        if config and was != has:
            told.append(f"{role}_token is {has or 'none'}, was {was or 'none'}")
    if config.get("chat_template") != made.get("chat_template"):
        told.append("its chat template is another")
    pipelines = zip(*(_stages(state) for state in states), strict=True)
    told += [f"its {stage} is another" for (stage, one), (_, other) in pipelines if one != other]
    return tuple(sorted(told))


def _content(token: Any) -> str:
    return str(token.get("content") if isinstance(token, dict) else token or "")


def _stages(state: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """Each stage's components, without ids and without what a decoder writes and does not read."""
    found = []
    for stage in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        parts = [dict(part) for part in flat(state[stage])]
        for part in parts:
            part.pop("special_tokens", None)
            for role in ("cls", "sep"):
                if role in part:
                    part[role] = part[role][0]
        if stage == "decoder":
            parts = [{"type": one["type"]} if one["type"] == "ByteLevel" else one for one in parts]
        found.append((stage, parts))
    return found


def settings_of(name: str, found: Found) -> dict[str, Any] | None:
    """The tokenizer_config.json that belongs to a tokenizer, its chat template in it.

    Args:
        name: what was asked for.
        found: what it was.
    """
    path = Path(name)
    if found.folder != Path():
        return _read(found.folder / _CONFIG, found.folder / _TEMPLATE)
    if path.exists():
        folder = path if path.is_dir() else path.parent
        return _read(folder / _CONFIG, folder / _TEMPLATE)
    return _read(*(_from_hub(name, file) for file in (_CONFIG, _TEMPLATE)))


def _read(file: Path | None, template: Path | None) -> dict[str, Any] | None:
    config = store.read_json(file) if file is not None and file.is_file() else None
    if template is not None and template.is_file():
        said = config if isinstance(config, dict) else {}
        config = {"chat_template": template.read_text("utf-8"), **said}
    return config if isinstance(config, dict) else None


def _from_hub(name: str, file: str) -> Path | None:
    """A file beside a tokenizer.json on the Hub; None where there is none."""
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - only where the Hub is asked
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    repository, _, revision = name.partition("@")
    try:
        return Path(hf_hub_download(repository, file, revision=revision or None))
    except (HfHubHTTPError, HFValidationError, OSError):
        return None


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
