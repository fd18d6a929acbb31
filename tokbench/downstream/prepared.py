"""A tokenizer as a BERT-like model can be fed with it.

Such a model needs a token to pad with, one in front (its vector stands for the whole text) and one
between the texts of a pair. What a tokenizer has of these is kept; what it lacks is added behind
its vocabulary. Which ids a text has in between never changes.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Encoding, Tokenizer
from tokenizers.processors import Sequence

from tokbench.downstream import extra
from tokbench.errors import TokbenchError
from tokbench.store import read_json, write_bytes, write_json

_KNOWN = {
    "pad": ("[PAD]", "<pad>", "<|pad|>", "<PAD>", "<|padding|>"),
    "cls": ("[CLS]", "<cls>", "<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>"),
    "sep": ("[SEP]", "<sep>", "</s>", "<eos>", "<|end_of_text|>"),
    "unk": ("[UNK]", "<unk>", "<|unk|>", "<UNK>"),
    "mask": ("[MASK]", "<mask>", "<|mask|>"),
}
"""What tokens of a role are called where no configuration says."""
_NAMED = {"cls": ("cls_token", "bos_token"), "sep": ("sep_token", "eos_token")}
_NEW = {"pad": "[PAD]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_GIVEN_AS = "a text is given as"
_TRIED = (
    ("low lower", None),
    ("The quick brown fox, 12,345.67 euros!", "jumps over the lazy dog."),
    ("안녕하세요 세계\n\t 日本語 と 中文", "naïve café 👩‍👩‍👧"),
    ("", "low"),
)


@dataclass(frozen=True)
class Prepared:
    """A tokenizer that models can be fed with.

    Attributes:
        folder: what `AutoTokenizer` loads; nothing in it pads or cuts by itself.
        pad_id: of the token that fills up batches.
        rows: of the embedding table: one more than the highest id.
        notes: what was added, a sentence each.
    """

    folder: Path
    pad_id: int
    rows: int
    notes: tuple[str, ...]


def prepared(
    state: str, config: Mapping[str, Any] | None, out: Path, *, max_length: int | None = None
) -> Prepared:
    """Save a copy of a tokenizer that a BERT-like model can be fed with.

    Imports transformers, so call it in a child process.

    Args:
        state: its tokenizer.json: of a folder, or `Subject.state`, which other libraries' files
            are converted to.
        config: its tokenizer_config.json, where it has one.
        out: the folder; files of the same names are replaced.
        max_length: the most tokens that the model takes, which the saved tokenizer then knows.

    Raises:
        TokbenchError: transformers is not installed, or reloads it as another tokenizer.
        StoreError: `out` cannot be written.
    """
    extra.require("transformers")
    tokenizer = _plain(state)
    before = tokenizer.get_vocab(with_added_tokens=True)
    roles = _roles(tokenizer, config or {})
    notes = _framed(tokenizer, roles)
    if "pad" not in roles:
        roles["pad"] = _add(tokenizer, "pad")
    if new := [token for token in roles.values() if token not in before]:
        notes.insert(0, f"{' '.join(new)} added behind its vocabulary")
    out.mkdir(parents=True, exist_ok=True)
    write_bytes(out / "tokenizer.json", tokenizer.to_str(pretty=True).encode())
    write_json(out / "tokenizer_config.json", _config(tokenizer, roles, config or {}, max_length))
    _prove(tokenizer, out)
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    return Prepared(out, vocabulary[roles["pad"]], max(vocabulary.values()) + 1, tuple(notes))


def _plain(state: str) -> Tokenizer:
    """The tokenizer without truncation, padding and dropout."""
    tokenizer = Tokenizer.from_str(state)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    model: Any = tokenizer.model
    if getattr(model, "dropout", None):
        model.dropout = None
    return tokenizer


def _roles(tokenizer: Tokenizer, config: Mapping[str, Any]) -> dict[str, str]:
    """Role ("pad") to the token that has it.

    Only added tokens are known by their names: a learned `<s>` is a piece of text, and made special
    it would be read otherwise. A token that both begins and ends texts does neither for a model.
    """
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    roles: dict[str, str] = {}
    for role, names in _KNOWN.items():
        told = [_content(config.get(key)) for key in _NAMED.get(role, (f"{role}_token",))]
        there = [token for token in told if token and tokenizer.token_to_id(token) is not None]
        there += [name for name in names if name in added]
        if there:
            roles[role] = there[0]
    if roles.get("cls") == roles.get("sep"):
        roles.pop("cls", None)
        roles.pop("sep", None)
    return roles


def _content(token: Any) -> str | None:
    """A token as a configuration writes it: as text, or with its properties."""
    found = token.get("content") if isinstance(token, Mapping) else token
    return found if isinstance(found, str) else None


def _add(tokenizer: Tokenizer, role: str) -> str:
    """A new special token; another name where a piece of text is called so already."""
    name = _NEW[role]
    while tokenizer.token_to_id(name) is not None:
        name = f"[{name}]"
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False)])
    return name


def _framed(tokenizer: Tokenizer, roles: dict[str, str]) -> list[str]:
    """Give the tokenizer a token in front and one between the texts of a pair; say what changed."""
    text = any_text(tokenizer)
    single, pair = tokenizer.encode(text), tokenizer.encode(text, text)
    front, end = _before(single, 0), _after(single, 0)
    between, last = _after(pair, 0), _after(pair, 1)
    if front and between:
        return []
    for role, there in (("cls", front), ("sep", between or end)):
        if not there and role not in roles:
            roles[role] = _add(tokenizer, role)
    front = front or [roles["cls"]]
    between = between or end or [roles["sep"]]
    end = end or last or between[:1]
    last = last or end
    one = [*_special(front, 0), _sequence("A", 0), *_special(end, 0)]
    two = [*_special(front, 0), _sequence("A", 0), *_special(between, 0)]
    two += [_sequence("B", 1), *_special(last, 1)]
    set_template(tokenizer, one, two)
    return [f"{_GIVEN_AS} {_shown(one)}, a pair as {_shown(two)}"]


def any_text(tokenizer: Tokenizer) -> str:
    """A text that has tokens: not every vocabulary knows Latin letters, or says what it lacks."""
    learned = (tokenizer.decode([number]) for number in range(tokenizer.get_vocab_size()))
    for text in chain(("low",), learned):
        if tokenizer.encode(text, add_special_tokens=False).ids:
            return text
    raise TokbenchError("the tokenizer gives no token for any text, so no model can be trained")


def _before(encoding: Encoding, sequence: int) -> list[str]:
    """The special tokens in front of everything, of one text or of two."""
    return encoding.tokens[: encoding.sequence_ids.index(sequence)]


def _after(encoding: Encoding, sequence: int) -> list[str]:
    """The special tokens between the end of a text and what follows."""
    ids = encoding.sequence_ids
    rest = range(len(ids) - ids[::-1].index(sequence), len(ids))
    return [encoding.tokens[at] for at in takewhile(lambda at: ids[at] is None, rest)]


def _special(tokens: Iterable[str], kind: int) -> list[dict[str, Any]]:
    return [{"SpecialToken": {"id": token, "type_id": kind}} for token in tokens]


def _sequence(name: str, kind: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": kind}}


def _shown(pieces: Iterable[dict[str, Any]]) -> str:
    return " ".join(value["id"] for piece in pieces for value in piece.values())


def set_template(
    tokenizer: Tokenizer, one: list[dict[str, Any]], two: list[dict[str, Any]]
) -> None:
    """Put a template behind what trims offsets; as JSON, since names may hold any character."""
    tokens = {piece["SpecialToken"]["id"] for piece in two + one if "SpecialToken" in piece}
    known = {
        token: {"id": token, "ids": [tokenizer.token_to_id(token)], "tokens": [token]}
        for token in sorted(tokens)
    }
    there: Any = tokenizer.post_processor
    now = json.loads(there.__getstate__()) if there is not None else {"type": ""}
    kept = [part for part in now.get("processors", [now]) if part["type"] == "ByteLevel"]
    template = {
        "type": "TemplateProcessing", "single": one, "pair": two, "special_tokens": known,
    }  # fmt: skip
    made: Any = Sequence([])
    made.__setstate__(json.dumps({"type": "Sequence", "processors": [*kept, template]}).encode())
    tokenizer.post_processor = made


def _config(
    tokenizer: Tokenizer,
    roles: Mapping[str, str],
    told: Mapping[str, Any],
    max_length: int | None,
) -> dict[str, Any]:
    """A tokenizer_config.json that transformers 4 and 5 both read to this pipeline."""
    names = ["input_ids", "attention_mask"]
    text = any_text(tokenizer)
    if "token_type_ids" in (told.get("model_input_names") or ()) or any(
        tokenizer.encode(text, text).type_ids
    ):
        names.insert(1, "token_type_ids")
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "padding_side": "right",
        "truncation_side": "right",
        "model_input_names": names,
    }
    for key in ("bos_token", "eos_token"):
        token = _content(told.get(key))
        if token and tokenizer.token_to_id(token) is not None:
            config[key] = token
    config |= {f"{role}_token": token for role, token in roles.items()}
    if max_length is not None:
        config["model_max_length"] = max_length
    return config


def _prove(tokenizer: Tokenizer, folder: Path) -> None:
    """Load the folder as models' users will, and compare a few texts and pairs."""
    from transformers import AutoTokenizer  # noqa: PLC0415 - only in the child

    try:
        loaded = AutoTokenizer.from_pretrained(folder)
    except Exception as error:
        raise TokbenchError(f"{folder}: AutoTokenizer cannot load it: {error}") from error
    for first, second in _TRIED:
        wanted = tokenizer.encode(first, second)
        got = loaded(first, second, return_token_type_ids=True)
        if got["input_ids"] != wanted.ids or got["token_type_ids"] != wanted.type_ids:
            shown = first if second is None else f"{first} | {second}"
            raise TokbenchError(f"{folder}: reloaded by AutoTokenizer, {shown!r} has other ids")
    if len(loaded) != tokenizer.get_vocab_size():
        raise TokbenchError(
            f"{folder}: reloading gives {len(loaded)} tokens, not {tokenizer.get_vocab_size()}"
        )


