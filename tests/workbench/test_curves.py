"""Tokens against vocabulary size: what follows from one encoding is what encoding gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tokbench import encoding, pipeline, training
from tokbench.errors import RecipeError
from tokbench.recipe import load
from tokbench.workbench import Plan, curve
from tokbench.workbench.curves import at_size, halves
from tokbench.workbench.runs import learn

PIPELINES = {
    "byte-level": "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "special_tokens: {eos: <e>}\n",
    "characters": "normalizer: NFC\npre_tokenizer: Whitespace\nmodel: BPE\n"
    "special_tokens: {unk: <unk>}\n",
    "byte fallback": "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
    "special_tokens: {unk: <unk>}\n",
    "WordPiece": "normalizer: {type: BertNormalizer}\npre_tokenizer: BertPreTokenizer\n"
    "model: WordPiece\nspecial_tokens: {unk: '[UNK]'}\n",
    "WordLevel": "pre_tokenizer: Whitespace\nmodel: WordLevel\nspecial_tokens: {unk: <unk>}\n",
    "Unigram": "pre_tokenizer: Metaspace\nmodel: Unigram\nspecial_tokens: {unk: <unk>}\n",
}
ENCODED_ONCE = {"byte-level", "characters"}


def really(recipe, corpus, split, size: int) -> tuple[int, int]:
    """The size of a vocabulary trained at this size by itself, and the tokens that it gives."""
    trained = learn(Plan.of(at_size(recipe, size)))
    state = pipeline.assemble(recipe.pipeline, trained).to_str()
    (encoded,) = encoding.encode([encoding.subject("one", state, "here")], corpus, split)
    return len(trained.tokens), int(encoded.tokens.sum())


@pytest.mark.parametrize("name", PIPELINES)
def test_a_curve_is_what_really_encoding_gives(
    name: str, write_recipe: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recipe = load(write_recipe(PIPELINES[name], held_out=0.2))
    sizes = range(290, 390, 10) if name != "Unigram" else (100, 120)
    made = curve(recipe, sizes=sizes)
    assert made.encoded == (name not in ENCODED_ONCE)
    assert [one.name for one in made.texts] == ["training", "held out"]
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "another"))  # nothing to cut from
    corpus = Plan.of(recipe).corpus
    for number in (0, len(made.sizes) // 2, -1):
        for text, split in zip(made.texts, ("train", "held_out"), strict=True):
            wanted = (made.sizes[number], text.tokens[number])
            assert really(recipe, corpus, split, sizes[number]) == wanted


def test_an_added_token_that_is_learned_too_is_one_token_at_every_size(
    write_recipe: Callable[..., Path],
) -> None:
    plain = at_size(load(write_recipe(PIPELINES["byte-level"], held_out=0.2)), 400)
    trained = learn(Plan.of(plain))
    word = next(one for one in trained.tokens[trained.initial :] if one.isalpha() and one.isascii())
    recipe = write_recipe(f"{PIPELINES['byte-level']}added_tokens: [{word}]\n", held_out=0.2)
    both, alone = curve(recipe, sizes=[270, 400]), curve(recipe, sizes=[270])
    assert both.texts[0].tokens[0] == alone.texts[0].tokens[0]
    assert both.encoded


def test_sizes_beyond_what_can_be_learned_are_one(write_recipe: Callable[..., Path]) -> None:
    made = curve(write_recipe(PIPELINES["characters"]), sizes=[1, 10**6, 2 * 10**6])
    assert len(made.sizes) == 2


def test_another_text(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("low lower <e> lowest\n")
    recipe = write_recipe(PIPELINES["byte-level"])
    made = curve(recipe, sizes=[300], on=[str(tmp_path / "other.txt")])
    assert [(one.documents, one.bytes) for one in made.texts][1:] == [(1, 20)]


def test_no_held_out_documents(write_recipe: Callable[..., Path]) -> None:
    made = curve(write_recipe(PIPELINES["byte-level"], held_out=0.0), sizes=[300])
    assert [one.name for one in made.texts] == ["training"]


def test_the_sizes_that_a_recipe_lists(write_recipe: Callable[..., Path]) -> None:
    recipe = write_recipe(PIPELINES["byte-level"] + "trainer: {vocab_size: [300, 290, 310]}\n")
    made = curve(recipe)
    assert (made.name, made.sizes) == ("tiny", (290, 300, 310))
    other = write_recipe(
        PIPELINES["byte-level"] + "sweep: {grid: {trainer.min_frequency: [2, 3]}}\n", name="other"
    )
    with pytest.raises(RecipeError, match="stands for 2 recipes"):
        curve(other)


def test_halves() -> None:
    assert halves(1001) == [1001]
    assert halves(64000)[:3] == [500, 1000, 2000]


def test_what_cannot_be_cut_is_refused() -> None:
    import numpy as np

    from tokbench.values import Trained

    unigram = Trained("Unigram", ("a",), scores=(0.0,))
    with pytest.raises(ValueError, match="says nothing about smaller ones"):
        training.tokens_by_size(unigram, np.array([1]), [1])
