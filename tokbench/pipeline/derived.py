"""From a finished tokenizer back to what a recipe says: its parts, without what it learned.

Components have the names that `tokenizers` writes, so most carry over word by word; what a recipe
cannot say is told in notes.

>>> import json
>>> from tokenizers import Tokenizer, models, normalizers
>>> tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "low": 1}, unk_token="[UNK]"))
>>> tokenizer.normalizer = normalizers.Sequence([normalizers.NFC()])
>>> made = derived(json.loads(tokenizer.to_str()))
>>> made.fields["normalizer"], made.fields["trainer"], made.fields["special_tokens"]
('NFC', {'vocab_size': 2, 'min_frequency': 2}, {'unk': '[UNK]'})
"""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tokbench.pipeline.decoders import Decoder
from tokbench.pipeline.models import BYTE_TOKENS, Model
from tokbench.pipeline.normalizers import Normalizer
from tokbench.pipeline.patterns import PATTERNS
from tokbench.pipeline.post_processors import PostProcessor
from tokbench.pipeline.pre_tokenizers import PreTokenizer
from tokbench.pipeline.special_tokens import ROLES

Json = Mapping[str, Any]
_SEQUENCES = ("normalizers", "pretokenizers", "processors", "decoders")
_RENAMED = {
    "strip_left": "left", "strip_right": "right", "start": "left", "stop": "right",
}  # fmt: skip
_NAMES = {
    "unk": ("[UNK]", "<unk>", "<|unk|>"),
    "bos": ("<s>", "<bos>", "[BOS]", "<|begin_of_text|>", "<|startoftext|>"),
    "eos": ("</s>", "<eos>", "[EOS]", "<|endoftext|>", "<|end_of_text|>"),
    "cls": ("[CLS]", "<cls>"),
    "sep": ("[SEP]", "<sep>"),
    "pad": ("[PAD]", "<pad>", "<|pad|>"),
    "mask": ("[MASK]", "<mask>", "<|mask|>"),
}
"""What tokens of a role are called where nobody says."""
_ENDLESS = 1e9
_LONGEST_PIECE = 16


@dataclass
class Derived:
    """What a recipe says of a tokenizer.

    Attributes:
        fields: of the recipe, as YAML has them; neither name nor corpus is among them.
        files: what the recipe names by file: bytes by the file's name.
        notes: what cannot be carried over, or changes, a sentence each.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def derived(
    state: Json, config: Json | None = None, name: str = "tokenizer", control: Sequence[str] = ()
) -> Derived:
    """What a recipe must say to build such a tokenizer anew.

    Args:
        state: the tokenizer.json.
        config: the tokenizer_config.json beside it, where there is one.
        name: of the recipe, which files beside it are called after.
        control: tokens that stand for no text, beside its special ones.
    """
    made = Derived()
    config = config or {}
    for stage, kind in (("normalizer", Normalizer), ("pre_tokenizer", PreTokenizer)):
        if parts := _components(stage, state.get(stage), kind, made, name):
            made.fields[stage] = _alone(parts)
    made.fields["model"] = _model(state["model"], made)
    special = _special_tokens(state, config, control, made)
    made.fields["trainer"] = _trainer(state, special, made)
    if special:
        made.fields["special_tokens"] = special
    if added := _added_tokens(state):
        made.fields["added_tokens"] = added
    if parts := _components(
        "post_processor", state.get("post_processor"), PostProcessor, made, name
    ):
        made.fields["post_processor"] = _alone(parts)
    made.fields["decoder"] = _alone(
        _components("decoder", state.get("decoder"), Decoder, made, name)
    )
    if wrap := _wrap(config, made, name):
        made.fields["wrap"] = wrap
    for kept in ("truncation", "padding"):
        if state.get(kept):
            made.notes.append(f"its saved {kept} is left out: who loads a tokenizer asks for that")
    return made


def flat(component: Json | None) -> Iterator[Json]:
    """The components of a sequence, and of the sequences in it, in their order."""
    if component is None:
        return
    listed = next((name for name in _SEQUENCES if name in component), None)
    if component["type"] == "Sequence" and listed:
        for part in component[listed]:
            yield from flat(part)
    else:
        yield component


def _alone(parts: list[Any]) -> Any:
    """A component that stands alone without its list."""
    return parts[0] if len(parts) == 1 else parts


def _components(
    stage: str, component: Json | None, kind: Any, made: Derived, name: str
) -> list[Any]:
    """Each component as a recipe writes it, the shortest way."""
    found = []
    for part in flat(component):
        said = {"type": part["type"]}
        if (stage, part["type"]) != ("decoder", "ByteLevel"):  # writes what it does not read
            said |= _settings(part, made, name)
        try:
            spec: Any = TypeAdapter(kind).validate_python(_inline(said, made))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            made.notes.append(f"{stage}: {part['type']} cannot be said in a recipe ({reason})")
            continue
        kept = spec.model_dump(mode="json", exclude_defaults=True)
        short = {key: value for key, value in said.items() if key in kept or key == "type"}
        found.append(short if len(short) > 1 else short["type"])
    return found


def _settings(part: Json, made: Derived, name: str) -> Iterator[tuple[str, Any]]:
    """What a recipe calls the settings of a component."""
    if part["type"] == "TemplateProcessing":
        for key in ("single", "pair"):
            yield key, [_piece(piece) for piece in part[key]]
        return
    for key, value in part.items():
        if key in ("type", "sep", "cls") or value is None:
            continue
        if key == "precompiled_charsmap":
            file = f"{name}-{len(made.files) + 1}.charsmap"
            made.files[file] = base64.b64decode(value)
            yield key, {"file": file}
        elif key == "pattern":
            yield key, value["String"] if "String" in value else _regex(value["Regex"])
        elif key == "behavior":
            yield key, _snake(value)
        else:
            yield _RENAMED.get(key, key), value


def _inline(said: dict[str, Any], made: Derived) -> dict[str, Any]:
    """The settings with what stands in a file, to see whether they are right."""
    if "precompiled_charsmap" not in said:
        return said
    data = made.files[said["precompiled_charsmap"]["file"]]
    return {**said, "precompiled_charsmap": base64.b64encode(data).decode()}


def _regex(pattern: str) -> dict[str, str]:
    """A regular expression, or the name of a published one."""
    name = next((name for name, one in PATTERNS.items() if one == pattern), None)
    return {"regex": pattern} if name is None else {"named": name}


def _snake(name: str) -> str:
    """`MergedWithNext` as the library's arguments write it: `merged_with_next`."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")


