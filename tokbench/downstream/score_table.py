"""`docs/scores.md`, made from the scores themselves."""

from collections.abc import Iterator

from tokbench.downstream.scores import GLUE, SCORES

_HEAD = """# Scores

Made from the code by `tokbench/downstream/score_table.py`; a test keeps it so.

What a task's `metric` can be: one name, or several, the one that decides first. Higher is better,
but for bits per byte. Point values are those of scikit-learn and scipy; spans are those of
`seqeval`. Without `metric` a task of classes has `accuracy` and `macro_f1`, one of numbers
`pearson` and `spearman`, one of tokens `span_f1` and `span_f1_strict` where its labels are tags of
spans (`B-PER`, `I-PER`, `O`), or else `accuracy`; one of text alone has `bits_per_byte`;
one whose answer is a text `rougeL`, `rouge1`, `rouge2` and `chrf`.

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

## Bits per byte

Tokens of different vocabularies cannot be compared, bytes of the raw text can. Documents of the
test split are cut into pieces (`context_bytes`), the same ones for every tokenizer. `causal_lm`
predicts every token of a piece from those before it in the piece and one that begins it; tokens
that a template adds count nothing, and no piece is cut short. `masked_lm` hides whole words: of the
segments of UAX 29 that hold a letter or a digit 15%, chosen by a hash of the raw piece (XXH3 of the
piece, seeded with the word's number), else the first. All tokens that reach into such a word are
masked; the score is the bits of all of these over the bytes of the words. It is no probability of
the text: tokens of a word are guessed each for itself, how many there are is told, and a token that
reaches beyond a word hides more.

What tokens do not say of the text is charged too, so that losing text makes nothing look better.
Where the tokens of a piece decode to it (a space in front aside), nothing is lost. In every other
piece the text is coded beside the tokens, from offsets: before each token the text that was
skipped, and the text that it stands for. An unknown token costs 8 bits for each byte that it stands
for. For another, what it decodes to is one of the things that it may stand for (white space at the
ends aside). Each costs `-log2` of its share among what stood at that id in the first 4,000 pieces
of the training split, smoothed after Witten and Bell (1991) with the shares at all ids, and these
with 8 bits a byte and 8 for the end of what was never seen. So lower-casing costs about the entropy
of capitals, and dropping white space that of the kinds of white space. Of hidden words only what
their tokens stand for is charged, and 8 bits a byte of words that have no token, or were cut off.
Reports tell the charge (`lost`).

A model whose probabilities are not numbers is charged 8 bits a byte. Beside the models stand 8 bits
a byte of bytes that are all as probable; `xz` (the size that the test texts add to the training
texts in one stream, so of these too it has seen those before); and bytes after the five before
them, as counted in the training texts, interpolated after Witten and Bell, of hidden words with the
true text before them. They learn from 8 MB at most.

## All scores
"""


def table() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_scores(), "## GLUE\n", *_glue(), ""])


def _scores() -> Iterator[str]:
    for name, one in SCORES.items():
        needs = f" with {one.needs}" if one.needs else ""
        yield f"### `{name}`\n\n{one.about}\n"
        ends = "from 0, lower is better" if one.sign < 0 else f"from {one.lowest:g} to 1"
        yield f"For {' and '.join(one.kinds)}{needs}; {ends}.\n"


def _glue() -> Iterator[str]:
    yield "| task | metric |\n| --- | --- |"
    for name, metrics in GLUE.items():
        yield f"| {name} | {', '.join(metrics)} |"
