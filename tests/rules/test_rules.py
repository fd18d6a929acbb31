"""Every rule against the recipe that breaks it and the one that does not."""

from pathlib import Path

import pytest

from tokbench.recipe import load
from tokbench.rules import RULES, Checked, Rule, Sample, check, examples, rules_of, sample

ALL = [pytest.param(one, id=one.id) for one in rules_of("recipe")]
RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
TRAINER = "trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32"
UNK = 'special_tokens: {unk: "<unk>"}\n'
TEMPLATE = 'post_processor: {type: TemplateProcessing, single: "<s> $A", pair: '


def checked(rule: Rule, snippet: str) -> Checked:
    recipe = examples.recipe(snippet)
    return check(recipe, Sample(rule.text) if rule.text else sample(recipe.corpus, recipe.base))


def told(snippet: str, *texts: str) -> list[tuple[str, str]]:
    """What is found in a snippet: rules and severities."""
    made = check(examples.recipe(snippet), Sample(texts or ("low lower lowest",)))
    return [(one.rule, one.severity) for one in made.findings]


@pytest.mark.parametrize("rule", ALL)
def test_a_broken_recipe_has_exactly_its_finding(rule: Rule) -> None:
    (finding,) = checked(rule, rule.broken).findings
    assert (finding.rule, finding.severity) == (rule.id, rule.severity)
    assert finding.where.line
    assert len(finding.message) < 300
    assert "\n" not in finding.message + finding.example


@pytest.mark.parametrize("rule", ALL)
def test_a_mended_recipe_has_none(rule: Rule) -> None:
    assert checked(rule, rule.mended).findings == ()


@pytest.mark.parametrize("rule", ALL)
def test_a_rule_explains_itself(rule: Rule) -> None:
    first, *rest = rule.explanation.split("\n")
    assert first.endswith(".")
    assert rest
    assert rule.title[0].islower() or rule.title.split()[0] in rule.title
    assert rule.broken.strip() != rule.mended.strip()


def test_rules_are_found_by_their_files() -> None:
    assert len(ALL) == 38
    families = {one.family for one in rules_of("recipe")}
    assert families == {
        "data",
        "decoders",
        "model_and_trainer",
        "normalizers",
        "post_processor",
        "pre_tokenizers",
        "special_tokens",
        "wrapping",
    }
    assert RULES["L31"].family == "pre_tokenizers"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_teaching_recipes_are_clean(path: Path) -> None:
    assert check(load(path)).findings == ()


