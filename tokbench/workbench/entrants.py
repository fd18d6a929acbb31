"""Who takes part in a comparison of models: tokenizers, and what they begin from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from tokbench.downstream import TrainingSpec
from tokbench.downstream.pretrained import Start
from tokbench.downstream.transplanting.checkpoint import Checkpoint
from tokbench.errors import SubjectError
from tokbench.workbench.comparisons import distinct
from tokbench.workbench.find import Found, find
from tokbench.workbench.outcomes import config_of

_SHOWN = 12
_PLAIN = ("model", "checkpoint", "model_checkpoint")
"""Names of folders that say nothing of what is in them."""


@dataclass(frozen=True)
class Entrant:
    """A tokenizer as models are trained with it.

    Attributes:
        found: itself.
        name: in reports.
        spec: how they are trained.
        start: the checkpoint that they go on from; None where they are trained from scratch.
    """

    found: Found
    name: str
    spec: TrainingSpec
    start: Start | None = None


def entrants(
    found: Sequence[Found], names: Sequence[str], spec: TrainingSpec, base: Path = Path()
) -> tuple[TrainingSpec, list[Entrant]]:
    """All that take part, those that were named first.

    From a checkpoint its own tokenizer takes part too, and each of the others as `spec.embeddings`
    says: with transplanted embeddings, with random ones, or twice.

    Args:
        found: tokenizers.
        names: theirs in reports.
        spec: how models are trained.
        base: the folder that a checkpoint's path starts from.

    Returns:
        The settings as reports tell them, with the checkpoint's name and the begin of its digest;
        and who takes part.

    Raises:
        SubjectError: the checkpoint cannot be found or read, or lies without its tokenizer.
    """
    if spec.from_scratch:
        return spec, [Entrant(one, name, spec) for one, name in zip(found, names, strict=True)]
    start, own = begun(spec.model, base)
    spec = spec.model_copy(update={"model": start.name})
    ways = ("transplant", "random") if spec.embeddings == "both" else (spec.embeddings,)
    every = []
    for way in ways:
        said = spec.model_copy(update={"embeddings": way})
        more = ", random embeddings" if way == "random" and len(ways) > 1 else ""
        every += [
            Entrant(one, f"{name}{more}", said, start)
            for one, name in zip(found, names, strict=True)
            if way == ways[0] or one.subject.state != start.state
        ]
    if all(one.subject.state != start.state for one in found):
        kept = spec.model_copy(update={"embeddings": "transplant"})
        mine = Entrant(own, f"{_label(start)}'s own", kept, start)
        every.insert(len(found), mine)
    subjects = [replace(one.found.subject, name=one.name) for one in every]
    return spec, [
        replace(one, name=two.name) for one, two in zip(every, distinct(subjects), strict=True)
    ]


def begun(model: str, base: Path = Path()) -> tuple[Start, Found]:
    """A checkpoint, and its own tokenizer.

    Args:
        model: the path of its folder, or its name on the Hub.
        base: the folder that the path starts from.

    Raises:
        SubjectError: there is none, or it lies without its tokenizer.
    """
    folder = checkpoint_folder(model, base)
    checkpoint = Checkpoint.of(folder)
    own = own_tokenizer(folder)
    stamps = tuple((folder / one).stat() for one in ("config.json", *checkpoint.files))
    digest = _digest(
        folder, checkpoint.files, tuple((one.st_size, one.st_mtime_ns) for one in stamps)
    )
    path = folder.resolve()
    here = path.parent.name if path.name in _PLAIN else path.name
    called = here if (base / Path(model).expanduser()).is_dir() else model.partition("@")[0]
    name = f"{called}@{digest[:_SHOWN]}"
    return Start(folder, name, digest, own.subject.state, config_of(own) or {}), own


def _label(start: Start) -> str:
    return start.name.partition("@")[0]


@lru_cache(maxsize=8)
def _digest(folder: Path, files: tuple[str, ...], _: tuple[tuple[int, int], ...]) -> str:
    """SHA-256 of the configuration and the weights, read again where a file changed."""
    whole = sha256()
    for name in ("config.json", *files):
        with (folder / name).open("rb") as file:
            while block := file.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()


_FILES = ["*.json", "*.safetensors", "*.bin", "*.model", "*.txt", "*/config.json"]


def checkpoint_folder(name: str, base: Path = Path()) -> Path:
    """The folder of a model that a path or a name on the Hub means.

    Args:
        name: which.
        base: the folder that a path starts from.

    Raises:
        SubjectError: there is none.
    """
    path = base / Path(name).expanduser()
    if path.is_dir():
        return path
    looks_local = path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1
    if looks_local or ("/" in name and "@" not in name and path.parent.is_dir()):
        raise SubjectError(f"{name}: is no folder of a model")
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only where the Hub is asked
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    repository, _, revision = name.partition("@")
    try:
        found = snapshot_download(repository, revision=revision or None, allow_patterns=_FILES)
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise SubjectError(
            f"{name}: is neither a folder of a model here, nor does the Hub give it: {reason}"
        ) from error
    return Path(found)


def own_tokenizer(folder: Path) -> Found:
    """A checkpoint's own tokenizer.

    Raises:
        SubjectError: it lies without one.
    """
    try:
        return find(str(folder))
    except SubjectError as error:
        raise SubjectError(
            f"{folder}: lies without a tokenizer that can be read, and its embeddings mean "
            f"nothing without: {error}"
        ) from error
