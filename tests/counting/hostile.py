"""Pipelines and text to break rules with, for every test of counting and for fuzzing by hand."""

import random
from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from tokenizers.normalizers import Normalizer
from tokenizers.pre_tokenizers import PreTokenizer

from tokbench.chunks.patterns import CL100K, GPT2, O200K, QWEN2

N, P = normalizers, pre_tokenizers


def byte_level(*, prefix: bool = False, regex: bool = True) -> PreTokenizer:
    return P.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split_by(pattern: str, behavior: str = "isolated", *, invert: bool = False) -> PreTokenizer:
    return P.Sequence([P.Split(Regex(pattern), behavior, invert), byte_level(regex=False)])


PRE_TOKENIZERS: dict[str, PreTokenizer | None] = {
    "none": None,
    "byte_level": byte_level(),
    "byte_level_prefix": byte_level(prefix=True),
    "byte_level_no_regex": byte_level(regex=False),
    "digits_byte_level": P.Sequence([P.Digits(individual_digits=True), byte_level()]),
    "digit_runs_byte_level": P.Sequence([P.Digits(individual_digits=False), byte_level()]),
    "digits_prefix": P.Sequence([P.Digits(individual_digits=True), byte_level(prefix=True)]),
    "falcon": P.Sequence(
        [
            P.Punctuation("contiguous"),
            byte_level(),
            P.Digits(),
            P.Split(Regex("[0-9]{3}"), "isolated"),
        ]
    ),
    "punctuation_byte_level": P.Sequence([P.Punctuation(), byte_level()]),
    "gpt2_split": P.Split(Regex(GPT2), "isolated"),
    "cl100k": split_by(CL100K),
    "cl100k_removed_inverted": split_by(CL100K, "removed", invert=True),
    "cl100k_prefix": P.Sequence(
        [P.Split(Regex(CL100K), "isolated"), byte_level(prefix=True, regex=False)]
    ),
    "digits_cl100k": P.Sequence([P.Digits(individual_digits=False), split_by(CL100K)]),
    "qwen2": split_by(QWEN2),
    "o200k": split_by(O200K),
    "bert": P.BertPreTokenizer(),
    "whitespace": P.Whitespace(),
    "whitespace_split": P.WhitespaceSplit(),
    "whitespace_split_punctuation": P.Sequence([P.WhitespaceSplit(), P.Punctuation()]),
    "whitespace_split_contiguous": P.Sequence([P.WhitespaceSplit(), P.Punctuation("contiguous")]),
    "whitespace_split_merged": P.Sequence(
        [P.WhitespaceSplit(), P.Punctuation("merged_with_previous")]
    ),
    "whitespace_split_metaspace": P.Sequence([P.WhitespaceSplit(), P.Metaspace()]),
    "whitespace_split_metaspace_first": P.Sequence(
        [P.WhitespaceSplit(), P.Metaspace(prepend_scheme="first")]
    ),
    "metaspace": P.Metaspace(),
    "metaspace_first": P.Metaspace(prepend_scheme="first"),
    "metaspace_never": P.Metaspace(prepend_scheme="never"),
    "metaspace_no_split": P.Metaspace(split=False),
    "digits_metaspace_first": P.Sequence([P.Digits(), P.Metaspace(prepend_scheme="first")]),
    "scripts_metaspace": P.Sequence([P.UnicodeScripts(), P.Metaspace()]),
    "char_space": P.CharDelimiterSplit(" "),
    "char_x": P.CharDelimiterSplit("x"),
    "char_x_byte_level": P.Sequence([P.CharDelimiterSplit("x"), byte_level()]),
    "punctuation": P.Punctuation(),
    "digits": P.Digits(),
    "scripts": P.UnicodeScripts(),
    "fixed_length": P.FixedLength(3),
    "unknown_split": P.Split(Regex(r"\w+|\W+"), "isolated"),
}

