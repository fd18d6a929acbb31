"""A tokenizer to measure, loaded from a folder, a file of any known format or the Hub."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tokbench.encoding import loading
from tokbench.errors import SubjectError

_STANDARD = ("tokenizer.json", *loading.FILES)
"""Files that a tokenizer_config.json beside them is about."""
_ENDLESS = 1e9


@dataclass(frozen=True)
class Subject:
    """A tokenizer ready to be measured: no truncation, no padding, no dropout.

    Attributes:
        name: as reports show it.
        tokenizer: the tokenizer.
        state: its JSON, for loading it again.
        unk_id: the id of its unknown token, None where it has none.
        notes: what users should know of how it was loaded, a sentence each.
        special: ids that stand for no text, besides those of special added tokens.
        longest: the most tokens that its model takes, None where nobody says.
        commit: of the repository on the Hub that it was read from; empty for what lies here.
    """

    name: str
    tokenizer: Tokenizer
    state: str
    unk_id: int | None
    notes: tuple[str, ...] = ()
    special: tuple[int, ...] = ()
    longest: int | None = None
    commit: str = ""

    def renamed(self, name: str) -> "Subject":
        """The same under another name."""
        return replace(self, name=name)


def subject(name: str, state: str, origin: str) -> Subject:
    """A subject from the JSON of a tokenizer.

    Raises:
        SubjectError: `tokenizers` cannot read it.
    """
    try:
        tokenizer = Tokenizer.from_str(state)
    except Exception as error:  # tokenizers raises plain Exception
        raise SubjectError(
            f"{origin}: is not a tokenizer.json that tokenizers can read: {error}"
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if getattr(tokenizer.model, "dropout", None):
        tokenizer.model.dropout = None  # a coin toss is no measure of a tokenizer
    model = json.loads(tokenizer.to_str())["model"]
    return Subject(name, tokenizer, state, _unk_id(tokenizer, model))


def _unk_id(tokenizer: Tokenizer, model: dict[str, Any]) -> int | None:
    if model["type"] == "Unigram":
        unk = model.get("unk_id")
        return int(unk) if unk is not None else None
    token = model.get("unk_token")
    return tokenizer.token_to_id(token) if token is not None else None


def from_folder(path: Path, name: str | None = None) -> Subject:
    """The tokenizer of a folder or a file.

    A folder holds a `tokenizer.json`, else a file of SentencePiece, tiktoken or WordPiece; a file
    is one of these.
    """
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file() and path.is_dir():
        file = loading.in_folder(path) or file
    if not file.is_file():
        there = ", ".join(sorted(one.name for one in path.iterdir())[:5]) if path.is_dir() else ""
        raise SubjectError(
            f"{path}: holds no tokenizer.json" + (f" (it holds {there})" if there else "")
        )
    longest = _longest(file.parent) if path.is_dir() or file.name in _STANDARD else None
    if loading.can_load(file):
        return replace(_loaded(loading.load(file), str(file), name), longest=longest)
    try:
        state = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SubjectError(f"{file}: cannot be read: {error}") from error
    fallback = file.parent.name if file.name == "tokenizer.json" else file.stem
    return replace(subject(name or fallback or str(path), state, str(file)), longest=longest)


def _longest(folder: Path) -> int | None:
    """`model_max_length` as a tokenizer's folder says it; transformers writes 1e30 for none."""
    try:
        config = json.loads((folder / "tokenizer_config.json").read_bytes())
        found = config.get("model_max_length")
    except (OSError, ValueError, AttributeError):
        return None
    return int(found) if isinstance(found, int | float) and 0 < found < _ENDLESS else None


def from_tiktoken(name: str) -> Subject:
    """One of tiktoken's own encodings, as `tiktoken:cl100k_base`."""
    return _loaded(loading.load_named(name), name, None)


def _loaded(found: loading.Loaded, origin: str, name: str | None) -> Subject:
    made = subject(name or found.name, found.state, origin)
    return replace(made, notes=found.notes, special=found.special)


def from_hub(repository: str) -> Subject:
    """The `tokenizer.json` of a repository on the Hub, through huggingface_hub's cache."""
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - only where the Hub is asked
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    name, _, revision = repository.partition("@")
    try:
        file = hf_hub_download(name, "tokenizer.json", revision=revision or None)
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise SubjectError(
            f"{repository}: is neither a file, a folder nor a run here, "
            f"and the Hub does not give its tokenizer.json: {reason}"
        ) from error
    path = Path(file)  # .../snapshots/COMMIT/tokenizer.json
    return replace(from_folder(path, repository), commit=path.parent.name)
