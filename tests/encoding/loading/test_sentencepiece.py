"""SentencePiece's models give the ids of SentencePiece."""

import io
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import strange_texts
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tokbench.encoding import from_folder
from tokbench.encoding.loading import charsmap, load
from tokbench.encoding.loading.merges import merges, runs
from tokbench.encoding.loading.sentencepiece import read
from tokbench.errors import SubjectError

LINES = [
    "she sells sea shells by the sea shore", "the shells she sells are sea shells", "low lower",
    "안녕하세요 세계 한국어 토크나이저",
    "naïve café déjà vu Ａｂｃ ガギグ",
    "x = y + 1; // (a) [b]",
    "日本語と中文と", "the quick brown fox jumps over the lazy dog 0123456789 .,!?'",
] * 6  # fmt: skip
MODELS: dict[str, dict[str, Any]] = {
    "bpe, byte fallback": {"model_type": "bpe", "byte_fallback": True, "vocab_size": 400},
    "bpe, symbols": {
        "model_type": "bpe", "vocab_size": 420, "byte_fallback": True, "split_digits": True,
        "user_defined_symbols": ["<sep>", "ea", "▁▁", "\n"], "remove_extra_whitespaces": False,
    },
    "unigram": {"vocab_size": 130},
    "unigram, nmt_nfkc": {"vocab_size": 130, "normalization_rule_name": "nmt_nfkc"},
    "unigram, byte fallback, symbols": {
        "vocab_size": 420, "byte_fallback": True, "user_defined_symbols": ["<sep>", "(", "she"],
        "remove_extra_whitespaces": False,
    },
    "unigram, no prefix": {"vocab_size": 130, "add_dummy_prefix": False},
}  # fmt: skip


def _trained(**settings_: Any) -> bytes:
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=made, minloglevel=2, hard_vocab_limit=False,
        num_threads=1, **{"normalization_rule_name": "identity", **settings_},
    )  # fmt: skip
    return made.getvalue()


@cache
def _both(name: str) -> tuple[sentencepiece.SentencePieceProcessor, Tokenizer]:
    from tokbench.encoding.loading.sentencepiece import convert

    data = _trained(**MODELS[name])
    import json

    state, _ = convert(data, name)
    return sentencepiece.SentencePieceProcessor(model_proto=data), Tokenizer.from_str(
        json.dumps(state)
    )


def _differing(
    own: sentencepiece.SentencePieceProcessor, ours: Tokenizer, texts: Iterable[str]
) -> list[tuple[str, list[str], list[str]]]:
    """Texts with other ids, those aside whose two cuts score the same to six digits."""
    texts = list(texts)
    found = ours.encode_batch(texts, add_special_tokens=False)
    made = []
    for text, encoding in zip(texts, found, strict=True):
        ids = own.encode(text)
        if ids != encoding.ids and not _tied(own, ids, encoding.ids):
            made.append((text, own.id_to_piece(ids), encoding.tokens))
    return made[:3]


def _tied(own: sentencepiece.SentencePieceProcessor, ids: list[int], others: list[int]) -> bool:
    if any(own.is_byte(one) or own.is_unknown(one) for one in {*ids} ^ {*others}):
        return False
    scores = [sum(map(own.get_score, one)) for one in (ids, others)]
    spelt = ["".join(map(own.id_to_piece, one)) for one in (ids, others)]
    return spelt[0] == spelt[1] and scores[0] == pytest.approx(scores[1], rel=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_hostile_text(name: str) -> None:
    assert _differing(*_both(name), strange_texts.texts()) == []


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=40)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cn"])), max_size=8))
def test_any_text(name: str, texts: list[str]) -> None:
    assert _differing(*_both(name), texts) == []


@pytest.mark.parametrize("name", ["unigram", "unigram, nmt_nfkc"])
@settings(max_examples=60)
@given(
    text=st.text(
        st.sampled_from(
            "aA =\u0301\u0323\u3099か\uff21ﾞ\uff76\u1112\u1161\u11ab\uac00\u0338\t\u200b"
        )
    )
)
def test_normalization_is_sentencepieces(name: str, text: str) -> None:
    own, ours = _both(name)
    assert ours.normalizer.normalize_str(text) == own.normalize(text)


def test_what_no_normalizer_can_express_is_what_the_documentation_says() -> None:
    own, ours = _both("unigram, nmt_nfkc")
    text = f"a{charsmap.BETWEEN}b"
    assert own.normalize(text) == f"▁{text}"
    assert ours.normalizer.normalize_str(text) == "▁ab"


