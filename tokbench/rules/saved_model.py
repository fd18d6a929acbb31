"""Finished tokenizers: what the model cannot say, and what it says differently each time."""

import regex

from tokbench.pipeline import BYTE_TOKENS, byte_alphabet
from tokbench.rules.registry import Fault, rule
from tokbench.rules.saved import UNSEEN, TokenizerSubject
from tokbench.rules.saved_examples import added, instead_of_last, put, without_tokens
from tokbench.rules.subjects import shown

_NEVER_IN_TEXT = {0xC0, 0xC1, *range(0xF5, 0x100)}
_FITS_TENSOR_CORES = 64
_FITS_16_BITS = 1 << 16
_LONG_WORD = 150
_WITHOUT_SPACES = regex.compile(
    r"(?V1)^(?:##)?([\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}&&\p{L}])$"
)


def _byte_of(character: str) -> int:
    """The byte that a character of ByteLevel's alphabet stands for: its own, where it can be seen.

    >>> hex(_byte_of("Ã")), hex(_byte_of("Ġ"))
    ('0xc3', '0x20')
    """
    code = ord(character)
    if code < 0x100:  # noqa: PLR2004 - the others begin there, in the order of their bytes
        return code
    seen = {ord(one) for one in byte_alphabet()}
    return [byte for byte in range(0x100) if byte not in seen][code - 0x100]


def _text_with(byte: int) -> str:
    """A text of one character whose UTF-8 has this byte."""
    if byte < 0x80:  # noqa: PLR2004 - ASCII
        return chr(byte)
    if byte < 0xC0:  # noqa: PLR2004 - continues a character
        return bytes((0xC3, byte)).decode()
    tail = {2: b"\x80", 3: b"\xa4\x80", 4: b"\x90\x80\x80"}
    lengths = ((0xE0, 2), (0xF0, 3), (0x100, 4))
    length = next(length for limit, length in lengths if byte < limit)
    rest = b"\x80\x80" if byte in range(0xE1, 0xF0) else tail[length]
    rest = b"\x80\x80\x80" if byte > 0xF0 else rest  # noqa: PLR2004 - likewise
    return (bytes((byte,)) + rest).decode()


_BEYOND_ASCII = {one for one in byte_alphabet() if _byte_of(one) > 0x7F}  # noqa: PLR2004 - ASCII


@rule(
    "L03",
    severity="error",
    title="characters that are not in the vocabulary vanish",
    about="tokenizer",
    like="characters",
    damage=put("model", "unk_token", value=None),
    probe="low ꙮ lower",
)
def unknown_characters_vanish(subject: TokenizerSubject) -> list[Fault]:
    """A model of characters with neither an unknown token nor byte_fallback drops what is new.

    No token, no warning: the text decodes shorter than it was.
    """
    if subject.byte_level or subject.byte_fallback or subject.model["type"] != "BPE":
        return []
    for character in UNSEEN:
        text = f"a{character}a"
        encoding = subject.encode(text)
        if encoding is None or not any(character in word for word in subject.words(text)):
            continue
        back = subject.decoded(text)
        alone = subject.encode(character)
        if (
            alone is not None
            and back is not None
            and character not in back
            and not _unknown(subject, encoding.tokens)
        ):
            message = (
                "characters that the vocabulary lacks vanish without a trace; set unk_token to a "
                "token of the vocabulary, or byte_fallback with its 256 tokens"
            )
            return [Fault(("model", "unk_token"), message, f"{text!r} -> {back!r}")]
    return []


def _unknown(subject: TokenizerSubject, tokens: list[str]) -> bool:
    return subject.unk is not None and subject.unk in tokens


def _raises(subject: TokenizerSubject) -> tuple[str, str]:
    """A text that cannot be encoded and what the library says of it."""
    for text in ("low", *UNSEEN):
        if said := subject.refusal(text):
            return text, said
    return "", ""


def _refused(subject: TokenizerSubject, key: str, instead: str) -> list[Fault]:
    text, said = _raises(subject)
    if not said:
        return []
    message = f"encoding raises an error where a word is unknown ({said.strip()}); {instead}"
    return [Fault(("model", key), message, f"{text!r} cannot be encoded")]


@rule(
    "L04",
    severity="error",
    title="the unknown token is not in the vocabulary",
    about="tokenizer",
    like="wordpiece",
    damage=put("model", "unk_token", value="<unknown>"),
    probe="low ꙮ lower",
)
def no_unknown_token(subject: TokenizerSubject) -> list[Fault]:
    """A model whose unk_token is not in its vocabulary raises an error at the first unknown word.

    Adding the token later does not repair a BPE.
    """
    if subject.model["type"] not in ("BPE", "WordPiece"):
        return []
    return _refused(subject, "unk_token", f"{subject.unk!r} must be in the vocabulary")