NORMALIZERS: dict[str, Normalizer | None] = {
    "none": None,
    "NFC": N.NFC(),
    "NFD": N.NFD(),
    "NFKC": N.NFKC(),
    "NFKD": N.NFKD(),
    "lowercase": N.Lowercase(),
    "strip_accents": N.StripAccents(),
    "NFKD_strip": N.Sequence([N.NFKD(), N.StripAccents(), N.Lowercase()]),
    "nmt": N.Nmt(),
    "nmt_NFKC": N.Sequence([N.Nmt(), N.NFKC()]),
    "NFD_NFC": N.Sequence([N.NFD(), N.NFC()]),
    "bert": N.BertNormalizer(),
    "bert_cased": N.BertNormalizer(lowercase=False),
    "bert_no_cjk": N.BertNormalizer(handle_chinese_chars=False),
    "bert_NFC": N.Sequence([N.BertNormalizer(strip_accents=False), N.NFC()]),
    "strip": N.Strip(),
    "strip_NFKC": N.Sequence([N.Strip(), N.NFKC()]),
    "prepend": N.Prepend("_"),
    "replace": N.Replace(" ", "_"),
    "byte_level": N.ByteLevel(),
}

ATOMS = [
    *'aBsStTeélLvVdDmrR xX1289 ,.!?-_(/=<>+$^~`"#@',
    *[" "] * 12,
    *["'"] * 4,
    *"\t\n\r\x0b\x0c\x85\x1c\x1f\x00\x7f\u00a0\u1680\u2003\u2028\u2029\u202f\u3000",
    "'s", "'S", "'ll", "'LL", "'re", "'Ve", "'ſ", "n't", " the", "ll", "re", "HELLO", "helloWorld",
    "\u0301", "\u0338", "\u0345", "\u0363", "\u0e33", "\u0e48", "\u093f", "\u094d", "\u064b",
    "\u302a",
    "é", "e\u0301", "=\u0338", "<\u0338", "Å", "ǅ", "İ", "ı", "ß", "ẞ", "ſ", "K", "ŉ", "ﬁ", "ﬆ",
    "漢", "字", "。", "、", "あ", "ー", "가", "각", "\u1100",
    "\u1161", "\u11a8", "한국어", "\uff01", "\uff07",
    "ع", "الله", "ไทย", "ภา", "क", "क्षि", "हिन्दी", "\u0958", "א", "שָׁ", "Ж", "й", "и\u0306",
    "१", "²", "½", "Ⅳ", "⒈", "①", "٣", "１", "₂", "㎏", "12", "12345", "\U0001d7d9", "\u1b06",
    "’", "‘", "“", "…", "‼", "–", "—", "¿", "«", "·", "•", "‿", "\u2e43", "\u061d", "\u166d",
    "€", "£", "¨", "´", "^", "≠", "\u2581", "\u2044", "©", "™", "Ⓐ", "\ufffd", "\ufdfa",
    "👩", "👩\u200d👩\u200d👧", "❤\ufe0f", "🇩🇪", "👍🏽", "\u200b",
    "\u200c", "\u200d", "\u200e", "\ufeff",
    "\u00ad", "\u180e", "\u034f", "\u2060", "\ue000", "\U000e0041", "\U0002000b", "\U0001f9ff",
    "\u0378",
    "  ", "   ", " \n", "\n\n", "\r\n", " \n ", "/\n/", "!\n/", "--", "((", "====", "x_y", "a.b",
]  # fmt: skip


def texts(seed: int, number: int, longest: int = 30) -> Iterator[str]:
    """Hostile strings, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(number):
        yield "".join(chance.choices(ATOMS, k=chance.randint(1, longest)))


def tokenizer(pre_tokenizer: PreTokenizer | None, normalizer: Normalizer | None) -> Tokenizer:
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    if pre_tokenizer is not None:
        made.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        made.normalizer = normalizer
    return made


def every_pipeline() -> Iterator[tuple[str, str, Tokenizer]]:
    for pre_name, pre_tokenizer in PRE_TOKENIZERS.items():
        for name, normalizer in NORMALIZERS.items():
            yield pre_name, name, tokenizer(pre_tokenizer, normalizer)
