"""Steps in a recipe: by source, for all, joint; their mistakes."""

from pathlib import Path

import pytest

from tokbench import corpus
from tokbench.corpus import CorpusSpec, OpenCorpus
from tokbench.corpus.opening import Ledger
from tokbench.errors import CorpusError, RecipeError
from tokbench.recipe import load

RECIPE = """name: x
corpus:
  sources: [python_docs]
  steps:
    - {}
pre_tokenizer: ByteLevel
model: BPE
trainer: {{vocab_size: 1000}}
"""
WRONG = {
    "drop_emty": "5:7: corpus.steps.0: unknown step 'drop_emty': did you mean 'drop_empty'?",
    "min_chars": "5:7: corpus.steps.0 needs the key 'chars'",
    "{type: min_chars, chars: many}":
        "5:32: corpus.steps.0.chars: expected an integer, got the string 'many'",
    "{type: min_chars, chars: 0}": "5:32: corpus.steps.0.chars: must be at least 1, got 0",
    "{type: min_chars, char: 5}":
        "5:25: unknown key 'char' in corpus.steps.0: did you mean 'chars'? known: type, chars",
    "{type: max_chars, chars: 9, too_long: splitt}":
        "5:45: corpus.steps.0.too_long: unknown value 'splitt': did you mean 'split'? known: ",
    "{type: filter_regex, keep: '(a'}":
        "5:34: corpus.steps.0.keep: the regular expression does not compile: missing )",
    "filter_regex": "5:7: corpus.steps.0: needs a pattern to `keep` or to `drop`",
    "{type: replace_regex, pattern: a, replacement: '\\9'}":
        "5:7: corpus.steps.0: the replacement '\\\\9' does not fit the pattern: invalid group",
    "{type: sample, documents: 3, share: 0.1}":
        "5:7: corpus.steps.0: needs a number of `documents`, a `share` or `bytes`, one",
    "{type: sample, bytes: 10XB}":
        "5:29: corpus.steps.0.bytes: '10XB' has no unit of size; write 500MB, or a number of bytes",
    "limit": "5:7: corpus.steps.0: needs a number of `documents` or of `bytes`, one of both",
    "{type: map, function: foo}":
        "5:29: corpus.steps.0.function: 'foo' names no function; write `module:function`",
    "{type: language, keep: en, column: l, min_confidence: 0.5}":
        "5:7: corpus.steps.0: a column is not detected: leave out `min_confidence` or `column`",
    "{type: language, keep: []}": "5:30: corpus.steps.0.keep: must not be empty",
    "{type: filter, column: stars}":
        "5:7: corpus.steps.0: needs a test: equals, at_least, at_most, one_of, or `not_null: true`",
    "{type: filter, column: stars, equals: [1]}":
        "5:45: corpus.steps.0.equals: expected a string, a number, true or false, got a list",
    "{type: rename, columns: {text: body}}":
        "5:31: corpus.steps.0.columns: `text` is the documents; ",
    "{type: rename, columns: {a: c, b: c}}":
        "5:31: corpus.steps.0.columns: two columns cannot both be called 'c'",
    "{type: add_column, column: a, template: '{}'}":
        "5:47: corpus.steps.0.template: the template '{}' can hold only names of columns",
    "{type: add_column, column: a, template: '{b'}":
        "5:47: corpus.steps.0.template: the template '{b' cannot be read: ",
    "{type: add_column, column: text, value: 1}":
        "5:34: corpus.steps.0.column: `text` is the documents; ",
    "{type: add_column, column: a}":
        "5:7: corpus.steps.0: needs a `value` or a `template`, one of both",
    "{type: dedupe, near: {treshold: 0.8}}":
        "5:29: unknown key 'treshold' in corpus.steps.0.near: did you mean 'threshold'?",
    "5": "5:7: corpus.steps.0: expected a map, got the number 5",
}  # fmt: skip