@rule(
    "L05",
    severity="error",
    title="Unigram without an unknown token",
    about="tokenizer",
    like="unigram",
    damage=put("model", "unk_id", value=None),
    probe="low ꙮ lower",
)
def unigram_without_unknown(subject: TokenizerSubject) -> list[Fault]:
    """A Unigram without unk_id raises an error at the first unknown character.

    `unk_id` is the position of the unknown token in the vocabulary.
    """
    if subject.model["type"] != "Unigram":
        return []
    return _refused(subject, "unk_id", "write the id of the unknown token")


@rule(
    "L06",
    severity="warning",
    title="the unknown token is not special",
    about="tokenizer",
    like="unigram",
    damage=put("added_tokens", 0, "special", value=False),
    probe="low ꙮ lower",
)
def unknown_is_not_special(subject: TokenizerSubject) -> list[Fault]:
    """An unknown token that is not special stays in decoded text.

    skip_special_tokens leaves `<unk>` where it is, and the text `<unk>` is cut like any other.
    """
    unk = subject.unk
    if unk is None or unk not in subject.vocabulary:
        return []
    if any(one.get("content") == unk and one.get("special") for one in subject.added):
        return []
    message = f"{unk} is no special token, so skip_special_tokens keeps it in decoded text"
    return [Fault(("added_tokens",), message)]


@rule(
    "L07",
    severity="error",
    title="WordLevel's unknown token is not in the vocabulary",
    about="tokenizer",
    like="wordlevel",
    damage=put("model", "unk_token", value="[UNK]"),
    probe="low mouse",
)
def wordlevel_without_unknown(subject: TokenizerSubject) -> list[Fault]:
    """A WordLevel whose unk_token is not in its vocabulary raises an error at the first new word.

    The token among the special ones and the one that the model names must be the same.
    """
    if subject.model["type"] != "WordLevel":
        return []
    return _refused(subject, "unk_token", f"{subject.unk!r} must be in the vocabulary")


def _missing(subject: TokenizerSubject) -> list[int]:
    """Bytes of text for which ByteLevel's character is not in the vocabulary."""
    missing = (one for one in byte_alphabet() if one not in subject.vocabulary)
    return sorted({_byte_of(one) for one in missing} - _NEVER_IN_TEXT)


@rule(
    "L08",
    severity="error",
    title="ByteLevel without the full byte alphabet",
    about="tokenizer",
    like="byte_level",
    damage=without_tokens(
        "the characters of the bytes from 0x80", lambda token: token in _BEYOND_ASCII
    ),
    probe="naïve 日本",
)
def bytes_vanish(subject: TokenizerSubject) -> list[Fault]:
    """ByteLevel loses nothing only if each of the 256 bytes has its character in the vocabulary.

    A byte without one vanishes silently, or becomes the unknown token: `naïve 日本` decodes to
    `nave `.
    """
    if not subject.byte_level or subject.model["type"] not in ("BPE", "Unigram"):
        return []
    for byte in (missing := _missing(subject)):
        text = f"a{_text_with(byte)}a"
        back = subject.decoded(text)
        if back is None or subject.normalized(text) in back or text in back:
            continue
        become = "become the unknown token" if subject.unk else "vanish from every text"
        message = (
            f"{len(missing)} of the 256 byte characters are missing and their bytes {become}; "
            "train again with all of pre_tokenizers.ByteLevel.alphabet()"
        )
        return [Fault(("model", "vocab"), message, f"{text!r} -> {back!r}")]
    return []


@rule(
    "L11",
    severity="error",
    title="WordPiece after ByteLevel",
    about="tokenizer",
    like="wordpiece",
    damage=put(
        "pre_tokenizer",
        value={
            "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True,
        },
    ),
    probe="naïve 日本 low",
)  # fmt: skip
def wordpiece_of_bytes(subject: TokenizerSubject) -> list[Fault]:
    """WordPiece cannot be cut from byte characters.

    Continuing pieces (`##x`) exist only for bytes that training saw inside words; a word with
    another one becomes the unknown token as a whole.
    """
    if subject.model["type"] != "WordPiece" or not subject.byte_level:
        return []
    for character in UNSEEN:
        encoding = subject.encode(f"low{character}")
        if encoding is not None and _unknown(subject, encoding.tokens):
            message = (
                "WordPiece after ByteLevel lacks continuing pieces for bytes, so words become the "
                "unknown token; use BPE, or cut with BertPreTokenizer"
            )
            example = f"{'low' + character!r} -> {' '.join(encoding.tokens)}"
            return [Fault(("model",), message, example)]
    return []


