"""One file, several recipes: which, called what, and whose mistake is whose."""

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from tokbench.errors import RecipeError
from tokbench.recipe import Recipe, load, load_all, schema

HEAD = """name: x
corpus: {sources: [python_docs]}
special_tokens: {unk: <unk>}
"""
GRID = (
    HEAD
    + """model: BPE
sweep:
  grid:
    pre_tokenizer: [ByteLevel, [WhitespaceSplit, Punctuation]]
    trainer.vocab_size: [4000, 8000]
"""
)
VALIDATOR = jsonschema.Draft202012Validator(schema())
Sweep = Callable[..., tuple[Recipe, ...]]


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """Loads all that a text stands for, having checked it against the schema."""

    def loaded(text: str, *overrides: str) -> tuple[Recipe, ...]:
        path = tmp_path / "x.yaml"
        path.write_text(text, "utf-8")
        made = load_all(path, overrides)
        VALIDATOR.validate(YAML(typ="safe", pure=True).load(text))
        return made

    return loaded


def facts(recipes: tuple[Recipe, ...]) -> dict[str, tuple[str, int]]:
    return {one.name: (one.model.type, one.trainer.vocab_size) for one in recipes}


def test_a_grid_is_every_combination(sweep: Sweep) -> None:
    made = sweep(GRID)
    assert [one.name for one in made] == [
        "x-ByteLevel-4000",
        "x-ByteLevel-8000",
        "x-WhitespaceSplit_Punctuation-4000",
        "x-WhitespaceSplit_Punctuation-8000",
    ]
    assert [part.type for part in made[3].pre_tokenizer] == ["WhitespaceSplit", "Punctuation"]
    assert {one.family for one in made} == {"x"}
    assert "sweep" not in made[0].resolved()


@pytest.mark.parametrize("model", ["BPE", "WordPiece", "Unigram", "WordLevel"])
def test_a_list_of_sizes_is_a_sweep_by_itself(sweep: Sweep, model: str) -> None:
    made = sweep(HEAD + f"model: {model}\ntrainer: {{vocab_size: [4000, 8000]}}\n")
    assert facts(made) == {"x-4000": (model, 4000), "x-8000": (model, 8000)}
    written = load_all(made[0].path, ["trainer.vocab_size=4000"])
    assert written[0].resolved() == {**made[0].resolved(), "name": "x"}


def test_cases_say_what_differs(sweep: Sweep) -> None:
    text = (
        HEAD
        + """model: {type: BPE, dropout: 0.1}
trainer: {vocab_size: 500, min_frequency: 3}
sweep:
  cases:
    - {name: plain}
    - {name: pieces, model: WordPiece, trainer: {vocab_size: 600}}
    - {trainer.vocab_size: [700, 800], normalizer: NFC}
    - {model.dropout: null, special_tokens.unk.lstrip: true}
"""
    )
    made = sweep(text)
    assert facts(made) == {
        "x-plain": ("BPE", 500),
        "x-pieces": ("WordPiece", 600),
        "x-700_800-NFC-700": ("BPE", 700),
        "x-700_800-NFC-800": ("BPE", 800),
        "x-no_dropout-lstrip": ("BPE", 500),
    }
    assert [one.trainer.model_dump()["min_frequency"] for one in made] == [3] * 5
    assert [getattr(one.model, "dropout", None) for one in made] == [0.1, None, 0.1, 0.1, None]


def test_values_and_cases_give_their_own_names(sweep: Sweep) -> None:
    grid = "sweep: {grid: {model: {plain: BPE, wild: {type: BPE, dropout: 0.5}}}}\n"
    assert [one.name for one in sweep(HEAD + grid)] == ["x-plain", "x-wild"]
    both = (
        "sweep: {cases: [{name: a}, {name: b, normalizer: NFC}], grid: {model: [BPE, WordLevel]}}\n"
    )
    assert [one.name for one in sweep(HEAD + both)] == [
        "x-a-BPE",
        "x-a-WordLevel",
        "x-b-BPE",
        "x-b-WordLevel",
    ]


@pytest.mark.parametrize(
    "grid",
    [
        "{trainer.vocab_size: [64, 64]}",
        "{trainer.vocab_size: [64, 128], trainer: [{vocab_size: 256}]}",
    ],
)
def test_variants_that_are_one_recipe_are_refused(sweep: Sweep, grid: str) -> None:
    with pytest.raises(RecipeError, match="are the same recipe: a value is given twice"):
        sweep(f"{HEAD}model: BPE\nsweep: {{grid: {grid}}}\n")