def _piece(part: Json) -> str:
    """What stands in a template, as `post_processors.Piece` reads it."""
    if "Sequence" in part:
        said, mark = part["Sequence"], "$"
    else:
        said, mark = part["SpecialToken"], ""
    return f"{mark}{said['id']}" + (f":{said['type_id']}" if said["type_id"] else "")


def _model(model: Json, made: Derived) -> Any:
    """The model without its vocabulary, and without what its trainer says."""
    kind = model["type"]
    known = {
        name: model[name]
        for name in (
            "dropout", "fuse_unk", "byte_fallback", "ignore_merges", "max_input_chars_per_word",
        )
        if model.get(name) is not None
    }  # fmt: skip
    spec: Any = TypeAdapter(Model).validate_python({"type": kind, **known})
    said = spec.model_dump(mode="json", exclude_defaults=True)
    if "dropout" in said:
        made.notes.append(
            f"model: its dropout of {said['dropout']:g} is carried over, and makes encoding random"
        )
    return {"type": kind, **said} if said else kind


def _trainer(state: Json, special: Json, made: Derived) -> dict[str, Any]:
    """What a trainer needs to reach the same size with the same kind of tokens."""
    model = state["model"]
    learned = _vocabulary(model)
    specials = {one["content"] for one in state["added_tokens"] if one["special"]}
    trainer: dict[str, Any] = {"vocab_size": len({*learned, *specials})}
    if model["type"] != "Unigram":
        trainer["min_frequency"] = 2
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        usual = (
            "##" if (model["type"], name) == ("WordPiece", "continuing_subword_prefix") else None
        )
        said = model.get(name) or None
        if model["type"] in ("BPE", "WordPiece") and said != usual and (said or usual):
            trainer[name] = said or ""
    if model["type"] == "Unigram":
        longest = max((len(one) for one in learned if one not in special), default=0)
        if longest > _LONGEST_PIECE:
            trainer["max_piece_length"] = longest
    made.notes.append(
        "trainer: a tokenizer does not say how it was trained, so only its size"
        + (" and its longest piece are" if "max_piece_length" in trainer else " is")
        + " carried over"
    )
    if not any(flat(state.get("pre_tokenizer"))) and model["type"] in ("BPE", "WordPiece"):
        made.notes.append(
            "pre_tokenizer: it has none, so training takes whole documents for words and may merge "
            "across spaces, which its own trainer did not; `pre_tokenizer: Metaspace` without the "
            "normalizers that write spaces trains like SentencePiece"
        )
    return trainer


