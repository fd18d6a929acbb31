"""Repairs in place: only what must change changes, and nothing is left of what was mended."""

from pathlib import Path

import pytest

from tokbench.recipe import Insert, Put, Remove, edited
from tokbench.recipe.document import parse
from tokbench.rules import Rule, Sample, check, examples, mend, rules_of

FIXABLE = [
    pytest.param(one, id=one.id)
    for one in rules_of("recipe")
    if one.text and check(examples.recipe(one.broken), Sample(one.text)).fixes
]


def test_the_rules_with_one_right_answer() -> None:
    assert [one.id for one in FIXABLE] == [
        *("L02", "L09", "L14", "L15", "L23", "L27", "L32", "L33", "L38", "L41", "L42", "L68")
    ]


@pytest.mark.parametrize("rule", FIXABLE)
def test_a_repair_leaves_nothing_of_its_rule(rule: Rule) -> None:
    before = examples.whole(rule.broken)
    mended = mend(before, Path("example.yaml"), Sample(rule.text))
    assert [one.rule for one in mended.done] == [rule.id]
    text = Sample(rule.text)
    recipe = examples.recipe(mended.text)
    assert rule.id not in [one.rule for one in check(recipe, text).findings]
    assert mend(mended.text, Path("example.yaml"), text).done == ()


BLOCK = """\
# A recipe   with   its own layout
name: x      # the name
corpus:
  sources: [python_docs]   # here

pre_tokenizer:
  # first the digits
  - type: Digits
    individual_digits: true   # one by one
  - ByteLevel   # then bytes
model:
  type: BPE
  dropout: 0.1   # to be removed
trainer: {limit_alphabet: 99, vocab_size: 320, min_frequency: 2, max_token_length: 32}
decoder:
  - Fuse  # wrong
  - ByteFallback
normalizer:
  - StripAccents  # tokbench: allow L39 because accents are noise
wrap: {model_max_length: 512}
"""
MENDED = """\
# A recipe   with   its own layout
name: x      # the name
corpus:
  sources: [python_docs]   # here

pre_tokenizer:
  # first the digits
  - type: Digits
    individual_digits: true   # one by one
  - {type: ByteLevel, add_prefix_space: false}   # then bytes
model:
  type: BPE
trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}
decoder: auto
normalizer:
  - NFD
  - StripAccents  # tokbench: allow L39 because accents are noise
wrap: {model_max_length: 512}
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_and_layout_stay(newline: str) -> None:
    before = BLOCK.replace("\n", newline)
    mended = mend(before, Path("x.yaml"), Sample(("low lower",)))
    assert mended.text == MENDED.replace("\n", newline)
    assert {one.rule for one in mended.done} == {"L32", "L23", "L09", "L41", "L38"}


def test_what_is_fine_stays_as_it_is() -> None:
    assert mend(MENDED, Path("x.yaml"), Sample(("low lower",))).text == MENDED


EDITS = {
    "a value": ("a: 1  # one\n", Put(("a",), 2), "a: 2  # one\n"),
    "a key in a block": ("a:\n  b: 1 # x\nc:", Put(("a", "d"), 3), "a:\n  b: 1 # x\n  d: 3\nc:"),
    "a key in a flow map": ("a: {b: [1, 2]}\n", Put(("a", "d"), 1), "a: {b: [1, 2], d: 1}\n"),
    "a key in an empty map": ("a: {}\n", Put(("a", "d"), 1), "a: {d: 1}\n"),
    "a map that is not there": ("a: 1", Put(("b", "c"), "x y"), 'a: 1\nb: {c: "x y"}\n'),
    "a short form": ("a: ByteLevel\n", Put(("a", "b"), True), "a: {type: ByteLevel, b: true}\n"),
    "a short form in a list": ("a: [X, Y]\n", Put(("a", 1, "b"), 1), "a: [X, {type: Y, b: 1}]\n"),
    "a quoted short form": ('a: "X"\n', Put(("a", "b"), 1), 'a: {type: "X", b: 1}\n'),
    "a block for a value": ("a:\n  - b\n  - c # z\nd:\n", Put(("a",), "x"), "a: x # z\nd:\n"),
    "the last key of a file": ("a: 1\nb: 2", Remove(("b",)), "a: 1\n"),
    "the last key of a flow map": ("a: {b: 1, c: 2}\n", Remove(("a", "c")), "a: {b: 1}\n"),
    "the only key of a map": ("a: {b: 1}\nc: 2\n", Remove(("a", "b")), "c: 2\n"),
    "the only key of a block": ("a:\n  b: 1\nc: 2\n", Remove(("a", "b")), "c: 2\n"),
    "the first key of an item": ("- x: 1\n  y: 2\n", Remove((0, "x")), None),
    "the first key of an item in a map": (
        "a:\n  - x: 1\n    y: 2\n", Remove(("a", 0, "x")), "a:\n  - y: 2\n"
    ),
    "an item": ("a:\n- b\n", Insert(("a", 0), "x"), "a:\n- x\n- b\n"),
    "an item for a single value": ("a: b # c\n", Insert(("a", 0), "x"), None),
    "a list of a single value": ("a: b # c\n", Insert(("a",), "x"), "a: [x, b] # c\n"),
    "an alias": ("a: &x {b: 1, c: 1}\nd: *x\n", Remove(("d", "b")), None),
    "a folded text": ("a: >-\n  one\n  two\nb: 1\n", Put(("b",), 2), "a: >-\n  one\n  two\nb: 2\n"),
    "a path into nothing": ("a: 1\n", Put(("a", 0, "b"), 1), None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "edit", "wanted"), EDITS.values(), ids=EDITS)
def test_edits(text: str, edit: Put | Remove | Insert, wanted: str | None) -> None:
    assert edited(text, edit) == wanted
    if wanted is not None:
        parse(wanted, "")
