"""The folder of a checkpoint with another vocabulary, proven. For child processes."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from tokenizers import Tokenizer

from tokbench import store
from tokbench.downstream.transplanting import framing, tables
from tokbench.downstream.transplanting.checkpoint import (
    WEIGHTS,
    Anatomy,
    Checkpoint,
    anatomy,
    architecture,
)
from tokbench.downstream.transplanting.plan import Plan, Row, Side, plan
from tokbench.downstream.transplanting.roles import roles
from tokbench.errors import SubjectError, TokbenchError

_SENTENCES = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json")
"""What sentence-transformers keeps beside a model."""
_ABOUT_IDS = (
    "bad_words_ids", "force_words_ids", "suppress_tokens", "begin_suppress_tokens",
    "forced_decoder_ids", "sequence_bias",
)  # fmt: skip
"""Settings of generation that name ids of the old vocabulary."""
_SLOW = ("vocab_file", "sp_model_kwargs", "name_or_path", "do_basic_tokenize", "never_split")
"""Settings of tokenizers that are made of other files than tokenizer.json."""
_TRIED = ("low lower", "The quick brown fox, 12,345.67 euros!", "안녕하세요 naïve café")
_ENDLESS = 10**9
_LONG = 512
"""Tokens that are enough to see that positions are there."""


@dataclass(frozen=True)
class Job:
    """What a transplant is made of.

    Attributes:
        checkpoint: the folder of the model.
        old: the tokenizer.json and the tokenizer_config.json of its own tokenizer.
        new: those of the tokenizer that is to take its place.
        name: what the latter is called.
        otherwise: how rows are made that the old tokenizer has nothing for.
        seed: of random ones.
        multiple: of which the number of rows is one.
    """

    checkpoint: Path
    old: tuple[str, Mapping[str, Any]]
    new: tuple[str, Mapping[str, Any]]
    name: str
    otherwise: tables.Otherwise = "mean"
    seed: int = 0
    multiple: int = 1


@dataclass(frozen=True)
class Made:
    """What was made of it.

    Attributes:
        architecture: the class of the model.
        rows: of its table before and after.
        tables: tensors that changed, with their shapes before and after.
        inputs: those of them that tokens are looked up in.
        untouched: how many did not, and a digest of them all.
        plan: where each row comes from.
        tokens: by id, the old tokens, and the new ones.
        longest: the most tokens that the model takes.
        notes: what users should know, a sentence each.
    """

    architecture: str
    rows: tuple[int, int]
    tables: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    inputs: tuple[str, ...]
    untouched: tuple[int, str]
    plan: Plan
    tokens: tuple[dict[int, str], ...]
    longest: int | None
    notes: tuple[str, ...]


def transplant(job: Job, out: Path) -> Made:
    """Fill a folder with a model that speaks another vocabulary.

    Args:
        job: which.
        out: the folder.

    Raises:
        SubjectError: the checkpoint cannot be read, or shares nothing with the tokenizer.
        TokbenchError: what was written does not load as what it is.
    """
    checkpoint = Checkpoint.of(job.checkpoint)
    weights = {file: checkpoint.tensors(file) for file in checkpoint.files}
    every = {name: one for some in weights.values() for name, one in some.items()}
    known = anatomy(checkpoint, {name: tuple(one.shape) for name, one in every.items()})
    old = framing.plain(job.old[0])
    fitted = framing.fitted(job.new[0], job.new[1], old, job.old[1], pad_id=known.pad_id)
    sides = Side(old, roles(old, job.old[1])), Side(fitted.tokenizer, fitted.roles)
    planned = plan(*sides, checkpoint.vocabulary)
    _refuse_strangers(job, planned)
    rows = _rows(job, checkpoint, planned)
    untouched = digest(every, known)
    for some in weights.values():
        for name in known.names.keys() & some.keys():
            some[name] = _table(job, name, some[name], known, planned, rows)
    _write_weights(checkpoint, weights, out)
    notes = [*fitted.notes, *_write_config(checkpoint, sides, rows, out)]
    longest = _write_tokenizer(job, fitted, known, out)
    _copy_beside(checkpoint.folder, out)
    return Made(
        architecture=_prove(fitted.tokenizer, untouched, known, rows, out),
        rows=(checkpoint.vocabulary, rows),
        tables=_shapes(every, known, rows),
        inputs=known.inputs,
        untouched=untouched,
        plan=planned,
        tokens=tuple({n: t for t, n in one.vocabulary.items()} for one in sides),
        longest=longest,
        notes=tuple(notes),
    )


def digest(tensors: Mapping[str, Any], known: Anatomy) -> tuple[int, str]:
    """How many tensors have nothing to do with the vocabulary, and a SHA-256 of them all."""
    import torch  # noqa: PLC0415 - in a child

    found = hashlib.sha256()
    others = sorted(tensors.keys() - known.names.keys())
    for name in others:
        one = tensors[name].detach().contiguous()
        found.update(f"{name} {one.dtype} {tuple(one.shape)}\n".encode())
        found.update(one.reshape(-1).view(torch.uint8).numpy())
    return len(others), found.hexdigest()


def _shapes(
    tensors: Mapping[str, Any], known: Anatomy, rows: int
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Of the tables of the vocabulary, before and after."""
    found = {}
    for name, place in sorted(known.names.items()):
        before = tuple(tensors[name].shape)
        found[name] = (before, (*before[:place], rows, *before[place + 1 :]))
    return found


