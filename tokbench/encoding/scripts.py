"""A text in each of many scripts, cut by each tokenizer: of the measured text where it has one."""

from collections.abc import Iterable, Sequence
from itertools import chain

import regex

from tokbench.encoding.samples import cut, hash_of, lines
from tokbench.encoding.subjects import Subject
from tokbench.values import Corpus, Sample, Split

OURS = {
    "Latin": "The naïve café-owner's 12,345 déjà-vu moments, isn't it?",
    "Cyrillic": "Мы проверяем, как делится на части это предложение.",
    "Greek": "Δοκιμάζουμε πώς χωρίζεται αυτή η πρόταση.",
    "Arabic": "نختبر كيف تُقسَّم هذه الجملة إلى أجزاء.",
    "Hebrew": "אנחנו בודקים איך המשפט הזה נחתך לחלקים.",
    "Devanagari": "हम देखते हैं कि यह वाक्य कैसे बँटता है।",
    "Bengali": "আমরা দেখি এই বাক্যটি কীভাবে ভাগ হয়।",
    "Tamil": "இந்த வாக்கியம் எப்படிப் பிரிகிறது?",
    "Thai": "เราทดสอบว่าประโยคนี้ถูกตัดอย่างไร",
    "Georgian": "ვამოწმებთ, როგორ იყოფა ეს წინადადება.",
    "Ethiopic": "ይህ ዓረፍተ ነገር እንዴት ይከፈላል?",
    "Hangul": "이 문장이 어떻게 나뉘는지 시험합니다.",
    "Kana": "この文がどのように分割されるかを試します。",
    "Han": "我们来看看这个句子是怎样被切分的。",
    "Emoji": "Yes 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 ✨",
    "Code": 'def f(x):\n    return {"a": x[0] + 1}  # 0x1F',
}
"""Sentences by the script that they stand for, in the order of a report."""
_NAMED = {
    **{name: rf"\p{{{name}}}" for name in OURS if name not in ("Kana", "Emoji", "Code", "Han")},
    "Han": r"\p{Han}",
}
_LETTER = regex.compile("|".join(f"(?P<{name}>{one})" for name, one in _NAMED.items()))
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_LONGEST = 48


def in_scripts(
    subjects: Sequence[Subject], corpus: Corpus, split: Split, more: Iterable[str] = ()
) -> tuple[Sample, ...]:
    """A line in each script, chosen by its hash; a sentence of ours where the text has none.

    Args:
        subjects: the tokenizers.
        corpus: where the documents are.
        split: which of them.
        more: other lines that were measured.
    """
    found: dict[str, str] = {}
    for line in dict.fromkeys(chain(lines(corpus, split), more)):
        short = line[:_LONGEST]
        if name := script(short):
            found[name] = min(found.get(name, short), short, key=hash_of)
    return tuple(
        Sample(text, tuple(cut(one, text) for one in subjects), name, ours=name not in found)
        for name, text in {**OURS, **found}.items()
    )


def script(line: str) -> str:
    """The script of the first letter that has a known one, Kana where some is among Han; or "".

    >>> script("1. Ωmega"), script("漢字とかな"), script("汉字"), script("12")
    ('Greek', 'Kana', 'Han', '')
    """
    first = _LETTER.search(line)
    name = (first.lastgroup if first else "") or ""
    return "Kana" if name in ("", "Han") and _KANA.search(line) else name
