"""Encoders by name, with weights that depend on the seed alone and not on the tokenizer.

PyTorch draws initial weights one after another from one generator, so that a vocabulary of another
size gives every later layer other numbers. Here each parameter has a generator of its own, seeded
by the seed and the parameter's name: bodies and heads are bit for bit alike whatever the
vocabulary, and so are the first rows of the embedding table. The distributions are BERT's own
(Devlin et al. 2019): normal with a deviation of 0.02, biases zero, norms one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokbench.downstream.kinds import DEVIATION, KINDS, Kind
from tokbench.downstream.spec import Hold
from tokbench.errors import TokbenchError
from tokbench.values import TaskKind

EMBEDDINGS = "bert.embeddings.word_embeddings.weight"
_OF_THE_TABLE = ("predictions.bias", "lm_head.bias")
"""A number for each row of the table, in what predicts tokens."""
USUAL_ROWS = 16_384
"""Of the table of the model whose parameters `hold: total` counts."""


@dataclass(frozen=True)
class Body:
    """The measures of an encoder; its inner layers are four times as wide."""

    layers: int
    width: int
    heads: int


BODIES = {"tiny": Body(2, 128, 2), "mini": Body(4, 256, 4), "small": Body(4, 512, 8)}
"""Those of Turc et al. (2019) that a CPU can train."""


def build(
    body: Body,
    kind: TaskKind,
    labels: Sequence[str],
    *,
    rows: int,
    pad_id: int,
    max_length: int,
    seed: int,
    hold: Hold = "body",
) -> Any:
    """A model to train, of the class and the configuration that the kind of the task says.

    Args:
        body: the measures, one of `BODIES` for users.
        kind: of the task.
        labels: the names of classes or tags, in the order of their numbers.
        rows: of the embedding table.
        pad_id: the row that stands for nothing and stays zero.
        max_length: positions that the model knows.
        seed: of all its weights.
        hold: what is alike whatever the vocabulary: the body, or the sum of body and table.
    """
    import transformers  # noqa: PLC0415 - it takes seconds, and only child processes need it

    asked = KINDS[kind]
    inner = inner_width(asked, body, rows) if hold == "total" else 4 * body.width
    config = asked.config(
        labels, body, rows=rows, pad_id=pad_id, max_length=max_length, inner=inner
    )
    model = getattr(transformers, f"AutoModelFor{asked.auto}").from_config(config)
    initialise(model, seed)
    return model


def inner_width(kind: Kind, body: Body, rows: int) -> int:
    """How wide inner layers are if body and table hold what they do with `USUAL_ROWS` rows.

    Raises:
        TokbenchError: the table leaves too little for a body.

    >>> inner_width(KINDS["classification"], BODIES["tiny"], USUAL_ROWS - 400)
    611
    """
    spared = (USUAL_ROWS - rows) * (body.width + kind.biased)
    inner = 4 * body.width + spared // (body.layers * kind.stacks * (2 * body.width + 1))
    if inner < body.width // 4:
        raise TokbenchError(
            f"hold: total leaves no inner layers beside a table of {rows:,} rows; take a larger "
            "--model, or hold: body"
        )
    return inner


def initialise(model: Any, seed: int) -> None:
    """Give every parameter its first value, by a generator of its own."""
    import torch  # noqa: PLC0415 - as above

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:  # positions that nobody learns stay
                draw(name, parameter, seed)
        table = model.get_input_embeddings()
        if table.padding_idx is not None:
            table.weight[table.padding_idx].zero_()


def draw(name: str, parameter: Any, seed: int) -> None:
    """Give one parameter its first value."""
    import torch  # noqa: PLC0415 - as above

    with torch.no_grad():
        if name.endswith("bias"):
            parameter.zero_()
        elif "norm" in name.lower():
            parameter.fill_(1.0)
        else:
            generator = torch.Generator().manual_seed(_seed(seed, name))
            parameter.normal_(0.0, DEVIATION, generator=generator)


@dataclass(frozen=True)
class Parameters:
    """How many a model has.

    Attributes:
        body: of the encoder, positions included: those that all models of a name have alike.
        head: of the classifier and, of sentences, the pooler in front of it; of language models
            what stands before the table once more.
        embeddings: of the embedding table, and what else has a number for each of its rows.
    """

    body: int
    head: int
    embeddings: int

    @classmethod
    def of(cls, model: Any) -> "Parameters":
        """Those of a model of `build`."""
        table = model.get_input_embeddings().weight
        body = f"{model.base_model_prefix}."
        parts = {"body": 0, "head": 0, "embeddings": 0}
        learned = [one for one in model.named_parameters() if one[1].requires_grad]
        for name, parameter in learned:
            if parameter is table or name.endswith(_OF_THE_TABLE):
                part = "embeddings"
            else:
                outside = not name.startswith(body) or name.startswith(f"{body}pooler.")
                part = "head" if outside else "body"
            parts[part] += parameter.numel()
        return cls(**parts)


def _seed(seed: int, name: str) -> int:
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