def begun(made: Prepared) -> Prepared:
    """The same for a decoder: what stands in front of a text stays, what stands behind it goes.

    The last of those in front is what the first token of a text is predicted from.
    """
    tokenizer, config = _saved(made)
    front = _before(tokenizer.encode(any_text(tokenizer)), 0)
    one = [*_special(front, 0), _sequence("A", 0)]
    set_template(tokenizer, one, [*one, _sequence("B", 0)])
    config["model_input_names"] = ["input_ids", "attention_mask"]
    config.setdefault("bos_token", front[-1])
    notes = [note for note in made.notes if not note.startswith(_GIVEN_AS)]
    _save(made, tokenizer, config)
    return replace(made, notes=(*notes, f"{_GIVEN_AS} {_shown(one)}"))


def masking(made: Prepared) -> Prepared:
    """The same for an encoder that guesses words, with a token that stands in their place."""
    tokenizer, config = _saved(made)
    config["model_input_names"] = ["input_ids", "attention_mask"]
    notes = made.notes
    if "mask_token" not in config:
        config["mask_token"] = _add(tokenizer, "mask")
        notes = (f"{config['mask_token']} added behind its vocabulary", *notes)
    _save(made, tokenizer, config)
    rows = max(tokenizer.get_vocab(with_added_tokens=True).values()) + 1
    return replace(made, rows=rows, notes=notes)


def _saved(made: Prepared) -> tuple[Tokenizer, dict[str, Any]]:
    config: dict[str, Any] = read_json(made.folder / "tokenizer_config.json")
    return Tokenizer.from_file(str(made.folder / "tokenizer.json")), config


def _save(made: Prepared, tokenizer: Tokenizer, config: Mapping[str, Any]) -> None:
    write_bytes(made.folder / "tokenizer.json", tokenizer.to_str(pretty=True).encode())
    write_json(made.folder / "tokenizer_config.json", config)
