"""What rules about finished tokenizers look at: the files of a folder and what they really do."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from tokbench.child import ChildError, run_in_child
from tokbench.errors import SubjectError
from tokbench.recipe import KeyPath
from tokbench.rules.samples import NO_SAMPLE, Sample
from tokbench.store import MANIFEST
from tokbench.wrapping import probes
from tokbench.wrapping.proof import NOT_NEEDED, QUIET

TOKENIZER = "tokenizer.json"
CONFIG = "tokenizer_config.json"
SPECIAL_TOKENS_MAP = "special_tokens_map.json"
MODEL_CONFIG = "config.json"
CHAT_TEMPLATE = "chat_template.jinja"
ROLES = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
_JSON = (TOKENIZER, CONFIG, SPECIAL_TOKENS_MAP, MODEL_CONFIG, MANIFEST)
_INNER = ("normalizers", "pretokenizers", "decoders", "processors")
UNSEEN = ("ꙮ", "𠜎", "ⴲ", "㐂", "ﬗ", "ᚠ", "☃", "ж")
"""Characters of which small vocabularies lack some."""


@dataclass(frozen=True)
class TokenizerSubject:
    """A finished tokenizer from anywhere.

    Attributes:
        folder: where its files lie.
        name: what a user calls it, the head of every finding's place.
        files: the content of each file that there is: JSON values; a chat template as text.
        repeated: keys that stand twice in one map of tokenizer.json.
        sample: text that the user named.
    """

    folder: Path
    name: str
    files: dict[str, Any]
    repeated: tuple[str, ...] = ()
    sample: Sample = field(default=NO_SAMPLE)

    @classmethod
    def read(cls, path: Path, sample: Sample = NO_SAMPLE) -> "TokenizerSubject":
        """The tokenizer of a folder, or of a tokenizer.json with what lies beside it.

        Raises:
            SubjectError: there is none, or a file is no JSON.
        """
        folder = path if path.is_dir() else path.parent
        files: dict[str, Any] = {}
        repeated: list[str] = []
        for name in _JSON:
            file = path if name == TOKENIZER and path.is_file() else folder / name
            if file.is_file():
                noted = repeated if name == TOKENIZER else []
                files[name] = _json(file, noted)
        if (folder / CHAT_TEMPLATE).is_file():
            files[CHAT_TEMPLATE] = _text(folder / CHAT_TEMPLATE)
        if TOKENIZER not in files:
            there = ", ".join(sorted(one.name for one in folder.iterdir())[:5])
            raise SubjectError(f"{path}: holds no {TOKENIZER} (it holds {there or 'nothing'})")
        state = files[TOKENIZER]
        if not isinstance(state, dict) or not isinstance(state.get("model"), dict):
            raise SubjectError(f"{path}: is not a tokenizer.json: it has no model")
        return cls(folder, str(path), files, tuple(repeated), sample)

    @property
    def state(self) -> dict[str, Any]:
        """The content of tokenizer.json."""
        return dict(self.files[TOKENIZER])

    @property
    def config(self) -> dict[str, Any]:
        """The content of tokenizer_config.json, empty where there is none."""
        return dict(self.files.get(CONFIG) or {})

    @property
    def model(self) -> dict[str, Any]:
        """The model of tokenizer.json; its type is guessed where an old file has none."""
        model = self.state["model"]
        if "type" in model:
            return dict(model)
        kind = "Unigram" if isinstance(model.get("vocab"), list) else "WordPiece"
        return {"type": "BPE" if "merges" in model else kind, **model}

    @cached_property
    def _loaded(self) -> Tokenizer | str:
        try:
            tokenizer = Tokenizer.from_str(json.dumps(self.state))
        except Exception as error:  # noqa: BLE001 - tokenizers raises plain Exception
            return str(error)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        model: Any = tokenizer.model
        if getattr(model, "dropout", None):
            model.dropout = None
        return tokenizer

    @property
    def problem(self) -> str:
        """Why `tokenizers` cannot load it, empty where it can."""
        return self._loaded if isinstance(self._loaded, str) else ""

    @property
    def tokenizer(self) -> Tokenizer:
        """As loaded, without truncation, padding and dropout.

        Raises:
            SubjectError: it cannot be loaded.
        """
        if isinstance(self._loaded, str):
            raise SubjectError(f"{self.name}: tokenizers cannot load it: {self._loaded}")
        return self._loaded

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """The model's own tokens and ids, added tokens left out."""
        vocab = self.model.get("vocab") or {}
        if isinstance(vocab, list):
            return {piece: position for position, (piece, _) in enumerate(vocab)}
        return dict(vocab)

    @property
    def added(self) -> list[dict[str, Any]]:
        """The added tokens as tokenizer.json has them."""
        return list(self.state.get("added_tokens") or [])

    @property
    def roles(self) -> dict[str, str]:
        """Role ("pad") to token, as the configuration says, else as special_tokens_map does."""
        told = {**(self.files.get(SPECIAL_TOKENS_MAP) or {}), **self.config}
        found = {role: content(told.get(f"{role}_token")) for role in ROLES}
        return {role: token for role, token in found.items() if token is not None}

    @property
    def unk(self) -> str | None:
        """The text of the model's unknown token."""
        if self.model["type"] != "Unigram":
            return self.model.get("unk_token")
        position, vocab = self.model.get("unk_id"), self.model.get("vocab") or []
        return vocab[position][0] if position is not None and position < len(vocab) else None

    @property
    def allowed(self) -> dict[str, str]:
        """The rules that its recipe silenced, with the author's reasons; none if not tokbench's."""
        manifest = self.files.get(MANIFEST)
        told = manifest.get("allowed") if isinstance(manifest, dict) else None
        return {str(one["rule"]): str(one["reason"]) for one in told or ()}

    def parts(self, section: str) -> list[tuple[KeyPath, dict[str, Any]]]:
        """The components of a section in order, each with its place; sequences are opened."""
        return list(_parts((section,), self.state.get(section)))

    def has(self, section: str, kind: str) -> bool:
        """Whether a section has a component of a type."""
        return any(part.get("type") == kind for _, part in self.parts(section))

    @property
    def byte_level(self) -> bool:
        """Whether text is written in byte characters."""
        return self.has("pre_tokenizer", "ByteLevel") or self.has("normalizer", "ByteLevel")

    @property
    def byte_fallback(self) -> bool:
        """Whether the model writes unknown characters in byte tokens."""
        return bool(self.model.get("byte_fallback"))

    def encode(self, text: str) -> Encoding | None:
        """A text alone, no special tokens added; None where the library raises."""
        try:
            return self.tokenizer.encode(text, add_special_tokens=False)
        except Exception:  # noqa: BLE001 - tokenizers raises plain Exception
            return None

    def refusal(self, text: str) -> str:
        """What the library says when it cannot encode a text, empty where it can."""
        try:
            self.tokenizer.encode(text, add_special_tokens=False)
        except Exception as error:  # noqa: BLE001 - tokenizers raises plain Exception
            return str(error)
        return ""

    def decoded(self, text: str) -> str | None:
        """What comes back of a text, special tokens included."""
        encoding = self.encode(text)
        if encoding is None:
            return None
        return str(self.tokenizer.decode(encoding.ids, skip_special_tokens=False))

    def normalized(self, text: str) -> str:
        """The text as the normalizer leaves it."""
        normalizer = self.tokenizer.normalizer
        return str(normalizer.normalize_str(text)) if normalizer else text

    def words(self, text: str) -> list[str]:
        """The pre-tokens of a text."""
        text, pre_tokenizer = self.normalized(text), self.tokenizer.pre_tokenizer
        if pre_tokenizer is None:
            return [text] if text else []
        return [word for word, _ in pre_tokenizer.pre_tokenize_str(text)]

    @cached_property
    def reloaded(self) -> dict[str, Any]:
        """What `AutoTokenizer` makes of the folder, asked in a fresh process.

        Empty where the folder has nothing for it but a tokenizer.json; else either "error", or
        "class" and "cases": texts with their ids.
        """
        if CONFIG not in self.files and MODEL_CONFIG not in self.files:
            return {}
        texts = [text for text in probes.TEXTS if not self.refusal(text)]
        try:
            return run_in_child(
                _reload, str(self.folder), texts, environment=QUIET, without=NOT_NEEDED
            )
        except ChildError as error:
            return {"error": error.last}


