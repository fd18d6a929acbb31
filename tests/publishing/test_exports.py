"""Exports give the very same ids: every recipe that can be exported, on all of PUD."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from few_lines import LINES
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tokbench import pipeline
from tokbench.errors import PublishingError
from tokbench.publishing.exports import ENCODERS, FORMATS, Exported
from tokbench.publishing.exports.exported import tied
from tokbench.recipe import Recipe, load
from tokbench.workbench import Plan
from tokbench.workbench.runs import learn
from tokbench.wrapping import probes

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
CONVERTIBLE = {
    "tiktoken": {"code", "demo", "gpt2", "gpt4o", "llama3"},
    "sentencepiece": {"llama2", "t5"},
}
"""`t5` gives the same ids but for texts of which two cuts score the same."""
TIES = {"t5"}
WHY_NOT = {
    ("tiktoken", "bert"): "it is a WordPiece model",
    ("tiktoken", "characters"): "it is a WordLevel model",
    ("tiktoken", "korean"): "it normalizes text (NFC)",
    ("tiktoken", "llama2"): "its pre-tokenizer does not end in ByteLevel",
    ("tiktoken", "qwen"): "it normalizes text (NFC)",
    ("tiktoken", "roberta"): "its token '<mask>' has lstrip",
    ("tiktoken", "t5"): "it is a Unigram model",
    ("tiktoken", "words"): "it is a WordLevel model",
    ("sentencepiece", "bert"): "it is a WordPiece model",
    ("sentencepiece", "characters"): "it is a WordLevel model",
    ("sentencepiece", "code"): "it cuts text by Split",
    ("sentencepiece", "demo"): "it cuts text by ByteLevel",
    ("sentencepiece", "gpt2"): "it cuts text by ByteLevel",
    ("sentencepiece", "gpt4o"): "it cuts text by Split",
    ("sentencepiece", "korean"): "it cuts text by ByteLevel",
    ("sentencepiece", "llama3"): "it cuts text by Split",
    ("sentencepiece", "qwen"): "it cuts text by Split",
    ("sentencepiece", "roberta"): "it cuts text by ByteLevel",
    ("sentencepiece", "words"): "it is a WordLevel model",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The tokenizer.json of a recipe, its text a few lines in several scripts."""
    folder = tmp_path_factory.mktemp("exports")
    lines = [f"{line} {number % 37}" for number in range(40) for line in LINES]
    (folder / "lines.txt").write_text("\n".join(lines), "utf-8")
    made: dict[str, str] = {}

    def state(name: str) -> str:
        if name not in made:
            source = f"{{type: files, paths: ['{folder}/lines.txt']}}"
            path = RECIPES[0].with_name(f"{name}.yaml")
            recipe = load(path, [f"corpus.sources=[{source}]", "trainer.vocab_size=600"])
            made[name] = assembled(recipe)
        return made[name]

    return state


def assembled(recipe: Recipe) -> str:
    return str(pipeline.assemble(recipe.pipeline, learn(Plan.of(recipe))).to_str())


@pytest.fixture
def exported(
    trained: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], tuple[Tokenizer, Exported, Callable[[str], Sequence[int]]]]:
    """A recipe's tokenizer, its export, and who encodes by that."""
    monkeypatch.setattr(
        "tokbench.publishing.exports.rules.run_in_child", lambda call, *given: call(*given)
    )

    def make(name: str, format_: str) -> Any:
        state = trained(name)
        found = FORMATS[format_](json.loads(state), name)
        tokenizer = Tokenizer.from_str(state)
        tokenizer.encode_special_tokens = True
        return tokenizer, found, ENCODERS[format_](found)

    return make


def pud(shared: Path) -> list[str]:
    with (shared / "parallel/pud_20langs.tsv").open(encoding="utf-8", newline="") as file:
        return [
            cell for row in list(csv.reader(file, delimiter="\t"))[1:] for cell in row[1:] if cell
        ]


def differing(
    tokenizer: Tokenizer, encode: Callable[[str], Sequence[int]], texts: Sequence[str]
) -> Iterator[str]:
    found = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    for text, ours in zip(texts, found, strict=True):
        if ours.ids != list(encode(text)):
            yield text


def test_every_recipe_is_accounted_for() -> None:
    named = {(format_, one) for format_, some in CONVERTIBLE.items() for one in some}
    assert named | set(WHY_NOT) == set(product(FORMATS, (one.stem for one in RECIPES)))


@pytest.mark.parametrize(("format_", "name"), sorted(WHY_NOT))
def test_what_cannot_be_expressed_is_refused(
    format_: str, name: str, trained: Callable[[str], str]
) -> None:
    with pytest.raises(PublishingError) as refused:
        FORMATS[format_](json.loads(trained(name)), name)
    assert str(refused.value).startswith(f"cannot be written for {format_}: ")
    assert WHY_NOT[format_, name] in str(refused.value)


@pytest.mark.parametrize(
    ("format_", "name"), sorted((f, one) for f, some in CONVERTIBLE.items() for one in some)
)
def test_all_of_pud_has_the_same_ids(
    format_: str, name: str, exported: Any, trained: Callable[[str], str], shared: Path
) -> None:
    tokenizer, _, encode = exported(name, format_)
    texts = pud(shared)
    assert len(texts) > 19_000
    wrong = list(differing(tokenizer, encode, texts))
    assert len(wrong) <= (len(texts) // 100 if name in TIES else 0)
    state = json.loads(trained(name))
    for text in wrong:
        assert tied(state, tokenizer.encode(text, add_special_tokens=False).ids, encode(text))


@pytest.mark.parametrize("name", sorted(CONVERTIBLE["tiktoken"]))
def test_any_text_has_the_same_ids_in_tiktoken(name: str, exported: Any) -> None:
    tokenizer, _, encode = exported(name, "tiktoken")
    assert list(differing(tokenizer, encode, (*probes.TEXTS, *probes.BYTES))) == []

    @settings(max_examples=60)
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def check(text: str) -> None:
        assert list(differing(tokenizer, encode, [text])) == []

    check()


def test_any_text_has_the_same_ids_in_sentencepiece_but_for_what_is_told(exported: Any) -> None:
    tokenizer, made, encode = exported("llama2", "sentencepiece")
    (told,) = made.differs
    assert told.startswith("A text that begins with a space")
    assert list(differing(tokenizer, encode, [" low"])) == [" low"]
    every = [one for one in (*probes.TEXTS, *probes.BYTES) if one[:1] not in (" ", "▁")]
    assert list(differing(tokenizer, encode, every)) == []

    @settings(max_examples=60)
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def check(text: str) -> None:
        if not text.startswith((" ", "▁")):
            assert list(differing(tokenizer, encode, [text])) == []

    check()


def test_tiktoken_drops_nothing(trained: Callable[[str], str]) -> None:
    state = json.loads(trained("code"))
    split = state["pre_tokenizer"]["pretokenizers"][0]
    split["pattern"] = {"Regex": r"\p{L}+| "}
    with pytest.raises(PublishingError, match="its pattern leaves out"):
        FORMATS["tiktoken"](state, "code")


def test_merges_out_of_order_are_refused(trained: Callable[[str], str]) -> None:
    for name, format_ in (("demo", "tiktoken"), ("llama2", "sentencepiece")):
        state = json.loads(trained(name))
        state["model"]["merges"][:2] = reversed(state["model"]["merges"][:2])
        with pytest.raises(PublishingError, match="ids in the order of their merges"):
            FORMATS[format_](state, name)
