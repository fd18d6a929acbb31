"""Rows of the catalogue that need no rule: what format 1 cannot say, shown row by row."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tokbench import corpus as corpora
from tokbench import pipeline, training
from tokbench.child import run_in_child
from tokbench.corpus import CorpusSpec
from tokbench.errors import CorpusError, RecipeError
from tokbench.rules import SETTLED, examples, known_ids, rules_of, table
from tokbench.training import library
from tokbench.values import texts
from tokbench.workbench import train
from tokbench.workbench.plan import demands_of
from tokbench.wrapping.folder import saved_state

pytestmark = pytest.mark.usefixtures("trainers_in_process")
UNK = 'special_tokens: {unk: "<unk>"}\n'
WORDS = "pre_tokenizer: Whitespace\n"


def refused(snippet: str) -> str:
    with pytest.raises(RecipeError) as told:
        examples.recipe(snippet)
    return str(told.value)


def trained(snippet: str, tmp_path: Path) -> tuple[Tokenizer, tuple[str, ...]]:
    """The tokenizer of a snippet, trained on a few lines, and its vocabulary."""
    (tmp_path / "text.txt").write_text("low lower lowest\n" * 30)
    recipe = examples.recipe(snippet)
    spec = CorpusSpec.model_validate(
        {"sources": [{"type": "files", "paths": "text.txt"}], "held_out": 0.0}
    )
    blank = pipeline.assemble(recipe.pipeline).to_str()
    made = training.from_text(
        recipe.trainer, demands_of(recipe), corpora.open(spec, tmp_path), blank
    )
    return pipeline.assemble(recipe.pipeline, made), made.tokens


def test_every_row_of_the_catalogue_has_its_place() -> None:
    missing = {24, 26, 52, 57, 72}  # the catalogue has no such rows
    rows = {f"L{number:02}" for number in range(1, 75) if number not in missing}
    ours = {"L75"}  # found by looking at real folders
    assert set(known_ids()) == rows | ours
    assert not {one.id for one in rules_of("recipe")} & set(SETTLED)


def test_every_impossible_row_is_shown_here() -> None:
    shown = {name.split("_")[1].upper() for name in globals() if name.startswith("test_l")}
    assert shown == {name for name, row in SETTLED.items() if row.state != "later"}


def test_the_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    assert page.read_text("utf-8") == table.page(), "write tokbench.rules.table.page() to it"


def test_l01_no_prefix_on_the_model() -> None:
    said = refused('model: {type: BPE, continuing_subword_prefix: "##"}')
    assert "it belongs at trainer.continuing_subword_prefix" in said


def unk_is_the_special_token(model: str, tmp_path: Path) -> None:
    size = 20 if model == "Unigram" else 64
    tokenizer, _ = trained(
        f"{WORDS}model: {model}\n{UNK}trainer: {{vocab_size: {size}}}\n", tmp_path
    )
    assert tokenizer.token_to_id("<unk>") == 0
    assert tokenizer.get_added_tokens_decoder()[0].special
    assert 0 in tokenizer.encode("low Ж").ids
    assert "unknown key 'unk_token'" in refused(f"model: {{type: {model}, unk_token: x}}\n{UNK}")


@pytest.mark.parametrize("model", ["BPE", "WordPiece"])
def test_l04_unk_is_a_special_token(model: str, tmp_path: Path) -> None:
    unk_is_the_special_token(model, tmp_path)


def test_l06_unigrams_unk_is_special(tmp_path: Path) -> None:
    unk_is_the_special_token("Unigram", tmp_path)


def test_l07_wordlevel_has_one_unk(tmp_path: Path) -> None:
    unk_is_the_special_token("WordLevel", tmp_path)


def test_l05_unigram_needs_unk() -> None:
    assert "a Unigram model needs an unknown token" in refused(
        f"{WORDS}model: Unigram\ntrainer: {{}}\n"
    )


def test_l08_bytelevel_has_its_alphabet(tmp_path: Path) -> None:
    tokenizer, tokens = trained("model: BPE\n", tmp_path)
    assert set(pipeline.byte_alphabet()) <= set(tokens)
    assert tokenizer.decode(tokenizer.encode("naïve 日本").ids) == "naïve 日本"


def test_l10_one_character_an_entry() -> None:
    said = refused("trainer: {initial_alphabet: [ab]}")
    assert "must have at most 1 character(s), got 'ab'" in said


def test_l12_byte_fallback_has_its_tokens(tmp_path: Path) -> None:
    snippet = "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
    tokenizer, tokens = trained(snippet, tmp_path)
    assert set(pipeline.BYTE_TOKENS) <= set(tokens)
    assert tokenizer.decode(tokenizer.encode("low 日本").ids) == "low 日本"


@pytest.mark.usefixtures("in_process")
def test_l17_training_says_what_it_did_not_reach(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = write_recipe(
        "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
        "trainer: {vocab_size: 9984, min_frequency: 2}\nspecial_tokens: {eos: <e>}\n"
    )
    (said,) = train(recipe, tmp_path / "out").notes
    assert said.startswith("9,984 tokens were asked for, ")


def test_l21_no_unknown_key() -> None:
    assert "did you mean 'vocab_size'?" in refused("trainer: {vocabsize: 100}")


def test_l22_the_trainer_follows_the_model() -> None:
    said = refused(f"{WORDS}model: WordLevel\n{UNK}trainer: {{max_token_length: 3}}\n")
    assert "only BPE has it" in said
    assert "a trainer has no type" in refused("trainer: {type: WordPieceTrainer}")


def test_l28_every_pattern_compiles() -> None:
    pattern = "pre_tokenizer: {type: Split, pattern: {regex: '(?P<a>x)'}, behavior: isolated}"
    assert "the regular expression does not compile" in refused(pattern)


def test_l29_components_are_the_librarys() -> None:
    said = refused("pre_tokenizer: {type: Custom, module: mine.py}")
    assert "unknown pre_tokenizer 'Custom'" in said


def test_l43_a_templates_ids_are_looked_up(tmp_path: Path) -> None:
    snippet = (
        'special_tokens: {pad: "<p>", bos: "<s>"}\n'
        'post_processor: {type: TemplateProcessing, single: "<s> $A", pair: "<s> $A $B:1"}\n'
    )
    tokenizer, _ = trained(snippet, tmp_path)
    assert tokenizer.encode("low").ids[0] == tokenizer.token_to_id("<s>") == 1
    ids = "post_processor: {type: TemplateProcessing, special_tokens: [['<s>', 7]]}"
    assert "unknown key 'special_tokens' in post_processor" in refused(ids)


def test_l46_no_token_twice() -> None:
    said = refused('special_tokens: {unk: "<u>", extra: ["<a>", "<u>"]}')
    assert "the token '<u>' is already special_tokens.unk" in said


def test_l51_a_role_has_its_own_token_in_the_vocabulary(tmp_path: Path) -> None:
    tokenizer, _ = trained('special_tokens: {pad: "<p>", mask: "<m>"}', tmp_path)
    assert [tokenizer.token_to_id(token) for token in ("<p>", "<m>")] == [0, 1]
    assert "is already" in refused('special_tokens: {eos: "</s>", pad: "</s>"}')


def test_l53_no_padding_nor_truncation_is_saved(tmp_path: Path) -> None:
    tokenizer, _ = trained("model: BPE", tmp_path)
    tokenizer.enable_padding()
    tokenizer.enable_truncation(4)
    saved = json.loads(saved_state(tokenizer))
    assert (saved["padding"], saved["truncation"]) == (None, None)


def test_l54_a_document_is_a_string(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": {"a": 1}}\n')
    spec = CorpusSpec.model_validate({"sources": [{"type": "files", "paths": "rows.jsonl"}]})
    with pytest.raises(CorpusError, match=r"rows\.jsonl"):
        list(corpora.open(spec, tmp_path).batches("all"))


def test_l56_every_pass_reads_all(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    spec = CorpusSpec.model_validate({"sources": [{"type": "files", "paths": "a.txt"}]})
    opened = corpora.open(spec, tmp_path)
    passes = [[text for batch in opened.batches("all") for text in texts(batch)] for _ in "12"]
    assert passes == [["one", "two"]] * 2


def test_l62_line_ends_are_no_text_in_any_format(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\n")
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    prints = set()
    for name in ("a.txt", "a.jsonl"):
        spec = CorpusSpec.model_validate({"sources": [{"type": "files", "paths": name}]})
        prints.add(str(corpora.open(spec, tmp_path).fingerprint()))
    assert len(prints) == 1


@pytest.mark.usefixtures("in_process")
def test_l65_the_class_that_every_version_knows(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    body = "pre_tokenizer: ByteLevel\nmodel: BPE\ntrainer: {vocab_size: 320}\n"
    train(write_recipe(body), tmp_path / "out")
    config = json.loads((tmp_path / "out/tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"


def test_l73_children_are_started_not_forked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    monkeypatch.setattr(library, "run_in_child", run_in_child)
    tokenizer, _ = trained("model: BPE", tmp_path)
    tokenizer.encode_batch(["low lower"] * 500)  # threads that a fork would inherit half
    assert run_in_child(os.getppid) == os.getpid()
    again, _ = trained("model: BPE", tmp_path)
    assert again.to_str() == tokenizer.to_str()
