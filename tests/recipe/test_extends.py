"""Recipes that extend others: what merges, whose paths, whose mistakes."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tokbench.errors import RecipeError
from tokbench.recipe import Recipe, annotated, load, origins
from tokbench.workbench import Plan

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
BASE = """name: base
description: what the others share
corpus: {sources: [python_docs], held_out: 0.1}
normalizer: [NFC, Lowercase]
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: {type: BPE, ignore_merges: true}
trainer: {vocab_size: 1000, min_frequency: 2, max_token_length: 64}
special_tokens: {unk: <unk>, pad: <pad>}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files and gives the path of the last."""

    def files(**texts: str) -> Path:
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        return path

    return files


def child(write: Write, body: str) -> Recipe:
    return load(write(base=BASE, child=f"name: child\nextends: base.yaml\n{body}"))


def test_maps_merge_and_all_else_is_replaced(write: Write) -> None:
    made = child(write, "trainer: {vocab_size: 2000}\nnormalizer: NFKC\n")
    assert (made.trainer.vocab_size, made.trainer.model_dump()["min_frequency"]) == (2000, 2)
    assert [part.type for part in made.normalizer] == ["NFKC"]
    assert made.corpus.held_out == 0.1


def test_name_and_description_are_a_recipes_own(write: Write) -> None:
    assert child(write, "").description == ""
    with pytest.raises(RecipeError, match=r"nameless.yaml:1:1: a recipe needs the key 'name'"):
        load(write(nameless="extends: base.yaml\n"))


def test_null_takes_back_what_the_base_says(write: Write) -> None:
    made = child(write, "normalizer: null\ntrainer: {min_frequency: null}\n")
    assert made.normalizer == ()
    assert made.trainer.model_dump()["min_frequency"] == 0
    # Where the base says nothing, null is a value like any other.
    made = child(write, "trainer: {max_word_chars: null}\n")
    assert made.trainer.model_dump()["max_word_chars"] is None


def test_another_type_replaces_the_whole_map(write: Write) -> None:
    made = child(write, "pre_tokenizer: {type: Metaspace}\nmodel: {type: WordPiece}\n")
    assert made.pre_tokenizer[0].model_dump() == {
        "type": "Metaspace",
        "replacement": "▁",
        "prepend_scheme": "always",
        "split": True,
    }
    assert made.model.type == "WordPiece"
    # What only BPE's trainer knows goes with BPE; what both know stays.
    assert made.trainer.vocab_size == 1000
    assert "max_token_length" not in made.trainer.model_dump()


def test_the_same_type_or_none_keeps_the_options(write: Write) -> None:
    for body in ("model: {type: BPE, dropout: 0.1}", "model: {dropout: 0.1}"):
        model = child(write, body + "\n").model.model_dump()
        assert (model["ignore_merges"], model["dropout"]) == (True, 0.1)
    assert not child(write, "model: BPE\n").model.model_dump()["ignore_merges"]


def test_short_forms_open(write: Write) -> None:
    token = child(write, "special_tokens: {pad: {lstrip: true}}\n").special_tokens.pad
    assert token
    assert (token.content, token.lstrip) == ("<pad>", True)
    recipe = write(base=BASE.replace("[NFC, Lowercase]", "BertNormalizer"))
    made = load(write(child="name: c\nextends: base.yaml\nnormalizer: {lowercase: false}\n"))
    assert recipe.is_file()
    assert made.normalizer[0].model_dump()["lowercase"] is False


def test_a_pattern_is_replaced_whole(write: Write) -> None:
    split = "pre_tokenizer: {type: Split, behavior: isolated, pattern: {%s}}\n"
    write(base=BASE.replace("{type: ByteLevel, add_prefix_space: false}", "ByteLevel"))
    write(middle="name: m\nextends: base.yaml\n" + split % "named: gpt2")
    made = load(write(top="name: t\nextends: middle.yaml\n" + split % "regex: a+"))
    assert made.pre_tokenizer[0].model_dump()["pattern"]["named"] is None


def test_the_order_of_special_tokens_is_never_a_guess(write: Write) -> None:
    def order(tokens: str) -> tuple[str, ...]:
        return child(write, f"special_tokens: {{{tokens}}}\n").special_tokens.contents()

    assert order("eos: <e>") == ("<unk>", "<pad>", "<e>")
    assert order("pad: <p>, eos: <e>") == ("<unk>", "<p>", "<e>")
    assert order("pad: <p>, eos: <e>, unk: <u>") == ("<p>", "<e>", "<u>")
    write(base=BASE.replace("{unk", "{cls: <cls>, unk"))
    clash = "name: c\nextends: base.yaml\nspecial_tokens: {pad: a, unk: b}\n"
    with pytest.raises(RecipeError, match=r"clash.yaml:3:18: special_tokens: the order is the"):
        load(write(clash=clash))


def test_several_bases_lie_over_each_other(write: Write) -> None:
    write(base=BASE, sizes="trainer: {vocab_size: 7000}\nwrap: {model_max_length: 9}\n")
    made = load(write(child="name: c\nextends: [base.yaml, sizes.yaml]\n"))
    assert (made.trainer.vocab_size, made.wrap.model_max_length) == (7000, 9)


def test_paths_stay_with_the_file_that_says_them(tmp_path: Path) -> None:
    (tmp_path / "in[1]").mkdir()
    (tmp_path / "in[1]/a.txt").write_text("some text\n" * 50)
    (tmp_path / "in[1]/chat.jinja").write_text("{{ 'hi' }}")
    (tmp_path / "in[1]/rival").mkdir()
    sources = "{sources: [{type: files, paths: ['*.txt']}]}"
    said = BASE.replace("{sources: [python_docs], held_out: 0.1}", sources)
    said += "wrap: {chat_template: {file: chat.jinja}}\nbenchmark: {baselines: [rival, gpt2]}\n"
    (tmp_path / "in[1]/base.yaml").write_text(said)
    (tmp_path / "over").mkdir()
    path = tmp_path / "over/child.yaml"
    path.write_text("name: child\nextends: ../in[1]/base.yaml\n")
    made = load(path)
    assert made.wrap.chat_template == "{{ 'hi' }}"
    assert made.benchmark.baselines == ("../in[1]/rival", "gpt2")
    assert Plan.of(made).corpus.size == 500
    written = tmp_path / "over/written.yaml"
    written.write_text(annotated(made), "utf-8")
    assert Plan.of(load(written)).signature == Plan.of(made).signature
    (tmp_path / "in[1]/base.yaml").write_text(said.replace("*.txt", "https://example.org/*.txt"))
    assert load(path).corpus.sources[0].paths == ("https://example.org/*.txt",)  # type: ignore[attr-defined]


WRONG = {
    "a value in the base": (
        {"base": BASE.replace("1000", "ten"), "child": "name: c\nextends: base.yaml\n"},
        "base.yaml:7:23: trainer.vocab_size: expected an integer",
    ),
    "a value in the child": (
        {"base": BASE, "child": "name: c\nextends: base.yaml\ntrainer:\n  vocab_size: ten\n"},
        "child.yaml:4:15: trainer.vocab_size: expected an integer",
    ),
    "an unknown key in the base": (
        {"base": BASE + "wrap: {lenght: 5}\n", "child": "name: c\nextends: base.yaml\nwrap: {}\n"},
        "base.yaml:9:8: unknown key 'lenght' in wrap",
    ),
    "what both together do": (
        {"base": BASE, "child": "name: c\nextends: base.yaml\nspecial_tokens: {sep: <pad>}\n"},
        "child.yaml:3:23: special_tokens.sep: the token '<pad>' is already special_tokens.pad",
    ),
    "a missing file": (
        {"child": "name: c\nextends: nowhere/base.yaml\n"},
        "child.yaml:2:10: extends: {folder}/nowhere/base.yaml: no such file; the path starts",
    ),
    "a device": (
        {"child": "name: c\nextends: /dev/null\n"},
        "child.yaml:2:10: extends: /dev/null: is no regular file; the path starts",
    ),
    "a URL": (
        {"child": "name: c\nextends: https://example.org/base.yaml\n"},
        "child.yaml:2:10: extends: https://example.org/base.yaml: is a URL; save it and name",
    ),
    "a folder": (
        {"d__base": BASE, "child": "name: c\nextends: [d]\n"},
        "child.yaml:2:11: extends: {folder}/d: is a folder, not a recipe",
    ),
    "itself": (
        {"child": "name: c\nextends: ../{name}/child.yaml\n"},
        "child.yaml:2:10: extends: a recipe cannot extend itself; name another",
    ),
    "in a circle": (
        {"a": "extends: child.yaml\n", "child": "name: c\nextends: a.yaml\n"},
        "a.yaml:1:10: extends: {folder}/child.yaml, which extends {folder}/a.yaml, which extends "
        "{folder}/child.yaml: take one of these out",
    ),
    "no name of a file": (
        {"child": "name: c\nextends: 7\n"},
        "child.yaml:2:10: extends: expected the path of a recipe, got the number 7",
    ),
    "no map": (
        {"a": "- x\n", "child": "name: c\nextends: a.yaml\n"},
        "child.yaml:2:10: extends: {folder}/a.yaml is no recipe: it is a list",
    ),
    "no YAML": (
        {"a": "x: [\n", "child": "name: c\nextends: a.yaml\n"},
        "a.yaml:2:1: is not YAML:",
    ),
    "misspelt": (
        {"child": BASE + "extend: a.yaml\n"},
        "child.yaml:9:1: unknown key 'extend': did you mean 'extends'?",
    ),
    "too many": (
        {
            **{f"a{n}": f"extends: [a{n - 1}.yaml, a{n - 1}.yaml]\n" for n in range(1, 9)},
            "a0": "wrap: {}\n",
            "child": "name: c\nextends: a8.yaml\n",
        },
        "a3.yaml:1:11: extends: the recipe comes from more than 100 files",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_point_to_the_file_that_makes_them(
    name: str, write: Write, tmp_path: Path
) -> None:
    texts, expected = WRONG[name]
    path = write(**{file: text.replace("{name}", tmp_path.name) for file, text in texts.items()})
    with pytest.raises(RecipeError) as caught:
        load(path)
    (sentence,) = str(caught.value).splitlines()
    assert sentence.startswith(f"{tmp_path}/{expected.replace('{folder}', str(tmp_path))}")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_written_out_is_the_same_recipe(path: Path, tmp_path: Path) -> None:
    whole = load(path)
    (tmp_path / "korean_sample.txt").write_bytes((path.parent / "korean_sample.txt").read_bytes())
    written = tmp_path / path.name
    written.write_text(annotated(whole), "utf-8")
    again = load(written)
    assert again.resolved() == whole.resolved()
    assert again.special_tokens.contents() == whole.special_tokens.contents()
    lines = [line for line in annotated(whole).splitlines() if "regex:" not in line]
    assert max(map(len, lines)) <= 80


def test_every_value_says_where_it_comes_from(write: Write) -> None:
    made = child(write, "special_tokens: {eos: <e>}\nmodel: {dropout: 0.1}\n")
    said = {
        ".".join(map(str, path)): where and f"{Path(where.file).name}:{where.line}"
        for path, where in origins(made).items()
    }
    expected = {
        "name": "child.yaml:1",
        "corpus.sources.0.type": "base.yaml:3",
        "corpus.seed": None,
        "normalizer.1.type": "base.yaml:4",
        "pre_tokenizer.0.type": "base.yaml:5",
        "pre_tokenizer.0.use_regex": None,
        "model.ignore_merges": "base.yaml:6",
        "model.dropout": "child.yaml:4",
        "special_tokens.unk.content": "base.yaml:8",
        "special_tokens.eos.content": "child.yaml:3",
        "special_tokens.eos.lstrip": None,
        "post_processor": None,
    }
    assert {key: said[key] for key in expected} == expected
    assert "# base.yaml:3" in annotated(made)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), path=st.sampled_from(RECIPES))
def test_a_recipe_cut_in_two_at_random_is_the_whole(
    seed: int, path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("cut")
    (folder / "korean_sample.txt").write_bytes((path.parent / "korean_sample.txt").read_bytes())
    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    whole: dict[str, Any] = yaml.load(path)
    below, above = _cut(whole, chance, ())
    yaml.dump({"name": "base", **below}, folder / "base.yaml")
    own = {key: whole[key] for key in ("name", "description")}
    yaml.dump({**above, **own, "extends": "base.yaml"}, folder / "child.yaml")
    assert load(folder / "child.yaml").resolved() == load(path).resolved()


def _cut(value: dict[str, Any], chance: random.Random, path: tuple[str, ...]) -> Any:
    """Each key to one side, to both, or a map cut again; the order of special tokens is kept."""
    below: dict[str, Any] = {}
    above: dict[str, Any] = {}
    for key, inner in value.items():
        side = (
            "both" if path == ("special_tokens",) else chance.choice(["base", "top", "both", "cut"])
        )
        if side == "cut" and isinstance(inner, dict) and key != "pattern":
            below[key], above[key] = _cut(inner, chance, (*path, key))
            if "type" in inner:
                below[key]["type"] = inner["type"]
            continue
        if side in ("base", "both"):
            below[key] = inner
        if side != "base":
            above[key] = inner
    return below, above