@rule(
    "L12",
    severity="error",
    title="byte_fallback without its 256 tokens",
    about="tokenizer",
    like="byte_fallback",
    damage=without_tokens("the byte tokens from <0x80>", lambda token: token in BYTE_TOKENS[128:]),
    probe="low 日本",
)
def bytes_without_tokens(subject: TokenizerSubject) -> list[Fault]:
    """byte_fallback writes unknown characters in the tokens `<0x00>` to `<0xFF>`.

    Where one is missing, the character becomes the unknown token all the same.
    """
    if not subject.byte_fallback or subject.byte_level:
        return []
    missing = [
        byte
        for byte, token in enumerate(BYTE_TOKENS)
        if token not in subject.vocabulary and byte not in _NEVER_IN_TEXT
    ]
    if not missing:
        return []
    text = next((one for one in UNSEEN if one not in (subject.decoded(one) or "")), "")
    back = subject.decoded(text)
    message = (
        f"{len(missing)} of the 256 byte tokens are missing ({BYTE_TOKENS[missing[0]]} first), so "
        "characters become unknown all the same; put all into the vocabulary"
    )
    example = f"{text!r} -> {back!r}" if text else ""
    return [Fault(("model", "byte_fallback"), message, example)]


@rule(
    "L15",
    severity="warning",
    title="byte_fallback beside ByteLevel",
    about="tokenizer",
    like="byte_level",
    damage=put("model", "byte_fallback", value=True),
    shows="nothing",
)
def bytes_twice(subject: TokenizerSubject) -> list[Fault]:
    """byte_fallback does nothing where ByteLevel already writes every byte.

    Its tokens, if the vocabulary has them, are never used.
    """
    if not (subject.byte_fallback and subject.byte_level):
        return []
    message = "ByteLevel already writes every byte: this is never used; set it to false"
    return [Fault(("model", "byte_fallback"), message)]


@rule(
    "L23",
    severity="error",
    title="randomness saved with the tokenizer",
    about="tokenizer",
    like="byte_level",
    damage=put("model", "dropout", value=0.5),
    probe="the newest shells",
    shows="twice",
)
def random_encoding(subject: TokenizerSubject) -> list[Fault]:
    """A dropout in tokenizer.json makes the same text encode differently each time.

    It is on wherever the file is loaded, in evaluation too. Set it on the loaded tokenizer while a
    model trains.
    """
    dropout = subject.model.get("dropout")
    if not dropout:
        return []
    message = (
        f"{dropout} is saved with the tokenizer, so the same text is cut differently each time, "
        "in evaluation too; write null"
    )
    return [Fault(("model", "dropout"), message)]


@rule(
    "L25",
    severity="warning",
    title="a vocabulary size that hardware dislikes",
    about="tokenizer",
    like="byte_level",
    damage=added("<|more|>"),
    shows="vocabulary",
)
def awkward_size(subject: TokenizerSubject) -> list[Fault]:
    """The vocabulary, added tokens included, should be a multiple of 64, and at most 65,536.

    Matrix products with the embedding are fastest in multiples of 64, and frameworks pad to one
    anyway. Above 65,536 an id no longer fits the 16 bits in which training data is often kept.
    """
    size = subject.tokenizer.get_vocab_size()
    if size > _FITS_16_BITS:
        message = (
            f"{size:,} tokens do not fit 16 bits, in which training data is often kept: keep ids "
            "in 32 bits"
        )
        return [Fault(("model", "vocab"), message)]
    if size % _FITS_TENSOR_CORES == 0:
        return []
    better = -(-size // _FITS_TENSOR_CORES) * _FITS_TENSOR_CORES
    message = (
        f"{size:,} tokens are no multiple of {_FITS_TENSOR_CORES}, which slows down the embedding; "
        f"pad the embedding to {better:,} rows"
    )
    return [Fault(("model", "vocab"), message)]


@rule(
    "L36",
    severity="warning",
    title="a long row of letters without spaces is unknown as a whole",
    about="tokenizer",
    like="wordpiece",
    damage=instead_of_last("ก", "##ก"),
    probe="ก low " + "ก" * 120,
)
def sentences_are_words(subject: TokenizerSubject) -> list[Fault]:
    """Thai, Khmer, Burmese and Japanese are written without spaces: a sentence is one word.

    WordPiece answers a word of more than max_input_chars_per_word characters with one unknown
    token, though its vocabulary has every letter.
    """
    if subject.model["type"] != "WordPiece" or subject.byte_level:
        return []
    found = (_WITHOUT_SPACES.match(token) for token in subject.vocabulary)
    prefix = subject.model.get("continuing_subword_prefix") or ""
    for match in found:
        if match is None or (prefix and prefix + match[1] not in subject.vocabulary):
            continue
        few, many = match[1] * 3, match[1] * _LONG_WORD
        short, long = subject.encode(few), subject.encode(many)
        if short is None or long is None or _unknown(subject, short.tokens):
            continue
        if long.tokens == [subject.unk]:
            most = subject.model.get("max_input_chars_per_word", 100)
            message = (
                f"a row of more than {most} letters without a space is one word and becomes "
                f"{subject.unk}, though its letters are in the vocabulary"
            )
            example = f"{shown(many, width=12)} ({_LONG_WORD} letters) -> {subject.unk}"
            return [Fault(("model", "max_input_chars_per_word"), message, example)]
    return []
