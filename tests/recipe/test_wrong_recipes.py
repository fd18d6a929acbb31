"""Every mistake gets one helpful sentence with its place."""

from pathlib import Path

import pytest

from tokbench.errors import RecipeError
from tokbench.recipe import load

GOOD = """name: x
corpus: {sources: [python_docs]}
pre_tokenizer: ByteLevel
model: BPE
trainer: {vocab_size: 1000}
special_tokens: {unk: "<unk>"}
"""
TEMPLATE = "post_processor: {type: TemplateProcessing, single: "

WRONG = {
    "unknown key": (
        GOOD + "normaliser: NFC\n",
        "7:1: unknown key 'normaliser': did you mean 'normalizer'?",
    ),
    "misspelt class": (
        GOOD.replace("ByteLevel", "ByteLevl"),
        "3:16: pre_tokenizer: unknown pre_tokenizer 'ByteLevl': did you mean 'ByteLevel'?",
    ),
    "bad regex": (
        GOOD.replace("ByteLevel", '{type: Split, pattern: {regex: "(a"}, behavior: isolated}'),
        "3:47: pre_tokenizer.pattern.regex: the regular expression does not compile: "
        "end pattern with unmatched parenthesis",
    ),
    "template naming an absent token": (
        GOOD + TEMPLATE + '"[CLS] $A"}\n',
        "7:52: post_processor.single: the template names '[CLS]', which is not a special token",
    ),
    "pair without $B": (
        GOOD + TEMPLATE + '"$A", pair: "$A $A"}\n',
        "7:64: post_processor.pair: the template for pair must use $A and $B",
    ),
    "number as text": (
        GOOD.replace("1000", '"1000"'),
        "5:23: trainer.vocab_size: expected an integer, got the string '1000'; "
        "write 1000 without quotes",
    ),
    "text as number": (
        GOOD.replace("name: x", "name: 12"),
        '1:7: name: expected a string, got the number 12; put it in quotes: "12"',
    ),
    "tab indentation": (
        GOOD + "wrap:\n\tmodel_max_length: 5\n",
        "8:1: a tab indents this line; YAML wants spaces",
    ),
    "empty file": ("", "1:1: the file is empty"),
    "only a comment": ("# nothing\n", "1:1: the file is empty"),
    "a list where a map belongs": (
        GOOD.replace("{vocab_size: 1000}", "[1000]"),
        "5:10: trainer: expected a map, got a list",
    ),
    "a list as the recipe": ("- a\n", "1:1: a recipe is a map of keys such as name and corpus"),
    "a key twice": (
        GOOD + "model: WordPiece\n",
        "7:1: the key 'model' is given twice, first in line 4; keep one",
    ),
    "no name": (
        GOOD.replace("name: x\n", ""),
        "1:1: a recipe needs the key 'name', for example name: my-tokenizer",
    ),
    "misspelt required key": (
        GOOD.replace("model:", "Model:"),
        "4:1: unknown key 'Model': did you mean 'model'?",
    ),
    "misplaced key": (
        GOOD + "vocab_size: 3000\n",
        "7:1: unknown key 'vocab_size': it belongs at trainer.vocab_size",
    ),
    "prefix on the model": (
        GOOD.replace("model: BPE", 'model: {type: BPE, continuing_subword_prefix: "##"}'),
        "4:20: unknown key 'continuing_subword_prefix' in model: "
        "it belongs at trainer.continuing_subword_prefix",
    ),
    "another trainer's key": (
        GOOD.replace("{vocab_size: 1000}", "{shrinking_factor: 0.5}"),
        "5:11: unknown key 'shrinking_factor' in trainer: only Unigram has it",
    ),
    "trainer with a type": (
        GOOD.replace("{vocab_size", "{type: BpeTrainer, vocab_size"),
        "5:11: trainer.type: a trainer has no type, it follows from the model; leave it out",
    ),
    "unknown metric": (
        GOOD + "benchmark: {metrics: [fertilty]}\n",
        "7:22: benchmark.metrics: unknown metric 'fertilty': did you mean 'fertility'?",
    ),
    "unknown source": (
        GOOD.replace("python_docs", "pyton_docs"),
        "2:20: corpus.sources.0: unknown source 'pyton_docs': did you mean 'python_docs'?",
    ),
    "misspelt key of a source": (
        GOOD.replace("[python_docs]", "[{type: files, pathes: [a.txt]}]"),
        "2:34: unknown key 'pathes' in corpus.sources.0: did you mean 'paths'?",
    ),
    "model without its unknown token": (
        GOOD.replace("BPE", "WordPiece").replace('unk: "<unk>"', 'pad: "<pad>"'),
        "6:17: special_tokens: a WordPiece model needs an unknown token",
    ),
    "value out of range": (
        GOOD.replace("sources:", "held_out: 1.5, sources:"),
        "2:20: corpus.held_out: must be less than 1",
    ),
    "not a number": (
        GOOD.replace("sources:", "held_out: .nan, sources:"),
        "2:20: corpus.held_out: must be",
    ),
    "yes for true": (
        GOOD.replace("ByteLevel", "{type: ByteLevel, add_prefix_space: yes}"),
        "3:52: pre_tokenizer.add_prefix_space: expected true or false, got the string 'yes'",
    ),
    "misspelt choice": (
        GOOD + "wrap: {padding_side: lefft}\n",
        "7:22: wrap.padding_side: unknown value 'lefft': did you mean 'left'?",
    ),
    "unclosed brace": (GOOD + "wrap: {padding_side: left\n", "7:7: is not YAML:"),
    "a quote never closed": (
        GOOD + 'description: "x\n',
        "7:14: is not YAML: while scanning a quoted scalar, found unexpected end of stream",
    ),
    "a bracket that YAML takes for a list": (
        GOOD.replace('"<unk>"', "[UNK]"),
        "6:23: special_tokens.unk: expected a string or a map, got a list; "
        'YAML takes [UNK] for a list: put it in quotes, "[UNK]"',
    ),
    "a tag on a list": (
        GOOD.replace("[python_docs]", "!!python/tuple [python_docs]"),
        "2:19: the tag 'python/tuple' means nothing in a recipe",
    ),
    "an empty name in quotes": (
        GOOD.replace("name: x", "name: ''"),
        "1:7: name: '' is not a name",
    ),
    "a byte token among the special ones": (
        GOOD.replace("model: BPE", "model: {type: BPE, byte_fallback: true}").replace(
            "<unk>", "<0x41>"
        ),
        "6:23: special_tokens.unk: '<0x41>' is a byte token of byte_fallback",
    ),
    "no room for text": (
        GOOD + 'post_processor: {type: TemplateProcessing, single: "<unk> $A"}\n'
        "wrap: {model_max_length: 1}\n",
        "8:26: wrap.model_max_length: 1 leaves no room for text: "
        "the post_processor adds 1 tokens to each",
    ),
    "a template in a block, wrong in its second line": (
        GOOD + "post_processor:\n  type: TemplateProcessing\n  single: $A\n  pair: $A <x> $B\n",
        "10:9: post_processor.pair: the template names '<x>', which is not a special token",
    ),
    "two documents": (GOOD + "---\nname: y\n", "7:1: is not YAML:"),
    "sources of one name": (
        GOOD.replace(
            "[python_docs]",
            "[{type: files, paths: a, name: x}, python_docs, {type: files, paths: b, name: x}]",
        ),
        "2:97: corpus.sources.2.name: source 1 is called 'x' as well; give each a name of its own",
    ),
    "tasks of one name": (
        GOOD + "downstream:\n  tasks: [python_area, {name: python_area, train: python_docs}]\n",
        "8:24: downstream.tasks.1: task 1 is called 'python_area' as well; give each a name of its",
    ),
    "a token twice": (
        GOOD.replace('"<unk>"}', '"<unk>", sep: "<unk>"}'),
        "6:37: special_tokens.sep: the token '<unk>' is already special_tokens.unk",
    ),
    "unknown role": (
        GOOD.replace("unk:", "unknown:"),
        "6:18: unknown key 'unknown' in special_tokens: did you mean 'unk'?",
    ),
    "roles missing for BertProcessing": (
        GOOD + "post_processor: BertProcessing\n",
        "7:17: post_processor: BertProcessing needs special_tokens.cls, which is absent",
    ),
    "vocabulary too small": (
        GOOD.replace("1000", "100"),
        "5:23: trainer.vocab_size: 100 leaves no room to learn anything: "
        "special tokens (1) and byte characters (256) come first; ask for more than 257",
    ),
    "letters of several characters": (
        GOOD.replace("1000}", "1000, initial_alphabet: [ab]}"),
        "5:48: trainer.initial_alphabet.0: must have at most 1 character(s), got 'ab'",
    ),
    "empty special token": (
        GOOD.replace('"<unk>"', '""'),
        "6:23: special_tokens.unk: must not be empty",
    ),
    "a tag": (GOOD.replace("x\n", "!python/object x\n", 1), "1:7: the tag '!python/object'"),
    "an alias of itself": (
        GOOD + "wrap: &a {chat_template: *a}\n",
        "7:7: an alias refers to what it stands in",
    ),
    "a name that is a path": (
        GOOD.replace("name: x", "name: a/b"),
        "1:7: name: 'a/b' is not a name: use letters, digits, dots, dashes and underscores",
    ),
    "null for a model": (
        GOOD.replace("model: BPE", "model:"),
        "4:1: model: expected a name or a map, got null",
    ),
    "a file that is not there": (
        GOOD + "wrap: {chat_template: {file: nope.jinja}}\n",
        "7:23: wrap.chat_template: the file nope.jinja cannot be read: No such file",
    ),
    "a broken chat template": (
        GOOD + 'wrap: {chat_template: "{% if %}"}\n',
        "7:23: wrap.chat_template: is not a Jinja template: Expected an expression",
    ),
    "unknown pattern": (
        GOOD.replace("ByteLevel", "{type: Split, pattern: {named: gtp2}, behavior: isolated}"),
        "3:47: pre_tokenizer.pattern.named: unknown value 'gtp2': did you mean 'gpt2'?",
    ),
    "half a character": (GOOD + 'description: "\\ud800"\n', "7:14: a lone surrogate is not text"),
    "a control character": (
        GOOD + 'description: "a\x00"\n',
        "7:16: the control character U+0000 is not text",
    ),
    "auto among others": (
        GOOD + "decoder: [auto, Fuse]\n",
        "7:10: decoder: auto stands alone",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_has_its_sentence(tmp_path: Path, name: str) -> None:
    text, expected = WRONG[name]
    path = tmp_path / "wrong.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RecipeError) as caught:
        load(path)
    sentences = str(caught.value).splitlines()
    assert any(line.startswith(f"{path}:{expected}") for line in sentences), sentences
    assert all(finding.where.line for finding in caught.value.findings)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(GOOD.replace("1000", "0").replace("ByteLevel", "Bytelevel") + "x: 1\n")
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert [finding.where.line for finding in caught.value.findings] == [3, 5, 7]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(GOOD.encode() + b"description: caf\xe9\n")
    with pytest.raises(RecipeError, match="is not UTF-8 text"):
        load(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such file; `tokbench new` writes a recipe"):
        load(tmp_path / "none.yaml")


def test_an_expansion_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    path.write_text("a0: &a0 [x]\n" + levels)
    with pytest.raises(RecipeError, match="expands to more than 100,000 values"):
        load(path)
