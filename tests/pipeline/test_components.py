"""Every component of `tokenizers` can be said, with every parameter, and means the same."""

import base64
import inspect
import json
from types import ModuleType
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tokbench.pipeline import PipelineSpec, assemble
from tokbench.pipeline import decoders as own_decoders
from tokbench.pipeline import models as own_models
from tokbench.pipeline import normalizers as own_normalizers
from tokbench.pipeline import post_processors as own_post_processors
from tokbench.pipeline import pre_tokenizers as own_pre_tokenizers
from tokbench.pipeline.patterns import PATTERNS
from tokbench.values import Trained

ABSTRACT = {"Normalizer", "PreTokenizer", "Model", "PostProcessor", "Decoder", "Sequence"}
FAMILIES = [
    (normalizers, own_normalizers.Normalizer),
    (pre_tokenizers, own_pre_tokenizers.PreTokenizer),
    (models, own_models.Model),
    (processors, own_post_processors.PostProcessor),
    (decoders, own_decoders.Decoder),
]


def _own(union: Any) -> dict[str, Any]:
    return {one.model_fields["type"].default: one for one in get_args(get_args(union)[0])}


@pytest.mark.parametrize(("library", "union"), FAMILIES, ids=lambda x: getattr(x, "__name__", ""))
def test_every_class_of_the_library_is_there(library: ModuleType, union: Any) -> None:
    theirs = {
        name
        for name, value in vars(library).items()
        if inspect.isclass(value) and name not in ABSTRACT | {"DecodeStream"}
    }
    assert theirs == set(_own(union)) - {"auto"}


def _spec(**parts: Any) -> PipelineSpec:
    return PipelineSpec.model_validate({"model": "BPE", **parts})


def _state(component: Any) -> Any:
    return json.loads(component.__getstate__())


NORMALIZERS = [
    *((name, getattr(normalizers, name)()) for name in ("NFC", "NFD", "NFKC", "NFKD", "Nmt")),
    ("Lowercase", normalizers.Lowercase()),
    ("StripAccents", normalizers.StripAccents()),
    ("ByteLevel", normalizers.ByteLevel()),
    ("Strip", normalizers.Strip()),
    ({"type": "Strip", "left": False}, normalizers.Strip(left=False)),
    ({"type": "Replace", "pattern": "a", "content": "b"}, normalizers.Replace("a", "b")),
    (
        {"type": "Replace", "pattern": {"regex": "a+"}, "content": "b"},
        normalizers.Replace(Regex("a+"), "b"),
    ),
    ({"type": "Prepend", "prepend": "▁"}, normalizers.Prepend("▁")),
    ("BertNormalizer", normalizers.BertNormalizer()),
    (
        {
            "type": "BertNormalizer",
            "clean_text": False,
            "handle_chinese_chars": False,
            "strip_accents": True,
            "lowercase": False,
        },
        normalizers.BertNormalizer(
            clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False
        ),
    ),
]
PRE_TOKENIZERS = [
    *(
        (name, getattr(pre_tokenizers, name)())
        for name in (
            "ByteLevel",
            "Whitespace",
            "WhitespaceSplit",
            "Punctuation",
            "Digits",
            "Metaspace",
            "BertPreTokenizer",
            "UnicodeScripts",
            "FixedLength",
        )
    ),
    (
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
    ),
    (
        {"type": "Punctuation", "behavior": "merged_with_previous"},
        pre_tokenizers.Punctuation("merged_with_previous"),
    ),
    ({"type": "Digits", "individual_digits": True}, pre_tokenizers.Digits(individual_digits=True)),
    (
        {"type": "Split", "pattern": " ", "behavior": "removed", "invert": True},
        pre_tokenizers.Split(" ", "removed", invert=True),
    ),
    *(
        (
            {"type": "Split", "pattern": {"named": name}, "behavior": "isolated"},
            pre_tokenizers.Split(Regex(pattern), "isolated"),
        )
        for name, pattern in PATTERNS.items()
    ),
    (
        {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": False},
        pre_tokenizers.Metaspace("_", "first", split=False),
    ),
    ({"type": "CharDelimiterSplit", "delimiter": "|"}, pre_tokenizers.CharDelimiterSplit("|")),
    ({"type": "FixedLength", "length": 3}, pre_tokenizers.FixedLength(3)),
]
DECODERS = [
    *(
        (name, getattr(decoders, name)())
        for name in (
            "ByteLevel",
            "WordPiece",
            "BPEDecoder",
            "Metaspace",
            "ByteFallback",
            "Fuse",
            "CTC",
        )
    ),
    ({"type": "WordPiece", "prefix": "@@", "cleanup": False}, decoders.WordPiece("@@", False)),
    ({"type": "BPEDecoder", "suffix": "</x>"}, decoders.BPEDecoder("</x>")),
    (
        {"type": "Metaspace", "replacement": "_", "prepend_scheme": "never"},
        decoders.Metaspace("_", "never"),
    ),
    ({"type": "Replace", "pattern": "▁", "content": " "}, decoders.Replace("▁", " ")),
    ({"type": "Strip", "content": " ", "left": 1, "right": 2}, decoders.Strip(" ", 1, 2)),
    (
        {"type": "CTC", "pad_token": "P", "word_delimiter_token": "_", "cleanup": False},
        decoders.CTC("P", "_", False),
    ),
]


@pytest.mark.parametrize(("written", "expected"), NORMALIZERS, ids=str)
def test_normalizers(written: Any, expected: Any) -> None:
    assert _state(assemble(_spec(normalizer=written)).normalizer) == _state(expected)


@pytest.mark.parametrize(("written", "expected"), PRE_TOKENIZERS, ids=str)
def test_pre_tokenizers(written: Any, expected: Any) -> None:
    assert _state(assemble(_spec(pre_tokenizer=written)).pre_tokenizer) == _state(expected)


@pytest.mark.parametrize(("written", "expected"), DECODERS, ids=str)
def test_decoders(written: Any, expected: Any) -> None:
    assert _state(assemble(_spec(decoder=written)).decoder) == _state(expected)


def test_a_list_is_a_sequence_in_order() -> None:
    made = assemble(_spec(normalizer=["NFD", "Lowercase"], pre_tokenizer=["Digits", "ByteLevel"]))
    expected = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase()])
    assert _state(made.normalizer) == _state(expected)
    parts = pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.ByteLevel()])
    assert _state(made.pre_tokenizer) == _state(parts)


