"""Write the folder through `PreTrainedTokenizerFast`, then prove it.

transformers runs in child processes only: importing it takes a second and much memory, and a proof
in the process that made the tokenizer would prove little.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tokbench.child import ChildError, run_in_child
from tokbench.errors import WrappingError
from tokbench.store import write_bytes, write_json
from tokbench.values import Proof
from tokbench.wrapping import proof
from tokbench.wrapping.spec import WrapSpec


def wrap(
    tokenizer: Tokenizer,
    spec: WrapSpec,
    roles: Mapping[str, str],
    extra: Sequence[str],
    texts: Sequence[str],
    folder: Path,
) -> Proof:
    """Fill `folder` with what `AutoTokenizer.from_pretrained` loads to the same ids.

    Args:
        tokenizer: as trained; it is not changed.
        spec: what the recipe says about wrapping.
        roles: role ("pad") to the token that has it.
        extra: special tokens without a role.
        texts: real documents to prove it on, beside the probes.
        folder: an existing folder; files of the same names are replaced.

    Raises:
        WrappingError: the folder does not load, or gives other ids, offsets or type ids.
    """
    state = saved_state(tokenizer)
    try:
        run_in_child(
            _save, state, spec, dict(roles), list(extra), str(folder),
            environment=proof.QUIET, without=proof.NOT_NEEDED,
        )  # fmt: skip
        return proof.prove(Tokenizer.from_str(state), spec, dict(roles), extra, texts, folder)
    except ChildError as error:
        raise WrappingError(f"{folder}: transformers could not wrap it: {error.last}") from error


def saved_state(tokenizer: Tokenizer) -> str:
    """The JSON to save: no truncation, no padding, and stable under one more round trip."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy.to_str(pretty=True)


def _save(state: str, spec: WrapSpec, roles: dict[str, str], extra: list[str], folder: str) -> None:
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - only in the child

    tokenizer = Tokenizer.from_str(state)
    size = tokenizer.get_vocab_size()
    options: dict[str, Any] = {f"{role}_token": token for role, token in roles.items()}
    if spec.model_max_length is not None:
        options["model_max_length"] = spec.model_max_length
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        extra_special_tokens=extra,
        padding_side=spec.padding_side,
        truncation_side=spec.truncation_side,
        model_input_names=list(spec.model_input_names),
        clean_up_tokenization_spaces=spec.clean_up_tokenization_spaces,
        chat_template=spec.chat_template,
        **options,
    )
    if len(wrapped) != size:
        raise WrappingError(f"wrapping changed the vocabulary from {size} to {len(wrapped)} tokens")
    try:
        wrapped.save_pretrained(folder)
    except Exception as error:  # tokenizers raises plain Exception for a full disk
        raise WrappingError(f"{folder}: the tokenizer cannot be saved: {error}") from error
    write_bytes(Path(folder) / "tokenizer.json", state.encode())
    _write_config(Path(folder) / "tokenizer_config.json", extra)


def _write_config(path: Path, extra: list[str]) -> None:
    """Names that transformers 4 and 5 both read to the same pipeline."""
    config = json.loads(path.read_bytes())
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    config.pop("backend", None)
    config.pop("extra_special_tokens", None)
    if extra:
        config["additional_special_tokens"] = extra
    write_json(path, config)
