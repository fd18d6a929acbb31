"""Texts that tokenizers of the same vocabulary have been seen to disagree on."""

import random

TEXTS = [
    "", "\0", "a\0b", " ", "  a  b  ", "\u2581", "a\u2581 b\u2581", "\u2581\u2581a", "\u0301",
    "a\u0301", "\uff21\u0301 ｶﾞか\u3099", "e\u0301\u0323", "\r\n\ta\u200b\u200d", "👩‍👩‍👧 ❤️ 🇰🇷🇩🇪",
    "ﬁ①㍿ ﷺ", "<s></s><unk>[CLS] [SEP]<0x41><0x0A><|endoftext|>", "\u202eabc\u202c שָׁלוֹם عربي",
    "한국어 \u1112\u1161\u11ab \uac00\u11a8", "~\uff5e🈻", "\x01", "\x01\x02 ", "a" * 1000,
    " " * 500 + "x", "=\u0338<\u0338 (\u0338", "\u0600A\u0308", "\n\n\n a",
    "ab\uff9e\uff9f 🅉\u0301\u0323",
    "\ufffd\ufeff", "¨ ´", "\u1100\u1161\u11a8\u11a8", "हिन्दी คำ ກຳ", "a\n  ", "x \t\n ",
    "it'ſ 'LL 'Re I'm", "123456 ٣٤٥٦", "\U0010ffff", "x" * 3000, "A🏻 \u200d\u0301",
]  # fmt: skip
_ALPHABET = "ab '1\n\r\t\u00a0\u3000\u0085é\u0301\u0327字🚀.!sSﾞカ한\u11a8\u2581\uff21"


def texts(many: int = 300) -> list[str]:
    """Those, every sort of character doubled, and random rows of the worst."""
    chance = random.Random(3)
    rows = ["".join(chance.choices(_ALPHABET, k=chance.randint(1, 20))) for _ in range(many)]
    codes = [*range(0x500), *range(0x600, 0x3000, 7), *range(0x3000, 0x20000, 61)]
    doubled = [f"{chr(c)}a{chr(c)}{chr(c)}" for c in codes if not 0xD800 <= c < 0xE000]
    return [*TEXTS, *rows, *doubled]
