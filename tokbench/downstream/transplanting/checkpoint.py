"""A folder that a model was saved in: its configuration, its weights, its tables of tokens."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokbench import store
from tokbench.errors import SubjectError

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_OTHERS = ("tf_model.h5", "flax_model.msgpack", "model.ckpt.index")
_HEADS = ("PRETRAINING", "MASKED_LM", "CAUSAL_LM", "SEQ_TO_SEQ_CAUSAL_LM")


@dataclass(frozen=True)
class Checkpoint:
    """What lies in such a folder.

    Attributes:
        folder: itself.
        config: its config.json.
        files: those of its weights.
        index: of a checkpoint in several files, which tensor lies in which.
    """

    folder: Path
    config: Mapping[str, Any]
    files: tuple[str, ...]
    index: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, folder: Path) -> "Checkpoint":
        """Look into a folder.

        Raises:
            SubjectError: no model lies there, or one that cannot be read.
        """
        if not (folder / "config.json").is_file():
            raise SubjectError(f"{folder}: holds no config.json, so it is no checkpoint of a model")
        try:
            config = json.loads((folder / "config.json").read_bytes())
        except ValueError as error:
            raise SubjectError(f"{folder / 'config.json'}: is damaged: {error}") from error
        for name in WEIGHTS:
            if (folder / name).is_file():
                return cls(folder, config, (name,))
            if (folder / f"{name}.index.json").is_file():
                index = store.read_json(folder / f"{name}.index.json")
                files = tuple(sorted(set(index["weight_map"].values())))
                if missing := [one for one in files if not (folder / one).is_file()]:
                    raise SubjectError(f"{folder}: lacks {missing[0]}, a part of its weights")
                return cls(folder, config, files, index)
        if there := [name for name in _OTHERS if (folder / name).is_file()]:
            raise SubjectError(
                f"{folder}: its weights are in {there[0]}, which torch does not read; save them "
                "as model.safetensors"
            )
        raise SubjectError(f"{folder}: holds no weights, neither {' nor '.join(WEIGHTS)}")

    @property
    def vocabulary(self) -> int:
        """Rows of its embedding table, as its configuration says.

        Raises:
            SubjectError: it says nothing of one vocabulary.
        """
        found = self.config.get("vocab_size")
        if isinstance(found, int):
            return found
        parts = [name for name, one in self.config.items() if isinstance(one, dict)]
        told = f"its parts ({', '.join(parts)}) have their own" if parts else "there is none"
        raise SubjectError(
            f"{self.folder / 'config.json'}: does not say vocab_size, and only models with one "
            f"vocabulary can be given another: {told}"
        )

    def tensors(self, file: str) -> dict[str, Any]:
        """The tensors of one file, by their names. For child processes.

        Raises:
            SubjectError: it is damaged, or holds other things than tensors.
        """
        path = self.folder / file
        if path.suffix == ".safetensors":
            from safetensors import SafetensorError  # noqa: PLC0415 - with torch, in a child
            from safetensors.torch import load_file  # noqa: PLC0415

            try:
                found: dict[str, Any] = load_file(path)
            except (SafetensorError, OSError) as error:
                raise SubjectError(f"{path}: is damaged: {error}") from error
            return found
        return _unpickled(path)


def _unpickled(path: Path) -> dict[str, Any]:
    """The tensors of a pickle, which is allowed to make nothing but tensors."""
    import pickle  # noqa: PLC0415 - for the name of its error
    from zipfile import BadZipFile  # noqa: PLC0415

    import torch  # noqa: PLC0415 - in a child

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SubjectError(
            f"{path}: is damaged, or holds other things than tensors, which could run code: save "
            "the model as model.safetensors"
        ) from error
    except (RuntimeError, EOFError, ValueError, OSError, BadZipFile) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise SubjectError(f"{path}: is damaged: {reason}") from error
    if not isinstance(found, dict) or not all(torch.is_tensor(one) for one in found.values()):
        raise SubjectError(f"{path}: is no table of tensors by name, as weights of models are")
    return {name: one.contiguous().clone() for name, one in found.items()}


@dataclass(frozen=True)
class Anatomy:
    """What of a model depends on its vocabulary.

    Attributes:
        names: tensors of the checkpoint with a place for each token, and the dimension of that.
        inputs: those of them that are looked up.
        positions: the most tokens that the model takes; None where nothing says.
        pad_id: the id from which positions are counted; None where they are counted from 0.
    """

    names: Mapping[str, int]
    inputs: tuple[str, ...]
    positions: int | None
    pad_id: int | None


def anatomy(checkpoint: Checkpoint, shapes: Mapping[str, tuple[int, ...]]) -> Anatomy:
    """Find out by building the model with two sizes of vocabulary, without its weights.

    For child processes: it imports transformers.

    Args:
        checkpoint: whose.
        shapes: of all its tensors.

    Raises:
        SubjectError: transformers does not know the model, or its tables are not in the file.
    """
    rows = checkpoint.vocabulary
    config = _config(checkpoint)
    found: dict[str, int] = {}
    first = None
    for made in _classes(checkpoint, config):
        with suppress(SubjectError) if first else nullcontext():
            model = _built(checkpoint, made, config)
            for name, place in _grown(model, _built(checkpoint, made, _larger(config))):
                found |= {
                    key: place
                    for key, shape in shapes.items()
                    if is_alike(key, name) and shape[place : place + 1] == (rows,)
                }
            first = first or model
    assert first is not None  # noqa: S101 - what cannot be built is an error
    table = first.get_input_embeddings()
    inputs = [name for name, one in first.named_modules() if one is table]
    known = [key for key in found for name in inputs if is_alike(key, f"{name}.weight")]
    if not known:
        raise SubjectError(
            f"{checkpoint.folder}: none of its tensors is the table of embeddings with the "
            f"{rows:,} rows that its config.json says"
        )
    return Anatomy(found, tuple(known), *_positions(first, config, rows))


def _config(checkpoint: Checkpoint) -> Any:
    """As transformers has it.

    Raises:
        SubjectError: it does not know the kind of model.
    """
    from transformers import AutoConfig  # noqa: PLC0415 - in a child

    try:
        return AutoConfig.from_pretrained(checkpoint.folder, trust_remote_code=False)
    except Exception as error:
        kind = checkpoint.config.get("model_type")
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise SubjectError(
            f"{checkpoint.folder}: transformers knows no model of the type {kind!r}: {reason}"
        ) from error


def _classes(checkpoint: Checkpoint, config: Any) -> Iterator[Any]:
    """The model's own class, then those of its kind that answer with tokens."""
    import transformers  # noqa: PLC0415 - in a child
    from transformers.models.auto import modeling_auto  # noqa: PLC0415

    yield architecture(checkpoint, config)
    for head in _HEADS:
        mapping = getattr(modeling_auto, f"MODEL_FOR_{head}_MAPPING_NAMES", {})
        name = mapping.get(config.model_type)
        if isinstance(name, str) and hasattr(transformers, name):
            yield getattr(transformers, name)


