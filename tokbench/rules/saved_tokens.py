"""Finished tokenizers: special and added tokens, and what is put around texts."""

from collections import Counter
from typing import Any

from tokbench.pipeline import BYTE_TOKENS
from tokbench.recipe import KeyPath
from tokbench.rules.registry import Fault, rule
from tokbench.rules.saved import CHAT_TEMPLATE, CONFIG, MODEL_CONFIG, TokenizerSubject
from tokbench.rules.saved_examples import (
    Damage,
    Files,
    added,
    all_of,
    instead_of_last,
    put,
    renamed,
)
from tokbench.rules.special_tokens import is_word
from tokbench.rules.subjects import shown

_ALONE = [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}]
_SHOWN = 3


def _twice(files: Files) -> None:
    tokens = files["tokenizer.json"]["added_tokens"]
    tokens.append({**tokens[0], "id": tokens[-1]["id"] + 1})


def _listed(things: list[str]) -> str:
    """The first few, and how many more.

    >>> _listed(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    more = len(things) - _SHOWN
    return ", ".join(things[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


@rule(
    "L13",
    severity="error",
    title="a byte token as an added token",
    about="tokenizer",
    like="byte_fallback",
    damage=added("<0x41>", id=67, special=True),
    probe="low <0x41>",
)
def byte_tokens_added(subject: TokenizerSubject) -> list[Fault]:
    """The tokens of byte_fallback must not be matched in text.

    As an added token, the six characters `<0x41>` in a text become the byte A; as a special one,
    skip_special_tokens deletes every A that was written in bytes.
    """
    if not subject.byte_fallback:
        return []
    found = [one["content"] for one in subject.added if one["content"] in BYTE_TOKENS]
    if not found:
        return []
    message = (
        f"byte tokens are matched in text ({_listed(found)}): those characters become a byte; take "
        "them out of added_tokens"
    )
    text = f"a{found[0]}b"
    return [Fault(("added_tokens",), message, f"{text!r} -> {subject.decoded(text)!r}")]


@rule(
    "L43",
    severity="error",
    title="a template's id differs from the vocabulary's",
    about="tokenizer",
    like="wordpiece",
    damage=put("post_processor", "special_tokens", "[CLS]", "ids", value=[7]),
    shows="pair",
)
def other_ids(subject: TokenizerSubject) -> list[Fault]:
    """A post-processor carries ids of its own, and nothing compares them with the vocabulary.

    A token that moved in the vocabulary is still added under its old id: another token reaches the
    model.
    """
    found = []
    for path, token, number in _template_ids(subject):
        own = subject.tokenizer.token_to_id(token)
        if own != number:
            other = subject.tokenizer.id_to_token(number)
            has = f"the vocabulary has it as {own}" if own is not None else "no token has that text"
            message = (
                f"{token} is added as id {number}, which is {other!r}, and {has}; write its id"
            )
            encoded = subject.tokenizer.encode("low").ids
            found.append(Fault(path, message, f"'low' -> {encoded}"))
    return found


def _template_ids(subject: TokenizerSubject) -> list[tuple[KeyPath, str, int]]:
    found: list[tuple[KeyPath, str, int]] = []
    for path, part in subject.parts("post_processor"):
        for name, entry in (part.get("special_tokens") or {}).items():
            pairs = zip(entry["tokens"], entry["ids"], strict=False)
            place = (*path, "special_tokens", name, "ids")
            found += [(place, token, number) for token, number in pairs]
        for name in ("sep", "cls"):
            if isinstance(part.get(name), list):
                found.append(((*path, name), *part[name]))
    return found


@rule(
    "L44",
    severity="error",
    title="pairs without special tokens or type ids",
    about="tokenizer",
    like="wordpiece",
    damage=put("post_processor", "pair", value=_ALONE),
    shows="pair",
)
def pairs_are_bare(subject: TokenizerSubject) -> list[Fault]:
    """What is put around one text should part two.

    Without it, two texts run into each other. Warnings: special tokens, but none between the two; a
    pair of type id 0 only, though model_input_names has token_type_ids; cls and sep that nothing
    puts around texts.
    """
    text, second = "low", "sea"
    single = subject.tokenizer.encode(text)
    pair = subject.tokenizer.encode(text, second)
    path = ("post_processor", "pair")
    example = f"{text!r}, {second!r} -> {' '.join(pair.tokens)}"
    special = sum(single.special_tokens_mask)
    if special and not any(pair.special_tokens_mask):
        message = "one text gets special tokens and two get none, so nothing parts them"
        return [Fault(path, message, example)]
    roles = subject.roles
    if not special and {"cls", "sep"} <= roles.keys() and roles["cls"] != roles["sep"]:
        message = f"nothing puts {roles['cls']} and {roles['sep']} around texts"
        return [Fault(("post_processor",), message, example, severity="warning")]
    sequences = [one for one in pair.sequence_ids if one is not None]
    if special and sequences and None not in _between(pair.sequence_ids):
        message = "no special token stands between the two texts of a pair"
        return [Fault(path, message, example, severity="warning")]
    asked = "token_type_ids" in (subject.config.get("model_input_names") or ())
    if asked and not any(pair.type_ids):
        message = (
            "both texts get the type id 0; give the second 1, or leave token_type_ids out of "
            "model_input_names"
        )
        return [Fault(path, message, example, severity="warning")]
    return []


def _between(sequences: list[int | None]) -> list[int | None]:
    """What stands between the first and the second text."""
    first = max((i for i, one in enumerate(sequences) if one == 0), default=-1)
    second = min((i for i, one in enumerate(sequences) if one == 1), default=len(sequences))
    return sequences[first + 1 : second]


@rule(
    "L45",
    severity="warning",
    title="the beginning of a text is marked twice",
    about="tokenizer",
    like="byte_fallback",
    damage=all_of(
        put("chat_template", value="{{ bos_token }}{{ messages[0].content }}", file=CONFIG),
        put("bos_token", value="<s>", file=CONFIG),
    ),
    shows="nothing",
)
def two_beginnings(subject: TokenizerSubject) -> list[Fault]:
    """A chat template and a post-processor that both add the beginning-of-text token.

    Text from apply_chat_template(tokenize=False) begins with the token; tokenizing it adds the
    token again, and a model sees a beginning that it never saw in training.
    """
    template = subject.files.get(CHAT_TEMPLATE) or subject.config.get("chat_template")
    bos = subject.roles.get("bos")
    if not isinstance(template, str) or bos is None:
        return []
    rendered = _rendered(template, subject.roles)
    if not rendered.startswith(bos):
        return []
    tokens = subject.tokenizer.encode(rendered).tokens
    if tokens[:2] != [bos, bos]:
        return []
    in_file = CHAT_TEMPLATE in subject.files
    message = (
        f"begins with {bos}, which the post_processor adds too: rendered text that is tokenized "
        "has it twice; leave it out of one, or tokenize with add_special_tokens=False"
    )
    path: KeyPath = () if in_file else ("chat_template",)
    file = CHAT_TEMPLATE if in_file else CONFIG
    return [Fault(path, message, f"{' '.join(tokens[:4])} ...", file=file)]


def _rendered(template: str, roles: dict[str, str]) -> str:
    """A chat of one message, empty where the template cannot make text of that."""
    from jinja2 import TemplateError  # noqa: PLC0415 - rarely needed
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - likewise

    named: dict[str, Any] = {f"{role}_token": token for role, token in roles.items()}
    try:
        made = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        ).from_string(template)
        return str(made.render(messages=[{"role": "user", "content": "low"}], **named))
    except (TemplateError, TypeError, ValueError, ArithmeticError):
        return ""


@rule(
    "L46",
    severity="error",
    title="tokens that share a text or an id",
    about="tokenizer",
    like="byte_level",
    damage=Damage("tokenizer.json: added_tokens: the first once more, under another id", _twice),
    shows="nothing",
)
def duplicates(subject: TokenizerSubject) -> list[Fault]:
    """A text that stands twice is kept once, and an id that two tokens have decodes to one of them.

    Ids after a token that was dropped are no longer those that the file says.
    """
    found = []
    texts = Counter(str(one["content"]) for one in subject.added)
    if again := [text for text, count in texts.items() if count > 1]:
        message = f"{_listed(again)} stands there more than once; only one is kept"
        found.append(Fault(("added_tokens",), message))
    elif moved := [
        f"{one['content']} (written {one['id']}, loaded {own})"
        for one in subject.added
        if (own := subject.tokenizer.token_to_id(one["content"])) != one["id"]
    ]:
        message = f"tokens do not load under the ids that the file gives them: {_listed(moved)}"
        found.append(Fault(("added_tokens",), message))
    shared = Counter(subject.vocabulary.values())
    twice = {number for number, count in shared.items() if count > 1}
    if twice:
        tokens = [f"{text!r}" for text, number in subject.vocabulary.items() if number in twice]
        number = min(twice)
        back = subject.tokenizer.id_to_token(number)
        message = f"{len(tokens)} tokens share ids with others: {_listed(tokens)}"
        found.append(Fault(("model", "vocab"), message, f"{number} -> {back!r}"))
    if subject.repeated:
        message = f"keys stand twice in one map: {_listed([repr(one) for one in subject.repeated])}"
        found.append(Fault(("model", "vocab"), message))
    return found


@rule(
    "L47",
    severity="warning",
    title="nothing, white space or a plain word as a special token",
    about="tokenizer",
    like="byte_level",
    damage=renamed(0, "ox"),
    probe="a fox in a box",
)
def ordinary_text(subject: TokenizerSubject) -> list[Fault]:
    """A special token is matched wherever its text stands, inside words too.

    `ox` as a special token cuts `fox` in two, and skip_special_tokens deletes it. An empty one
    is an error: it is never matched and takes an id.
    """
    found = []
    for position, one in enumerate(subject.added):
        text, path = one["content"], ("added_tokens", position)
        if not text:
            found.append(Fault(path, "is empty: nothing can be it", severity="error"))
        elif one.get("special") and is_word(text) and not one.get("single_word"):
            inside = f"fel{text}ship"
            cut = subject.encode(inside)
            message = f"{text!r} is ordinary text and is matched wherever it stands"
            example = f"{inside!r} -> {' '.join(cut.tokens)}" if cut else ""
            found.append(Fault(path, message, example))
    return found


@rule(
    "L48",
    severity="warning",
    title="a special token's text occurs in the text",
    about="tokenizer",
    like="byte_level",
    damage=renamed(0, "<eos>"),
    text=("she sells sea shells <eos> by the shore", "the low <eos> sea"),
    probe="the sea <eos> low",
    needs_text=True,
)
def occurs_in_text(subject: TokenizerSubject) -> list[Fault]:
    """Text that mentions a special token turns into the token: an end of text in its middle.

    Looked for in the text that --on names.
    """
    found = []
    for position, one in enumerate(subject.added):
        token = one["content"]
        if not one.get("special") or not token or is_word(token):
            continue
        hits = [text for text in subject.sample.texts if token in text]
        if hits:
            message = (
                f"{token} stands in {len(hits):,} of {len(subject.sample.texts):,} documents and "
                "is read as the token"
            )
            example = shown(hits[0], hits[0].index(token))
            found.append(Fault(("added_tokens", position), message, example))
    return found


@rule(
    "L49",
    severity="error",
    title="ids beyond the embedding",
    about="tokenizer",
    like="byte_level",
    damage=all_of(
        put("vocab_size", value=319, file=MODEL_CONFIG),
        put("model_type", value="gpt_neox", file=MODEL_CONFIG),
    ),
    shows="nothing",
)
def beyond_the_vocabulary(subject: TokenizerSubject) -> list[Fault]:
    """An id must be below the rows of the model's embedding.

    A model whose config.json says fewer fails on it, or reads memory that is not its own. A
    warning where ids have gaps: an embedding of len(tokenizer) rows is too small.
    """
    everything = subject.tokenizer.get_vocab()
    last = max(everything, key=lambda text: everything[text])
    size, highest = len(set(everything.values())), everything[last]
    config = subject.files.get(MODEL_CONFIG) or {}
    rows = config.get("vocab_size") or (config.get("text_config") or {}).get("vocab_size")
    if isinstance(rows, int):
        if highest < rows:
            return []
        message = f"the model has {rows:,} rows, and {last!r} has the id {highest:,}"
        return [Fault(("vocab_size",), message, file=MODEL_CONFIG)]
    if highest < size:
        return []
    free = next(number for number in range(highest) if number not in set(everything.values()))
    message = (
        f"{size:,} tokens have ids up to {highest:,}, with gaps ({free:,} is no token): an "
        f"embedding of {size:,} rows is too small"
    )
    path = ("added_tokens",) if last not in subject.vocabulary else ("model", "vocab")
    return [Fault(path, message, severity="warning")]


@rule(
    "L50",
    severity="warning",
    title="an added token that the normalizer changes",
    about="tokenizer",
    like="wordpiece",
    damage=all_of(instead_of_last(gone=1), added("USA", normalized=True)),
    probe="low usage in the USA",
)
def normalized_away(subject: TokenizerSubject) -> list[Fault]:
    """An added token is looked for in normalized text unless it says normalized: false.

    Under Lowercase, `USA` is looked for as `usa`: it matches inside `usage` and comes back so.
    """
    found = []
    for position, one in enumerate(subject.added):
        token = one["content"]
        made = subject.normalized(token)
        if not one.get("normalized") or made == token or not made:
            continue
        encoding = subject.encode(f"a {made} b")
        if encoding is not None and one["id"] in encoding.ids:
            message = (
                f"{token} is looked for in normalized text, as {made!r}; write normalized: false"
            )
            example = f"'a {made} b' -> {' '.join(encoding.tokens)}"
            found.append(Fault(("added_tokens", position), message, example))
    return found
