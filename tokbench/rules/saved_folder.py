"""Finished tokenizers: the files beside tokenizer.json, and what transformers makes of them."""

from typing import Any

from tokbench.recipe import KeyPath
from tokbench.rules.registry import Fault, rule
from tokbench.rules.saved import (
    CHAT_TEMPLATE,
    CONFIG,
    MODEL_CONFIG,
    ROLES,
    SPECIAL_TOKENS_MAP,
    TokenizerSubject,
    content,
)
from tokbench.rules.saved_examples import all_of, left_out, put

_ENDLESS = 10**9
_OVERRIDING = (
    "qwen2", "qwen3_5", "qwen3_5_moe", "qwen3_5_moe_text", "qwen4_exp", "siglip2",
)  # fmt: skip
_SHOWN = 6


@rule(
    "L51",
    severity="error",
    title="a role whose token is not in the vocabulary",
    about="tokenizer",
    like="byte_level",
    damage=put("pad_token", value="<pad>", file=CONFIG),
    shows="nothing",
)
def roles_without_tokens(subject: TokenizerSubject) -> list[Fault]:
    """A token that the configuration names and the vocabulary lacks is added silently.

    The vocabulary grows beyond the embedding, and padding has an id that no model knows. A
    warning where pad is the same token as eos or unk: a loss that leaves out padding never learns
    the end of a text. A model for masked text needs a mask token.
    """
    found = []
    for role, token in subject.roles.items():
        if subject.tokenizer.token_to_id(token) is None:
            path, file = _said(subject, role)
            size = subject.tokenizer.get_vocab_size()
            message = (
                f"{token} is not in the vocabulary of {size:,} tokens, so transformers adds it as "
                "one more; name a token that is there"
            )
            found.append(Fault(path, message, file=file))
    roles = subject.roles
    for other in ("eos", "unk"):
        if "pad" in roles and roles["pad"] == roles.get(other):
            path, file = _said(subject, "pad")
            message = f"is the same token as {other} ({roles['pad']}): a loss without padding never"
            message += " sees it"
            found.append(Fault(path, message, severity="warning", file=file))
    architectures = (subject.files.get(MODEL_CONFIG) or {}).get("architectures") or ()
    if any("MaskedLM" in str(one) for one in architectures) and "mask" not in roles:
        message = "a model for masked text needs a mask token"
        found.append(Fault(("mask_token",), message, file=CONFIG))
    return found


def _said(subject: TokenizerSubject, role: str) -> tuple[KeyPath, str]:
    key = f"{role}_token"
    return (key,), CONFIG if subject.config.get(key) is not None else SPECIAL_TOKENS_MAP


