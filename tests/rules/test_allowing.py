"""Comments that silence a rule in a line, and what is wrong with them."""

from pathlib import Path

import pytest

from tokbench.recipe import load
from tokbench.rules import Checked, Sample, check

TEXT = Sample(("low lower", "lower and wider"))
HEAD = """name: x
corpus: {sources: [python_docs]}
model: BPE
trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}
wrap: {model_max_length: 512}
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
"""


def checked(tmp_path: Path, body: str, *overrides: str, text: Sample = TEXT) -> Checked:
    (tmp_path / "x.yaml").write_text(HEAD + body, "utf-8")
    return check(load(tmp_path / "x.yaml", overrides), text)


@pytest.mark.parametrize(
    "body",
    [
        "normalizer: Lowercase  # tokbench: allow L39 because we fold case\n",
        "# tokbench: allow L39 because we fold case\nnormalizer: Lowercase\n",
        "#tokbench:allow l39 because we fold case\n# more\n\nnormalizer: Lowercase\n",
        "normalizer:  # all of it\n  # tokbench: allow L39 because we fold case\n  - Lowercase\n",
    ],
)
def test_a_comment_in_the_line_or_above_silences(tmp_path: Path, body: str) -> None:
    made = checked(tmp_path, body)
    assert made.findings == ()
    (allowed,) = made.allowed
    assert (allowed.rule, allowed.reason) == ("L39", "we fold case")
    assert (tmp_path / "x.yaml").read_text().splitlines()[allowed.line - 1].strip()[0] != "#"


def test_several_rules_share_a_reason(tmp_path: Path) -> None:
    body = (
        "# tokbench: allow L39, L27 because it is an experiment\n"
        "normalizer: [Lowercase, {type: Replace, pattern: '\\d+', content: ''}]\n"
    )
    made = checked(tmp_path, body)
    assert made.findings == ()
    assert [one.rule for one in made.allowed] == ["L39", "L27"]


def test_another_line_is_not_silenced(tmp_path: Path) -> None:
    body = "description: a  # tokbench: allow L39 because\tsomething\nnormalizer: Lowercase\n"
    said = [str(one).split("x.yaml:")[1] for one in checked(tmp_path, body).findings]
    assert said[0] == "7:17: allow warning: L39 finds nothing in line 7; remove the comment"
    assert said[1].startswith("8:13: L39 warning: normalizer: case")


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("allow L39", "say why: `# tokbench: allow L39 because REASON`"),
        ("allow L39 because", "is not understood"),
        ("allow L99 because I want it", "there is no rule L99; `tokbench list rules` names them"),
        ("permit L39", "is not understood; write `# tokbench: allow L39 because REASON`"),
    ],
)
def test_a_comment_without_reason_is_refused(tmp_path: Path, comment: str, said: str) -> None:
    found = checked(tmp_path, f"normalizer: Lowercase  # tokbench: {comment}\n").findings
    (refused,) = (one for one in found if one.rule == "allow")
    assert refused.severity == "error"
    assert said in refused.message
    assert [one.rule for one in found if one is not refused] == ["L39"]


def test_a_comment_inside_a_string_is_text(tmp_path: Path) -> None:
    body = 'normalizer: Lowercase\ndescription: "# tokbench: allow L39 because of this"\n'
    assert [one.rule for one in checked(tmp_path, body).findings] == ["L39"]


def test_what_text_would_show_is_not_called_idle_without_it(tmp_path: Path) -> None:
    body = "# tokbench: allow L63 because it repeats\ndescription: a\n"
    assert checked(tmp_path, body, text=Sample(chosen=True)).findings == ()
    assert checked(tmp_path, body, text=Sample(("a",), chosen=True)).findings == ()
    assert [one.rule for one in checked(tmp_path, body).findings] == ["allow"]


def test_an_override_is_not_silenced_by_the_line_it_replaces(tmp_path: Path) -> None:
    body = "normalizer: NFC\n# tokbench: allow L25 because it is small\nadded_tokens: []\n"
    found = checked(tmp_path, body, "normalizer=Lowercase").findings
    assert [(one.rule, one.where.file) for one in found if one.rule != "allow"] == [
        ("L39", "--set normalizer=Lowercase")
    ]


def test_what_a_base_allows_is_not_idle_in_a_recipe_that_extends_it(tmp_path: Path) -> None:
    allowed = "normalizer: Lowercase  # tokbench: allow L39 because case means nothing here\n"
    (tmp_path / "base.yaml").write_text(HEAD + allowed)
    (tmp_path / "child.yaml").write_text("name: child\nextends: base.yaml\nnormalizer: NFC\n")
    found = check(load(tmp_path / "child.yaml"), TEXT)
    assert (found.findings, found.idle) == ((), ())
