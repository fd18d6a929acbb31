"""Damaged tokenizers: the planted fault is found; of whole ones only what is true is said."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import BertWordPieceTokenizer

from tokbench.errors import Finding, SubjectError
from tokbench.rules import Rule, Sample, TokenizerSubject, check_tokenizer, rules_of
from tokbench.rules.saved_examples import (
    CONFIG,
    SMALL,
    TOKENIZER,
    Damage,
    Files,
    added,
    all_of,
    left_out,
    put,
    write,
)
from tokbench.workbench import small_tokenizer

ALL = {one.id: one for one in rules_of("tokenizer")}
TRUE_OF_SMALL = {
    "byte_level": [],
    "byte_fallback": [],
    "characters": [],
    "wordpiece": ["L35", "L39", "L74"],
    "unigram": ["L25"],
    "wordlevel": ["L25", "L35"],
}
TRUE_OF_PUBLISHED = {
    "bert-base-uncased": ["L25", "L35", "L36", "L39", "L42", "L53", "L53", "L74"],
    "gpt2": ["L25"],
    "phi3_mini": ["L25"],
}


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch, trainers_in_process: None) -> None:  # noqa: ARG001
    """Train small ones and load folders with transformers in this process."""

    def call(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr("tokbench.rules.saved.run_in_child", call)


def found(files: Files, folder: Path, texts: tuple[str, ...] = ()) -> list[Finding]:
    return list(check_tokenizer(TokenizerSubject.read(write(files, folder), Sample(texts))))


def rules(findings: list[Finding]) -> list[str]:
    return [one.rule for one in findings]


@pytest.mark.parametrize("like", SMALL)
def test_a_whole_one_has_only_what_is_true_of_it(like: str, tmp_path: Path) -> None:
    findings = found(small_tokenizer(like), tmp_path)
    assert sorted(rules(findings)) == TRUE_OF_SMALL[like]
    assert {one.severity for one in findings} <= {"warning"}


@pytest.mark.parametrize("rule", ALL.values(), ids=ALL)
def test_the_planted_fault_is_found_and_no_other(rule: Rule, tmp_path: Path) -> None:
    assert rule.damage is not None
    whole = small_tokenizer(rule.like)
    before = json.dumps(whole)
    findings = found(rule.damage.to(whole), tmp_path, rule.text if rule.needs_text else ())
    new = Counter(rules(findings)) - Counter(TRUE_OF_SMALL[rule.like])
    if rule.id == "L28":  # it cannot be loaded, so nothing else can be said of it
        assert rules(findings) == ["L28"]
    assert new == Counter([rule.id])
    (one,) = (one for one in findings if one.rule == rule.id)
    assert one.severity == rule.severity
    assert Path(one.where.file).parent == tmp_path
    assert "\n" not in one.message + one.example
    assert len(one.message) < 300
    assert json.dumps(whole) == before


DECODER_BY_WORD = {
    "type": "Sequence",
    "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ],
}
BARE_PAIR = [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}]
ONE_TYPE = [
    {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
    {"Sequence": {"id": "A", "type_id": 0}},
    {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
    {"Sequence": {"id": "B", "type_id": 0}},
]
PLAIN_CONFIG = all_of(
    put("tokenizer_class", value="PreTrainedTokenizerFast", file=CONFIG),
    put("model_max_length", value=512, file=CONFIG),
)


def configured(*damages: Damage) -> Damage:
    """Damage to a configuration that is fine without it."""
    return all_of(PLAIN_CONFIG, *damages)


def own(rule: str) -> Damage:
    """The damage that the rule itself carries."""
    damage = ALL[rule].damage
    assert damage is not None
    return damage


def same_id(files: Files) -> None:
    files[TOKENIZER]["model"]["vocab"]["zzyzx"] = 5


def gap(files: Files) -> None:
    files[TOKENIZER]["model"]["vocab"]["Ġthe"] = 60000


PLANTED = {
    "gpt2": [
        *((name, own(name)) for name in ("L08", "L15", "L23", "L27", "L28", "L31", "L32", "L33")),
        *((name, own(name)) for name in ("L34", "L38", "L39", "L40", "L41", "L46", "L53", "L74")),
        ("L46", Damage("two tokens with one id", same_id)),
        ("L47", added("zzyzx", special=True)),
        ("L46", added("<|far|>", id=60000)),
        ("L49", Damage("an id far away", gap)),
        ("L49", configured(put("vocab_size", value=50256, file="config.json"))),
        ("L51", configured(put("pad_token", value="[PAD]", file=CONFIG))),
        ("L51", configured(
            put("pad_token", value="<|endoftext|>", file=CONFIG),
            put("eos_token", value="<|endoftext|>", file=CONFIG),
        )),
        ("L64", configured(left_out("model_max_length", file=CONFIG))),
        ("L64", configured(put("max_position_embeddings", value=8, file="config.json"))),
        ("L65", configured(put("tokenizer_class", value="BertTokenizer", file=CONFIG))),
        ("L67", configured(put("tokenizer_class", value="TokenizersBackend", file=CONFIG))),
        ("L68", configured(put("clean_up_tokenization_spaces", value=True, file=CONFIG))),
    ],
    "phi3_mini": [
        ("L12", own("L12")),
        ("L13", added("<0x41>", id=68)),
        ("L14", put("decoder", "decoders", 1, value={"type": "Fuse"})),
        ("L14", put("decoder", value=DECODER_BY_WORD)),
        ("L41", put("decoder", "decoders", 0, "content", value="▁")),
        ("L75", configured(
            put("added_tokens_decoder", value={"32007": {"content": "<|user|>"}}, file=CONFIG)
        )),
    ],
    "bert-base-uncased": [
        ("L04", put("model", "unk_token", value="<unk>")),
        ("L06", put("added_tokens", 1, "special", value=False)),
        ("L11", own("L11")),
        ("L41", put("decoder", value=None)),
        ("L43", put("post_processor", "special_tokens", "[SEP]", "ids", value=[3])),
        ("L44", put("post_processor", "pair", value=BARE_PAIR)),
        ("L44", configured(
            put("model_input_names", value=["input_ids", "token_type_ids"], file=CONFIG),
            put("post_processor", "pair", value=ONE_TYPE),
        )),
        ("L50", added("USA", normalized=True)),
    ],
}  # fmt: skip
CASES = [
    pytest.param(name, rule, damage, id=f"{name}-{rule}-{number}")
    for name, planted in PLANTED.items()
    for number, (rule, damage) in enumerate(planted)
]


@pytest.fixture(scope="module")
def published() -> Callable[[Path, str], Files]:
    """The files of a published tokenizer, read once."""
    read: dict[str, Files] = {}

    def files(shared: Path, name: str) -> Files:
        if name not in read:
            path = shared / "tokenizers" / name / TOKENIZER
            read[name] = {TOKENIZER: json.loads(path.read_text("utf-8"))}
        return read[name]

    return files


@pytest.mark.parametrize("name", TRUE_OF_PUBLISHED)
def test_published_ones_have_only_what_is_true_of_them(name: str, shared: Path) -> None:
    subject = TokenizerSubject.read(shared / "tokenizers" / name)
    findings = list(check_tokenizer(subject))
    assert sorted(rules(findings)) == TRUE_OF_PUBLISHED[name]
    assert {one.rule for one in findings if one.severity == "error"} <= {"L53"}


def test_a_korean_vocabulary_is_fine(shared: Path, tmp_path: Path) -> None:
    vocabulary = str(shared / "tokenizers" / "kcbert-base" / "vocab.txt")
    made = BertWordPieceTokenizer(vocabulary, lowercase=False, strip_accents=False)
    made.save(str(tmp_path / TOKENIZER))
    findings = check_tokenizer(TokenizerSubject.read(tmp_path))
    assert {one.severity for one in findings} == {"warning"}


@pytest.mark.parametrize(("name", "rule", "damage"), CASES)
def test_damaged_copies_of_published_ones(
    name: str,
    rule: str,
    damage: Damage,
    shared: Path,
    published: Callable[[Path, str], Files],
    tmp_path: Path,
) -> None:
    findings = found(damage.to(published(shared, name)), tmp_path)
    new = Counter(rules(findings)) - Counter(TRUE_OF_PUBLISHED[name])
    assert new == Counter([rule])


def test_there_are_thirty_and_more() -> None:
    assert len(CASES) >= 30
    assert {rule for planted in PLANTED.values() for rule, _ in planted} < set(ALL)


def test_what_is_no_tokenizer_says_so(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("a\n")
    with pytest.raises(SubjectError, match=r"holds no tokenizer\.json \(it holds vocab\.txt\)"):
        TokenizerSubject.read(tmp_path)
    (tmp_path / TOKENIZER).write_text("{")
    with pytest.raises(SubjectError, match="is no JSON"):
        TokenizerSubject.read(tmp_path)
    (tmp_path / TOKENIZER).write_text("[]")
    with pytest.raises(SubjectError, match="it has no model"):
        TokenizerSubject.read(tmp_path)
    (tmp_path / TOKENIZER).write_text('{"model": {"type": "BPE", "vocab": {"a": 0}}}')
    (one,) = check_tokenizer(TokenizerSubject.read(tmp_path))
    assert (one.rule, one.severity) == ("format", "error")
    assert one.message.startswith("tokenizers cannot load it: ")


def test_keys_that_stand_twice(tmp_path: Path) -> None:
    whole = json.dumps(small_tokenizer("byte_level")[TOKENIZER], ensure_ascii=False)
    (tmp_path / TOKENIZER).write_text(whole.replace('"Ġlow":', '"Ġlow": 5, "Ġlow":', 1))
    (one,) = check_tokenizer(TokenizerSubject.read(tmp_path))
    assert one.rule == "L46"
    assert "'Ġlow'" in one.message
