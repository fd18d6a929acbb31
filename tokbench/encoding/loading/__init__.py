"""Other libraries' files as a tokenizer.json that gives exactly their ids, or a refusal.

One file a format. What is converted is kept in the data cache by the digest of all that it was made
from, since the merges of a large vocabulary take seconds to recover.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import __version__ as library

from tokbench import store
from tokbench.encoding.loading import sentencepiece, tiktoken, wordpiece
from tokbench.errors import StoreError, SubjectError

FILES = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.txt")
"""What a folder without a tokenizer.json is looked through for, besides *.tiktoken."""
SUFFIXES = (".model", ".tiktoken")
_GENERIC = {"tokenizer", "spiece", "sentencepiece", "sentencepiece.bpe", "vocab"}
_VERSION = 1
"""Raised when a conversion comes out otherwise than before."""
_NAMED = "tiktoken:"
Converted = tuple[dict[str, Any], tuple[int, ...]]
"""A tokenizer.json, and the ids in it that stand for no text."""
_LOG = logging.getLogger("tokbench")


@dataclass(frozen=True)
class Loaded:
    """A converted tokenizer.

    Attributes:
        name: as reports show it.
        state: its tokenizer.json.
        special: ids that stand for no text.
        notes: what users should know of how it was read.
    """

    name: str
    state: str
    special: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def can_load(path: Path) -> bool:
    """Whether a file is to be converted, by its name."""
    return path.suffix in SUFFIXES or path.name == "vocab.txt"


def in_folder(folder: Path) -> Path | None:
    """The file of a folder that can be converted, None where none can."""
    names = [folder / name for name in FILES] + sorted(folder.glob("*.tiktoken"))
    return next((path for path in names if path.is_file()), None)


def load(path: Path) -> Loaded:
    """Convert a SentencePiece .model, a .tiktoken file or a vocab.txt.

    What is guessed goes to the log as well.

    Raises:
        SubjectError: it is damaged, or `tokenizers` cannot give its ids.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SubjectError(f"{path}: cannot be read: {error.strerror}") from error
    name = path.stem
    if name in _GENERIC or path.name == "vocab.txt":
        name = path.absolute().parent.name or name
    if path.name == "vocab.txt":
        made, notes = wordpiece.convert(data, path)
        for note in notes:
            _LOG.warning("%s", note)
        return Loaded(name, json.dumps(made, ensure_ascii=False), notes=notes)
    if path.suffix == ".tiktoken" or tiktoken.is_tiktoken(data):
        settings = tiktoken.pattern(path)
        return _kept(name, data, settings, lambda: tiktoken.convert(data, path))
    return _kept(name, data, "", lambda: sentencepiece.convert(data, str(path)))


def load_named(name: str) -> Loaded:
    """One of tiktoken's own encodings, as `tiktoken:cl100k_base`.

    Raises:
        SubjectError: tiktoken is not installed, does not know it, or cannot get its file.
    """
    try:
        import tiktoken as own  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SubjectError(
            f"{name}: needs tiktoken itself: pip install 'tokbench[tiktoken]', or name a "
            ".tiktoken file"
        ) from error
    encoding = name.removeprefix(_NAMED)
    try:
        found = own.get_encoding(encoding)
    except ValueError as error:
        known = ", ".join(own.list_encoding_names())
        raise SubjectError(f"{name}: tiktoken knows no {encoding!r}; it knows {known}") from error
    except Exception as error:  # whatever its downloader raises
        raise SubjectError(
            f"{name}: tiktoken has no copy of its file and cannot download one "
            f"({type(error).__name__}); name a .tiktoken file"
        ) from error
    if encoding not in tiktoken.PATTERNS:
        raise SubjectError(f"{name}: its pattern is none that tokbench knows")
    ranks = found._mergeable_ranks  # noqa: SLF001 - tiktoken shows them nowhere else
    data = b"".join(token + bytes((0,)) for token, _ in sorted(ranks.items(), key=lambda p: p[1]))
    cut_by = tiktoken.pattern(Path(f"{encoding}.tiktoken"))
    return _kept(name, data, cut_by, lambda: tiktoken.of_ranks(ranks, cut_by, name))


def _kept(name: str, data: bytes, settings: str, make: Callable[[], Converted]) -> Loaded:
    """What was made of these bytes before, else made now."""
    digest = hashlib.sha256(data).hexdigest()
    signature = store.signature(digest, settings, _VERSION, library)
    path = store.cache_dir() / "converted" / f"{signature}.json"
    try:
        kept = store.read_json(path)
        if kept["check"] == hashlib.sha256(kept["state"].encode()).hexdigest():
            return Loaded(name, str(kept["state"]), tuple(kept["special"]))
    except (StoreError, KeyError, TypeError, AttributeError):
        pass
    made, special = make()
    state = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    with store.optional():
        check = hashlib.sha256(state.encode()).hexdigest()
        store.write_json(path, {"check": check, "state": state, "special": special})
    return Loaded(name, state, special)
