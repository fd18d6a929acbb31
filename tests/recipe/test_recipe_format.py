"""What recipes may say, and what it comes to."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from tokbench.errors import RecipeError
from tokbench.recipe import load, schema, templates

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
SCHEMA = schema()
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
MINIMAL = "name: x\ncorpus: {sources: [python_docs]}\nmodel: BPE\n"


def test_all_teaching_recipes_are_here() -> None:
    names = {path.stem for path in RECIPES}
    wanted = {"demo", "bert", "gpt2", "llama3", "t5", "words", "characters", "korean"}
    wanted |= {"qwen", "gpt4o", "roberta", "llama2", "code"}
    assert names == wanted == set(templates())


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_teaching_recipes_load_and_fit_the_schema(path: Path) -> None:
    recipe = load(path)
    assert recipe.name == path.stem
    VALIDATOR.validate(YAML(typ="safe", pure=True).load(path))
    assert path.read_text().startswith("# ")


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    VALIDATOR.check_schema(SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**YAML(typ="safe").load(MINIMAL), "normaliser": "NFC"})
    VALIDATOR.validate(YAML(typ="safe").load(MINIMAL))
    with_steps = YAML(typ="safe").load(MINIMAL)
    with_steps["corpus"]["steps"] = ["drop_empty", {"type": "sample", "bytes": "100MB"}]
    VALIDATOR.validate(with_steps)
    for wrong in ("min_chars", {"type": "min_chars", "chars": "3"}, {"type": "no_step"}):
        with_steps["corpus"]["steps"] = [wrong]
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(with_steps)
    assert "for_model" not in json.dumps(SCHEMA)
    assert ">>>" not in json.dumps(SCHEMA)


def test_special_tokens_keep_the_written_order(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        MINIMAL + 'special_tokens: {sep: "S", extra: ["E1", "E2"], pad: "P", unk: "U"}\n'
    )
    recipe = load(path)
    assert recipe.special_tokens.contents() == ("S", "E1", "E2", "P", "U")
    assert list(recipe.resolved()["special_tokens"]) == ["sep", "extra", "pad", "unk"]


def test_overrides_win_and_are_blamed(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(MINIMAL + "normalizer: [NFC, Lowercase]\n")
    recipe = load(path, ["trainer.vocab_size=77", "normalizer.1=NFKC", "corpus.held_out=0.5"])
    assert recipe.trainer.vocab_size == 77
    assert [part.type for part in recipe.normalizer] == ["NFC", "NFKC"]
    assert recipe.corpus.held_out == 0.5
    with pytest.raises(
        RecipeError, match=r"--set trainer\.vocab_size=no: trainer\.vocab_size: exp"
    ):
        load(path, ["trainer.vocab_size=no"])
    with pytest.raises(RecipeError, match=r"--set trainer: expected key\.path=value"):
        load(path, ["trainer"])
    with pytest.raises(RecipeError, match=r"--set corpus\.0=x: unknown key '0' in corpus"):
        load(path, ["corpus.0=x"])
    with pytest.raises(RecipeError, match="there is no 7 to set; set the whole value"):
        load(path, ["normalizer.7=NFC"])


def test_overrides_open_short_forms(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(MINIMAL + "special_tokens: {eos: <e>}\n")
    recipe = load(path, ["model.dropout=0.1", "special_tokens.eos.lstrip=true"])
    assert getattr(recipe.model, "dropout", None) == 0.1
    assert recipe.special_tokens.tokens()[0].lstrip


def test_a_recipe_resolves_to_itself(tmp_path: Path) -> None:
    for source in RECIPES:
        resolved = tmp_path / source.name
        YAML(typ="safe", pure=True).dump(load(source).resolved(), resolved)
        assert load(resolved).resolved() == load(source).resolved()


def test_files_named_in_a_recipe_are_read_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "chat.jinja").write_text("{{ 'hi' }}")
    path = tmp_path / "x.yaml"
    path.write_text(MINIMAL + "wrap: {chat_template: {file: chat.jinja}}\n")
    assert load(path).wrap.chat_template == "{{ 'hi' }}"
