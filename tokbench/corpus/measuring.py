"""How much text each source has for training, by keyed hash: read once, then kept in the cache."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tokbench import store
from tokbench.corpus.choosing import measured
from tokbench.corpus.mixing import BUCKETS, Measured
from tokbench.corpus.walking import Walk
from tokbench.values import Progress, Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.corpus.opening import OpenCorpus


def measure(corpus: "OpenCorpus", which: Sequence[int], watch: Watch) -> dict[int, Measured]:
    """The text of some sources that training may get, behind all steps.

    Each is read once for itself, or all together where steps are joint.

    Args:
        corpus: what is measured.
        which: numbers of its sources.
        watch: told how far reading has come.
    """
    if corpus.together:
        found = _measured(corpus, watch)
        return {number: found[number] for number in which}
    return {number: _measured(corpus.alone(number), watch)[0] for number in which}


def _measured(corpus: "OpenCorpus", watch: Watch) -> list[Measured]:
    shares = [source.held_out for source in corpus.opened]
    place = _place(corpus, shares)
    if (kept := _kept(place, len(shares))) is not None:
        return [Measured(row) for row in kept]
    bytes_ = np.zeros((len(shares), BUCKETS), np.int64)
    walk, total = Walk(corpus), corpus.size
    for rows in walk.rows():
        for source, more in measured(rows.batch, shares, corpus.spec.seed):
            bytes_[source] += more
        name = corpus.sources[walk.source]
        watch(Progress("measuring", rows.done, total, "bytes", source=name))
    file = io.BytesIO()
    np.savez_compressed(file, bytes=bytes_)
    with store.optional():
        store.write_bytes(place, file.getvalue())
    return [Measured(row) for row in bytes_]


def _place(corpus: "OpenCorpus", shares: list[float]) -> Path:
    said = [[source.identity() for source in corpus.opened], shares, corpus.spec.seed]
    said.append([step.identity() for step in corpus.together])
    return store.cache_dir() / "measured" / f"measured-{store.signature(*said)}.npz"


def _kept(place: Path, sources: int) -> "NDArray[np.int64] | None":
    """What was measured before; None where it was not, or the file is damaged."""
    try:
        with np.load(place) as file:
            found: NDArray[np.int64] = file["bytes"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return found if found.shape == (sources, BUCKETS) and found.dtype == np.int64 else None
