"""What makes numbers look better than they are: text that is lost costs no tokens."""

from collections.abc import Iterator, Mapping

from tokbench.values import Comparison, Measurement, Row

MOST_LOST = 0.001
"""The share of letters up to which losing some is not held against a tokenizer."""
FLATTERED = "†"
"""Stands behind a number that lost or unknown text makes look better than it is."""
_UNKNOWN = "unknown_tokens"


def mark(measurement: Measurement) -> str:
    """The mark of a number that looks better than it is, or nothing.

    >>> mark(Measurement(0.7, 9, "tokens/token", "lower", flattered=0.2))
    '†'
    """
    return FLATTERED if measurement.flattered else ""


def losers(comparison: Comparison, rows: Mapping[str, Row]) -> Iterator[tuple[str, str]]:
    """Who, and a sentence that goes on from there, of all that lose too much to be compared."""
    for one in comparison.tokenizers:
        if (lost := one.letters_lost) > MOST_LOST:
            said = f" loses {lost:.1%} of the letters: text that it skips costs it no tokens"
            yield one.name, said
    shares: dict[str, float] = {}
    titles: dict[str, None] = {}
    for one in comparison.tokenizers:
        for name, found in one.measurements.items():
            if found.flattered and _UNKNOWN in found.detail:
                titles[rows[name].title if name in rows else name] = None
                shares[one.name] = found.flattered
    if shares:
        whose = _and([f"{share:.1%} ({name})" for name, share in shares.items()])
        said = (
            f": {whose} of the tokens of the parallel text are unknown; what is lost in one costs "
            "nothing more, so these numbers look better than they are"
        )
        yield f"{FLATTERED} {_and(list(titles))}", said


def _and(words: list[str]) -> str:
    """Words in a sentence.

    >>> _and(["a"]), _and(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
