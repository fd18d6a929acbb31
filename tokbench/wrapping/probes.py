"""Short texts in many scripts, and everything that tokenizers are known to trip over."""

from collections.abc import Sequence

TEXTS = (
    "",
    " ",
    "Hello, world! It's a test; isn't it?",
    "  two  spaces,\ttabs\tand\nline\r\nends \n\n ",
    "naïve café, Straße, ﬁne ﬂow, İstanbul ı",
    "e\u0301 a\u0308 n\u0303 \u1112\u1161\u11ab\u1100\u1173\u11af decomposed",
    "안녕하세요, 세계! 토크나이저를 만듭니다.",
    "日本語の文章を、トークンに分割します。がぎぐげご",
    "我们正在测试分词器。繁體中文也要。",
    "สวัสดีชาวโลก นี่คือการทดสอบ",
    "नमस्ते दुनिया, हिन्दी में परीक्षण",
    "مرحبا بالعالم، هَذَا اخْتِبَارٌ",
    "שלום עולם, זו בדיקה",
    "Привет, мир! Это проверка токенизатора.",
    "Γειά σου Κόσμε",
    "ជំរាបសួរ ពិភពលោក",
    "မင်္ဂလာပါ ကမ္ဘာလောက",
    "გამარჯობა მსოფლიო Բարեւ աշխարհ",
    "ሰላም ልዑል ትግርኛ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇰🇷 emoji",
    "𝕌𝕟𝕚𝕔𝕠𝕕𝕖 𐍈 𠜎 astral",
    "0 1 12 123 1234 12345.678 1,000,000 ½ ² Ⅷ ٣٤٥",
    "def f(x):\n    return {'a': x[0] + 1}  # comment\n\n\tif x != None: pass",
    "https://example.org/a?b=c&d=%20e#f user@example.org C:\\path",
    "\u200bzero\u200dwidth\ufeffmarks\u00a0no-break\u3000wide \u202ertl\u202c",
    "control \x00\x01\x1f\x7f\x85 characters \ufffd",
    "===== ----- ..... !!!!! ?????",
    "a" * 200,
    "▁ Ġ Ċ </w> ## <0x41> as literal text",
    "<s></s><unk><pad>[CLS][SEP][MASK] <mask> <|endoftext|>",
)
"""Each is encoded alone, as a first and as a second text of a pair."""
BYTES = (
    *("".join(map(chr, range(start, start + 32))) for start in range(0, 0x100, 32)),
    "".join(chr(code << 6) for code in range(2, 32)),
    "".join(chr(max(0x800, code << 12)) for code in range(16)),
    "\U00010000\U00040000\U00080000\U000c0000\U00100000",
)
"""Text whose UTF-8 has each of the 243 bytes that text can have; most of these are unseen."""
_MOST_TOKENS = 64


def around(tokens: Sequence[str]) -> list[str]:
    """Texts that hold a token where its flags matter: inside a word, between spaces, at the ends.

    >>> around(["<s>"])
    ['a<s>b <s> c.<s>', '<s> A']
    """
    return [
        text
        for token in tokens[:_MOST_TOKENS]
        for text in (f"a{token}b {token} c.{token}", f"{token} {'a'.upper()}")
    ]
