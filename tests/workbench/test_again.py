"""Training a second time, and what is said of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tokbench.errors import TrainingError
from tokbench.recipe import load
from tokbench.store import MANIFEST, read_json
from tokbench.training import TRAINERS, guarantee
from tokbench.values import texts
from tokbench.workbench import Plan, check_determinism, train
from tokbench.workbench.again import Backwards

pytestmark = pytest.mark.usefixtures("in_process")
BPE = (
    "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
    "trainer: {vocab_size: 320}\n"
)
WORDS = "pre_tokenizer: Whitespace\nspecial_tokens: {unk: <unk>}\n"


def test_backwards_is_the_same_documents(write_recipe: Callable[..., Path]) -> None:
    corpus = Plan.of(load(write_recipe(BPE))).corpus
    there = [text for batch in corpus.batches() for text in texts(batch)]
    back = [text for batch in Backwards(corpus).batches() for text in texts(batch)]
    assert sorted(there) == sorted(back)
    assert there != back
    assert [one.sources for one in Backwards(corpus).parts()] == [corpus.sources]
    assert Backwards(corpus).identity() != corpus.identity()


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "body",
    [BPE, WORDS + "model: WordPiece\ntrainer: {vocab_size: 100}\n"],
    ids=["BPE", "WordPiece"],
)
def test_ours_is_the_same_again(
    body: str, write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = load(write_recipe(body))
    made = train(recipe, runs=tmp_path / "runs")
    assert made.determinism.identical
    assert made.determinism.checked == ""
    checked = check_determinism(recipe, made)
    assert checked.determinism.checked.endswith("tokenizer.json is the same byte for byte")
    kept = read_json(made.tokenizer / MANIFEST)
    assert kept["determinism"]["checked"] == checked.determinism.checked
    again = train(recipe, runs=tmp_path / "runs")  # what was noted is no damage
    assert again.done_before == ("train", "wrap")
    assert again.determinism.checked == checked.determinism.checked


@pytest.mark.usefixtures("in_process")
def test_another_tokenizer_is_told(
    write_recipe: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tokbench.workbench.again.run_in_child", lambda function, plan, **_: function(plan)
    )
    recipe = load(write_recipe(BPE))
    made = train(recipe, tmp_path / "out")
    other = load(write_recipe(BPE.replace("320", "300"), name="other"))
    with pytest.raises(TrainingError, match=r"it is another tokenizer: \d+ of 3\d\d tokens have"):
        check_determinism(other, made)


def test_what_is_guaranteed() -> None:
    for trainer in TRAINERS.values():
        assert guarantee(trainer(), "tokbench").identical
    told = {
        name: guarantee(trainer(), "tokenizers").identical for name, trainer in TRAINERS.items()
    }
    assert told == {"BPE": True, "WordLevel": True, "WordPiece": False, "Unigram": False}
    prefixed = TRAINERS["BPE"](continuing_subword_prefix="##")
    assert not guarantee(prefixed, "tokenizers").identical
    assert guarantee(prefixed, "tokbench").identical