@pytest.mark.parametrize(
    ("axis", "names"),
    [
        ("normalizer: [null, NFC, [NFD, Lowercase]]", "no_normalizer NFC NFD_Lowercase"),
        ("model.byte_fallback: [true, false]", "byte_fallback no_byte_fallback"),
        ("trainer.min_frequency: [1, 2]", "min_frequency_1 min_frequency_2"),
        ("corpus.held_out: [0.1, 0.25]", "held_out_0.1 held_out_0.25"),
        (
            "pre_tokenizer: [{type: ByteLevel, use_regex: false}, ByteLevel]",
            "ByteLevel_no_use_regex ByteLevel",
        ),
        ("trainer.end_of_word_suffix: ['</w>', '</W>', '▁']", "w W-2 3"),
        ("special_tokens.unk: ['[UNK]', '<unk>']", "UNK unk-2"),
        ("pre_tokenizer: [{type: Split, pattern: ' ', behavior: removed}]", "Split"),
    ],
)
def test_names_say_what_varies_and_fit_a_folder(sweep: Sweep, axis: str, names: str) -> None:
    made = sweep(HEAD + f"model: BPE\nsweep: {{grid: {{{axis}}}}}\n")
    assert [one.name for one in made] == [f"x-{name}" for name in names.split()]


def test_names_too_long_are_numbers(sweep: Sweep) -> None:
    long = HEAD.replace("name: x", f"name: {'x' * 98}") + "model: BPE\n"
    made = sweep(long + "trainer: {vocab_size: [400, 500]}\n")
    assert [one.name for one in made] == [f"{'x' * 98}-1", f"{'x' * 98}-2"]


def test_positions_in_lists_can_vary(sweep: Sweep) -> None:
    text = HEAD + "model: BPE\nnormalizer: [NFC, Lowercase]\n"
    made = sweep(text + "sweep: {grid: {normalizer.1: [NFKC, StripAccents]}}\n")
    found = [[part.type for part in one.normalizer] for one in made]
    assert found == [["NFC", "NFKC"], ["NFC", "StripAccents"]]


def test_a_new_model_comes_before_what_is_said_of_it(sweep: Sweep) -> None:
    cases = "sweep: {cases: [{trainer: {shrinking_factor: 0.5}, model: Unigram}]}\n"
    (made,) = sweep(HEAD + "model: BPE\ntrainer: {min_frequency: 2}\n" + cases)
    assert made.trainer.model_dump()["shrinking_factor"] == 0.5


def test_overrides_win_over_the_sweep(sweep: Sweep) -> None:
    assert [one.name for one in sweep(GRID, "trainer.vocab_size=700")] == [
        "x-ByteLevel",
        "x-WhitespaceSplit_Punctuation",
    ]
    made = sweep(GRID, "trainer={vocab_size: 700}", "pre_tokenizer=Whitespace", "name=y")
    assert facts(made) == {"y": ("BPE", 700)}
    assert made[0].family == "y"
    assert len(sweep(GRID, "sweep=null")) == 1
    made = sweep(HEAD + "model: BPE\n", "trainer.vocab_size=[300, 400]")
    assert [one.name for one in made] == ["x-300", "x-400"]
    cases = HEAD + "sweep: {cases: [{name: a, model: BPE}, {name: b, model: WordLevel}]}\n"
    assert facts(sweep(cases, "trainer.vocab_size=9")) == {
        "x-a": ("BPE", 9),
        "x-b": ("WordLevel", 9),
    }


def test_a_base_may_have_a_sweep_and_a_recipe_another(sweep: Sweep, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.txt").write_text("text\n")
    axis = "    corpus.sources: [[{type: files, paths: a.txt}], [python_docs]]\n"
    (tmp_path / "deep/base.yaml").write_text(GRID + axis)
    made = sweep("name: y\nextends: deep/base.yaml\n")
    assert len(made) == 8
    assert made[0].resolved()["corpus"]["sources"][0]["paths"] == ["deep/a.txt"]
    other = "name: y\nextends: deep/base.yaml\nsweep: {cases: [{name: a}]}\n"
    assert [one.name for one in sweep(other)] == ["y-a"]
    assert [one.name for one in sweep("name: y\nextends: deep/base.yaml\nsweep: null\n")] == ["y"]


def test_one_recipe_where_one_is_wanted(sweep: Sweep) -> None:
    path = sweep(GRID)[0].path
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}:5:1: stands for 4 recipes (x-ByteLevel-4000, x-ByteLevel-8000, "
        "x-WhitespaceSplit_Punctuation-4000, x-WhitespaceSplit_Punctuation-8000), where one is "
        f"wanted; `tokbench run {path}` makes them all, and each lies in its own folder below runs"
    )
    assert load(path, ["sweep=null"]).name == "x"


