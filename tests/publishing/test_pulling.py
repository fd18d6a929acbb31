"""A published run comes back: the same run folder, the same numbers, the same tokenizer."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from loopback_hub import LoopbackHub, Repository
from small_run import RECIPE, TOKEN

from tokbench import store, workbench
from tokbench.errors import CorpusError, PublishingError, TokbenchError
from tokbench.publishing.upload import Wish
from tokbench.workbench.publishing import Collected, collect, plan, publish
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
    assert "corpus.txt" in " ".join(made.missing)
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
    assert "changed since it was trained" in " ".join(made.missing)
    assert made.identical is False
    assert "the text is not what it was trained on" in made.retrained


def test_the_numbers_of_a_card(here: Path, published: Repository) -> None:
    for on in ("corpus.txt", "."):
        found = verify_published("owner/tiny", [on]).numbers
        assert all(one.agrees for one in found)
        assert {"tokens", "tokens, from", "bytes_per_token"} <= {one.name for one in found}
    _change(
        published,
        lambda said: said["comparison"]["tokenizers"][0]["metrics"]["tokens"].update(value=1),
    )
    wrong = [
        one.name for one in verify_published("owner/tiny", ["corpus.txt"]).numbers if not one.agrees
    ]
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


def test_baselines_are_measured_again_where_they_can_be_had(
    here: Path, tiny: Path, hub: LoopbackHub
) -> None:
    """One on the Hub, a file, a run that was published, one that was not, one that is gone."""
    for name, size in (("public", "290"), ("hidden", "295")):
        text = RECIPE.replace("tiny", name).replace("300", size)
        (here / f"{name}.yaml").write_text(text)
        workbench.run(f"{name}.yaml", models=False)
    own_file = tiny / "tokenizer" / "tokenizer.json"
    hub.model("somebody/theirs", {"tokenizer.json": own_file.read_bytes()})
    for name in ("apart", "gone"):  # the same tokenizer, other files
        (here / f"{name}.json").write_text(f"{own_file.read_text()}\n{' ' * len(name)}")
    publish(plan(collect("runs/public")))
    shutil.rmtree(tiny)
    named = ["somebody/theirs", str(here / "apart.json"), "runs/public", "runs/hidden", "gone.json"]
    (here / "tiny.yaml").write_text(f"{RECIPE}benchmark: {{baselines: {json.dumps(named)}}}\n")
    workbench.run("tiny.yaml")
    (here / "gone.json").unlink()

    made = collect("runs/tiny")
    publish(plan(made))
    facts = json.loads(made.bundle["tokbench.json"].read())
    public = f"owner/public@{_main(hub, 'owner/public')}"
    assert [(one["name"], one["kind"], one["at"]) for one in facts["baselines"]] == [
        ("somebody/theirs", "hub", f"somebody/theirs@{_main(hub, 'somebody/theirs')}"),
        ("apart", "file", "apart.json"),
        ("public", "hub", public),
        ("hidden", "", ""),
        ("gone", "", ""),
    ]
    assert facts["recipe"]["benchmark"]["baselines"] == ["somebody/theirs", public]
    assert "- public: [owner/public](https://huggingface.co/owner/public) at" in made.card
    assert "- gone: on its authors' machine alone" in made.card
    assert str(here) not in b"".join(one.read() for one in made.bundle.files).decode()

    back = pull("owner/tiny", here / "back", data=here)
    assert all(one.agrees for one in back.recomputed)
    names = {one.name for one in back.recomputed}
    for name in ("somebody/theirs", "apart", "public"):
        assert {f"{name}: tokens", f"{name}: tokens, difference, from"} <= names
    alone = "only its authors have it"
    assert back.not_measured == (f"hidden: {alone}", f"gone: {alone}")

    shutil.copy(here / "back" / "tokenizer" / "tokenizer.json", here / "apart.json")
    missing = pull("owner/tiny", here / "back", data=here).missing
    assert "apart: apart.json is another tokenizer than was measured" in missing
    (here / "apart.json").unlink()
    missing = pull("owner/tiny", here / "back", data=here).missing
    assert "apart: apart.json is not here; --data names the folder with it" in missing


def _main(hub: LoopbackHub, name: str) -> str:
    found = hub.find("models", name)
    assert found
    return found.refs["main"]


@pytest.mark.parametrize(("kind", "at"), [("file", ""), ("file", "../mine.json"), ("hub", "mine")])
def test_baselines_from_there_name_no_files_of_ours(
    kind: str, at: str, here: Path, published: Repository
) -> None:
    mine = here / "mine.json"
    shutil.copy(next(here.glob("runs/tiny/*/tokenizer/tokenizer.json")), mine)
    known = store.signature(mine.read_text("utf-8"))

    def change(said: Any) -> None:
        made = said["comparison"]
        made["tokenizers"].append({**made["tokenizers"][0], "name": "x"})
        made["signature"] += f"+x@{known[:8]}"
        for one in made["samples"]:
            one["cuts"].append(one["cuts"][0])
        told = {"name": "x", "kind": kind, "at": at or str(mine), "signature": known}
        said["baselines"] = [told]

    _change(published, change)
    (here / "data").mkdir()
    (here / "corpus.txt").rename(here / "data" / "corpus.txt")
    (missing,) = pull("owner/tiny", here / "back", data=here / "data").missing
    assert missing.startswith("x: "), missing
