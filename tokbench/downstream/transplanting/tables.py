"""The arithmetic: rows of new tables from rows of old ones. Called in child processes alone."""

import hashlib
from typing import Any, Literal

from tokbench.downstream.transplanting.plan import Plan

Otherwise = Literal["mean", "random"]


def transplanted(
    table: Any,
    plan: Plan,
    rows: int,
    *,
    otherwise: Otherwise = "mean",
    seed: int = 0,
    name: str = "",
    dimension: int = 0,
) -> Any:
    """A tensor with a place for each new token instead of one for each old one.

    What is kept is kept bit for bit; means are computed in 32 bits. What has no old row gets the
    mean of all old tokens', or is drawn from a normal distribution with their mean and deviation,
    of each column by itself.

    Args:
        table: of any type, with at least `plan.old` places along the dimension.
        plan: where each comes from.
        rows: places that it shall have, at least `plan.size`.
        otherwise: how the rest is made.
        seed: of what is random; the same place has the same numbers whatever `rows` is.
        name: the tensor's, which has random numbers of its own.
        dimension: along which tokens lie.
    """
    old = table.detach().movedim(dimension, 0)
    shape = (rows, *old.shape[1:])
    mean, deviation = moments(table, plan, dimension)
    if otherwise == "mean":
        made = mean.expand(shape).to(old.dtype).clone()
    else:
        made = drawn(shape, mean, deviation, seed=seed, name=name).to(old.dtype)
    copied = {new: ids[0] for new, (_, ids) in plan.rows.items() if len(ids) == 1}
    made[list(copied)] = old[list(copied.values())]
    for new, (_, ids) in plan.rows.items():
        if len(ids) > 1:
            made[new] = old[list(ids)].float().mean(0).to(old.dtype)
    return made.movedim(0, dimension).contiguous()


def moments(table: Any, plan: Plan, dimension: int = 0) -> tuple[Any, Any]:
    """Mean and deviation of a table's rows of tokens, in 32 bits."""
    known = table.detach().movedim(dimension, 0)[: plan.old].float()
    return known.mean(0), known.std(0, correction=0)


def drawn(shape: tuple[int, ...], mean: Any, deviation: Any, *, seed: int, name: str) -> Any:
    """Random rows with a mean and deviation, from a generator that seed and name decide."""
    import torch  # noqa: PLC0415 - as above

    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return torch.randn(shape, generator=generator) * deviation + mean