def test_precompiled_takes_base64_and_a_file(shared: Any, tmp_path: Any) -> None:
    charsmap = _charsmap((shared / "tokenizers/albert/spiece.model").read_bytes())
    encoded = base64.b64encode(charsmap).decode()
    (tmp_path / "map.bin").write_bytes(charsmap)
    for written in (encoded, {"file": "map.bin"}):
        spec = PipelineSpec.model_validate(
            {
                "model": "BPE",
                "normalizer": {"type": "Precompiled", "precompiled_charsmap": written},
            },
            context={"base": tmp_path},
        )
        made = assemble(spec).normalizer
        assert _state(made) == _state(normalizers.Precompiled(charsmap))
        assert made.normalize_str("ﬁ①") == "fi1"


def _charsmap(model: bytes) -> bytes:
    """Field 2 of normalizer_spec (field 3) of a SentencePiece model, read by hand."""

    def fields(data: bytes) -> Any:
        at = 0
        while at < len(data):
            tag, at = _varint(data, at)
            if tag & 7 == 2:
                size, at = _varint(data, at)
                yield tag >> 3, data[at : at + size]
                at += size
            elif tag & 7 == 0:
                _, at = _varint(data, at)
            else:
                at += 4

    spec = next(value for number, value in fields(model) if number == 3)
    return next(value for number, value in fields(spec) if number == 2)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7


def test_parameters_are_those_of_the_library() -> None:
    with pytest.raises(ValidationError):
        _spec(pre_tokenizer={"type": "Split", "pattern": "a", "behavior": "split"})
    with pytest.raises(ValidationError):
        _spec(model={"type": "BPE", "dropout": 1.5})


SPECIAL = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}
TRAINED = Trained("BPE", ("[UNK]", "[CLS]", "[SEP]", "a", "b", "ab"), merges=(("a", "b"),))


def _trained(**parts: Any) -> Tokenizer:
    return assemble(_spec(special_tokens=SPECIAL, **parts), TRAINED)


def test_model_parameters_reach_the_model() -> None:
    model = {"type": "BPE", "dropout": 0.5, "fuse_unk": True, "ignore_merges": True}
    made = json.loads(_trained(model=model).to_str())["model"]
    assert (made["dropout"], made["fuse_unk"], made["ignore_merges"]) == (0.5, True, True)
    assert made["unk_token"] == "[UNK]"  # noqa: S105
    unigram = Trained("Unigram", ("<p>", "<u>", "a"), scores=(0.0, 0.0, -1.0))
    spec = PipelineSpec.model_validate(
        {"model": "Unigram", "special_tokens": {"pad": "<p>", "unk": "<u>"}}
    )
    assert json.loads(assemble(spec, unigram).to_str())["model"]["unk_id"] == 1


