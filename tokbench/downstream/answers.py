"""What a model answers to every example of a split, whoever computes it.

Examples are sorted by length and cut into batches; each process answers every nth batch, and all
answers are put together by the examples' numbers. A batch is the same however many processes there
are, and so are its answers, bit for bit; none is answered twice or dropped.
"""

from typing import Any

from tokbench.downstream import batching, processes
from tokbench.values import TaskKind


def answers(
    model: Any,
    kind: TaskKind,
    rows: batching.Rows,
    collate: batching.Collator,
    *,
    batch_size: int,
    device: Any,
) -> list[Any]:
    """The model's answers, in the order of the examples; every process must call this.

    Args:
        model: to ask; its dropout is off meanwhile.
        kind: what it was trained for.
        rows: the split's examples.
        collate: makes a batch of some of them, with their `index`.
        batch_size: examples a batch.
        device: where the model is.

    Returns:
        For each example the number of the best class (classification), a number (regression), or
        the number of the best label of each of its tokens (tokens).
    """
    import torch  # noqa: PLC0415 - it takes seconds, and only child processes need it

    batches = in_order(rows, batch_size)
    found: list[tuple[int, Any]] = []
    learning = model.training
    model.eval()
    with torch.no_grad():
        for keys in list(batches)[processes.rank() :: processes.number()]:
            made = collate([rows[key] for key in keys])
            index = made.pop("index").tolist()
            del made["labels"]
            logits = model(**{name: one.to(device) for name, one in made.items()})["logits"]
            best = logits.float().squeeze(-1) if kind == "regression" else logits.argmax(-1)
            found += zip(index, best.cpu().tolist(), strict=True)
    model.train(learning)
    every = sorted(pair for some in processes.gathered(found) for pair in some)
    every = [pair for pair in every if pair[0] != batching.FILLER]
    if kind == "tokens":
        return [labels[: rows.lengths[index]] for index, labels in every]
    return [answer for _, answer in every]


def in_order(rows: batching.Rows, batch_size: int) -> batching.Batches:
    """The batches of a split that is answered: the longest first, whoever answers them."""
    return batching.Batches(rows.lengths, rows.lengths, batch_size, seed=None)
