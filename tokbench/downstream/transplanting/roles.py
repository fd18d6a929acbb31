"""Special tokens by what they are for."""

from collections.abc import Mapping
from typing import Any

from tokenizers import Tokenizer

NAMES = {
    "pad": ("[PAD]", "<pad>", "<|pad|>", "<PAD>", "<|padding|>"),
    "unk": ("[UNK]", "<unk>", "<|unk|>", "<UNK>"),
    "cls": ("[CLS]", "<cls>"),
    "sep": ("[SEP]", "<sep>"),
    "mask": ("[MASK]", "<mask>", "<|mask|>"),
    "bos": ("<s>", "<bos>", "[BOS]", "<|begin_of_text|>", "<|startoftext|>"),
    "eos": ("</s>", "<eos>", "[EOS]", "<|end_of_text|>", "<|endoftext|>"),
}
"""Every role, and what its token is called where no configuration says."""
LIKE = {"cls": "bos", "bos": "cls", "sep": "eos", "eos": "sep"}
"""Which role a token may take over: both stand before a text, or behind one."""


def roles(tokenizer: Tokenizer, config: Mapping[str, Any]) -> dict[str, str]:
    """Role to the token that has it; one token may have several.

    Only added tokens are known by their names: a learned `<s>` is a piece of text.

    Args:
        tokenizer: whose.
        config: its tokenizer_config.json.
    """
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    found: dict[str, str] = {}
    for role, names in NAMES.items():
        told = content(config.get(f"{role}_token"))
        if told and tokenizer.token_to_id(told) is not None:
            found[role] = told
        elif called := next((name for name in names if name in added), None):
            found[role] = called
    return found


def content(token: Any) -> str | None:
    """A token as a configuration writes it: as text, or with its properties."""
    found = token.get("content") if isinstance(token, Mapping) else token
    return found if isinstance(found, str) else None