def test_template_and_processors_take_ids_from_the_vocabulary() -> None:
    template = {
        "type": "TemplateProcessing",
        "single": "[CLS] $A [SEP]",
        "pair": ["[CLS]", "$A", "[SEP]", "$B:1", "[SEP]:1"],
    }
    made = _trained(post_processor=template)
    assert made.encode("ab").ids == [1, 5, 2]
    pair = made.encode("ab", "a")
    assert (pair.ids, pair.type_ids) == ([1, 5, 2, 3, 2], [0, 0, 0, 1, 1])
    bert = _trained(post_processor="BertProcessing").encode("ab", "a")
    assert (bert.ids, bert.type_ids) == (pair.ids, pair.type_ids)
    roberta = _trained(post_processor={"type": "RobertaProcessing", "trim_offsets": False}).encode(
        "ab", "a"
    )
    assert roberta.ids == [1, 5, 2, 2, 3, 2]


def test_a_template_token_may_hold_a_colon() -> None:
    spec = PipelineSpec.model_validate(
        {
            "model": "BPE",
            "special_tokens": {"bos": "<a:1>"},
            "post_processor": {"type": "TemplateProcessing", "single": "<a:1> $A"},
        }
    )
    made = assemble(spec, Trained("BPE", ("<a:1>", "x")))
    assert made.encode("x").ids == [0, 1]


def test_added_tokens_come_after_the_vocabulary() -> None:
    made = _trained(added_tokens=["new", {"content": "<end>", "special": True, "lstrip": True}])
    assert (made.token_to_id("new"), made.token_to_id("<end>")) == (6, 7)
    assert [token.special for token in made.get_added_tokens_decoder().values()][-2:] == [
        False,
        True,
    ]
    assert made.get_added_tokens_decoder()[7].lstrip


AUTO = [
    ({"pre_tokenizer": "ByteLevel"}, ["ByteLevel"]),
    ({"normalizer": "ByteLevel"}, ["ByteLevel"]),
    (
        {"pre_tokenizer": "Metaspace", "model": {"type": "BPE", "byte_fallback": True}},
        ["Replace", "ByteFallback", "Fuse", "Strip"],
    ),
    (
        {
            "pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "never"},
            "model": {"type": "BPE", "byte_fallback": True},
        },
        ["Replace", "ByteFallback", "Fuse"],
    ),
    (
        {
            "normalizer": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": " ", "content": "▁"},
            ],
            "model": {"type": "BPE", "byte_fallback": True},
        },
        ["Replace", "ByteFallback", "Fuse", "Strip"],
    ),
    (
        {"pre_tokenizer": "Whitespace", "model": {"type": "BPE", "byte_fallback": True}},
        ["ByteFallback", "Fuse"],
    ),
    ({"pre_tokenizer": "Metaspace"}, ["Metaspace"]),
    ({"model": "WordPiece"}, ["WordPiece"]),
    (
        {
            "model": "WordLevel",
            "pre_tokenizer": {
                "type": "Split",
                "pattern": {"regex": r"[\s\S]"},
                "behavior": "isolated",
            },
        },
        ["Fuse"],
    ),
    ({"pre_tokenizer": {"type": "FixedLength", "length": 1}}, ["Fuse"]),
    ({"model": "WordLevel", "pre_tokenizer": "Whitespace"}, []),
]


@pytest.mark.parametrize(("parts", "expected"), AUTO, ids=str)
def test_auto_decoder(parts: dict[str, Any], expected: list[str]) -> None:
    state = json.loads(assemble(_spec(**parts)).to_str())["decoder"]
    found = [] if state is None else [one["type"] for one in state.get("decoders", [state])]
    assert found == expected


def test_auto_decoder_follows_prefix_and_suffix() -> None:
    spec = _spec()
    prefixed = Trained("BPE", ("a", "@@b"), continuing_subword_prefix="@@")
    made = json.loads(assemble(spec, prefixed).to_str())["decoder"]
    assert made == {"type": "WordPiece", "prefix": "@@", "cleanup": False}
    suffixed = Trained("BPE", ("a", "b</w>"), end_of_word_suffix="</w>")
    assert json.loads(assemble(spec, suffixed).to_str())["decoder"] == {
        "type": "BPEDecoder",
        "suffix": "</w>",
    }
