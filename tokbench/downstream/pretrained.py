"""Models that go on from a checkpoint, with the vocabulary of whatever tokenizer.

Its body is kept as it is, and so are its special tokens by their roles; its embeddings are
transplanted, or drawn anew with the mean and deviation that they have; its head is replaced by that
of the task, drawn as bodies from scratch are: by seed and name, alike for every tokenizer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tokbench import store
from tokbench.downstream import bodies, prepared
from tokbench.downstream.kinds import KINDS
from tokbench.downstream.transplanting import framing, tables
from tokbench.downstream.transplanting.checkpoint import Anatomy, Checkpoint, anatomy, is_alike
from tokbench.downstream.transplanting.folder import renumbered
from tokbench.downstream.transplanting.plan import Plan, Side, plan
from tokbench.downstream.transplanting.roles import roles
from tokbench.errors import TokbenchError
from tokbench.values import TaskKind


@dataclass(frozen=True)
class Start:
    """A checkpoint to begin from.

    Attributes:
        folder: where it lies.
        name: what reports call it, with the begin of its digest: "minilm@0a1b2c3d4e5f".
        digest: of its configuration and its weights.
        state: the tokenizer.json of its own tokenizer.
        config: the tokenizer_config.json of that.
    """

    folder: Path
    name: str
    digest: str
    state: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Pretrained:
    """A checkpoint, and what a tokenizer makes of it.

    Attributes:
        start: the checkpoint.
        known: what of it is vocabulary.
        plan: where each row of its new tables comes from.
        rows: of the new tables.
        ids: special ids in its configuration.
        longest: the most tokens that models are given.
        otherwise: how rows are made that come from nowhere.
    """

    start: Start
    known: Anatomy
    plan: Plan
    rows: int
    ids: Mapping[str, Any]
    longest: int
    otherwise: tables.Otherwise

    def model(self, kind: TaskKind, labels: Sequence[str], seed: int) -> Any:
        """A model to train. For child processes.

        Args:
            kind: of the task.
            labels: the names of classes or tags, in the order of their numbers.
            seed: of the weights of its head, and of embeddings that are drawn.
        """
        model, said = _loaded(self.start.folder, kind, labels)
        for name, parameter in model.named_parameters():
            if name in said["missing_keys"]:
                bodies.draw(name, parameter, seed)
        for name, value in self.ids.items():
            setattr(model.config, name, value)
        table = model.get_input_embeddings()
        if table.weight.shape[0] != self.rows:
            model.resize_token_embeddings(self.rows, mean_resizing=False)
            table = model.get_input_embeddings()
        if getattr(table, "padding_idx", None) is not None:
            table.padding_idx = self.ids["pad_token_id"]
        if not self.plan.identical:
            self._fill(model, seed)
        return model

    def _fill(self, model: Any, seed: int) -> None:
        """Put the rows of the checkpoint's tables where the tokenizer's ids are."""
        checkpoint = Checkpoint.of(self.start.folder)
        stored = {n: t for file in checkpoint.files for n, t in checkpoint.tensors(file).items()}
        there = [*model.named_parameters(), *model.named_buffers()]
        for name, place in self.known.names.items():
            made = tables.transplanted(
                stored[name],
                self.plan,
                self.rows,
                otherwise=self.otherwise,
                seed=seed,
                name=name,
                dimension=place,
            )
            for own, one in there:
                if is_alike(name, own) and one.shape == made.shape:
                    one.data.copy_(made)

    def head(self, kind: TaskKind, labels: Sequence[str]) -> str:
        """What of a model of `model` is new, and what was left out for it, in a sentence."""
        _, said = _loaded(self.start.folder, kind, labels)
        new, left = (_modules(said[name]) for name in ("missing_keys", "unexpected_keys"))
        sentence = f"begins from {self.start.name}"
        if new:
            sentence += f" with a new head ({', '.join(new)})"
        return sentence + (f", without its {', '.join(left)}" if left else "")


def _loaded(folder: Path, kind: TaskKind, labels: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """The model as transformers makes it, and what it says of missing weights."""
    import torch  # noqa: PLC0415 - it takes seconds, and only child processes need it
    import transformers  # noqa: PLC0415 - as above

    asked = KINDS[kind]
    named: dict[str, Any] = {}
    if names := asked.names(labels):
        named = {"id2label": names, "label2id": {name: n for n, name in names.items()}}
    auto = getattr(transformers, f"AutoModelFor{asked.auto}")
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **named)
        config.problem_type = asked.problem
        model, said = auto.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except (ValueError, OSError, RuntimeError) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise TokbenchError(f"{folder}: makes no AutoModelFor{asked.auto}: {reason}") from error
    missing = {*said["missing_keys"], *(name for name, *_ in said["mismatched_keys"])}
    return model, said | {"missing_keys": missing}


def _modules(names: Sequence[str]) -> list[str]:
    """The outermost parts of a model that tensors belong to, without the body.

    >>> _modules(["classifier.weight", "classifier.bias", "bert.pooler.dense.bias"])
    ['classifier', 'pooler']
    """
    found = []
    for name in sorted(names, key=lambda one: one.split(".")[0], reverse=True):
        parts = name.split(".")
        found.append(parts[1] if "pooler" in parts[1:2] else parts[0])
    return sorted(dict.fromkeys(found))


def opened(
    start: Start,
    state: str,
    config: Mapping[str, Any],
    folder: Path,
    *,
    random: bool,
    max_length: int,
) -> tuple[prepared.Prepared, Pretrained]:
    """Save a tokenizer as a checkpoint's models can be fed with it, and plan its embeddings.

    For child processes.

    Args:
        start: the checkpoint.
        state: the tokenizer.json.
        config: its tokenizer_config.json.
        folder: where the tokenizer is saved.
        random: whether all embeddings but those of special tokens are drawn anew.
        max_length: the most tokens that are wanted.

    Raises:
        SubjectError: the checkpoint cannot be read.
        TokbenchError: a saved tokenizer does not load.
    """
    checkpoint = Checkpoint.of(start.folder)
    shapes = {
        name: tuple(one.shape)
        for file in checkpoint.files
        for name, one in checkpoint.tensors(file).items()
    }
    known = anatomy(checkpoint, shapes)
    old = framing.plain(start.state)
    fit = framing.fitted(state, config, old, start.config, pad_id=known.pad_id)
    longest = min(max_length, known.positions or max_length)
    told = {**config, **{f"{role}_token": token for role, token in fit.roles.items()}}
    told["model_input_names"] = framing.inputs(fit.tokenizer, start.config)
    made = prepared.prepared(fit.tokenizer.to_str(), told, folder, max_length=longest)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    own = fit.roles | roles(tokenizer, store.read_json(folder / "tokenizer_config.json"))
    sides = Side(old, roles(old, start.config)), Side(tokenizer, own)
    planned = plan(*sides, checkpoint.vocabulary)
    notes = [*fit.notes, *made.notes]
    if longest < max_length:
        notes.append(f"{start.name} takes {longest:,} tokens at most, not {max_length:,}")
    notes.append(_coverage(planned, random=random))
    if random and not planned.identical:
        bare = {
            n: row if row[0] == "special" else ("otherwise", ()) for n, row in planned.rows.items()
        }
        planned = replace(planned, rows=bare)
    ids = _ids(start.folder, sides)
    ids["pad_token_id"] = made.pad_id
    rows = checkpoint.vocabulary if planned.identical else planned.size
    return replace(made, rows=rows, notes=tuple(notes)), Pretrained(
        start,
        known,
        planned,
        rows,
        ids,
        longest,
        "random" if random else "mean",
    )


def _ids(folder: Path, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Special ids of a configuration, as the new tokenizer has them."""
    from transformers import AutoConfig  # noqa: PLC0415 - in a child

    said = AutoConfig.from_pretrained(folder).to_dict()
    found = {name: one for name, one in said.items() if name.endswith("_token_id")}
    renumbered(found, sides)
    return found


def _coverage(planned: Plan, *, random: bool) -> str:
    """Where the embeddings come from, in words."""
    if planned.identical:
        return "its embeddings are the checkpoint's own"
    if random:
        return "all its embeddings but those of special tokens are random"
    count = max(len(planned.rows), 1)
    kept, pieces, rest = (
        f"{len(planned.of(source)) / count:.1%}" for source in ("kept", "pieces", "otherwise")
    )
    return (
        f"{kept} of its tokens have the checkpoint's embeddings, {pieces} the mean of their "
        f"pieces', {rest} that of all"
    )
