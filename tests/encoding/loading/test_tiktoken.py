"""tiktoken's files give the ids of tiktoken."""

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest
import strange_texts
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tokbench.chunks.patterns import GPT2, QWEN2
from tokbench.encoding import from_folder
from tokbench.encoding.loading import load, load_named
from tokbench.encoding.loading.tiktoken import PATTERNS, read
from tokbench.errors import SubjectError

tiktoken = pytest.importorskip("tiktoken", reason="tiktoken is in the dev group")

WORDS = [b" t", b" th", b" the", b"he", b"ll", b"llo", b"\r\n", b"\n ", b"\n  ", b"  ", b"\xc3\xa9"]


def _constructed(name: str) -> str:
    """The pattern that tiktoken itself has for a name."""
    import tiktoken_ext.openai_public as own

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own, "load_tiktoken_bpe", lambda *_, **__: {})
        patch.setattr(own, "data_gym_to_mergeable_bpe_ranks", lambda *_, **__: {})
        return str(own.ENCODING_CONSTRUCTORS[name]()["pat_str"])


def _file(path: Path, tokens: Sequence[bytes]) -> Path:
    lines = (f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(tokens))
    path.write_text("".join(lines))
    return path


def _own(path: Path, pattern: str) -> "tiktoken.Encoding":
    ranks = read(path.read_bytes(), "x")
    return tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def _tokens() -> list[bytes]:
    return [*(bytes((byte,)) for byte in range(256)), *WORDS]


@pytest.mark.parametrize("name", [name for name in PATTERNS if name not in ("qwen", "llama3")])
def test_names_cut_as_tiktoken_does(tmp_path: Path, name: str) -> None:
    path = _file(tmp_path / f"{name}.tiktoken", _tokens())
    own, ours = _own(path, _constructed(name)), Tokenizer.from_str(load(path).state)
    texts = [*strange_texts.texts(), "the hello  \r\n  ", " é\n  ", "a\r\n \n  x"]
    found = ours.encode_batch(texts, add_special_tokens=False)
    for text, encoding in zip(texts, found, strict=True):
        assert encoding.ids == own.encode_ordinary(text), text


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple["tiktoken.Encoding", Tokenizer]:
    path = _file(tmp_path_factory.mktemp("t") / "r50k_base.tiktoken", _tokens())
    import json

    from tokbench.encoding.loading.tiktoken import convert

    state, _ = convert(path.read_bytes(), path)
    return _own(path, _constructed("r50k_base")), Tokenizer.from_str(json.dumps(state))


@given(
    text=st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" thelo\r\n")))
)
def test_any_text(small: tuple["tiktoken.Encoding", Tokenizer], text: str) -> None:
    own, ours = small
    assert ours.encode(text).ids == own.encode_ordinary(text)


@pytest.mark.parametrize(
    ("file", "name"), [("cl100k_base.tiktoken", "cl100k_base"), ("qwen/qwen.tiktoken", "")]
)
def test_real_files_on_real_text(shared: Path, file: str, name: str) -> None:
    path = shared / "tokenizers" / file
    own = _own(path, _constructed(name) if name else QWEN2)
    ours = Tokenizer.from_str(load(path).state)
    lines = (shared / "parallel" / "pud_20langs.tsv").read_text("utf-8").split("\n")
    texts = [cell for line in lines[1:] for cell in line.split("\t")] + strange_texts.texts()
    found = ours.encode_batch(texts, add_special_tokens=False)
    expected = own.encode_ordinary_batch(texts)
    assert all(one.ids == ids for one, ids in zip(found, expected, strict=True))


def test_gpt2_is_tiktokens(shared: Path) -> None:
    """The tokenizer.json of GPT-2 against tiktoken over the same ranks."""
    subject = from_folder(shared / "tokenizers" / "gpt2")
    from tokbench.encoding.entries import _BYTE_OF

    vocab = subject.tokenizer.get_vocab()
    del vocab["<|endoftext|>"]
    ranks = {bytes(map(_BYTE_OF.__getitem__, text)): number for text, number in vocab.items()}
    own = tiktoken.Encoding(
        "x", pat_str=_constructed("gpt2"), mergeable_ranks=ranks, special_tokens={}
    )
    lines = (shared / "parallel" / "pud_20langs.tsv").read_text("utf-8").split("\n")
    texts = [cell for line in lines[1:] for cell in line.split("\t")] + strange_texts.texts()
    texts = [text for text in texts if "<|endoftext|>" not in text]
    found = subject.tokenizer.encode_batch(texts, add_special_tokens=False)
    expected = own.encode_ordinary_batch(texts)
    assert all(one.ids == ids for one, ids in zip(found, expected, strict=True))


def test_another_file_needs_its_pattern(tmp_path: Path) -> None:
    path = _file(tmp_path / "mine.tiktoken", _tokens())
    with pytest.raises(SubjectError, match=r"into mine\.pattern beside it") as caught:
        load(path)
    assert "cl100k_base" in str(caught.value)
    for said in ("r50k_base", GPT2):
        path.with_suffix(".pattern").write_text(said + "\n")
        assert from_folder(path).tokenizer.encode("the hello").tokens == [
            "t",
            "he",
            "Ġ",
            "he",
            "llo",
        ]


def test_llama_3_calls_its_file_a_model(tmp_path: Path) -> None:
    (tmp_path / "Meta-Llama-3-8B").mkdir()
    path = _file(tmp_path / "Meta-Llama-3-8B" / "tokenizer.model", _tokens())
    assert from_folder(path.parent).name == "Meta-Llama-3-8B"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("IQ= 0\n", r"x/gpt2\.tiktoken:1: is no line of a tiktoken file"),
        ("IQ== 0\nIg== 0\n", r":2: gives a rank that an earlier line gives"),
        ("IQ== 0\nIQ== 1\n", r":2: gives a token that an earlier line gives"),
        ("IQ== 0\nIg== x\n", r":2: is no line"),
        ("IQ== 0\n", r"no token for the byte 0x00 and 254 others"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "gpt2.tiktoken"
    path.write_text(text)
    with pytest.raises(SubjectError, match=said) as caught:
        from_folder(path)
    assert len(str(caught.value).splitlines()) == 1


def test_ids_without_a_token_stay_empty(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path / "p50k_base.tiktoken", _tokens())
    path.write_text(path.read_text() + f"{base64.b64encode(b'hello').decode()} 300\n")
    subject = from_folder(path)
    assert subject.tokenizer.encode("hello").ids == [300]
    assert subject.special == tuple(range(len(_tokens()), 300))
    assert capfd.readouterr().out == ""


def test_names_of_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = {token: rank for rank, token in enumerate(_tokens())}
    own = tiktoken.Encoding(
        "gpt2", pat_str=_constructed("gpt2"), mergeable_ranks=ranks, special_tokens={"<|x|>": 300}
    )
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _: own)
    made = load_named("tiktoken:gpt2")
    text = "the hello <|x|>"
    assert Tokenizer.from_str(made.state).encode(text).ids == own.encode_ordinary(text)
    monkeypatch.undo()
    with pytest.raises(SubjectError, match="tiktoken knows no 'gpt9'; it knows gpt2"):
        load_named("tiktoken:gpt9")
    monkeypatch.setitem(__import__("sys").modules, "tiktoken", None)
    with pytest.raises(SubjectError, match=r"pip install 'tokbench\[tiktoken\]'"):
        load_named("tiktoken:gpt2")
