"""Paths of this machine become paths that hold beside the recipe."""

from pathlib import Path

import pytest

from tokbench.publishing.places import Places


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("recipes/inside.txt", "data/a.txt", "data/b.txt", "more/a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path / "recipes"


def test_what_leads_out_is_named_by_its_end(base: Path) -> None:
    above = base.parent
    said = {
        "paths": ["inside.txt", f"{above}/data/a.txt", "../data/b.txt", f"{above}/more/a.txt"],
        "glob": f"{above}/data/*.txt",
        "folder": f"file://{above}/data",
        "web": "https://a.org/x/../y.txt",
        "home": "~/corpora/c.txt",
        "pattern": "/[a-z]+/",
    }
    told = Places.of(said, base, ()).told(said)
    assert told == {
        "paths": ["inside.txt", "a.txt", "b.txt", "2/a.txt"],
        "glob": "data/*.txt",
        "folder": "data",
        "web": "https://a.org/x/../y.txt",
        "home": "c.txt",
        "pattern": "/[a-z]+/",
    }
    assert str(above) not in str(told)


def test_sentences_are_told_likewise(base: Path) -> None:
    path = f"{base.parent}/data/a.txt"
    places = Places.of({"paths": [path]}, base, (base.parent / "runs",))
    told = places.told([f"{path}: 3 rows", f"in {base}/x and {base.parent}/runs/y", 3, None])
    assert told == ["a.txt: 3 rows", "in x and y", 3, None]
