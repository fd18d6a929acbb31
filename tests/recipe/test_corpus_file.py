"""A YAML file can name text to measure on, with or without a recipe around it."""

from pathlib import Path

import pytest

from tokbench.errors import CorpusError, RecipeError
from tokbench.recipe import is_corpus_alone, load_corpus
from tokbench.workbench import named_corpus


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.jsonl").write_text('{"x": {"1": "three", "2": "four"}}\n')
    return tmp_path


SOURCES = """sources:
  - {type: files, paths: [a.txt]}
  - {type: files, paths: [b.jsonl], text: "{x.1} {x.2}"}
"""


@pytest.mark.parametrize("around", [False, True])
def test_all_of_it_is_read(base: Path, around: bool) -> None:
    path = base / "texts.yaml"
    inside = "corpus:\n" + "".join(f"  {line}\n" for line in SOURCES.splitlines())
    path.write_text(inside + "name: x\n" if around else SOURCES)
    assert is_corpus_alone(path) is not around
    assert len(load_corpus(path).sources) == 2
    batches = named_corpus([str(path)], None).batches("all")
    assert [text for one in batches for text in one.column("text").to_pylist()] == [
        "one",
        "two",
        "three four",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources:\n  - {type: files, path: [a.txt]}\n", "2:19: .*unknown key 'path'"),
        ("corpus:\n  sources:\n    - {type: fils}\n", "3:7: .*unknown source 'fils'"),
        ("name: x\n", "1:1: names no text: write `sources:`"),
    ],
)
def test_mistakes_have_their_place(base: Path, text: str, said: str) -> None:
    path = base / "texts.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=said):
        load_corpus(path)


def test_it_stands_alone(base: Path) -> None:
    (base / "texts.yaml").write_text(SOURCES)
    with pytest.raises(CorpusError, match="says itself what is read and how"):
        named_corpus([str(base / "texts.yaml"), str(base / "a.txt")], None)
