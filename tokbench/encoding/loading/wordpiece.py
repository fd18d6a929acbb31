"""A bare vocab.txt, as BERT has it: a token a line, its id the number of the line.

The ids are those of `tokenizers.BertWordPieceTokenizer`, which is what transformers runs. The first
BERT's Python differs where Python's str.lower does: it writes a final capital sigma as a final one.
"""

import json
from pathlib import Path
from typing import Any

import regex

from tokbench.errors import SubjectError

Json = dict[str, Any]

_PREFIX = "##"
_SPECIAL = {"unk_token": "[UNK]", "sep_token": "[SEP]", "cls_token": "[CLS]",
            "pad_token": "[PAD]", "mask_token": "[MASK]"}  # fmt: skip
_HAN = regex.compile(r"\p{Han}{2}")
_CONFIG = "tokenizer_config.json"


def convert(data: bytes, path: Path) -> tuple[Json, tuple[str, ...]]:
    """The tokenizer.json of a vocabulary, and what was guessed.

    Case and Chinese characters are handled as a tokenizer_config.json beside it says, else as the
    vocabulary suggests.

    Raises:
        SubjectError: it is no WordPiece vocabulary.
    """
    tokens = read(data, str(path))
    config = _config(path.parent / _CONFIG)
    named = {key: _content(config.get(key)) or token for key, token in _SPECIAL.items()}
    vocab = {token: number for number, token in enumerate(tokens)}
    unk = named["unk_token"]
    if unk not in vocab or not any(token.startswith(_PREFIX) for token in tokens):
        lacks = f"holds no {unk}" if unk not in vocab else f"no token begins with {_PREFIX}"
        raise SubjectError(f"{path}: is no vocabulary of WordPiece: {lacks}")
    ordinary = [token for token in tokens if token not in named.values()]
    lowercase = config.get("do_lower_case")
    chinese = config.get("tokenize_chinese_chars")
    notes = []
    if lowercase is None:
        lowercase = not any(token != token.lower() for token in ordinary if not _named(token))
        notes.append("uncased" if lowercase else "cased")
    if chinese is None:
        chinese = not any(map(_HAN.search, ordinary))
        notes.append("each Chinese character a word" if chinese else "Chinese words whole")
    said = f"{path}: read as {' and '.join(notes)}, as the vocabulary suggests: no {_CONFIG} "
    said += "beside it says so"
    special = sorted({vocab[token] for token in named.values() if token in vocab})
    made = _state(vocab, unk, [tokens[number] for number in special])
    made["normalizer"] = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": bool(chinese),
        "strip_accents": config.get("strip_accents"),
        "lowercase": bool(lowercase),
    }
    return made, (said,) if notes else ()


def read(data: bytes, origin: str) -> list[str]:
    """The tokens of a file, in the order of their ids.

    Raises:
        SubjectError: it is empty, not UTF-8, or gives a token twice.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise SubjectError(f"{origin}: is not UTF-8: byte {error.start:,} is not") from None
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if lines == [""]:
        raise SubjectError(f"{origin}: is empty; a vocab.txt has a token on each line")
    seen: dict[str, int] = {}
    for number, token in enumerate(lines, 1):
        if token in seen:
            raise SubjectError(
                f"{origin}:{number}: {token!r} is line {seen[token]} already, so one id of the two "
                "is nobody's; take one away"
            )
        seen[token] = number
    return lines


def _config(path: Path) -> Json:
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SubjectError(f"{path}: cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise SubjectError(f"{path}: is no configuration of a tokenizer")
    return config


def _content(token: Any) -> Any:
    return token.get("content") if isinstance(token, dict) else token


def _named(token: str) -> bool:
    """Whether it is a name in brackets, as `[unused1]`, which says nothing about case."""
    return token.startswith(("[", "<")) and token.endswith(("]", ">"))


def _state(vocab: dict[str, int], unk: str, special: list[str]) -> Json:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": vocab[token], "content": token, "single_word": False, "lstrip": False,
                "rstrip": False, "normalized": False, "special": True,
            }
            for token in special
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": _PREFIX, "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": unk,
            "continuing_subword_prefix": _PREFIX,
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }  # fmt: skip