WRONG = {
    "sweep: [a]": "5:8: sweep: expected a map with the key grid or cases, got a list; a list of",
    "sweep: {}": "5:8: sweep: is empty",
    "sweep: {gird: {}}": "5:9: unknown key 'gird' in sweep: did you mean 'grid'?",
    "sweep: {model: [BPE]}": "5:9: unknown key 'model' in sweep: fields are listed below grid",
    "sweep: {grid: [a]}": "5:15: sweep.grid: expected a map of fields to lists, got a list",
    "sweep: {grid: {model: BPE}}": (
        "5:23: sweep.grid.model: expected a list of values, or a map of names to values, got the"
    ),
    "sweep: {grid: {model: {type: BPE}}}": (
        "5:23: sweep.grid.model: expected a list of values, or a map of names to values, got one"
    ),
    "sweep: {grid: {trainer: {vocab_size: [1]}}}": (
        "5:16: sweep.grid.trainer: write `trainer.vocab_size: [...]`"
    ),
    "sweep: {grid: {model: {'a/b': BPE}}}": "5:24: sweep.grid.model: 'a/b' is not a name",
    "sweep: {grid: {name: [a, b]}}": "5:16: sweep: 'name' cannot be swept over",
    "sweep: {grid: {a..b: [a]}}": "5:16: 'a..b' is no field",
    "sweep: {grid: {trainr.vocab_size: [5]}}": (
        "5:16: unknown key 'trainr': did you mean 'trainer'?"
    ),
    "sweep: {grid: {trainer.vocab_sizes: [5]}}": (
        "5:16: unknown key 'vocab_sizes' in trainer: did you mean 'vocab_size'?"
    ),
    "sweep: {grid: {normalizer.3: [NFC]}}": "5:16: there is no normalizer.3 to set",
    "sweep: {grid: {normalizer: [NFC, Lowercas]}}": (
        "5:34: normalizer: unknown normalizer 'Lowercas': did you mean 'Lowercase'?"
    ),
    "sweep: {grid: {normalizer: {a: {type: Prepend, prepend: ''}}}}": (
        "5:57: normalizer.prepend: must not be empty"
    ),
    "sweep: {cases: {a: b}}": "5:16: sweep.cases: expected a list of maps, got a map",
    "sweep: {cases: [a]}": "5:17: sweep.cases.0: expected a map of what differs",
    "sweep: {cases: [{name: a}, {name: a}]}": "5:35: sweep.cases: the name 'a' is given twice",
    "sweep: {cases: [{name: 3}]}": "5:24: sweep.cases.0: 3 is not a name",
    "trainer: {vocab_size: []}": "5:23: trainer.vocab_size: the list is empty",
    "trainer: {vocab_size: [900, x]}": (
        "5:29: trainer.vocab_size: expected an integer, got the string 'x' (in x-x)"
    ),
    "trainer: {min_frequency: [1, 2]}": (
        "5:26: trainer.min_frequency: expected an integer, got a list; several values are a "
        "sweep: `sweep: {grid: {trainer.min_frequency: [...]}}`"
    ),
    f"sweep: {{grid: {{trainer.vocab_size: {list(range(1, 1100))}}}}}": (
        "5:8: sweep: makes more than 1,000 recipes"
    ),
}


@pytest.mark.parametrize("body", WRONG, ids=lambda body: body[:40])
def test_mistakes_point_to_the_value(tmp_path: Path, body: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(HEAD + "model: BPE\n" + body + "\n", "utf-8")
    with pytest.raises(RecipeError) as caught:
        load_all(path)
    (sentence,) = str(caught.value).splitlines()
    assert sentence.startswith(f"{path}:{WRONG[body]}")


def test_a_mistake_in_all_variants_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GRID + "wrap: {padding_side: up}\ntrainer: {min_frequency: -1}\n")
    with pytest.raises(RecipeError) as caught:
        load_all(path)
    assert [str(one.where) for one in caught.value.findings] == [f"{path}:9:22", f"{path}:10:26"]
    path.write_text(GRID.replace("4000", "100"))
    with pytest.raises(RecipeError, match=r":8:26: .* \(in x-ByteLevel-100\)$"):
        load_all(path)