def _refuse_strangers(job: Job, planned: Plan) -> None:
    """Refuse a tokenizer that nothing can be transplanted to."""
    if not planned.of("kept") and not planned.of("pieces"):
        raise SubjectError(
            f"{job.name}: none of its tokens is in the vocabulary of {job.checkpoint}, whole or in "
            "pieces, so there is nothing to transplant: train a model from scratch"
        )


def _rows(job: Job, checkpoint: Checkpoint, planned: Plan) -> int:
    """Of the new tables: those of the old ones, padding included, where nothing changes."""
    if planned.identical and job.multiple == 1:
        return checkpoint.vocabulary
    return -(-planned.size // job.multiple) * job.multiple


def _table(job: Job, name: str, table: Any, known: Anatomy, planned: Plan, rows: int) -> Any:
    """A tensor with a place for each new token; its own stay as they are, padding included."""
    place = known.names[name]
    if planned.identical:
        own = {number: ("kept", (number,)) for number in range(min(rows, table.shape[place]))}
        planned = replace(planned, rows=cast("dict[int, Row]", own))
    return tables.transplanted(
        table, planned, rows, otherwise=job.otherwise, seed=job.seed, name=name, dimension=place
    )


def _write_weights(
    checkpoint: Checkpoint, weights: Mapping[str, dict[str, Any]], out: Path
) -> None:
    """Save every file of weights as safetensors, and which tensor lies in which."""
    from safetensors.torch import save_file  # noqa: PLC0415 - in a child

    for file, tensors in weights.items():
        save_file(tensors, out / _safe(file), metadata={"format": "pt"})
    if checkpoint.index is None:
        return
    total = sum(one.nbytes for tensors in weights.values() for one in tensors.values())
    index = {
        "metadata": {"total_size": total},
        "weight_map": {name: _safe(f) for f, tensors in weights.items() for name in tensors},
    }
    store.write_json(out / f"{WEIGHTS[0]}.index.json", index)


def _safe(file: str) -> str:
    """What a file of weights is called as safetensors.

    >>> _safe("pytorch_model-00001-of-00002.bin")
    'model-00001-of-00002.safetensors'
    """
    return f"{Path(file).stem.replace('pytorch_model', 'model')}.safetensors"


def _write_config(
    checkpoint: Checkpoint, sides: tuple[Side, Side], rows: int, out: Path
) -> list[str]:
    """config.json, and generation_config.json where there is one, with new ids; what is lost."""
    from transformers import AutoConfig  # noqa: PLC0415 - in a child

    usual = AutoConfig.from_pretrained(checkpoint.folder).to_dict()
    config = {name: one for name, one in checkpoint.config.items() if name != "_name_or_path"}
    config |= {name: one for name, one in usual.items() if name.endswith("_token_id") and one}
    lost = renumbered(config, sides)
    pad = sides[1].roles.get("pad")
    if config.get("pad_token_id") is None and pad:
        config["pad_token_id"] = sides[1].vocabulary[pad]
    store.write_json(out / "config.json", {**config, "vocab_size": rows})
    file = checkpoint.folder / "generation_config.json"
    if file.is_file():
        generation = store.read_json(file)
        lost += renumbered(generation, sides)
        for name in _ABOUT_IDS:
            if generation.pop(name, None):
                lost.append(name)
        store.write_json(out / file.name, generation)
    if not lost:
        return []
    return [f"{', '.join(dict.fromkeys(lost))}: left out, since it is about the old vocabulary"]


def renumbered(config: dict[str, Any], sides: tuple[Side, Side]) -> list[str]:
    """Give every named id of the old tokenizer that of its token in the new one; what has none."""
    lost = []
    for name, value in config.items():
        if not name.endswith("_token_id") or value is None:
            continue
        several = value if isinstance(value, list) else [value]
        found = [_counterpart(one, sides) for one in several]
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            lost.append(name)
        config[name] = (known or None) if isinstance(value, list) else found[0]
    return lost


def _counterpart(number: int, sides: tuple[Side, Side]) -> int | None:
    """The new id of an old special token."""
    old, new = sides
    token = old.tokenizer.id_to_token(number)
    named = [new.roles.get(role) for role, one in old.roles.items() if one == token]
    named.append(token if token in new.vocabulary else None)
    found = next((one for one in named if one is not None), None)
    return None if found is None else new.vocabulary[found]


def _write_tokenizer(job: Job, fitted: framing.Fitted, known: Anatomy, out: Path) -> int | None:
    """What `AutoTokenizer` loads; the most tokens that tokenizer and model take."""
    old, new = job.old[1], dict(job.new[1])
    told = [new.get("model_max_length"), known.positions]
    longest = min((int(one) for one in told if one and 0 < one < _ENDLESS), default=None)
    for name in ("added_tokens_decoder", "auto_map", "model_max_length", "backend", *_SLOW):
        new.pop(name, None)
    new["tokenizer_class"] = "PreTrainedTokenizerFast"
    new.setdefault("clean_up_tokenization_spaces", False)
    new["model_input_names"] = framing.inputs(fitted.tokenizer, old)
    new |= {f"{role}_token": token for role, token in fitted.roles.items()}
    if longest is not None:
        new["model_max_length"] = longest
    store.write_bytes(out / "tokenizer.json", fitted.tokenizer.to_str(pretty=True).encode())
    store.write_json(out / "tokenizer_config.json", new)
    return longest


def _copy_beside(folder: Path, out: Path) -> None:
    """What sentence-transformers needs beside the model, as it is."""
    modules = folder / _SENTENCES[0]
    for name in _SENTENCES:
        if (folder / name).is_file():
            shutil.copy(folder / name, out)
    for one in store.read_json(modules) if modules.is_file() else ():
        path = Path(one["path"])
        if path.name and not path.is_absolute() and (folder / path).is_dir():
            shutil.copytree(folder / path, out / path)


def _prove(
    tokenizer: Tokenizer, untouched: tuple[int, str], known: Anatomy, rows: int, out: Path
) -> str:
    """Load the folder as its users will, and ask the model; the model's class.

    Raises:
        TokbenchError: something is not as it was planned.
    """
    from transformers import AutoConfig, AutoTokenizer  # noqa: PLC0415 - in a child

    written = Checkpoint.of(out)
    tensors = {name: t for file in written.files for name, t in written.tensors(file).items()}
    if digest(tensors, known) != untouched:
        raise TokbenchError(f"{out}: what is no table of the vocabulary changed when it was saved")
    made = architecture(written, AutoConfig.from_pretrained(out))
    try:
        loaded = AutoTokenizer.from_pretrained(out)
        model, said = made.from_pretrained(out, output_loading_info=True, dtype="auto")
        every: list[int] = []
        for text in _TRIED:
            ids = tokenizer.encode(text).ids
            if loaded(text)["input_ids"] != ids:
                raise TokbenchError(f"{out}: reloaded by AutoTokenizer, {text!r} has other ids")
            every += ids
        answered = _answers(model, every, known.positions)
    except (RuntimeError, ValueError, IndexError, OSError) as error:
        raise TokbenchError(f"{out}: does not run in transformers: {error}") from error
    if said["mismatched_keys"] or model.get_input_embeddings().weight.shape[0] != rows:
        raise TokbenchError(f"{out}: the model that loads has other tables: {said}")
    if not answered:
        raise TokbenchError(f"{out}: the model answers with what is no number")
    return str(made.__name__)


def _answers(model: Any, ids: list[int], positions: int | None) -> bool:
    """Whether a model answers a text that is as long as it takes, with numbers."""
    import torch  # noqa: PLC0415 - in a child

    length = min(positions or _LONG, _LONG)
    told = torch.tensor([(ids * (length // max(len(ids), 1) + 1))[:length] or [0]])
    given = {"input_ids": told}
    if model.config.is_encoder_decoder:
        given["decoder_input_ids"] = told
    with torch.no_grad():
        return bool(model.eval()(**given)[0].isfinite().all())
