"""How much text each source has for training, by keyed hash: read once, then kept in the cache."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tokbench import store
from tokbench.corpus.mixing.choosing import measured
from tokbench.corpus.mixing.doses import BUCKETS, WHOLE, Measured, Mixed, Wish, portions
from tokbench.corpus.walking import Walk
from tokbench.values import Progress, Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tokbench.corpus.opening import OpenCorpus


def is_measured(corpus: "OpenCorpus") -> bool:
    """Whether `mixed` has nothing to read."""
    which = to_measure(corpus)
    parts = [corpus] if corpus.together and which else [corpus.alone(number) for number in which]
    return all(_kept(_place(part), len(part.opened)) is not None for part in parts)


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


def mixed(corpus: "OpenCorpus", watch: Watch) -> Mixed:
    """What each source is to give, and how often its documents come for it."""
    which = to_measure(corpus)
    if not which:
        every = len(corpus.opened)
        return Mixed((), (WHOLE,) * every, (0,) * every, (None,) * every)
    mix, measured_ = corpus.spec.mixing, measure(corpus, which, watch)
    over = mix.over if mix else None
    wishes = [
        Wish(measured_[n].size, one.weight, one.at_most, one.groups[over] if over else "")
        for n, one in ((n, corpus.opened[n]) for n in which)
    ]
    found = portions(wishes, mix)
    doses = {n: measured_[n].dose(size) for n, size in zip(which, found.given, strict=True)}
    shares = dict(zip(which, found.shares, strict=False))
    given = dict(zip(which, found.given, strict=True))
    everybody = range(len(corpus.opened))
    return Mixed(
        tuple(shares.get(n, 0.0) for n in everybody) if shares else (),
        tuple(doses.get(n, WHOLE) for n in everybody),
        tuple(measured_[n].size if n in measured_ else 0 for n in everybody),
        tuple(given.get(n) for n in everybody),
        None if found.limited_by is None else which[found.limited_by],
    )


def to_measure(corpus: "OpenCorpus") -> list[int]:
    """The sources whose size decides what they give."""
    mix = corpus.spec.mixing
    return [
        number
        for number, one in enumerate(corpus.opened)
        if one.held_out < 1 and (mix is not None or one.at_most is not None)
    ]


def _measured(corpus: "OpenCorpus", watch: Watch) -> list[Measured]:
    shares = [source.held_out for source in corpus.opened]
    place = _place(corpus)
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


def _place(corpus: "OpenCorpus") -> Path:
    said = [
        [[source.identity(), source.held_out] for source in corpus.opened],
        [step.identity() for step in corpus.together],
        corpus.spec.seed,
    ]
    return store.cache_dir() / "measured" / f"measured-{store.signature(*said)}.npz"


def _kept(place: Path, sources: int) -> "NDArray[np.int64] | None":
    """What was measured before; None where it was not, or the file is damaged."""
    try:
        with np.load(io.BytesIO(place.read_bytes())) as file:
            found: NDArray[np.int64] = file["bytes"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return found if found.shape == (sources, BUCKETS) and found.dtype == np.int64 else None
