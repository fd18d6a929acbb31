"""A text in each of many scripts, cut by each tokenizer: of the measured text where it has one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from tokbench.encoding.samples import chosen_of, cut, hash_of, lines_of
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
SCRIPTS = {
    **{name: rf"\p{{{name}}}" for name in OURS if name not in ("Kana", "Emoji", "Code", "Han")},
    "Han": r"\p{Han}",
    "Kana": r"[\p{Hiragana}\p{Katakana}]",
}
"""What a letter of each script is, by regular expression."""
_KANA = regex.compile(SCRIPTS["Kana"])
_LETTER = regex.compile(
    "|".join(f"(?P<{name}>{one})" for name, one in SCRIPTS.items() if name != "Kana")
)
_LONGEST = 48


@dataclass(frozen=True)
class Lines:
    """Short texts of a corpus for people to look at.

    Attributes:
        chosen: a few, whatever they are written in.
        scripts: one in each script that there is, by the name of the script.
    """

    chosen: tuple[str, ...]
    scripts: dict[str, str]

    @property
    def plain(self) -> tuple[Any, ...]:
        """As JSON can keep it."""
        return self.chosen, tuple(self.scripts.items())

    @classmethod
    def of(cls, plain: tuple[Any, ...]) -> "Lines":
        """From what `plain` gave."""
        return cls(plain[0], dict(plain[1]))


def lines(corpus: Corpus, split: Split) -> Lines:
    """Lines of the first documents of a split, chosen by their hash."""
    every = list(dict.fromkeys(lines_of(corpus, split)))
    return Lines(chosen_of(every), by_script(every))


def by_script(some: Iterable[str]) -> dict[str, str]:
    """The beginning of a line in each script, chosen by its hash."""
    found: dict[str, str] = {}
    for line in some:
        short = line[:_LONGEST]
        if name := script(short):
            found[name] = min(found.get(name, short), short, key=hash_of)
    return found


def in_scripts(
    subjects: Sequence[Subject], found: Mapping[str, str], more: Iterable[str] = ()
) -> tuple[Sample, ...]:
    """A line in each script; a sentence of ours where there is none.

    Args:
        subjects: the tokenizers.
        found: lines of the text by script.
        more: other lines that were measured.
    """
    every = by_script((*found.values(), *more))
    return tuple(
        Sample(text, tuple(cut(one, text) for one in subjects), name, ours=name not in every)
        for name, text in {**OURS, **every}.items()
    )


def script(line: str) -> str:
    """The script of the first letter that has a known one, Kana where some is among Han; or "".

    >>> script("1. Ωmega"), script("漢字とかな"), script("汉字"), script("12")
    ('Greek', 'Kana', 'Han', '')
    """
    first = _LETTER.search(line)
    name = (first.lastgroup if first else "") or ""
    return "Kana" if name in ("", "Han") and _KANA.search(line) else name
