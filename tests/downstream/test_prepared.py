"""Any tokenizer feeds a BERT-like model, and reads text as it did before."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from tokbench.downstream import extra
from tokbench.downstream.prepared import prepared
from tokbench.encoding import subjects
from tokbench.errors import TokbenchError
from tokbench.recipe import load

TEXTS = ["low lower", "안녕하세요 세계", "def f(x):\treturn x", "naïve 👩‍👩‍👧 日本語", "", " \n"]


def loaded(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def check(state: str, config: dict[str, Any] | None, folder: Path) -> Any:
    """What models need is there, and text has the ids that it had."""
    made = prepared(state, config, folder, max_length=64)
    ours, was = loaded(folder), Tokenizer.from_str(state)
    was.no_truncation()
    was.no_padding()
    if getattr(was.model, "dropout", None):
        was.model.dropout = None
    for text in TEXTS:
        plain = was.encode(text, add_special_tokens=False).ids
        assert ours(text, add_special_tokens=False)["input_ids"] == plain
        single = ours(text)["input_ids"]
        assert "".join(map(chr, plain)) in "".join(map(chr, single))
        assert single[0] not in plain
    one, pair = ours("low"), ours("low", "lower low")
    first = was.encode("low", add_special_tokens=False).ids
    second = was.encode("lower low", add_special_tokens=False).ids
    at = next(
        k for k in range(len(pair["input_ids"])) if pair["input_ids"][k:][: len(first)] == first
    )
    between = pair["input_ids"][at + len(first) :]
    assert second
    assert between[: len(second)] != second  # something parts them
    types = ours("low", "lower low", return_token_type_ids=True)["token_type_ids"]
    assert ("token_type_ids" in one) == (
        any(types) or "token_type_ids" in (config or {}).get("model_input_names", ())
    )
    assert types == sorted(types)
    assert made.pad_id == ours.pad_token_id
    assert made.rows == max(ours.get_vocab().values()) + 1
    assert ours.model_max_length == 64
    assert len(ours("low " * 100, truncation=True)["input_ids"]) <= 64
    state = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert state["truncation"] is None
    assert state["padding"] is None
    return made, ours


def test_every_recipe(recipe_tokenizer: Tokenizer, tmp_path: Path, request: Any) -> None:
    path = request.node.callspec.params["recipe_tokenizer"]
    recipe = load(path)
    config = {f"{role}_token": token for role, token in recipe.special_tokens.roles().items()}
    config["model_input_names"] = list(recipe.wrap.model_input_names)
    made, ours = check(recipe_tokenizer.to_str(), config, tmp_path / "out")
    again = prepared(
        (tmp_path / "out/tokenizer.json").read_text("utf-8"),
        json.loads((tmp_path / "out/tokenizer_config.json").read_text("utf-8")),
        tmp_path / "again",
    )
    assert again.notes == ()
    assert (again.rows, again.pad_id) == (made.rows, made.pad_id)
    if path.stem in {"bert", "roberta", "korean"}:
        assert made.notes == ()
        assert ours("low")["input_ids"] == recipe_tokenizer.encode("low").ids
    if path.stem == "roberta":
        assert "token_type_ids" not in ours("low", "low")


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize(
    "name",
    [
        "albert", "bert-base-uncased", "cl100k_base.tiktoken", "gpt2", "kcbert-base", "mistral_v1",
        "phi3_mini", "qwen", "sentencepiece_ja_unigram.model",
    ],
)  # fmt: skip
def test_tokenizers_of_others(shared: Path, name: str, tmp_path: Path) -> None:
    subject = subjects.from_folder(shared / "tokenizers" / name)
    made, ours = check(subject.state, None, tmp_path / "out")
    size = subject.tokenizer.get_vocab_size()
    if name == "bert-base-uncased":
        assert (made.pad_id, made.rows, made.notes) == (0, 30522, ())
    elif name == "kcbert-base":
        assert (made.pad_id, made.rows, len(made.notes)) == (0, 30000, 1)
    else:
        assert made.rows > size
        assert made.pad_id == made.rows - 1
        assert "[PAD] added behind its vocabulary" in made.notes[0]
    assert ours("low", "sea", return_token_type_ids=True)["token_type_ids"][-1] == 1


def bpe(*added: AddedToken, **options: Any) -> Tokenizer:
    alphabet = {one: at for at, one in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=alphabet, merges=[], **options))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(list(added))
    return tokenizer


def tokens_of(folder: Path, *texts: str) -> list[str]:
    ours = loaded(folder)
    return ours.convert_ids_to_tokens(ours(*texts)["input_ids"])


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    tokenizer = bpe(AddedToken("</s>", special=True), AddedToken("<pad>", special=True))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 256)]
    )
    made = prepared(tokenizer.to_str(), None, tmp_path)
    assert made.pad_id == 257
    assert made.notes == (
        "[CLS] added behind its vocabulary",
        "a text is given as [CLS] A </s>, a pair as [CLS] A </s> B </s>",
    )
    assert tokens_of(tmp_path, "a", "b") == ["[CLS]", "a", "</s>", "b", "</s>"]


def test_several_tokens_in_front_stay(tmp_path: Path) -> None:
    tokenizer = bpe(AddedToken("[gMASK]", special=True), AddedToken("<sop>", special=True))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[gMASK] <sop> $A",
        pair="[gMASK] <sop> $A $B:1",
        special_tokens=[("[gMASK]", 256), ("<sop>", 257)],
    )
    prepared(tokenizer.to_str(), {"eos_token": "<sop>"}, tmp_path)
    assert tokens_of(tmp_path, "a") == ["[gMASK]", "<sop>", "a", "<sop>"]
    assert tokens_of(tmp_path, "a", "b") == ["[gMASK]", "<sop>", "a", "<sop>", "b", "<sop>"]


def test_a_token_that_begins_and_ends_texts_does_neither(tmp_path: Path) -> None:
    both = "<|endoftext|>"
    config = {"bos_token": both, "eos_token": {"content": both}}
    made = prepared(bpe(AddedToken(both, special=True)).to_str(), config, tmp_path)
    assert tokens_of(tmp_path, "a", "b") == ["[CLS]", "a", "[SEP]", "b", "[SEP]"]
    assert made.rows == 256 + 4
    assert loaded(tmp_path).eos_token == both


def test_learned_pieces_that_look_special_stay_text(tmp_path: Path) -> None:
    vocabulary = {"?": 0, "<s>": 1, "[PAD]": 2, "[CLS]": 3, "a": 4}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = prepared(tokenizer.to_str(), {"pad_token": "<missing>"}, tmp_path)
    assert made.pad_id == 7
    assert tokens_of(tmp_path, "a") == ["[[CLS]]", "a", "[SEP]"]
    assert loaded(tmp_path)("<s> [PAD]", add_special_tokens=False)["input_ids"] == [1, 2]


def test_dropout_truncation_and_padding_go(tmp_path: Path) -> None:
    tokenizer = bpe(dropout=0.5)
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=16)
    folder = prepared(tokenizer.to_str(), None, tmp_path).folder
    state = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert state["model"]["dropout"] is None
    assert len(loaded(folder)("abcdefgh")["input_ids"]) == 10


def test_a_tokenizer_without_latin_letters(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.BPE(vocab={"가": 0, "나": 1}, merges=[]))
    prepared(tokenizer.to_str(), None, tmp_path)
    assert tokens_of(tmp_path, "가", "나") == ["[CLS]", "가", "[SEP]", "나", "[SEP]"]


def test_one_that_reads_nothing_is_refused(tmp_path: Path) -> None:
    tokenizer = bpe()
    tokenizer.normalizer = normalizers.Replace(Regex("."), "")
    with pytest.raises(TokbenchError, match="gives no token for any text"):
        prepared(tokenizer.to_str(), None, tmp_path)


FRAMED: dict[str, Any] = {}


@given(st.text(max_size=40), st.text(max_size=40))
def test_offsets_and_ids_of_any_text_stay(
    tmp_path_factory: pytest.TempPathFactory, first: str, second: str
) -> None:
    if not FRAMED:
        FRAMED["was"] = bpe()
        FRAMED["was"].post_processor = processors.ByteLevel(trim_offsets=True)
        folder = tmp_path_factory.mktemp("any")
        prepared(FRAMED["was"].to_str(), None, folder)
        FRAMED["now"] = Tokenizer.from_file(str(folder / "tokenizer.json"))
    was, now = FRAMED["was"].encode(first, second), FRAMED["now"].encode(first, second)
    there = [at for at, one in enumerate(now.special_tokens_mask) if not one]
    assert [now.ids[at] for at in there] == was.ids
    assert [now.offsets[at] for at in there] == was.offsets
    before = 2 + len(FRAMED["was"].encode(first).ids)
    assert now.type_ids == [0] * before + [1] * (len(now.ids) - before)


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    found = extra.find_spec
    monkeypatch.setattr(
        extra, "find_spec", lambda name: None if name in {"torch", "sklearn"} else found(name)
    )
    with pytest.raises(TokbenchError) as error:
        extra.require()
    assert str(error.value) == (
        "training models needs torch and scikit-learn, not installed here: "
        "pip install 'tokbench[downstream]'"
    )
    extra.require("transformers")
    with pytest.raises(TokbenchError, match="needs torch, not"):
        extra.require("torch")
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    with pytest.raises(TokbenchError, match="needs torch, transformers and accelerate, not"):
        extra.require("torch", "transformers", "accelerate")
