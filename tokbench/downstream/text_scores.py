"""How near a text comes to the one that was asked for: ROUGE by rouge-score, chrF by sacrebleu.

rouge-score's own tokenizer knows a to z and digits alone: of Korean or Russian it leaves nothing,
and everything scores 0. `words` takes letters and digits of all scripts, and is the same on ASCII.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import regex

from tokbench.downstream import extra

NAMES = ("rougeL", "rouge1", "rouge2", "chrf")
"""What `scores` gives, in this order."""
_ROUGE = NAMES[:3]
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
    r"|[\p{L}\p{M}\p{N}--\p{Han}--\p{Hiragana}--\p{Katakana}--\p{Thai}--\p{Lao}--\p{Khmer}"
    r"--\p{Myanmar}]+",
    regex.VERSION1,
)


def words(text: str) -> list[str]:
    """What ROUGE counts: letters, marks and digits that stand together, in lower case.

    Each character is a word where a script has no spaces between words: Chinese, Japanese, Thai,
    Lao, Khmer, Burmese.

    >>> words("Return max_length's bytes."), words("토큰을 센다."), words("数える 42個")
    (['return', 'max', 'length', 's', 'bytes'], ['토큰을', '센다'], ['数', 'え', 'る', '42', '個'])
    """
    found: list[str] = _WORD.findall(text.lower())
    return found


def scores(gold: Sequence[str], written: Sequence[str]) -> list[tuple[float, ...]]:
    """Of each text the four `NAMES`, from 0 to 1.

    F1 of ROUGE-L, ROUGE-1 and ROUGE-2 (Lin 2004); chrF (Popović 2015) of the one text, as
    `sacrebleu` has it over 100.

    Args:
        gold: what is right.
        written: what was written, for each.

    Raises:
        TokbenchError: rouge-score or sacrebleu is not installed.
    """
    rouge, chrf = _scorers()
    made = []
    for right, own in zip(gold, written, strict=True):
        found = rouge.score(right, own)
        letters = chrf.sentence_score(own, [right]).score / 100
        made.append((*(found[name].fmeasure for name in _ROUGE), letters))
    return made


@cache
def _scorers() -> tuple[Any, Any]:
    """Of ROUGE and of chrF."""
    extra.require("rouge_score", "sacrebleu")
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415 - the extra; it takes a second
    from sacrebleu.metrics import CHRF  # noqa: PLC0415 - as above

    return RougeScorer(list(_ROUGE), tokenizer=_Words()), CHRF()


class _Words:
    """`words`, as rouge-score asks for them."""

    @staticmethod
    def tokenize(text: str) -> list[str]:
        return words(text)
