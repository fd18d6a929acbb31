"""The folder loads to the same ids, or the command fails."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tokbench.child import run_in_child
from tokbench.errors import WrappingError
from tokbench.workbench import train
from tokbench.wrapping import WrapSpec, proof
from tokbench.wrapping.folder import saved_state

BERT = """
normalizer: [NFD, Lowercase, StripAccents]
pre_tokenizer: BertPreTokenizer
model: WordPiece
trainer: {vocab_size: 150}
special_tokens:
  pad: "[PAD]"
  unk: "[UNK]"
  cls: "[CLS]"
  sep: "[SEP]"
  mask: {content: "[MASK]", lstrip: true}
  extra: ["[E1]"]
added_tokens: [{content: "<end>", special: true}]
post_processor:
  {type: TemplateProcessing, single: "[CLS] $A [SEP]", pair: "[CLS] $A [SEP] $B:1 [SEP]:1"}
wrap:
  model_max_length: 16
  padding_side: left
  truncation_side: left
  chat_template: "{% for m in messages %}{{ m['content'] }}{% endfor %}"
"""


def _loaded(folder: str) -> dict[str, object]:
    """What a fresh process sees of a folder."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    padded = tokenizer(["low", "lower the newest"], padding=True)
    return {
        "mask": tokenizer.mask_token,
        "extra": tokenizer.extra_special_tokens,
        "length": tokenizer.model_max_length,
        "padded": padded["input_ids"],
        "pad": tokenizer.pad_token_id,
        "truncated": len(tokenizer("low " * 50, truncation=True)["input_ids"]),
        "chat": tokenizer.apply_chat_template([{"role": "u", "content": "low"}], tokenize=False),
        "types": tokenizer("low", "lower")["token_type_ids"],
        "size": len(tokenizer),
    }


def test_everything_said_arrives(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    made = train(write_recipe(BERT), tmp_path / "out")
    seen = run_in_child(_loaded, str(tmp_path / "out"), environment=proof.QUIET)
    assert seen["mask"] == "[MASK]"
    assert seen["extra"] == ["[E1]"]
    assert seen["length"] == seen["truncated"] == 16
    assert seen["padded"][0][0] == seen["pad"] == 0
    assert seen["chat"] == "low"
    assert set(seen["types"]) == {0, 1}
    assert seen["size"] == made.vocab_size
    assert made.proof.probes == 30 + 2 * 7
    assert made.proof.texts > 5
    config = json.loads((tmp_path / "out/tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert config["clean_up_tokenization_spaces"] is False
    assert config["additional_special_tokens"] == ["[E1]"]


def test_padding_and_truncation_never_reach_the_file() -> None:
    tokenizer = Tokenizer.from_str(Tokenizer.from_str(_tiny()).to_str())
    tokenizer.enable_padding(length=8)
    tokenizer.enable_truncation(4)
    state = json.loads(saved_state(tokenizer))
    assert (state["padding"], state["truncation"]) == (None, None)
    assert tokenizer.padding is not None  # what was given is not changed


def _tiny(extra: str = "") -> str:
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {"type": "Whitespace"},
            "post_processor": None,
            "decoder": None,
            "model": {
                "type": "WordLevel",
                "vocab": {"<unk>": 0, "a": 1, f"b{extra}": 2},
                "unk_token": "<unk>",
            },
        }
    )


def _folder(path: Path, state: str, **config: object) -> Path:
    path.mkdir()
    (path / "tokenizer.json").write_text(state)
    told = {"tokenizer_class": "PreTrainedTokenizerFast", **config}
    (path / "tokenizer_config.json").write_text(json.dumps(told))
    return path


SPEC = WrapSpec(model_input_names=("input_ids", "attention_mask"))


@pytest.mark.usefixtures("in_process")
def test_a_folder_that_loads_as_another_fails(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_str(_tiny())
    names = {"model_input_names": ["input_ids", "attention_mask"]}
    good = _folder(tmp_path / "good", _tiny(), **names)
    roles: dict[str, str] = {}
    assert proof.prove(tokenizer, SPEC, roles, [], ["a b"], good).texts == 1

    other = _folder(tmp_path / "other", _tiny("x"), **names)
    with pytest.raises(WrappingError, match=r"reloaded by AutoTokenizer, .* gives other input_ids"):
        proof.prove(tokenizer, SPEC, roles, [], ["a b"], other)

    grown = _folder(tmp_path / "grown", _tiny(), pad_token="<pad>", **names)
    with pytest.raises(WrappingError, match="reloading gives 4 tokens, not 3"):
        proof.prove(tokenizer, SPEC, roles, [], ["a b"], grown)

    cutting = Tokenizer.from_str(_tiny())
    cutting.enable_truncation(400)
    leaking = _folder(tmp_path / "leaking", cutting.to_str(), **names)
    with pytest.raises(WrappingError, match="padding or truncation is saved inside"):
        proof.prove(tokenizer, SPEC, roles, [], ["a b"], leaking)

    state = json.loads(_tiny())
    state["decoder"] = {"type": "Fuse"}
    joining = _folder(tmp_path / "joining", json.dumps(state), **names)
    with pytest.raises(WrappingError, match="gives other decoded text"):
        proof.prove(tokenizer, SPEC, roles, [], ["a b"], joining)

    short = _folder(tmp_path / "short", _tiny(), model_max_length=5, **names)
    with pytest.raises(WrappingError, match="reloading gives model_max_length 5"):
        proof.prove(tokenizer, SPEC, roles, [], ["a b"], short)

    (good / "tokenizer.json").write_text("{")
    with pytest.raises(WrappingError, match="AutoTokenizer cannot load it"):
        proof.prove(tokenizer, SPEC, roles, [], ["a b"], good)
