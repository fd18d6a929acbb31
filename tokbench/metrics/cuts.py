"""Where tokens cut numbers, white space and characters."""

import math
from collections import Counter

from tokbench.metrics.registry import NotApplicable, Ratio, metric
from tokbench.values import Encoded

NOT_ASKED = NotApplicable("nobody looked at where tokens begin and end")


@metric(
    "split_characters",
    title="split characters",
    unit="tokens/token",
    better="lower",
    order=33,
    digits=4,
    needs="cuts",
)
def split_characters(encoded: Encoded) -> Ratio | NotApplicable:
    """Share of the tokens in the text whose bytes are no whole characters.

    >>> split_characters(Encoded.of(["a"], [["a"]])).why
    'nobody looked at where tokens begin and end'
    """
    if encoded.cuts is None:
        return NOT_ASKED
    return Ratio(encoded.cuts.parts, encoded.tokens)


@metric(
    "digit_boundaries",
    title="digits by threes",
    unit="boundaries/boundary",
    better="higher",
    order=34,
    needs="cuts",
)
def digit_boundaries(encoded: Encoded) -> Ratio | NotApplicable:
    """F1 of token boundaries inside numbers against groups of three digits from the right.

    Numbers are runs of two digits or more. The detail has the entropy in bits of how numbers of one
    length are cut: 0 where all are cut alike.
    """
    cuts = encoded.cuts
    if cuts is None:
        return NOT_ASKED
    return Ratio(
        2 * cuts.digit_hits,
        cuts.digit_boundaries + cuts.digit_groups,
        {"split_entropy": split_entropy(cuts.number_splits)},
    )


@metric(
    "code_whitespace",
    title="tokens per indent",
    unit="tokens/indent",
    better="lower",
    order=35,
    needs="cuts",
)
def code_whitespace(encoded: Encoded) -> Ratio | NotApplicable:
    """Tokens that end inside the white space that begins a line, per such white space.

    The first line of a document does not count. The detail has the share of runs of two spaces or
    more that are one token, their last space aside, which patterns leave to the next word.
    """
    cuts = encoded.cuts
    if cuts is None:
        return NOT_ASKED
    if not (cuts.indents.any() or cuts.runs.any()):
        return NotApplicable("no line is indented")
    if not cuts.spaces_seen.any():
        return NotApplicable("no token stands for white space")
    runs = int(cuts.runs.sum())
    whole = int(cuts.whole_runs.sum()) / runs if runs else None
    return Ratio(cuts.indent_tokens, cuts.indents, {"runs": runs, "runs_kept_whole": whole})


def split_entropy(splits: tuple[tuple[tuple[int, int], int], ...]) -> float:
    """Entropy in bits of where numbers are cut, given how many digits they have.

    >>> split_entropy((((4, 2), 1), ((4, 8), 1), ((2, 0), 2)))
    0.5
    """
    total = sum(count for _, count in splits)
    lengths: Counter[int] = Counter()
    for (digits, _), count in splits:
        lengths[digits] += count
    return (
        -sum(count / total * math.log2(count / lengths[digits]) for (digits, _), count in splits)
        + 0.0
    )
