"""A tokenizer to measure, loaded from a folder, a `tokenizer.json` or the Hub."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tokbench.errors import SubjectError


@dataclass(frozen=True)
class Subject:
    """A tokenizer ready to be measured: no truncation, no padding, no dropout.

    Attributes:
        name: as reports show it.
        tokenizer: the tokenizer.
        state: its JSON, for loading it again.
        unk_id: the id of its unknown token, None where it has none.
    """

    name: str
    tokenizer: Tokenizer
    state: str
    unk_id: int | None

    def renamed(self, name: str) -> "Subject":
        """The same under another name."""
        return Subject(name, self.tokenizer, self.state, self.unk_id)


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
    """The tokenizer of a folder that holds a `tokenizer.json`, or of such a file."""
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        there = ", ".join(sorted(one.name for one in path.iterdir())[:5]) if path.is_dir() else ""
        raise SubjectError(
            f"{path}: holds no tokenizer.json" + (f" (it holds {there})" if there else "")
        )
    try:
        state = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SubjectError(f"{file}: cannot be read: {error}") from error
    fallback = file.parent.name if file.name == "tokenizer.json" else file.stem
    return subject(name or fallback or str(path), state, str(file))


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
    return from_folder(Path(file), repository)
