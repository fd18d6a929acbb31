"""Small tokenizers for rules about finished ones, and the damage that breaks them."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokbench.recipe import dotted

Files = dict[str, Any]
"""File name to its content: a JSON value, or the text of a chat template."""
TOKENIZER, CONFIG = "tokenizer.json", "tokenizer_config.json"

SMALL = {
    "byte_level": (
        'special_tokens: {eos: "<|end|>", pad: "<|pad|>"}\n'
        "trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}\n"
    ),
    "byte_fallback": (
        "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
        'special_tokens: {unk: "<unk>", bos: "<s>"}\n'
        'post_processor: {type: TemplateProcessing, single: "<s> $A", pair: "<s> $A <s> $B:1"}\n'
        "trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}\n"
    ),
    "characters": (
        'pre_tokenizer: Metaspace\nmodel: BPE\nspecial_tokens: {unk: "<unk>"}\n'
        "trainer: {vocab_size: 64, min_frequency: 2, max_token_length: 32}\n"
    ),
    "wordpiece": (
        "normalizer: [NFD, Lowercase, StripAccents]\npre_tokenizer: BertPreTokenizer\n"
        "model: WordPiece\n"
        'special_tokens: {pad: "[PAD]", unk: "[UNK]", cls: "[CLS]", sep: "[SEP]"}\n'
        "trainer: {vocab_size: 64, min_frequency: 2}\n"
        "post_processor:\n  type: TemplateProcessing\n  single: '[CLS] $A [SEP]'\n"
        "  pair: '[CLS] $A [SEP] $B:1 [SEP]:1'\n"
    ),
    "unigram": (
        'pre_tokenizer: Metaspace\nmodel: Unigram\nspecial_tokens: {unk: "<unk>", eos: "</s>"}\n'
        "trainer: {vocab_size: 64}\n"
    ),
    "wordlevel": (
        'pre_tokenizer: WhitespaceSplit\nmodel: WordLevel\nspecial_tokens: {unk: "<unk>"}\n'
        "trainer: {vocab_size: 64}\n"
    ),
}
"""The recipes of the small tokenizers; what they do not say is in `examples.BASE`."""


@dataclass(frozen=True)
class Damage:
    """What is done to a tokenizer's files to break a rule.

    Attributes:
        words: what is done, as `tokbench rule` shows it.
        change: does it to the files, in place.
    """

    words: str
    change: Callable[[Files], None]

    def to(self, files: Files) -> Files:
        """A damaged copy."""
        copy = deepcopy(files)
        self.change(copy)
        return copy


def put(*path: str | int, value: Any, file: str = TOKENIZER) -> Damage:
    """Another value in a file, which need not exist."""

    def change(files: Files) -> None:
        at = files.setdefault(file, {})
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    shown = json.dumps(value, ensure_ascii=False)
    return Damage(f"{file}: {dotted(path)}: {shown}", change)


def left_out(*path: str | int, file: str = TOKENIZER) -> Damage:
    """A key taken out of a file."""

    def change(files: Files) -> None:
        at = files[file]
        for key in path[:-1]:
            at = at[key]
        at.pop(path[-1], None)

    return Damage(f"{file}: {dotted(path)} taken out", change)


def without_tokens(words: str, gone: Callable[[str], bool]) -> Damage:
    """Tokens taken out of the vocabulary of a BPE, with the merges that need them.

    The ids of the others move up.
    """

    def change(files: Files) -> None:
        model, added_tokens = files[TOKENIZER]["model"], files[TOKENIZER]["added_tokens"]
        before = len(model["vocab"])
        kept_tokens = [token for token in model["vocab"] if not gone(token)]
        kept_tokens.sort(key=lambda token: model["vocab"][token])
        model["vocab"] = {token: place for place, token in enumerate(kept_tokens)}
        for one in added_tokens:
            moved = one["id"] - before + len(kept_tokens)
            one["id"] = model["vocab"].get(one["content"], moved)
        pairs = [one if isinstance(one, list) else one.split(" ") for one in model["merges"]]
        kept = []
        for left, right in pairs:
            if {left, right, left + right} <= model["vocab"].keys():
                kept.append([left, right])
        model["merges"] = kept

    return Damage(f"{TOKENIZER}: model.vocab without {words}", change)


def instead_of_last(*tokens: str, gone: int = 0) -> Damage:
    """Other tokens for the last ones of a vocabulary, or fewer tokens, with the merges gone."""
    count = gone or len(tokens)

    def change(files: Files) -> None:
        model = files[TOKENIZER]["model"]
        kept = sorted(model["vocab"], key=model["vocab"].__getitem__)[:-count]
        model["vocab"] = {token: place for place, token in enumerate((*kept, *tokens))}
        if "merges" in model:
            model["merges"] = [one for one in model["merges"] if "".join(one) in model["vocab"]]

    said = f" are {' '.join(map(repr, tokens))}" if tokens else " taken out"
    return Damage(f"{TOKENIZER}: model.vocab: the last {count}{said}", change)


def renamed(position: int, text: str) -> Damage:
    """Another text for an added token wherever it is named."""

    def change(files: Files) -> None:
        state = files[TOKENIZER]
        one, vocab = state["added_tokens"][position], state["model"]["vocab"]
        old = one["content"]
        one["content"] = text
        vocab[text] = vocab.pop(old)
        config = files[CONFIG]
        config.update({key: text for key, value in config.items() if value == old})

    return Damage(f"{TOKENIZER}: added_tokens.{position}.content: {json.dumps(text)}", change)


def added(text: str, **flags: Any) -> Damage:
    """One more added token after all others."""

    def change(files: Files) -> None:
        state = files[TOKENIZER]
        vocab = state["model"]["vocab"]
        ids = range(len(vocab)) if isinstance(vocab, list) else vocab.values()
        last = max([*ids, *(one["id"] for one in state["added_tokens"])])
        plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
        state["added_tokens"].append({"id": last + 1, "content": text, **plain, **flags})

    said = "".join(f", {key}: {json.dumps(value)}" for key, value in flags.items())
    return Damage(f"{TOKENIZER}: added_tokens: one more, content: {text!r}{said}", change)


def all_of(*damages: Damage) -> Damage:
    """Several at once."""

    def change(files: Files) -> None:
        for one in damages:
            one.change(files)

    return Damage("\n".join(one.words for one in damages), change)


def write(files: Files, folder: Path) -> Path:
    """The files in a folder, for a subject to be read from."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        (folder / name).write_text(text, "utf-8")
    return folder