@pytest.mark.parametrize("step", WRONG)
def test_wrong_steps(step: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(RECIPE.format(step))
    with pytest.raises(RecipeError) as error:
        load(file)
    (finding,) = error.value.findings
    assert str(finding).startswith(f"{file}:{WRONG[step]}")


def opened(folder: Path, steps: list[object], own: list[object]) -> OpenCorpus:
    (folder / "a.txt").write_text("one\nTWO\n\nthree\none\n")
    (folder / "b.txt").write_text("four\nOne\nfive five\n")
    sources = [
        {"type": "files", "paths": "a.txt", "steps": own},
        {"type": "files", "paths": "b.txt"},
    ]
    spec = {"sources": sources, "steps": steps, "held_out": 0}
    return corpus.open(CorpusSpec.model_validate(spec), folder)


def read(of: OpenCorpus, ledger: Ledger | None = None) -> list[tuple[str, int]]:
    return [
        (row["text"], row["source"])
        for batch in of.batches("all", ledger=ledger)
        for row in batch.to_pylist()
    ]


def test_steps_of_a_source_and_of_all(tmp_path: Path) -> None:
    of = opened(
        tmp_path, ["lowercase", "dedupe", {"type": "max_chars", "chars": 5}], ["drop_empty"]
    )
    ledger = Ledger()
    assert read(of, ledger) == [
        ("one", 0), ("two", 0), ("three", 0), ("four", 1), ("five ", 1), ("five", 1),
    ]  # fmt: skip
    first, second = ledger.sources
    assert [(tally.step, tally.documents_in, tally.documents_out) for tally in first.steps] == [
        ("drop_empty", 5, 4), ("lowercase", 4, 4),
    ]  # fmt: skip
    assert [(tally.step, tally.changed) for tally in second.steps] == [("lowercase", 1)]
    dedupe, cut = ledger.together
    assert dedupe.reasons == {"the same came before": 2}
    assert (cut.documents_in, cut.added, cut.documents_out) == (5, 1, 6)
    assert len(of.parts()) == 1


COLUMN = {
    "a group": {"groups": {"language": "{nope}"}},
    "rename": {"steps": [{"type": "rename", "columns": {"nope": "x"}}]},
    "add_column": {"steps": [{"type": "add_column", "column": "y", "template": "{nope}"}]},
}


@pytest.mark.parametrize("asks", COLUMN)
def test_a_column_that_only_a_group_or_a_step_names(asks: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "lang": "en"}\n')
    source = {"type": "files", "paths": "a.jsonl", **COLUMN[asks]}
    of = corpus.open(CorpusSpec.model_validate({"sources": [source], "held_out": 0}), tmp_path)
    with pytest.raises(CorpusError, match=r"^a.jsonl: no field 'nope'; known: text, lang; "):
        read(of)


def test_columns_of_groups_are_read_and_not_given(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "lang": "en"}\n{"text": "b"}\n')
    groups = {"language": "{lang}", "itself": "{text}"}
    source = {"type": "files", "paths": "a.jsonl", "groups": groups, "steps": ["lowercase"]}
    of = corpus.open(CorpusSpec.model_validate({"sources": [source], "held_out": 0}), tmp_path)
    (batch,) = of.batches("all")
    assert batch.to_pydict() == {"text": ["a", "b"], "source": [0, 0]}
    (batch,) = of.batches("all", groups=True)
    assert batch.column("language").to_pylist() == ["en", None]
    assert batch.column("itself").to_pylist() == ["a", "b"]


def test_joint_steps_of_a_source_see_only_it(tmp_path: Path) -> None:
    of = opened(tmp_path, ["lowercase"], [{"type": "sort", "by": "length"}, "dedupe"])
    assert read(of) == [
        ("", 0), ("one", 0), ("two", 0), ("three", 0), ("four", 1), ("one", 1), ("five five", 1),
    ]  # fmt: skip
    assert len(of.parts()) == 2


def test_a_share_leaves_sources_by_themselves(tmp_path: Path) -> None:
    assert len(opened(tmp_path, [{"type": "sample", "share": 0.5}], []).parts()) == 2
    assert len(opened(tmp_path, [{"type": "sample", "documents": 2}], []).parts()) == 1


def test_joint_steps_of_all(tmp_path: Path) -> None:
    of = opened(tmp_path, ["drop_empty", {"type": "sort", "by": "text"}], [])
    ordered = read(of)
    assert ordered == [
        ("One", 1), ("TWO", 0), ("five five", 1), ("four", 1), ("one", 0), ("one", 0), ("three", 0),
    ]  # fmt: skip
    shuffled = read(opened(tmp_path, [{"type": "shuffle", "seed": 1}], ["drop_empty"]))
    assert sorted(shuffled) == ordered
    sampled = read(
        opened(tmp_path, [{"type": "sample", "documents": 3, "seed": 1}], ["drop_empty"])
    )
    assert sorted(sampled) == sorted(shuffled[:3])
    limited = read(opened(tmp_path, [{"type": "limit", "documents": 6}], []))
    assert limited[-1] == ("four", 1)
    assert len(limited) == 6


def test_identity_knows_the_steps(tmp_path: Path) -> None:
    identities = {
        opened(tmp_path, steps, own).identity()
        for steps, own in (
            ([], []), (["dedupe"], []), ([], ["dedupe"]), ([{"type": "sample", "share": 0.5}], []),
            ([{"type": "sample", "share": 0.5, "seed": 1}], []),
        )
    }  # fmt: skip
    assert len(identities) == 5


@pytest.mark.parametrize("joint", [False, True])
def test_a_failing_step_is_told_with_its_source(joint: bool, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x", "n": "many"}\n')
    step = {"type": "filter", "column": "n", "at_least": 3}
    source = {"type": "files", "paths": "a.jsonl", "name": "reviews"}
    steps = [*(["dedupe"] if joint else []), "lowercase", step, "drop_empty"]
    spec = CorpusSpec.model_validate({"sources": [source], "steps": steps})
    with pytest.raises(CorpusError) as error:
        read(corpus.open(spec, tmp_path))
    where = "" if joint else "reviews: "
    assert str(error.value).startswith(f"{where}step filter: column 'n' holds 'many'")


def test_what_cannot_be_read_is_no_fault_of_a_step(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": 5}\n')
    source = {"type": "files", "paths": "a.jsonl", "name": "reviews"}
    spec = CorpusSpec.model_validate({"sources": [source], "steps": ["lowercase", "drop_empty"]})
    with pytest.raises(CorpusError, match=r"^a\.jsonl: row 1: "):
        read(corpus.open(spec, tmp_path))


def test_a_step_that_cannot_be_identified_is_told_with_its_source(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    step = {"type": "map", "function": "no_such_thing:f"}
    source = {"type": "files", "paths": "a.txt", "steps": [step]}
    opened = corpus.open(CorpusSpec.model_validate({"sources": [source]}), tmp_path)
    with pytest.raises(CorpusError, match=r"^a\.txt: step map: there is no module 'no_such_thing'"):
        opened.identity()
