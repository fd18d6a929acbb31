"""Training through `tokenizers`: the same vocabulary as a plain script, and byte fallback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from tokbench.errors import CorpusError, TrainingError
from tokbench.recipe import load
from tokbench.training import ENGINES, Demands, Engine
from tokbench.training.engines import with_byte_tokens
from tokbench.values import Trained
from tokbench.workbench import train

pytestmark = pytest.mark.usefixtures("in_process")

UNK = "special_tokens: {unk: <unk>}\n"
ALPHABET = pre_tokenizers.ByteLevel.alphabet()
OURS = ("Unigram", "tokbench")  # from other seeds, with better scores: test_train_unigram.py


def _plain(
    model: Any, pre_tokenizer: Any, trainer: Any, texts: list[str], normalizer: Any = None
) -> Any:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(texts, trainer)
    return json.loads(tokenizer.to_str())["model"]


CASES: dict[str, tuple[str, Callable[[list[str]], Any]]] = {
    "byte-level BPE": (
        "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
        "trainer: {vocab_size: 400, min_frequency: 2}\nspecial_tokens: {eos: <e>, pad: <p>}\n",
        lambda texts: _plain(
            models.BPE(),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            trainers.BpeTrainer(
                vocab_size=400,
                min_frequency=2,
                special_tokens=["<e>", "<p>"],
                initial_alphabet=ALPHABET,
                show_progress=False,
            ),
            texts,
        ),
    ),
    "character BPE with limits": (
        "normalizer: NFKC\npre_tokenizer: Whitespace\nmodel: BPE\n"
        "trainer: {vocab_size: 300, limit_alphabet: 200, initial_alphabet: [q], "
        "max_token_length: 4}\nspecial_tokens: {unk: <unk>}\n",
        lambda texts: _plain(
            models.BPE(unk_token="<unk>"),
            pre_tokenizers.Whitespace(),
            trainers.BpeTrainer(
                vocab_size=300,
                limit_alphabet=200,
                initial_alphabet=["q"],
                max_token_length=4,
                special_tokens=["<unk>"],
                show_progress=False,
            ),
            texts,
            normalizers.NFKC(),
        ),
    ),
    "WordLevel": (
        "pre_tokenizer: WhitespaceSplit\nmodel: WordLevel\n"
        "trainer: {vocab_size: 50, min_frequency: 3}\nspecial_tokens: {unk: <unk>}\n",
        lambda texts: _plain(
            models.WordLevel(unk_token="<unk>"),
            pre_tokenizers.WhitespaceSplit(),
            trainers.WordLevelTrainer(
                vocab_size=50, min_frequency=3, special_tokens=["<unk>"], show_progress=False
            ),
            texts,
        ),
    ),
    "Unigram": (
        "pre_tokenizer: Metaspace\nmodel: Unigram\n"
        "trainer: {vocab_size: 120, max_piece_length: 8}\nspecial_tokens: {pad: <p>, unk: <unk>}\n",
        lambda texts: _plain(
            models.Unigram(),
            pre_tokenizers.Metaspace(),
            trainers.UnigramTrainer(
                vocab_size=120,
                max_piece_length=8,
                special_tokens=["<p>", "<unk>"],
                unk_token="<unk>",
                show_progress=False,
            ),
            texts,
        ),
    ),
    "characters": (
        'pre_tokenizer: {type: Split, pattern: {regex: "[\\\\s\\\\S]"}, behavior: isolated}\n'
        "model: WordLevel\ntrainer: {vocab_size: 50}\nspecial_tokens: {unk: <unk>}\n",
        lambda texts: _plain(
            models.WordLevel(unk_token="<unk>"),
            pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated"),
            trainers.WordLevelTrainer(vocab_size=50, special_tokens=["<unk>"], show_progress=False),
            texts,
        ),
    ),
}


@pytest.mark.usefixtures("trainers_in_process")
@pytest.mark.parametrize(
    ("name", "engine"),
    [(name, engine) for name in CASES for engine in ENGINES if (name, engine) != OURS],
)
def test_the_vocabulary_is_that_of_a_plain_script(
    name: str,
    engine: Engine,
    write_recipe: Callable[..., Path],
    corpus_file: Path,
    tmp_path: Path,
) -> None:
    body, plain = CASES[name]
    train(write_recipe(body, held_out=0.0), tmp_path / "out", engine=engine)
    made = json.loads((tmp_path / "out/tokenizer.json").read_text())["model"]
    expected = plain(corpus_file.read_text("utf-8").splitlines())
    if name == "Unigram":  # scores drift from run to run, and with them the order of ties
        ours, theirs = dict(made["vocab"]), dict(expected["vocab"])
        assert ours.keys() == theirs.keys()
        assert sorted(ours.values()) == pytest.approx(sorted(theirs.values()), rel=1e-6)
    else:
        assert made["vocab"] == expected["vocab"]
        assert made.get("merges") == expected.get("merges")


@pytest.mark.parametrize("model", ["BPE", "Unigram"])
def test_byte_fallback_writes_unknown_characters_as_bytes(
    model: str, write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = write_recipe(
        f"pre_tokenizer: Metaspace\nmodel: {{type: {model}, byte_fallback: true}}\n"
        "trainer: {vocab_size: 420}\nspecial_tokens: {pad: <p>, unk: <unk>}\n"
    )
    made = train(recipe, tmp_path / "out")
    tokenizer = Tokenizer.from_file(str(tmp_path / "out/tokenizer.json"))
    assert made.vocab_size <= 420
    assert [tokenizer.id_to_token(i) for i in (0, 1, 2, 257)] == [
        "<p>",
        "<unk>",
        "<0x00>",
        "<0xFF>",
    ]
    unseen = "Ωmega 🚀"
    encoded = tokenizer.encode(unseen)
    assert "<0xCE>" in encoded.tokens
    assert 1 not in encoded.ids
    assert tokenizer.decode(encoded.ids) == unseen
    assert tokenizer.decode(encoded.ids, skip_special_tokens=True) == unseen


def test_text_that_reads_like_a_byte_token_is_not_a_byte(
    tmp_path: Path, write_recipe: Callable[..., Path], corpus_file: Path
) -> None:
    corpus_file.write_text("<0x41> <0x41> <0x42> low lower\n" * 50)
    for model in ("BPE", "Unigram"):
        recipe = write_recipe(
            f"pre_tokenizer: Metaspace\nmodel: {{type: {model}, byte_fallback: true}}\n"
            "trainer: {vocab_size: 400}\nspecial_tokens: {unk: <unk>}\n",
            name=model,
            held_out=0.0,
        )
        train(recipe, tmp_path / model)
        tokenizer = Tokenizer.from_file(str(tmp_path / model / "tokenizer.json"))
        assert tokenizer.decode(tokenizer.encode("low <0x41>").ids) == "low <0x41>"


def test_merges_that_build_on_a_byte_token_go_with_it() -> None:
    learned = Trained(
        "BPE",
        ("<", "x", ">", "<x", "<x>", "<x>>"),
        (("<", "x"), ("<x", ">"), ("<x>", ">")),
    )
    made = with_byte_tokens(learned, Demands(byte_tokens=("<x>",)))
    assert made.tokens == ("<x>", "<", "x", ">", "<x")
    assert made.merges == (("<", "x"),)


def test_what_may_surprise_is_said(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    corpus_file.write_text("low lower\n" * 50 + "x" * 20_000 + "\n")
    recipe = write_recipe("pre_tokenizer: Whitespace\nmodel: BPE\n" + UNK, held_out=0.0)
    said, fewer = train(recipe, tmp_path / "a").notes
    assert fewer.startswith("30,000 tokens were asked for, ")
    assert said.startswith("a word of 20,000 characters in corpus.txt: 51 was left out")
    recipe = write_recipe("pre_tokenizer: Punctuation\nmodel: BPE\n" + UNK, held_out=0.0)
    whole, left_out, _ = train(recipe, tmp_path / "b").notes
    assert whole.startswith("whole documents were counted, not distinct chunks: no cut is known")
    assert "20,000 characters" in left_out
    everything = ["trainer.max_word_chars=null"]
    assert len(train(recipe, tmp_path / "c", overrides=everything).notes) == 2


def test_an_empty_corpus_is_refused(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    corpus_file.write_text("")
    recipe = write_recipe("model: BPE\nspecial_tokens: {unk: <unk>}\n")
    with pytest.raises(CorpusError, match="has no documents to train on"):
        train(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_text_that_leaves_nothing_is_refused(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    corpus_file.write_text("   \n \n" * 20)
    recipe = write_recipe("pre_tokenizer: Whitespace\nmodel: BPE\nspecial_tokens: {unk: <unk>}\n")
    with pytest.raises(TrainingError, match="documents were read and nothing was learned"):
        train(recipe, tmp_path / "out")


def test_the_order_of_documents_does_not_change_the_result(
    write_recipe: Callable[..., Path], corpus_file: Path, tmp_path: Path
) -> None:
    recipe = write_recipe(CASES["byte-level BPE"][0])
    first = train(recipe, tmp_path / "a")
    lines = corpus_file.read_text("utf-8").splitlines(keepends=True)
    corpus_file.write_text("".join(reversed(lines)), "utf-8")
    second = train(recipe, tmp_path / "b")
    assert (tmp_path / "a/tokenizer.json").read_bytes() == (
        tmp_path / "b/tokenizer.json"
    ).read_bytes()
    assert first.signature != second.signature  # the files are other files
    assert load(recipe).name == first.name