@rule(
    "L53",
    severity="error",
    title="padding or truncation left on inside tokenizer.json",
    about="tokenizer",
    like="byte_level",
    damage=put(
        "truncation",
        value={"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
    ),
    shows="nothing",
)
def cuts_silently(subject: TokenizerSubject) -> list[Fault]:
    """Whoever encodes with the file gets padded or cut texts without asking.

    Token counts, benchmarks and training data are wrong in silence. transformers leaks that state
    into the file when a tokenizer that was called with padding or truncation is saved.
    """
    found = []
    truncation, padding = subject.state.get("truncation"), subject.state.get("padding")
    if truncation:
        most = truncation.get("max_length")
        message = f"every text is cut after {most} tokens, silently; write null"
        found.append(Fault(("truncation",), message, f"a text of 1,000 tokens -> {most}"))
    if padding:
        strategy = padding.get("strategy")
        fixed = strategy.get("Fixed") if isinstance(strategy, dict) else None
        to = f"to {fixed} tokens" if fixed else "to the longest of its batch"
        message = f"every text is padded {to}, silently; write null"
        example = f"'low' -> {fixed} tokens" if fixed else ""
        found.append(Fault(("padding",), message, example))
    return found


@rule(
    "L64",
    severity="warning",
    title="model_max_length is not set",
    about="tokenizer",
    like="byte_level",
    damage=left_out("model_max_length", file=CONFIG),
    shows="nothing",
)
def truncates_nothing(subject: TokenizerSubject) -> list[Fault]:
    """Without model_max_length, truncation=True does nothing, silently.

    An error where it is above the positions that the model beside it has: texts are cut too late.
    """
    if CONFIG not in subject.files:
        return []
    limit = subject.config.get("model_max_length")
    path = ("model_max_length",)
    if not isinstance(limit, int | float) or limit > _ENDLESS:
        message = (
            "is not set, so truncation=True silently does nothing; write the model's positions"
        )
        return [Fault(path, message, file=CONFIG)]
    positions = (subject.files.get(MODEL_CONFIG) or {}).get("max_position_embeddings")
    if isinstance(positions, int) and limit > positions:
        message = f"{limit:,} is more than the {positions:,} positions of the model beside it"
        return [Fault(path, message, severity="error", file=CONFIG)]
    return []


@rule(
    "L65",
    severity="error",
    title="AutoTokenizer loads another tokenizer",
    about="tokenizer",
    like="wordpiece",
    damage=put("tokenizer_class", value="BertTokenizer", file=CONFIG),
    shows="nothing",
)
def loads_as_another(subject: TokenizerSubject) -> list[Fault]:
    """The class that tokenizer_config.json names may rebuild the pipeline and change the ids.

    Asked by loading the folder with AutoTokenizer in a fresh process and comparing ids. A class
    that gives the same ids is fine; `PreTrainedTokenizerFast` reads tokenizer.json as it is.
    """
    return _other_ids(subject) if _model_type(subject) not in _OVERRIDING else []


@rule(
    "L66",
    severity="error",
    title="a model type whose AutoTokenizer overrides the pipeline",
    about="tokenizer",
    like="wordpiece",
    damage=all_of(
        put("model_type", value="qwen2", file=MODEL_CONFIG),
        left_out("tokenizer_class", file=CONFIG),
    ),
    shows="nothing",
)
def model_overrides(subject: TokenizerSubject) -> list[Fault]:
    """For some model types AutoTokenizer builds a pipeline of its own whatever is saved.

    Seen with qwen2, qwen3_5, qwen4_exp and siglip2; told only where the ids really differ.
    """
    return _other_ids(subject) if _model_type(subject) in _OVERRIDING else []


def _model_type(subject: TokenizerSubject) -> str:
    return str((subject.files.get(MODEL_CONFIG) or {}).get("model_type") or "")


def _other_ids(subject: TokenizerSubject) -> list[Fault]:
    loaded = subject.reloaded
    named = subject.config.get("tokenizer_class")
    model_type = _model_type(subject)
    overridden = model_type in _OVERRIDING
    path: KeyPath = ("model_type",) if overridden else ("tokenizer_class",)
    file = MODEL_CONFIG if overridden else CONFIG
    instead = "write PreTrainedTokenizerFast"
    if overridden:
        instead = "leave config.json out of the tokenizer's folder"
    if "error" in loaded:
        message = f"AutoTokenizer cannot load it, or encode with it: {loaded['error']}"
        return [Fault(path, message, file=file)]
    grown = any(subject.tokenizer.token_to_id(one) is None for one in subject.roles.values())
    for text, ids in () if grown else loaded.get("cases", ()):  # L51 tells of tokens that are new
        own = subject.tokenizer.encode(text).ids
        if ids != own:
            by = f"model_type {model_type}" if overridden else f"{named or 'no class'}"
            message = (
                f"AutoTokenizer ({by}, loaded as {loaded['class']}) gives other ids than "
                f"tokenizer.json; {instead}"
            )
            pairs = zip(ids, own, strict=False)
            same = (at for at, (got, wanted) in enumerate(pairs) if got != wanted)
            first = next(same, min(len(ids), len(own)))
            example = f"{_short(text)}: {_ids(ids, first)} instead of {_ids(own, first)}"
            return [Fault(path, message, example, file=file)]
    return []


def _short(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:24] + "...")  # noqa: PLR2004 - a line's part


