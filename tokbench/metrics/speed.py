"""How fast a tokenizer encodes and loads, measured by `tokbench.encoding` on this machine."""

from tokbench.metrics.registry import NotApplicable, Value, metric
from tokbench.values import Encoded

_NOT_TIMED = NotApplicable("speed was not measured")
_MEGABYTE = 1e6
_A_MACHINE = "it is about this machine; the rounds show its spread"


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
    speed = encoded.speed
    if speed is None:
        return _NOT_TIMED
    return _rate(speed.bytes, speed.single, speed.single_rounds)


@metric(
    "encode_speed_batch",
    title="batch, MB/s",
    unit="MB/s",
    better="higher",
    order=61,
    digits=2,
    needs="speed",
)
def encode_speed_batch(encoded: Encoded) -> Value | NotApplicable:
    """Megabytes (10^6 bytes) of text a second, all documents in one call, all threads."""
    speed = encoded.speed
    if speed is None:
        return _NOT_TIMED
    return _rate(speed.bytes, speed.batch, speed.batch_rounds)


@metric("load_time", title="load, ms", unit="ms", better="lower", order=62, digits=1, needs="speed")
def load_time(encoded: Encoded) -> Value | NotApplicable:
    """Milliseconds from the text of tokenizer.json to a tokenizer, in this process."""
    if encoded.speed is None:
        return _NOT_TIMED
    return Value(encoded.speed.load * 1e3, no_interval=_A_MACHINE)


def _rate(size: int, seconds: float, rounds: tuple[float, ...]) -> Value:
    spread = [size / one / _MEGABYTE for one in rounds]
    return Value(size / seconds / _MEGABYTE, {"rounds": spread, "bytes": size}, _A_MACHINE)