@pytest.mark.parametrize(
    ("file", "exact"),
    [
        ("mistral_v1/tokenizer.model", True),
        ("albert/spiece.model", True),
        ("sentencepiece_ja_unigram.model", False),
    ],
)
def test_real_models_on_real_text(shared: Path, file: str, exact: bool) -> None:
    path = shared / "tokenizers" / file
    own = sentencepiece.SentencePieceProcessor(model_file=str(path))
    ours = Tokenizer.from_str(load(path).state)
    lines = (shared / "parallel" / "pud_20langs.tsv").read_text("utf-8").split("\n")
    texts = [cell for line in lines[1:] for cell in line.split("\t")]
    assert len(texts) > 20_000
    assert _differing(own, ours, strange_texts.texts()) == []
    assert _differing(own, ours, texts) == []
    if exact:
        found = ours.encode_batch(texts, add_special_tokens=False)
        assert all(one.ids == ids for one, ids in zip(found, own.encode(texts), strict=True))


def test_scores_that_tie_are_all_that_differs(shared: Path) -> None:
    """`0 00` and `00 0` score the same; in 32 bits one of them seems better."""
    path = shared / "tokenizers" / "sentencepiece_ja_unigram.model"
    own = sentencepiece.SentencePieceProcessor(model_file=str(path))
    text = "Sem stendur er 25.000 dalir hámarkssektin sem RECO getur sektað fasteignasala."
    ours = Tokenizer.from_str(load(path).state).encode(text)
    assert own.encode(text) != ours.ids
    assert _tied(own, own.encode(text), ours.ids)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it holds no pieces"),
        (b"\x0a\xff", "it ends inside"),
        (b"not a model at all", "is no SentencePiece model"),
    ],
)
def test_damaged_models(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(data)
    with pytest.raises(SubjectError, match=said) as caught:
        from_folder(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    whole = _trained(vocab_size=130)
    for size in range(1, len(whole) - 200, len(whole) // 10):
        path = tmp_path / "x.model"
        path.write_bytes(whole[:size])
        with pytest.raises(SubjectError):
            from_folder(path)


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        ({"model_type": "char", "vocab_size": 80}, "cuts into characters"),
        ({"model_type": "word", "vocab_size": 40}, "cuts into words"),
        ({"vocab_size": 130, "treat_whitespace_as_suffix": True}, "writes spaces behind words"),
        (
            {"vocab_size": 130, "normalization_rule_name": "nmt_nfkc_cf"},
            "its normalization rules are",
        ),
    ],
)
def test_what_tokenizers_cannot_express_is_refused(
    tmp_path: Path, settings_: dict[str, Any], said: str
) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(_trained(**settings_))
    with pytest.raises(SubjectError, match=said):
        from_folder(path)


def test_conversions_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(_trained(**MODELS["bpe, byte fallback"]))
    first = load(path)
    monkeypatch.setattr("tokbench.encoding.loading.sentencepiece.convert", None)
    assert load(path) == first
    assert read(path.read_bytes(), "x").byte_fallback
    assert from_folder(path).special == (0, 1, 2)


@given(st.dictionaries(st.text("ab", min_size=1, max_size=4), st.integers(0, 20)))
def test_merges_of_a_list_are_those_of_ranks(order: dict[str, int]) -> None:
    """Whatever is not refused: merging by the list is merging by ranks."""
    tokens = sorted({"a", "b"}) + sorted({one for one in order if len(one) > 1}, key=order.get)
    ranks = {token: rank for rank, token in enumerate(tokens)}
    found = merges(ranks)
    if found.inexpressible is not None:
        return
    place = {pair: rank for rank, pair in enumerate(found.pairs)}
    for number in range(2, 1 << 9):
        text = format(number, "b").replace("0", "a").replace("1", "b")
        by_rank = by_list = list(text)
        by_rank = _merge(by_rank, lambda pair: ranks.get("".join(pair)))
        by_list = _merge(by_list, place.get)
        assert by_rank == by_list, (tokens, text)


def _merge(parts: list[str], rank: Any) -> list[str]:
    while True:
        pairs = [(rank(pair), at) for at, pair in enumerate(pairwise(parts))]
        pairs = [one for one in pairs if one[0] is not None]
        if not pairs:
            return parts
        at = min(pairs)[1]
        parts = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]


def test_runs_of_one_symbol_grow_from_the_left() -> None:
    llama = runs([2, 4, 8, 5, 16, 6, 12, 13, 10, 14, 3, 9, 7, 11])
    assert llama is not None
    assert llama[0] == (14, 2)
    assert llama[-1] == (1, 1)
