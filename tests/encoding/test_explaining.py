"""What is shown of every stage is what the library did."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from tokbench.encoding import explaining, subject
from tokbench.encoding.explaining.changes import changes
from tokbench.encoding.explaining.merges import Replay
from tokbench.errors import SubjectError

sys.path.insert(0, str(Path(__file__).parents[1] / "counting"))
from hostile import ATOMS, NORMALIZERS, PRE_TOKENIZERS

LETTERS = "abcé"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


@st.composite
def bpe(draw: st.DrawFn) -> models.BPE:
    """Any BPE model over a few letters."""
    prefix = draw(st.sampled_from(["", "##"]))
    suffix = draw(st.sampled_from(["", "</w>"]))
    known = draw(st.lists(st.sampled_from(LETTERS), min_size=1, unique=True))
    tokens = list(known)
    tokens += [prefix + one for one in known] if prefix else []
    tokens += [first + suffix for first in list(tokens)] if suffix else []
    merges: list[tuple[str, str]] = []
    for _ in range(draw(st.integers(0, 12))):
        left = draw(st.sampled_from(tokens))
        right = draw(st.sampled_from([one for one in tokens if one.startswith(prefix)] or tokens))
        merges.append((left, right))
        tokens.append(left + right[len(prefix) :])
    falls_back = draw(st.booleans())
    unk = draw(st.sampled_from([None, "<unk>"]))
    tokens += BYTES if falls_back else []
    tokens += [unk] if unk else []
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    said = {
        "unk_token": unk,
        "continuing_subword_prefix": prefix or None,
        "end_of_word_suffix": suffix or None,
    }
    return models.BPE(
        vocabulary,
        list(dict.fromkeys(merges)),
        fuse_unk=draw(st.booleans()),
        byte_fallback=falls_back,
        ignore_merges=draw(st.booleans()),
        **{name: value for name, value in said.items() if value is not None},
    )


@settings(max_examples=300)
@given(bpe(), st.text(st.sampled_from(LETTERS + "x€"), max_size=12))
def test_merges_are_those_of_the_library(model: models.BPE, text: str) -> None:
    tokenizer = Tokenizer(model)
    made = Replay(json.loads(tokenizer.to_str())["model"])(text)
    assert list(made.tokens) == tokenizer.encode(text).tokens
    symbols = list(made.symbols)
    for one in made.merges:
        assert symbols[one.at : one.at + 2] == [one.left, one.right]
        symbols[one.at : one.at + 2] = [one.made]
    assert tuple(symbols) == made.tokens


TEXTS = st.lists(st.sampled_from([*ATOMS, "<s>", "[X]"]), max_size=15).map("".join)
ADDED = [
    AddedToken("<s>", normalized=False, special=True),
    AddedToken("[X]", lstrip=True, rstrip=True),
    AddedToken("Ж", normalized=True),
    AddedToken("ll", single_word=True),
]


def characters(normalizer: Any, pre_tokenizer: Any) -> Tokenizer:
    """A tokenizer that falls back to bytes, so that no character is lost."""
    tokens = [*BYTES, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], byte_fallback=True))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.add_tokens(ADDED)
    return tokenizer


@pytest.mark.parametrize("pre_tokenizer", PRE_TOKENIZERS)
@settings(max_examples=8)
@given(
    normalizer=st.sampled_from(sorted(NORMALIZERS)),
    text=st.one_of(TEXTS, st.sampled_from(["a <s> b", "Жll [X] ll Ж<s>", ""])),
)
@example(normalizer="none", text="Ж <s>[X] x")
def test_stages_are_those_of_the_library(pre_tokenizer: str, normalizer: str, text: str) -> None:
    tokenizer = characters(NORMALIZERS[normalizer], PRE_TOKENIZERS[pre_tokenizer])
    wanted = tokenizer.encode(text, add_special_tokens=False)
    made = explaining.explain(subject("t", tokenizer.to_str(), "t"), text).texts[0]
    tokens = [token for word in made.words for token in word.tokens]
    assert [token.id for token in tokens] == wanted.ids
    assert [(token.start, token.end) for token in tokens] == wanted.offsets
    for word in made.words:
        if word.piece.added:
            assert len(word.tokens) == 1
        else:
            replayed = Replay(json.loads(tokenizer.to_str())["model"])(word.piece.text)
            assert tuple(token.token for token in word.tokens) == replayed.tokens
    for step, before in zip(
        made.normalizers, (made.parts, *(s.texts for s in made.normalizers)), strict=False
    ):
        for old, new, changed in zip(before, step.texts, step.changes, strict=True):
            assert rebuilt(new, changed) == old


def rebuilt(new: str, changed: Any) -> str:
    """The text before, from the text behind and what changed."""
    made, reached = "", 0
    for one in changed:
        assert new[one.at : one.at + len(one.after)] == one.after
        made += new[reached : one.at] + one.before
        reached = one.at + len(one.after)
    return made + new[reached:]


@given(st.text(max_size=60), st.text(max_size=60), st.integers(1, 200))
def test_changes_lead_back(old: str, new: str, times: int) -> None:
    old, new = f"{old} " * times, f"{new} " * times
    assert rebuilt(new, changes(old, new)) == old


def test_a_pair_has_type_ids_and_what_stands_around(shared: Path) -> None:
    state = (shared / "tokenizers/bert-base-uncased/tokenizer.json").read_text("utf-8")
    made = explaining.explain(subject("bert", state, "bert"), "Héllo", "wörld")
    assert [(one.token, one.type_id, one.special) for one in made.inputs] == [
        ("[CLS]", 0, True),
        ("hello", 0, False),
        ("[SEP]", 0, True),
        ("world", 1, False),
        ("[SEP]", 1, True),
    ]
    assert made.decoded == ("hello", "world")
    kinds = [step.component["type"] for step in made.texts[0].normalizers]
    assert kinds == ["BertNormalizer"]


def test_what_nobody_reads_is_refused() -> None:
    tokenizer = characters(None, None)
    with pytest.raises(SubjectError, match="50,001 characters is too long"):
        explaining.explain(subject("t", tokenizer.to_str(), "t"), "x" * 50_001)


def test_what_cannot_be_encoded_is_refused() -> None:
    words = Tokenizer(models.WordLevel({"a": 0}))
    with pytest.raises(SubjectError, match="cannot encode"):
        explaining.explain(subject("words", words.to_str(), "words"), "b")
