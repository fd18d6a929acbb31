"""A published run comes back: the same run folder, the same numbers, the same tokenizer."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from loopback_hub import LoopbackHub, Repository
from small_run import TOKEN

from tokbench import workbench
from tokbench.errors import CorpusError, PublishingError, TokbenchError
from tokbench.publishing.upload import Wish
from tokbench.workbench.publishing import Collected, plan, publish
from tokbench.workbench.pulling import pull, verify_published

pytestmark = pytest.mark.usefixtures("here", "without_transformers")


@pytest.fixture
def published(collected: Collected, hub: LoopbackHub) -> Repository:
    publish(plan(collected, Wish("", tag="v1")))
    found = hub.find("models", "owner/tiny")
    assert found
    return found


def _change(repository: Repository, how: Any, path: str = "tokbench.json") -> None:
    """A commit in which somebody changed a file."""
    files = dict(repository.commits[repository.refs["main"]])
    if path == "tokbench.json":
        said = json.loads(files[path])
        how(said)
        files[path] = json.dumps(said).encode()
    else:
        files[path] = how(files[path])
    repository.commit(files)


def test_it_comes_back_as_a_run(tiny: Path, here: Path, published: Repository) -> None:
    made = pull("owner/tiny@v1", here / "back", data=here, retrain=True)
    assert made.commit == published.refs["v1"]
    assert made.recomputed
    assert all(one.agrees for one in made.recomputed)
    assert made.identical
    assert "the same byte for byte" in made.retrained
    for file in ("tokenizer.json", "tokenizer_config.json"):
        sent, came = tiny / "tokenizer" / file, here / "back" / "tokenizer" / file
        assert sent.read_bytes() == came.read_bytes()
    again = workbench.compare([str(here / "back"), str(tiny)], metric_names=["tokens"])
    one, other = (each.measurements["tokens"].value for each in again.tokenizers)
    assert one == other
    assert workbench.compare([str(here / "back")]).documents == again.documents
    assert pull("owner/tiny", here / "back").before


@pytest.mark.usefixtures("published")
def test_without_its_text_it_comes_back_all_the_same(here: Path) -> None:
    shutil.rmtree(here / "runs")
    (here / "corpus.txt").unlink()
    made = pull("owner/tiny")
    assert made.folder.parent == Path("runs/tiny")
    assert not made.recomputed
    assert "corpus.txt" in made.why
    assert made.comparison
    assert made.comparison.tokenizers[0].measurements["tokens"].value
    with pytest.raises(CorpusError, match=r"corpus\.txt"):
        pull("owner/tiny", retrain=True)


@pytest.mark.usefixtures("published")
def test_other_text_gives_another_tokenizer(here: Path) -> None:
    (here / "other").mkdir()
    (here / "other" / "corpus.txt").write_text("another text\nthan it was\n" * 99)
    made = pull("owner/tiny", here / "back", data=here / "other", retrain=True)
    assert not made.recomputed
    assert "changed since it was trained" in made.why
    assert made.identical is False
    assert "the text is not what it was trained on" in made.retrained


def test_the_numbers_of_a_card(here: Path, published: Repository) -> None:
    for on in ("corpus.txt", "."):
        found = verify_published("owner/tiny", [on])
        assert all(one.agrees for one in found)
        assert {"tokens", "tokens, from", "bytes_per_token"} <= {one.name for one in found}
    _change(
        published,
        lambda said: said["comparison"]["tokenizers"][0]["metrics"]["tokens"].update(value=1),
    )
    wrong = [one.name for one in verify_published("owner/tiny", ["corpus.txt"]) if not one.agrees]
    assert wrong == ["tokens"]
    (here / "other.txt").write_text("".join(f"another {n}\n" for n in range(99)))
    with pytest.raises(PublishingError, match=r"that is not the text of its card: \d+ documents"):
        verify_published("owner/tiny", ["other.txt"])


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("owner/none", "no such repository on"),
        ("owner/tiny@v7", "has no revision 'v7'; .*v1"),
        ("tiny", "is no repository; write user/name"),
        ("owner/plain", "was not published by tokbench; to measure it, name it to"),
    ],
)
def test_what_cannot_be_pulled(name: str, sentence: str, hub: LoopbackHub) -> None:
    hub.model("owner/plain", {"tokenizer.json": b"{}"})
    with pytest.raises(PublishingError) as error:
        pull(name)
    assert re.search(sentence, str(error.value)), error.value
    assert "\n" not in str(error.value)
    assert TOKEN not in str(error.value)


def test_nothing_from_there_is_trusted(here: Path, published: Repository) -> None:
    wrong = {
        "names no folder": lambda said: said.update(name="../../escaped"),
        "a name or signature": lambda said: said.update(signature="../../../escaped"),
        "is none that tokbench wrote": lambda said: said.pop("recipe"),
        "is not what was published with": lambda said: said["files"].update(
            {"tokenizer.json": "0"}
        ),
        "tokenizer/../../x is not what": lambda said: said["files"].update(
            {"tokenizer/../../x": ""}
        ),
    }
    for sentence, change in wrong.items():
        _change(published, change)
        with pytest.raises(PublishingError) as error:
            pull("owner/tiny", here / "back")
        assert sentence in str(error.value)
        assert not (here / "back").exists()
        published.refs["main"] = published.refs["v1"]
    _change(published, lambda data: data.replace(b"</s>", b"<\\\\s>"), "tokenizer.json")
    with pytest.raises(PublishingError, match=r"tokenizer\.json is not what was published"):
        pull("owner/tiny", here / "back")
    published.refs["main"] = published.refs["v1"]
    (here / "mine").mkdir()
    (here / "mine" / "novel.txt").write_text("years of work")
    with pytest.raises(TokbenchError, match="holds something else; name another folder"):
        pull("owner/tiny", here / "mine")
    assert (here / "mine" / "novel.txt").read_text() == "years of work"