def _vocabulary(model: Json) -> list[str]:
    vocabulary = model["vocab"]
    return [one[0] for one in vocabulary] if isinstance(vocabulary, list) else list(vocabulary)


def _special_tokens(
    state: Json, config: Json, control: Sequence[str], made: Derived
) -> dict[str, Any]:
    """The special tokens in the order of their ids, by role where one is known."""
    added = sorted(state["added_tokens"], key=lambda one: one["id"])
    tokens = {one["content"]: one for one in added if one["special"]}
    order = [one["id"] for one in tokens.values()]
    if order != list(range(len(order))):
        own = f"its own is {order[0]:,}" if len(order) == 1 else "its own stand elsewhere"
        made.notes.append(f"special_tokens: they get the ids from 0 on, in this order; {own}")
    for token in (*_needed(state), *control):
        tokens.setdefault(token, {"content": token})
    roles = _roles(tokens, _unk(state["model"]), config)
    said: dict[str, Any] = {}
    extra: list[Any] = []
    for token, one in tokens.items():
        first, *others = roles[token] or ["extra"]
        if first == "extra":
            extra.append(_token(one, special=True))
        else:
            said[first] = _token(one, special=True)
        if others:
            names = " and ".join(map(str, others))
            made.notes.append(
                f"special_tokens: {token!r} is {first} and {names}; a recipe gives a token one role"
            )
    return said | ({"extra": extra} if extra else {})


def _roles(tokens: Iterable[str], unk: str | None, config: Json) -> dict[str, list[str]]:
    """The roles of each token: those that the model and the configuration say, else by its name."""
    roles: dict[str, list[str]] = {token: [] for token in tokens}
    taken = {"unk"}  # only the model's own is one
    if unk in roles:
        roles[str(unk)].append("unk")
    for role in ROLES:
        told = config.get(f"{role}_token")
        token = told.get("content") if isinstance(told, Mapping) else told
        if role not in taken and token in roles:
            roles[str(token)].append(role)
            taken.add(role)
    for role in ROLES:
        known = [one for one in _NAMES[role] if one in roles and not roles[one]]
        if role not in taken and known:
            roles[known[0]].append(role)
    return roles


def _unk(model: Json) -> str | None:
    if model["type"] == "Unigram":
        place = model.get("unk_id")
        return None if place is None else str(model["vocab"][place][0])
    token: str | None = model.get("unk_token")
    return token


def _needed(state: Json) -> Iterator[str]:
    """Tokens that other parts name, which must be special in a recipe."""
    unk = _unk(state["model"])
    if unk is not None and unk not in BYTE_TOKENS:
        yield unk
    for part in flat(state.get("post_processor")):
        if part["type"] == "TemplateProcessing":
            yield from (
                piece["SpecialToken"]["id"]
                for key in ("single", "pair")
                for piece in part[key]
                if "SpecialToken" in piece
            )
        else:
            yield from (part[role][0] for role in ("cls", "sep") if role in part)


def _added_tokens(state: Json) -> list[Any]:
    """What is added behind the vocabulary."""
    added = sorted(state["added_tokens"], key=lambda one: one["id"])
    return [_token(one, special=False) for one in added if not one["special"]]


def _token(one: Json, *, special: bool) -> Any:
    """A token with what it has otherwise than usual."""
    said = {"content": one["content"]}
    said |= {name: True for name in ("lstrip", "rstrip", "single_word") if one.get(name)}
    if one.get("normalized", not special) != (not special):
        said["normalized"] = one["normalized"]
    return said if len(said) > 1 else one["content"]


def _wrap(config: Json, made: Derived, name: str) -> dict[str, Any]:
    """How the tokenizer is loaded, as its configuration says it."""
    said: dict[str, Any] = {}
    longest = config.get("model_max_length")
    if isinstance(longest, int | float) and 0 < longest < _ENDLESS:
        said["model_max_length"] = int(longest)
    for side in ("padding_side", "truncation_side"):
        if config.get(side) == "left":
            said[side] = "left"
    if names := config.get("model_input_names"):
        said["model_input_names"] = list(names)
    if config.get("clean_up_tokenization_spaces"):
        said["clean_up_tokenization_spaces"] = True
    template = config.get("chat_template")
    if isinstance(template, str):
        file = f"{name}.jinja"
        made.files[file] = template.encode()
        said["chat_template"] = {"file": file}
    elif template:
        made.notes.append("wrap: it has several chat templates; a recipe has one")
    return said
