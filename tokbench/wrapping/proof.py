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
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1"}
"""Environment of a child that imports transformers: no advice on torch, no look at the network."""


def prove(
    tokenizer: Tokenizer,
    spec: WrapSpec,
    roles: dict[str, str],
    texts: Sequence[str],
    folder: Path,
) -> Proof:
    """Compare the folder, loaded by `AutoTokenizer` in a fresh process, with the tokenizer.

    Compared are ids, offsets, type ids and attention masks of single texts and pairs, the arrays of
    `return_tensors="np"`, the vocabulary's size, named tokens, and truncation and padding.

    Raises:
        WrappingError: at the first difference, which it shows.
    """
    singles = [(text, None) for text in (*probes.TEXTS, *texts)]
    pairs = [
        (first, second)
        for first, second in (
            *zip(probes.TEXTS, reversed(probes.TEXTS), strict=True),
            *zip(texts[::2], texts[1::2], strict=False),
        )
        if second  # transformers takes an empty second text for none
    ]
    cases: list[tuple[str, str | None]] = [*singles, *pairs]
    expected = [_facts(_encode(tokenizer, first, second)) for first, second in cases]
    told = {"size": tokenizer.get_vocab_size(), "roles": roles}
    run_in_child(_compare, str(folder), cases, expected, told, spec, environment=QUIET)
    return Proof(probes=len(probes.TEXTS), texts=len(texts), pairs=len(pairs))


def _encode(tokenizer: Tokenizer, first: str, second: str | None) -> Encoding:
    return tokenizer.encode(first) if second is None else tokenizer.encode(first, second)


def _facts(encoding: Encoding) -> Expected:
    return {
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


def _compare_settings(loaded: Any, told: dict[str, Any], spec: WrapSpec) -> None:
    if len(loaded) != told["size"]:
        raise WrappingError(f"reloading gives {len(loaded)} tokens, not {told['size']}")
    for role, token in told["roles"].items():
        if (got := getattr(loaded, f"{role}_token")) != token:
            raise WrappingError(f"reloading gives {role}_token {got!r}, not {token!r}")
    for side in ("padding_side", "truncation_side"):
        if (got := getattr(loaded, side)) != getattr(spec, side):
            raise WrappingError(f"reloading gives {side} {got!r}, not {getattr(spec, side)!r}")
    if loaded.chat_template != spec.chat_template:
        raise WrappingError("reloading gives another chat_template")
    backend = loaded.backend_tokenizer
    if backend.padding is not None or backend.truncation is not None:
        raise WrappingError("padding or truncation is saved inside tokenizer.json")
    limit = spec.model_max_length
    if limit is not None:
        most = max(limit, loaded.num_special_tokens_to_add())
        got = len(loaded("a b " * limit, truncation=True)["input_ids"])
        if loaded.model_max_length != limit or got > most:
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
