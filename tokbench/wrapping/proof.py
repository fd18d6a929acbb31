"""Does the folder load to the same tokenizer? Asked in a process that knows only the folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from tokbench.child import run_in_child
from tokbench.errors import WrappingError
from tokbench.values import Proof
from tokbench.wrapping import probes
from tokbench.wrapping.spec import WrapSpec

Expected = dict[str, Any]
_SHOWN = 60
_SKIP = (False, True)
_LONG = 4096
"""Truncation is tried where that many tokens are enough to see it."""
_ENDLESS = 10**29
"""What transformers has for a tokenizer without a limit, or more."""
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1"}
"""Environment of a child that imports transformers: no advice on torch, no look at the network."""
NOT_NEEDED = ("torch",)
"""What transformers imports where it is installed: tokenizers load without, in half the time."""


def prove(
    tokenizer: Tokenizer,
    spec: WrapSpec,
    roles: dict[str, str],
    extra: Sequence[str],
    texts: Sequence[str],
    folder: Path,
) -> Proof:
    """Compare the folder, loaded by `AutoTokenizer` in a fresh process, with the tokenizer.

    Compared are ids, offsets, type ids, attention masks and decoded text of single texts and pairs,
    the recipe's own tokens among them, the arrays of `return_tensors="np"`, the vocabulary's size,
    named tokens, and truncation and padding.

    Raises:
        WrappingError: at the first difference, which it shows.
    """
    tokenizer = _without_dropout(Tokenizer.from_str(tokenizer.to_str()))
    named = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    in_context = probes.around(named)
    singles = [(text, None) for text in (*probes.TEXTS, *in_context, *texts)]
    pairs = [
        (first, second)
        for first, second in (
            *zip(probes.TEXTS, reversed(probes.TEXTS), strict=True),
            *zip(texts[::2], texts[1::2], strict=False),
        )
        if second  # transformers takes an empty second text for none
    ]
    cases: list[tuple[str, str | None]] = [*singles, *pairs]
    expected = [_facts(tokenizer, _encode(tokenizer, *case)) for case in cases]
    told = {"size": tokenizer.get_vocab_size(), "roles": roles, "extra": list(extra)}
    run_in_child(
        _compare, str(folder), cases, expected, told, spec, environment=QUIET, without=NOT_NEEDED
    )
    return Proof(probes=len(probes.TEXTS) + len(in_context), texts=len(texts), pairs=len(pairs))


def _encode(tokenizer: Tokenizer, first: str, second: str | None) -> Encoding:
    return tokenizer.encode(first) if second is None else tokenizer.encode(first, second)


def _without_dropout(tokenizer: Any) -> Any:
    """The same: with dropout two encodings of one text differ, and prove nothing."""
    if getattr(tokenizer.model, "dropout", None):
        tokenizer.model.dropout = None
    return tokenizer


def _facts(tokenizer: Tokenizer, encoding: Encoding) -> Expected:
    return {
        "decoded": [tokenizer.decode(encoding.ids, skip_special_tokens=skip) for skip in _SKIP],
        "input_ids": encoding.ids,
        "token_type_ids": encoding.type_ids,
        "attention_mask": encoding.attention_mask,
        "offset_mapping": encoding.offsets,
    }


def _compare(
    folder: str,
    cases: list[tuple[str, str | None]],
    expected: list[Expected],
    told: dict[str, Any],
    spec: WrapSpec,
) -> None:
    from transformers import AutoTokenizer  # noqa: PLC0415 - only in the child

    try:
        loaded = AutoTokenizer.from_pretrained(folder)
    except Exception as error:
        raise WrappingError(f"{folder}: AutoTokenizer cannot load it: {error}") from error
    _without_dropout(loaded.backend_tokenizer)
    _compare_settings(loaded, told, spec)
    names = list(spec.model_input_names)
    for (first, second), wanted in zip(cases, expected, strict=True):
        got = loaded(first, second, return_offsets_mapping=True)
        arrays = loaded(first, second, return_tensors="np")
        if set(names) - set(got):
            raise WrappingError(f"{folder}: gives {sorted(got)}, not {names}")
        for field in (*names, "offset_mapping"):
            values = [tuple(v) if isinstance(v, list | tuple) else v for v in got[field]]
            if values != list(wanted[field]):
                raise _difference(field, first, second, wanted[field], values)
            if field in arrays and arrays[field].tolist() != [list(wanted[field])]:
                raise _difference(f"np {field}", first, second, wanted[field], arrays[field])
        _compare_decoded(loaded, first, second, wanted, spec)


def _compare_decoded(
    loaded: Any, first: str, second: str | None, wanted: Expected, spec: WrapSpec
) -> None:
    if spec.clean_up_tokenization_spaces:
        return  # transformers then changes what it decodes, as it was asked to
    ids = wanted["input_ids"]
    got = [loaded.decode(ids, skip_special_tokens=skip) for skip in _SKIP]
    if got != wanted["decoded"]:
        raise _difference("decoded text", first, second, wanted["decoded"], got)


def _compare_settings(loaded: Any, told: dict[str, Any], spec: WrapSpec) -> None:
    if len(loaded) != told["size"]:
        raise WrappingError(f"reloading gives {len(loaded)} tokens, not {told['size']}")
    for role, token in told["roles"].items():
        if (got := getattr(loaded, f"{role}_token")) != token:
            raise WrappingError(f"reloading gives {role}_token {got!r}, not {token!r}")
    if sorted(map(str, loaded.extra_special_tokens)) != sorted(told["extra"]):
        raise WrappingError(f"reloading gives the extra tokens {loaded.extra_special_tokens}")
    for name in ("padding_side", "truncation_side", "clean_up_tokenization_spaces"):
        if (got := getattr(loaded, name)) != getattr(spec, name):
            raise WrappingError(f"reloading gives {name} {got!r}, not {getattr(spec, name)!r}")
    if loaded.chat_template != spec.chat_template:
        raise WrappingError("reloading gives another chat_template")
    _compare_limits(loaded, spec)


def _compare_limits(loaded: Any, spec: WrapSpec) -> None:
    backend = loaded.backend_tokenizer
    if backend.padding is not None or backend.truncation is not None:
        raise WrappingError("padding or truncation is saved inside tokenizer.json")
    limit = spec.model_max_length
    if loaded.model_max_length != limit and (
        limit is not None or loaded.model_max_length < _ENDLESS
    ):
        raise WrappingError(f"reloading gives model_max_length {loaded.model_max_length}")
    if limit is not None and limit <= _LONG:
        got = len(loaded("a b " * limit, truncation=True)["input_ids"])
        if got > limit:
            raise WrappingError(f"truncation to {limit} tokens gives {got}")


def _difference(field: str, first: str, second: str | None, wanted: Any, got: Any) -> WrappingError:
    shown = first if second is None else f"{first} | {second}"
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
    return WrappingError(
        f"reloaded by AutoTokenizer, {shown!r} gives other {field}: "
        f"{_start(got)} instead of {_start(wanted)}"
    )


def _start(values: Any) -> str:
    text = str(list(values))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
