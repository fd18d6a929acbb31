"""What a model answers to every example of a split, whoever computes it.

Examples are sorted by length and cut into batches; each process answers every nth batch, and all
answers are put together by the examples' numbers. A batch is the same however many processes there
are, and so are its answers, bit for bit; none is answered twice or dropped.
"""

from typing import Any

from tokbench.downstream import batching, processes
from tokbench.downstream.kinds import Kind


def answers(
    model: Any,
    kind: Kind,
    rows: batching.Rows,
    collate: batching.Collator,
    *,
    batch_size: int,
    device: Any,
) -> list[Any]:
    """The model's answers, in the order of the examples; every process must call this.

    Args:
        model: to ask; its dropout is off meanwhile.
        kind: that of the task, as it was trained.
        rows: the split's examples.
        collate: makes a batch of some of them, with their `index`.
        batch_size: examples a batch.
        device: where the model is.

    Returns:
        For each example what `Kind.answers` gives.
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
            labels = made.pop("labels")
            inputs = {name: one.to(device) for name, one in made.items()}
            found += zip(index, kind.answers(model, inputs, labels), strict=True)
    model.train(learning)
    every = sorted(pair for some in processes.gathered(found) for pair in some)
    return [answer for index, answer in every if index != batching.FILLER]


def in_order(rows: batching.Rows, batch_size: int) -> batching.Batches:
    """The batches of a split that is answered: the longest first, whoever answers them."""
    return batching.Batches(rows.lengths, rows.lengths, batch_size, seed=None)