def _ids(ids: list[int], first: int) -> str:
    """A few ids from where they differ.

    >>> _ids([1, 2, 3], 1), _ids(list(range(20)), 0)
    ('... 2 3', '0 1 2 3 4 5 ...')
    """
    shown = " ".join(map(str, ids[first : first + _SHOWN])) or "nothing"
    more = first + _SHOWN < len(ids)
    return f"{'... ' if first else ''}{shown}{' ...' if more else ''}"


@rule(
    "L67",
    severity="warning",
    title="features that transformers 4 cannot read",
    about="tokenizer",
    like="byte_level",
    damage=put("tokenizer_class", value="TokenizersBackend", file=CONFIG),
    shows="nothing",
)
def only_for_five(subject: TokenizerSubject) -> list[Fault]:
    """Version 5 of transformers writes names that transformers 4 does not know.

    The class TokenizersBackend, a list of extra_special_tokens, and a chat template that stands in
    chat_template.jinja only.
    """
    config, found = subject.config, []
    if config.get("tokenizer_class") == "TokenizersBackend":
        found.append(("tokenizer_class", "TokenizersBackend", "write PreTrainedTokenizerFast"))
    if isinstance(config.get("extra_special_tokens"), list) and config["extra_special_tokens"]:
        found.append(("extra_special_tokens", "a list", "call the list additional_special_tokens"))
    faults = [
        Fault((key,), f"transformers 4 does not know {what}; {instead}", file=CONFIG)
        for key, what, instead in found
    ]
    if CHAT_TEMPLATE in subject.files and not config.get("chat_template"):
        message = (
            "early versions of transformers 4 look for the chat template in tokenizer_config.json "
            "only"
        )
        faults.append(Fault((), message, file=CHAT_TEMPLATE))
    return faults


@rule(
    "L68",
    severity="warning",
    title="clean_up_tokenization_spaces eats spaces",
    about="tokenizer",
    like="unigram",
    damage=put("clean_up_tokenization_spaces", value=True, file=CONFIG),
    shows="nothing",
)
def eats_spaces(subject: TokenizerSubject) -> list[Fault]:
    """clean_up_tokenization_spaces was made for BERT's WordPiece.

    It deletes spaces before punctuation from every decoded text. A BPE or Unigram keeps its spaces
    itself, so those that are deleted were in the text; for BPE, transformers 5 ignores it.
    """
    kind = subject.model["type"]
    if not subject.config.get("clean_up_tokenization_spaces") or kind in ("WordPiece", "WordLevel"):
        return []
    message = f"deletes spaces that the text had: {kind} keeps its spaces itself; write false"
    return [Fault(("clean_up_tokenization_spaces",), message, file=CONFIG)]


@rule(
    "L75",
    severity="warning",
    title="files of one folder contradict each other",
    about="tokenizer",
    like="byte_level",
    damage=all_of(
        put("eos_token", value="<|end|>", file=CONFIG),
        put("eos_token", value="<|pad|>", file=SPECIAL_TOKENS_MAP),
    ),
    shows="nothing",
)
def contradictions(subject: TokenizerSubject) -> list[Fault]:
    """Which file wins depends on who reads the folder, and in which version.

    special_tokens_map.json names another token for a role than tokenizer_config.json, or
    added_tokens_decoder has another id, text or flag than tokenizer.json.
    """
    found = []
    config, other = subject.config, subject.files.get(SPECIAL_TOKENS_MAP) or {}
    for role in ROLES:
        key = f"{role}_token"
        here, there = content(config.get(key)), content(other.get(key))
        if here is not None and there is not None and here != there:
            message = f"is {there!r} here and {here!r} in {CONFIG}"
            found.append(Fault((key,), message, file=SPECIAL_TOKENS_MAP))
    for number, token in _added(config):
        own = subject.tokenizer.id_to_token(number)
        if own != token:
            message = f"is {token!r} here and {own!r} in tokenizer.json"
            found.append(Fault(("added_tokens_decoder", str(number)), message, file=CONFIG))
    return found


def _added(config: dict[str, Any]) -> list[tuple[int, str]]:
    told = config.get("added_tokens_decoder")
    pairs = told.items() if isinstance(told, dict) else ()
    return [
        (int(number), text)
        for number, token in pairs
        if str(number).isdigit() and (text := content(token)) is not None
    ]