def content(token: Any) -> str | None:
    """The text of a token that a configuration names as a string or as a map."""
    token = token.get("content") if isinstance(token, dict) else token
    return token if isinstance(token, str) else None


def _parts(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    inner = next((key for key in _INNER if isinstance(value.get(key), list)), None)
    if inner is None:
        yield path, value
        return
    for position, part in enumerate(value[inner]):
        yield from _parts((*path, inner, position), part)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SubjectError(f"{file}: cannot be read: {error}") from error


def _json(file: Path, repeated: list[str]) -> Any:
    def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated.extend(sorted({key for key in keys if keys.count(key) > 1}))
        return made

    try:
        return json.loads(_text(file), object_pairs_hook=noted)
    except ValueError as error:
        raise SubjectError(f"{file}: is no JSON: {error}") from error


def _reload(folder: str, texts: list[str]) -> dict[str, Any]:
    from transformers import AutoTokenizer  # noqa: PLC0415 - only in the child

    try:
        loaded = AutoTokenizer.from_pretrained(folder)
        backend = getattr(loaded, "backend_tokenizer", None)
        model: Any = getattr(backend, "model", None)
        if getattr(model, "dropout", None):
            model.dropout = None
        cases = [(text, list(loaded(text, truncation=False)["input_ids"])) for text in texts]
    except Exception as error:  # noqa: BLE001 - whatever stops it is the finding
        return {"error": (str(error).strip() or type(error).__name__).splitlines()[0]}
    return {"class": type(loaded).__name__, "cases": cases}
