"""How fast a tokenizer encodes, decodes and loads, and in how much memory, on this machine."""

from statistics import median

from tokbench.metrics.registry import NotApplicable, Value, metric
from tokbench.values import Encoded, Speed, Work

_NOT_TIMED = NotApplicable("speed was not measured")
_MEGABYTE = 1e6


@metric(
    "encode_speed",
    title="encode, MB/s",
    unit="MB/s",
    better="higher",
    order=60,
    digits=2,
    needs="speed",
)
def encode_speed(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes (10^6 bytes) of text a second, one document a call, one thread."""
    return _rate(encoded.speed, "encode")


@metric(
    "encode_speed_one_thread",
    title="encode, 1 thread",
    unit="MB/s",
    better="higher",
    order=61,
    digits=2,
    needs="speed",
)
def encode_speed_one_thread(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes (10^6 bytes) of text a second, all documents in one call, one thread."""
    return _rate(encoded.speed, "encode_one_thread")


@metric(
    "encode_speed_batch",
    title="encode, batch",
    unit="MB/s",
    better="higher",
    order=62,
    digits=2,
    needs="speed",
)
def encode_speed_batch(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes (10^6 bytes) of text a second, all documents in one call, all threads."""
    return _rate(encoded.speed, "encode_batch")


@metric(
    "decode_speed",
    title="decode, MB/s",
    unit="MB/s",
    better="higher",
    order=63,
    digits=2,
    needs="speed",
)
def decode_speed(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes of the encoded text a second, ids of one document a call, one thread."""
    return _rate(encoded.speed, "decode")


@metric(
    "decode_speed_one_thread",
    title="decode, 1 thread",
    unit="MB/s",
    better="higher",
    order=64,
    digits=2,
    needs="speed",
)
def decode_speed_one_thread(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes of the encoded text a second, all ids in one call, one thread."""
    return _rate(encoded.speed, "decode_one_thread")


@metric(
    "decode_speed_batch",
    title="decode, batch",
    unit="MB/s",
    better="higher",
    order=65,
    digits=2,
    needs="speed",
)
def decode_speed_batch(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes of the encoded text a second, all ids in one call, all threads."""
    return _rate(encoded.speed, "decode_batch")


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
