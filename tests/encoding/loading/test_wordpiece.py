"""A vocab.txt gives the ids of BERT's tokenizer."""

import json
import logging
from pathlib import Path

import pytest
import strange_texts
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer, Tokenizer

from tokbench.encoding import from_folder
from tokbench.encoding.loading import load
from tokbench.encoding.loading.wordpiece import convert
from tokbench.errors import SubjectError

TOKENS = [
    "[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdeslow.字本!", "##er", "##s",
    "##a", "low", "##w", "e", "한", "##국", "é",
]  # fmt: skip


def _write(path: Path, tokens: list[str], end: str = "\n") -> Path:
    path.write_bytes("".join(token + end for token in dict.fromkeys(tokens)).encode())
    return path


@given(
    text=st.text(
        st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("".join(TOKENS[6:])))
    )
)
def test_any_text(text: str) -> None:
    vocab = {token: number for number, token in enumerate(dict.fromkeys(TOKENS))}
    own = BertWordPieceTokenizer(vocab, lowercase=True)
    state, _ = convert("\n".join(vocab).encode(), Path("nowhere/vocab.txt"))
    ours = Tokenizer.from_str(json.dumps(state))
    assert ours.encode(text).ids == own.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(
    ("folder", "lowercase"), [("bert-base-uncased", True), ("kcbert-base", False)]
)
def test_real_vocabularies_on_real_text(shared: Path, folder: str, lowercase: bool) -> None:
    path = shared / "tokenizers" / folder / "vocab.txt"
    own = BertWordPieceTokenizer(str(path), lowercase=lowercase)
    ours = Tokenizer.from_str(load(path).state)
    lines = (shared / "parallel" / "pud_20langs.tsv").read_text("utf-8").split("\n")
    texts = [cell for line in lines[1:] for cell in line.split("\t")] + strange_texts.texts()
    found = ours.encode_batch(texts, add_special_tokens=False)
    expected = own.encode_batch(texts, add_special_tokens=False)
    assert all(one.ids == other.ids for one, other in zip(found, expected, strict=True))


def test_case_and_chinese_follow_the_configuration_or_the_vocabulary(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _write(tmp_path / "vocab.txt", [*TOKENS, "Low", "日本"], "\r\n")
    with caplog.at_level(logging.WARNING):
        guessed = from_folder(path)
    assert guessed.name == tmp_path.name
    assert guessed.notes == (
        f"{path}: read as cased and Chinese words whole, as the vocabulary suggests: "
        "no tokenizer_config.json beside it says so",
    )
    assert caplog.messages == list(guessed.notes)
    assert guessed.tokenizer.encode("Low 日本", add_special_tokens=False).tokens == ["Low", "日本"]
    said = {"do_lower_case": True, "tokenize_chinese_chars": True}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(said))
    told = from_folder(path)
    assert told.notes == ()
    assert told.tokenizer.encode("Low 本").tokens == ["low", "本"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; a vocab.txt has a token on each line"),
        ("[UNK]\nlow\nlow\n##er\n", "vocab.txt:3: 'low' is line 2 already"),
        ("[UNK]\nlow\n", "is no vocabulary of WordPiece: no token begins with ##"),
        ("low\n##er\n", r"is no vocabulary of WordPiece: holds no \[UNK\]"),
    ],
)
def test_what_is_no_vocabulary(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text(text)
    with pytest.raises(SubjectError, match=said) as caught:
        from_folder(path)
    assert len(str(caught.value).splitlines()) == 1
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SubjectError, match="is not UTF-8: byte 0 is not"):
        from_folder(path)
