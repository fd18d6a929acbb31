"""How fast a tokenizer encodes, decodes and loads, and in how much memory, on this machine."""

from statistics import median

from tokbench.metrics.registry import NotApplicable, Value, metric
from tokbench.values import Encoded, Speed, Work

_NOT_TIMED = NotApplicable("speed was not measured")
_MEGABYTE = 1e6


_RATES: tuple[tuple[str, str, Work, str], ...] = (
    ("encode_speed", "encode, MB/s", "encode",
     "(10^6 bytes) of text a second, one document a call, one thread"),
    ("encode_speed_one_thread", "encode, 1 thread", "encode_one_thread",
     "(10^6 bytes) of text a second, all documents in one call, one thread"),
    ("encode_speed_batch", "encode, batch", "encode_batch",
     "(10^6 bytes) of text a second, all documents in one call, all threads"),
    ("decode_speed", "decode, MB/s", "decode",
     "of the encoded text a second, ids of one document a call, one thread"),
    ("decode_speed_one_thread", "decode, 1 thread", "decode_one_thread",
     "of the encoded text a second, all ids in one call, one thread"),
    ("decode_speed_batch", "decode, batch", "decode_batch",
     "of the encoded text a second, all ids in one call, all threads"),
)  # fmt: skip
"""Name, title, what is timed, and what it is, in words."""


def _timed(order: int, name: str, title: str, work: Work, told: str) -> None:
    """Register how fast a work is done."""

    def rate(encoded: Encoded) -> Value | NotApplicable:
        return _rate(encoded.speed, work)

    rate.__name__ = name
    rate.__doc__ = f"Megabytes {told}."
    metric(name, title=title, unit="MB/s", better="higher", order=order, digits=2, needs="speed")(
        rate
    )


for _order, _one in enumerate(_RATES, 60):
    _timed(_order, *_one)


@metric(
    "tiktoken_ratio",
    title="× tiktoken",
    unit="ratio",
    better="higher",
    order=66,
    digits=2,
    needs="speed",
)
def tiktoken_ratio(encoded: Encoded) -> Value | NotApplicable:
    """Encoding speed over that of `tiktoken` with the same ids, one document a call, one thread."""
    speed = encoded.speed
    if speed is None:
        return _NOT_TIMED
    if not speed.rival.rounds:
        return NotApplicable(speed.rival.why)
    rates = {
        work: {
            "tiktoken": _rates(speed, speed.rival.rounds[work]),
            "ratio": median(speed.rival.rounds[work]) / median(mine),
        }
        for work, mine in speed.rounds.items()
    }
    pairs = zip(speed.rival.rounds["encode"], speed.rounds["encode"], strict=True)
    rounds = [other / mine for other, mine in pairs]
    detail = {"rival": speed.rival.name, "rounds": rounds, "work": rates}
    value = median(speed.rival.rounds["encode"]) / median(speed.rounds["encode"])
    return Value(value, detail, _why(rounds), (min(rounds), max(rounds)))


@metric("load_time", title="load, ms", unit="ms", better="lower", order=67, digits=1, needs="speed")
def load_time(encoded: Encoded) -> Value | NotApplicable:
    """Milliseconds from the text of tokenizer.json to a tokenizer."""
    if encoded.speed is None:
        return _NOT_TIMED
    rounds = [1e3 * seconds for seconds in encoded.speed.load]
    return Value(median(rounds), {"rounds": rounds}, _why(rounds), (min(rounds), max(rounds)))


@metric(
    "load_memory", title="load, MB", unit="MB", better="lower", order=68, digits=1, needs="speed"
)
def load_memory(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes by which a fresh process grows at most while it loads tokenizer.json."""
    speed = encoded.speed
    if speed is None:
        return _NOT_TIMED
    if speed.peak is None:
        return NotApplicable("this system does not say what memory a process took")
    kept = (speed.kept or 0) / _MEGABYTE
    return Value(speed.peak / _MEGABYTE, {"kept": kept}, "it was loaded once, in a fresh process")


def _rate(speed: Speed | None, work: Work) -> Value | NotApplicable:
    """The median over rounds, and their range."""
    if speed is None:
        return _NOT_TIMED
    rounds = _rates(speed, speed.rounds[work])
    detail = {
        "rounds": rounds,
        "bytes": speed.bytes,
        "documents": speed.documents,
        "threads": speed.threads if work.endswith("batch") else 1,
        "ids": speed.ids,
    }
    value = speed.bytes / median(speed.rounds[work]) / _MEGABYTE
    return Value(value, detail, _why(rounds), (min(rounds), max(rounds)))


def _rates(speed: Speed, rounds: tuple[float, ...]) -> list[float]:
    return [speed.bytes / seconds / _MEGABYTE for seconds in rounds]


def _why(rounds: list[float]) -> str:
    return (
        f"it is about this machine: {len(rounds)} rounds from {min(rounds):.4g} "
        f"to {max(rounds):.4g}"
    )