def architecture(checkpoint: Checkpoint, config: Any) -> Any:
    """The class that a checkpoint says it is of, else the one without a head.

    Raises:
        SubjectError: transformers has neither.
    """
    import transformers  # noqa: PLC0415 - in a child

    for name in checkpoint.config.get("architectures") or ():
        if hasattr(transformers, name):
            return getattr(transformers, name)
    known = transformers.AutoModel._model_mapping  # noqa: SLF001 - there is no other way to ask
    if type(config) not in known:
        raise SubjectError(
            f"{checkpoint.folder}: {checkpoint.config.get('architectures')} is no class of "
            "transformers"
        )
    return known[type(config)]


def _built(checkpoint: Checkpoint, made: Any, config: Any) -> Any:
    """A model that has shapes and no numbers."""
    import torch  # noqa: PLC0415 - in a child

    try:
        with torch.device("meta"):
            return made(copy.deepcopy(config))
    except Exception as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise SubjectError(
            f"{checkpoint.folder}: transformers cannot build a {made.__name__}: {reason}"
        ) from error


def _larger(config: Any) -> Any:
    larger = copy.deepcopy(config)
    larger.vocab_size += 1
    return larger


def _grown(model: Any, larger: Any) -> Iterator[tuple[str, int]]:
    """Tensors that are longer in a model with one token more, and along which dimension."""
    before, after = (_shapes(one) for one in (model, larger))
    for name, shape in before.items():
        places = [at for at, n in enumerate(shape) if after[name][at] != n]
        if len(places) == 1:
            yield name, places[0]


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    every = (*model.named_parameters(remove_duplicate=False), *model.named_buffers())
    return {name: tuple(one.shape) for name, one in every}


def is_alike(key: str, name: str) -> bool:
    """Whether names mean one tensor: with and without a head, they begin otherwise."""
    return key == name or name.endswith(f".{key}") or key.endswith(f".{name}")


def _positions(model: Any, config: Any, rows: int) -> tuple[int | None, int | None]:
    """The most tokens that a model takes, and the id of padding that it counts positions from.

    RoBERTa and its kin give the first token the position behind that id, and so have that many
    positions less.
    """
    from transformers import PreTrainedModel  # noqa: PLC0415 - in a child

    longest = getattr(config, "max_position_embeddings", None)
    pad_id = None
    for one in model.modules():
        number = getattr(one, "padding_idx", None)
        places = getattr(one, "num_embeddings", None)
        if number is None or places == rows or isinstance(one, PreTrainedModel):
            continue
        pad_id = number
        if places is not None:
            longest = places - number - 1
    return longest, pad_id
