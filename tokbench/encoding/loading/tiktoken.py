"""tiktoken's vocabularies: lines of base64 and rank, a pattern known by the file's name.

The pattern is no part of the file. Those of OpenAI's, Qwen's and Llama 3's are known; beside any
other file stands one of the same name that ends in `.pattern` and holds a regular expression (in
Oniguruma's syntax, which `tokenizers` reads) or the name of a known one.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import regex

from tokbench.chunks.patterns import CL100K, GPT2, O200K, QWEN2
from tokbench.encoding.loading.merges import merges
from tokbench.errors import SubjectError

PATTERNS = {
    "cl100k_base": CL100K,
    "o200k_base": O200K,
    "o200k_harmony": O200K,
    "p50k_base": GPT2,
    "p50k_edit": GPT2,
    "r50k_base": GPT2,
    "gpt2": GPT2,
    "llama3": CL100K,
    "qwen": QWEN2,
}
_NAME = regex.compile("|".join(PATTERNS), regex.IGNORECASE)
_LINE = regex.compile(rb"[A-Za-z0-9+/]+=*[ \t]+\d+")
CL100K_TODAY = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|(?>\p{N}{1,3})| ?[^\s\p{L}\p{N}]++[\r\n]*+|"
    r"\s++\z|\s*[\r\n]|\s+(?!\S)|\s"
)
"""cl100k's as tiktoken has it since 0.6, in Oniguruma's syntax.

It keeps white space at the end of a text in one piece, line ends included, where the published one
cuts behind the last line end. That shows only where a token holds both, and OpenAI's has none.
"""
_ACROSS = regex.compile(rb"[\s\x80-\xbf\xc2\xe1-\xe3]*[\r\n][^\r\n]+")
_BYTES = 256


def is_tiktoken(data: bytes) -> bool:
    """Whether a file begins as tiktoken's do.

    >>> is_tiktoken(b"IQ== 0"), is_tiktoken(b"a model")
    (True, False)
    """
    return _LINE.fullmatch(data.split(b"\n", 1)[0].rstrip()) is not None


Converted = tuple[dict[str, Any], tuple[int, ...]]


def convert(data: bytes, path: Path) -> Converted:
    """The tokenizer.json of a file, and ids without a token.

    The ids are those of `tiktoken.Encoding.encode_ordinary`.

    Raises:
        SubjectError: the file is damaged, or its pattern is not known.
    """
    ranks = read(data, str(path))
    return of_ranks(ranks, pattern(path), str(path))


def read(data: bytes, origin: str) -> dict[bytes, int]:
    """The ranks in a file.

    Raises:
        SubjectError: a line is none of tiktoken's, a token or rank is given twice, or the file is
            empty.
    """
    ranks: dict[bytes, int] = {}
    known: dict[int, int] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            written, said = line.split()
            token, rank = base64.b64decode(written, validate=True), int(said)
        except (ValueError, binascii.Error):
            raise SubjectError(
                f"{origin}:{number}: is no line of a tiktoken file, which is base64, a space and "
                "the rank"
            ) from None
        for where, what in ((ranks.get(token), "token"), (known.get(rank), "rank")):
            if where is not None:
                raise SubjectError(
                    f"{origin}:{number}: gives a {what} that an earlier line gives; is the file "
                    "put together from two?"
                )
        if not token or rank < 0:
            raise SubjectError(f"{origin}:{number}: is an empty token or a negative rank")
        ranks[token] = rank
        known[rank] = number
    if not ranks:
        raise SubjectError(f"{origin}: is empty; a tiktoken file has a line for each token")
    return ranks


def pattern(path: Path) -> str:
    """The regular expression that cuts the text for a file.

    Raises:
        SubjectError: nobody says.
    """
    sidecar = path.with_suffix(".pattern")
    if sidecar.is_file():
        said = sidecar.read_text("utf-8").strip("\r\n")
        return _today(PATTERNS[said], said) if said in PATTERNS else said
    for name in (path.stem, path.absolute().parent.name):
        if found := _NAME.search(name.replace("-", "_")) or _llama(name):
            return _today(PATTERNS[found[0].lower()], found[0].lower())
    raise SubjectError(
        f"{path}: does not say how text is cut before merging, and its name is none of "
        f"{', '.join(PATTERNS)}: write the name of one of these, or the regular expression, into "
        f"{sidecar.name} beside it"
    )


def of_ranks(ranks: Mapping[bytes, int], cut_by: str, origin: str) -> Converted:
    """The tokenizer.json of ranks and a pattern, and ids without a token.

    Raises:
        SubjectError: a byte has no token, or ids are missing, or no list of merges does the same.
    """
    missing = [byte for byte in range(_BYTES) if bytes((byte,)) not in ranks]
    if missing:
        raise SubjectError(
            f"{origin}: has no token for the byte 0x{missing[0]:02x}"
            + (f" and {len(missing) - 1} others" if missing[1:] else "")
            + ", so tiktoken cannot encode every text with it"
        )
    found = merges(ranks)
    if found.inexpressible is not None:
        raise SubjectError(
            f"{origin}: is no vocabulary that merging made: {found.inexpressible!r} may be spelt "
            "by tokens that rank behind it, which tokenizers' merges cannot say"
        )
    if cut_by == CL100K_TODAY and not any(map(_ACROSS.fullmatch, ranks)):
        cut_by = CL100K
    vocab = {spelt(token): rank for token, rank in ranks.items()}
    holes = _fill(vocab, origin)
    state: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": _pre_tokenizer(cut_by),
        "post_processor": None,
        "decoder": {
            "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False,
            "use_regex": False,
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": vocab,
            "merges": [[spelt(left), spelt(right)] for left, right in found.pairs],
        },
    }  # fmt: skip
    return state, holes


def _today(known: str, name: str) -> str:
    return CL100K_TODAY if name == "cl100k_base" else known


def _llama(name: str) -> "regex.Match[str] | None":
    return regex.search("llama3", regex.sub(r"[-_. ]", "", name.lower()))


def _pre_tokenizer(cut_by: str) -> dict[str, Any]:
    level = {
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False,
        "use_regex": cut_by == GPT2,
    }  # fmt: skip
    if cut_by == GPT2:
        return level
    split = {
        "type": "Split", "pattern": {"Regex": cut_by}, "behavior": "Isolated", "invert": False,
    }  # fmt: skip
    return {"type": "Sequence", "pretokenizers": [split, level]}


def _fill(vocab: dict[str, int], origin: str) -> tuple[int, ...]:
    """Name the ids that stand for no token, as tiktoken leaves some to special tokens."""
    holes = set(range(max(vocab.values()) + 1)) - set(vocab.values())
    if len(holes) > len(vocab):
        raise SubjectError(f"{origin}: leaves {len(holes):,} ids between its ranks without a token")
    for number in sorted(holes):
        vocab[f"<unused {number}>"] = number  # a space is never in ByteLevel's text
    return tuple(sorted(holes))


def _alphabet() -> dict[int, str]:
    """ByteLevel's character for each byte, as GPT-2 has it: its own where it can be seen."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    unseen = [byte for byte in range(_BYTES) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {
        byte: chr(_BYTES + place) for place, byte in enumerate(unseen)
    }


ALPHABET = _alphabet()


def spelt(token: bytes) -> str:
    """Bytes in ByteLevel's alphabet.

    >>> spelt(" é".encode())
    'ĠÃ©'
    """
    return "".join(ALPHABET[byte] for byte in token)
