"""Is what lies on the Hub what was sent? Asked in a process whose caches are empty."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Tokenizer

from tokbench.child import ChildError, run_in_child
from tokbench.errors import PublishingError
from tokbench.publishing.bundle import Bundle
from tokbench.publishing.failures import AGAIN, said
from tokbench.publishing.remote import Hub

_SHOWN = 60


@dataclass(frozen=True)
class Arrived:
    """What another user gets.

    Attributes:
        commit: what the revision means.
        digests: SHA-256 of each file.
        ids: of each text, from `AutoTokenizer`.
    """

    commit: str
    digests: dict[str, str]
    ids: list[list[int]]


@dataclass(frozen=True)
class Fetched:
    """Files of a commit that lie here.

    Attributes:
        commit: its full hash.
        folder: where they lie.
        digests: SHA-256 of each, by its path.
    """

    commit: str
    folder: Path
    digests: dict[str, str]


def fetched(hub: Hub, commit: str, paths: Sequence[str], cache: Path) -> Fetched:
    """Files of a commit, downloaded into a folder of their own.

    Raises:
        PublishingError: they cannot be had.
    """
    folder = hub.download(commit, paths, cache)
    return Fetched(commit, folder, _digests(folder, paths))


def _digests(folder: Path, paths: Sequence[str]) -> dict[str, str]:
    files = [(path, folder / path) for path in paths]
    return {
        path: hashlib.sha256(file.read_bytes()).hexdigest()
        for path, file in files
        if file.is_file()
    }


def prove(repo: str, revision: str, commit: str, bundle: Bundle, texts: Sequence[str]) -> None:
    """Download what was sent and compare it: every byte, and the ids of texts.

    Args:
        repo: owner and name.
        revision: the branch or ref.
        commit: what it has to mean.
        bundle: what was sent.
        texts: what to encode.

    Raises:
        PublishingError: it is not what was sent, or cannot be had.
    """
    with TemporaryDirectory(prefix="tokbench-") as home:
        try:
            found = run_in_child(
                _fetched, repo, revision, list(bundle.paths), list(texts), home,
                environment=environment(Path(home)),
            )  # fmt: skip
        except ChildError as error:
            raise PublishingError(
                f"{repo}: AutoTokenizer cannot load what was sent: {error.last}"
            ) from None
    if found.commit != commit:
        raise PublishingError(
            f"{repo}: {revision} is not what was sent any more: somebody else changed it; look at "
            "it, and publish again"
        )
    for file in bundle.files:
        if found.digests.get(file.path) != file.sha256:
            raise PublishingError(
                f"{repo}: {file.path} does not come back as it was sent (commit {commit}); publish "
                "again"
            )
    tokenizer: Any = Tokenizer.from_str(bundle["tokenizer.json"].read().decode())
    if getattr(tokenizer.model, "dropout", None):
        tokenizer.model.dropout = None
    for text, ids in zip(texts, found.ids, strict=True):
        wanted = tokenizer.encode(text).ids
        if wanted != ids:
            raise PublishingError(
                f"{repo}: AutoTokenizer gives other ids from there, of {text[:_SHOWN]!r} "
                f"{_start(ids)} instead of {_start(wanted)}; a config.json there may say which "
                f"class loads it (commit {commit})"
            )


def environment(home: Path) -> dict[str, str]:
    """Variables of a process that finds nothing in a cache and logs in as this one does."""
    from huggingface_hub import constants  # noqa: PLC0415 - only to publish

    return {
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_XET_CACHE": str(home / "xet"),
        "HF_TOKEN_PATH": str(Path(constants.HF_TOKEN_PATH).absolute()),
        "HF_ENDPOINT": constants.ENDPOINT,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }


def _fetched(repo: str, revision: str, paths: list[str], texts: list[str], home: str) -> Arrived:
    """Everything, as a stranger gets it."""
    cache = Path(home) / "hub"
    folder = Hub(repo).download(revision, paths, cache)
    return Arrived(folder.name, _digests(folder, paths), _ids(repo, revision, texts, cache))


def _ids(repo: str, revision: str, texts: list[str], cache: Path) -> list[list[int]]:
    """Of each text, from `AutoTokenizer`."""
    from transformers import AutoTokenizer  # noqa: PLC0415 - only in the child

    try:
        loaded: Any = AutoTokenizer.from_pretrained(repo, revision=revision, cache_dir=cache)
    except Exception as error:  # noqa: BLE001 - whatever it dies of, it is no tokenizer
        why = said(error).partition(". ")[0]
        raise PublishingError(
            f"{repo}: AutoTokenizer cannot load it from there ({why}); {AGAIN}"
        ) from None
    if getattr(loaded.backend_tokenizer.model, "dropout", None):
        loaded.backend_tokenizer.model.dropout = None
    return [loaded(text)["input_ids"] for text in texts]


def _start(ids: list[int]) -> str:
    text = str(ids)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
