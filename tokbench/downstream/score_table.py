"""`docs/scores.md`, made from the scores themselves."""

from collections.abc import Iterator

from tokbench.downstream.scores import GLUE, SCORES

_HEAD = """# Scores

Made from the code by `tokbench/downstream/score_table.py`; a test keeps it so.

What a task's `metric` can be: one name, or several, the one that decides first. Of all higher is
better. Point values are those of scikit-learn and scipy; spans are those of `seqeval`. Without
`metric` a task of classes has `accuracy` and `macro_f1`, one of numbers `pearson` and `spearman`,
one of tokens `span_f1` and `span_f1_strict` where its labels are tags of spans (`B-PER`, `I-PER`,
`O`), or else `accuracy`.

## Labels of words and tokens

Words are given to a tokenizer as text has them: with a space in front, but for the first, and for
those of scripts that put none between words. So tokens are those of the text, but where white space
inside or between words, or words without a space between them, would be one pre-token of it. The
first token that reaches into a word carries its label and answers for it. A word without a token,
since normalizing took it away or truncation cut it off, is answered "O"; it goes on with the span
around it where that goes on behind it. Such words are counted.

Where characters have labels, a token carries the label of its first character that is not O, white
space at its ends left out, and answers for all its characters. So it cannot say a span whose border
it crosses. What no model on a tokenizer's tokens can pass by the deciding metric is told as
`ceiling`; of words it is below 1 where truncation cut some off.

## All scores
"""


def table() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_scores(), "## GLUE\n", *_glue(), ""])


def _scores() -> Iterator[str]:
    for name, one in SCORES.items():
        needs = f" with {one.needs}" if one.needs else ""
        yield f"### `{name}`\n\n{one.about}\n"
        yield f"For {' and '.join(one.kinds)}{needs}; from {one.lowest:g} to 1.\n"


def _glue() -> Iterator[str]:
    yield "| task | metric |\n| --- | --- |"
    for name, metrics in GLUE.items():
        yield f"| {name} | {', '.join(metrics)} |"