CASES = {
    "alpha is not saved": (
        "pre_tokenizer: Metaspace\nmodel: {type: Unigram, alpha: 0.1}\ntrainer: {vocab_size: 64}\n"
        + UNK,
        [("L23", "error")],
    ),
    "no dropout at all": ("model: {type: BPE, dropout: 0.0}", []),
    "too large for 16 bits": (TRAINER.replace("320", "65600") + "}", [("L25", "warning")]),
    "added tokens count": ("added_tokens: [x1]", [("L25", "warning")]),
    "a limit that cuts the initial alphabet": (
        "pre_tokenizer: Whitespace\n" + UNK + TRAINER + ", limit_alphabet: 2, "
        "initial_alphabet: [a, b, c]}",
        [("L09", "error")],
    ),
    "unigram has no room for characters": (
        "pre_tokenizer: Metaspace\nmodel: Unigram\ntrainer: {vocab_size: 64}\n" + UNK,
        [("L16", "error")],
        "".join(map(chr, range(0x400, 0x450))),
    ),
    "a pattern that the text has": (
        "pre_tokenizer: {type: Split, pattern: '[a-z]', behavior: isolated}\n" + UNK,
        [],
        "classes such as [a-z] in ordinary text",
    ),
    "a pattern that is meant literally": (
        "pre_tokenizer: {type: Split, pattern: {literal: '[a-z]'}, behavior: isolated}\n" + UNK,
        [],
    ),
    "alternatives": (
        "normalizer: {type: Replace, pattern: 'colour|color', content: 'hue'}",
        [("L27", "error")],
    ),
    "a token is no pattern": (
        "normalizer: {type: Replace, pattern: '<|end|>', content: ''}",
        [],
    ),
    "punctuation is no pattern": (
        "pre_tokenizer: {type: Split, pattern: '...', behavior: isolated}\n" + UNK,
        [],
    ),
    "a pattern in the normalizer": (
        "normalizer: {type: Replace, pattern: '\\d+', content: '0'}",
        [("L27", "error")],
    ),
    "short lines need no cutting": ("pre_tokenizer: null\n" + UNK, [], "a short line"),
    "a space is meant": ("pre_tokenizer: {type: ByteLevel, add_prefix_space: true}", []),
    "a decoder takes the space away": (
        "pre_tokenizer: ByteLevel\ndecoder: [ByteLevel, {type: Strip, left: 1}]",
        [],
    ),
    "bytes from the normalizer": (
        "normalizer: ByteLevel\npre_tokenizer: Digits",
        [("L31", "error")],
    ),
    "no white space is left after ByteLevel": (
        "pre_tokenizer: [{type: ByteLevel, add_prefix_space: false}, WhitespaceSplit]",
        [("L31", "error")],
        "low\n\tlower",
    ),
    "some Thai": (
        "pre_tokenizer: WhitespaceSplit\n" + UNK,
        [("L36", "warning")],
        "ภาษาไทยเป็นภาษา and much more that is English by its letters",
    ),
    "spaces around Chinese": (
        "normalizer: {type: BertNormalizer, lowercase: false}\n"
        "pre_tokenizer: BertPreTokenizer\n" + UNK,
        [],
        "日本語の文章を読むことが好きです"[:1] * 9 + " 中文没有空格的句子很长很长",
    ),
    "a delimiter is deleted": (
        "pre_tokenizer: [{type: CharDelimiterSplit, delimiter: '|'}, "
        "{type: ByteLevel, add_prefix_space: false}]",
        [("L40", "warning")],
    ),
    "accents are put together again": (
        "normalizer: [NFD, NFC, StripAccents]",
        [("L38", "error")],
    ),
    "compatibility characters": ("normalizer: NFKC", [("L39", "warning")]),
    "Korean in jamo": (
        "normalizer: NFD",
        [("L74", "error")],
        "한국어 문장입니다",
    ),
    "Korean put together again": ("normalizer: [NFD, NFC]", [], "한국어 문장입니다"),
    "kana without its marks": (
        "normalizer: {type: BertNormalizer, lowercase: false, strip_accents: true}"
        "  # tokbench: allow L39 because accents are noise",
        [("L74", "error")],
        "がぎぐげご は ひらがな です",
    ),
    "a prefix and a suffix": (
        "pre_tokenizer: Whitespace\n" + UNK + TRAINER + ", continuing_subword_prefix: '##', "
        "end_of_word_suffix: '</w>'}",
        [("L02", "error")],
    ),
    "another prefix than the decoder's": (
        "pre_tokenizer: Whitespace\n" + UNK + TRAINER + ", continuing_subword_prefix: '@@'}\n"
        "decoder: {type: WordPiece, cleanup: false}",
        [("L02", "error")],
    ),
    "bytes without Fuse": (
        "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
        "decoder: [{type: Replace, pattern: '▁', content: ' '}, ByteFallback]",
        [("L14", "error")],
    ),
    "SentencePiece's own way back": (
        "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
        "decoder: [{type: Replace, pattern: '▁', content: ' '}, ByteFallback, Fuse, "
        "{type: Strip, left: 1}]",
        [],
    ),
    "WordPiece without its decoder": (
        "pre_tokenizer: Whitespace\nmodel: WordPiece\ndecoder: Fuse\n" + UNK + "trainer: "
        "{vocab_size: 320, min_frequency: 2}",
        [("L41", "error")],
    ),
    "Metaspace without its decoder": (
        "pre_tokenizer: Metaspace\ndecoder: Fuse\n" + UNK,
        [("L41", "error")],
    ),
    "type ids all 0": (
        'special_tokens: {bos: "<s>"}\n' + TEMPLATE + '"<s> $A $B"}',
        [("L44", "warning")],
    ),
    "type ids that are not asked for": (
        'special_tokens: {bos: "<s>"}\n' + TEMPLATE + '"<s> $A $B"}\n'
        "wrap: {model_max_length: 512, model_input_names: [input_ids]}",
        [],
    ),
    "cls and sep that nobody puts": (
        'special_tokens: {cls: "[CLS]", sep: "[SEP]"}',
        [("L44", "warning")],
    ),
    "white space as a token": ('special_tokens: {sep: " "}', [("L47", "warning")]),
    "a special token of byte_fallback's": (
        "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
        'added_tokens: ["<0x0A>"]',
        [("L13", "error")],
    ),
    "WordPiece is cleaned up as BERT's": (
        "pre_tokenizer: Whitespace\nmodel: WordPiece\n" + UNK + "trainer: {vocab_size: 320, "
        "min_frequency: 2}\nwrap: {model_max_length: 512, clean_up_tokenization_spaces: true}",
        [],
    ),
    "a document without end": ("model: BPE", [("L63", "warning")], "many words " * 60_000),
    "rulers that are cut": (
        "pre_tokenizer: [Punctuation, {type: ByteLevel, add_prefix_space: false}]\n"
        "trainer: {vocab_size: 320, min_frequency: 2}",
        [],
        *(f"low {'=' * 80} {number}" for number in range(4)),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_edges_of_rules(case: tuple) -> None:
    snippet, expected, *texts = case
    assert told(snippet, *texts) == expected


def test_without_text_only_rules_about_the_recipe_speak() -> None:
    rule = RULES["L36"]
    made = check(examples.recipe(rule.broken), Sample(chosen=True))
    assert made.findings == ()
    assert made.without_text == "no text was read"
