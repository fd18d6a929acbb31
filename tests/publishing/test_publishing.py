"""A run goes to a Hub on this machine, through the real client."""

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import TOKEN
from loopback_hub import UNHEARD, LoopbackHub, Repository

from tokbench.errors import PublishingError, TokbenchError
from tokbench.publishing.bundle import Bundle
from tokbench.publishing.upload import Wish
from tokbench.values import Published
from tokbench.workbench.publishing import Collected, Draft, collect, plan, publish

FILES = {"README.md", "recipe.yaml", "tokbench.json", "tokenizer.json", "tokenizer_config.json"}


def _publish(run: Path | Collected, **wish: Any) -> Published:
    return publish(_draft(run, **wish))


def _draft(run: Path | Collected, **wish: Any) -> Draft:
    made = run if isinstance(run, Collected) else _collected(run, wish)
    return plan(made, Wish(**{"repo": "", **wish}))


def _collected(run: Path, wish: dict[str, Any]) -> Collected:
    options = {key: wish.pop(key) for key in ("report", "license") if key in wish}
    return collect(str(run), wish.pop("repo", ""), **options)


def _repository(hub: LoopbackHub) -> Repository:
    found = hub.find("models", "owner/tiny")
    assert found
    return found


def _commits(hub: LoopbackHub) -> list[set[str]]:
    return [set(files) for files in _repository(hub).commits.values()]


def test_created_then_unchanged_then_changed(tiny: Path, hub: LoopbackHub) -> None:
    first = _publish(tiny, tag="v1")
    repository = _repository(hub)
    assert first.new
    assert not first.proposed
    assert first.url == f"{hub.url}/owner/tiny/commit/{repository.refs['main']}"
    assert repository.refs["v1"] == repository.refs["main"] == first.commit
    assert set(repository.commits[first.commit]) - {".gitattributes"} == FILES
    sent = repository.commits[first.commit]["tokenizer.json"]
    assert sent == (tiny / "tokenizer" / "tokenizer.json").read_bytes()

    again = _publish(tiny, tag="v1")
    assert not again.new
    assert again.commit == first.commit
    assert len(repository.commits) == 2  # that of the Hub, and ours

    changed = _publish(tiny, proposed=False, report=True)
    assert changed.new
    assert set(repository.commits[changed.commit]) - {".gitattributes"} == FILES | {"report.html"}
    # What is not published any more goes away with the commit that no longer has it.
    repository.commits[changed.commit]["notes.txt"] = b"mine"
    last = _publish(tiny, proposed=False)
    assert set(repository.commits[last.commit]) == FILES | {".gitattributes", "notes.txt"}


def test_a_pull_request_where_something_is_there(tiny: Path, hub: LoopbackHub) -> None:
    hub.model("owner/tiny", {"README.md": b"# mine", "weights.bin": b"x"})
    before = dict(_repository(hub).refs)
    made = _publish(tiny)
    assert made.proposed
    assert (made.revision, made.url) == ("refs/pr/1", f"{hub.url}/owner/tiny/discussions/1")
    assert {**before, "refs/pr/1": made.commit} == _repository(hub).refs
    again = _publish(tiny)
    assert not again.new
    assert again.url == made.url
    assert set(_repository(hub).authors) == {1}


def test_proposed_to_somebody_else(
    tiny: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.model("team/tiny", {"README.md": b"# theirs"})
    with pytest.raises(PublishingError, match=r"^team/tiny: your token may not do that \(.*pr$"):
        _publish(tiny, repo="team/tiny", proposed=False)
    assert _publish(tiny, repo="team/tiny", proposed=True).proposed
    monkeypatch.setenv("HF_TOKEN", "hf_TheTokenOfSomebodyElse")
    with pytest.raises(PublishingError, match="name a repository of your own"):
        _publish(tiny, repo="owner/new")


def test_private_and_branches(tiny: Path, hub: LoopbackHub) -> None:
    made = _publish(tiny, private=True)
    assert _repository(hub).private
    other = _publish(tiny, revision="wip", report=True)
    assert _repository(hub).refs["main"] == made.commit
    assert _repository(hub).refs["wip"] == other.commit
    hub.model("owner/open", {"README.md": b"x"})
    with pytest.raises(PublishingError, match="is public, and --private is for a new one"):
        _publish(tiny, repo="owner/open", private=True)


def test_large_files_go_through_lfs(tiny: Path, hub: LoopbackHub) -> None:
    hub.large_from = 1000
    first = _publish(tiny)
    assert _repository(hub).large
    sent = len([one for one in hub.asked if one[0] == "PUT"])
    assert sent
    assert not _publish(tiny).new
    # What is there already is not sent again.
    assert _publish(tiny, proposed=False, report=True).commit != first.commit
    assert len([one for one in hub.asked if one[0] == "PUT"]) <= sent + 2  # page and facts


def test_tags_that_name_something_else(tiny: Path, hub: LoopbackHub) -> None:
    _publish(tiny, tag="v1")
    asked = len(hub.asked)
    collected = collect(str(tiny), report=True)
    with pytest.raises(PublishingError, match=r"the tag v1 names the commit [0-9a-f]{8} already"):
        _publish(collected, proposed=False, tag="v1")
    with pytest.raises(PublishingError, match="a pull request gets no tag"):
        _publish(collected, tag="v2")
    assert not [one for one in hub.asked[asked:] if one[0] in ("POST", "PUT")]
    assert _publish(tiny, proposed=False, tag="v2").tag == "v2"


NOT_SENT = [
    (("HF_TOKEN", ""), "publishing needs a login that may write: `hf auth login`, or HF_TOKEN"),
    (("HF_TOKEN", "hf_NobodyKnowsThisToken"), "the Hub does not accept your token; log in again"),
    (("HF_TOKEN", "hf_TheTokenThatReads"), "your token may only read; make one that may write"),
]


@pytest.mark.parametrize(("variable", "sentence"), NOT_SENT)
def test_logins_that_may_not(
    variable: tuple[str, str],
    sentence: str,
    tiny: Path,
    hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.users["hf_TheTokenThatReads"] = "owner"
    hub.readers.add("hf_TheTokenThatReads")
    monkeypatch.setenv(*variable)
    with pytest.raises(PublishingError) as error:
        _publish(tiny)
    _is_one_sentence(error.value, sentence)
    assert hub.find("models", "owner/tiny") is None


def test_names_that_are_taken(tiny: Path, hub: LoopbackHub) -> None:
    hub.taken.add("owner/tiny")
    with pytest.raises(PublishingError) as error:
        _publish(tiny)
    _is_one_sentence(error.value, "the name is taken by a repository that you cannot see; choose")


STEPS = {
    "who": "GET /api/whoami-v2",
    "look": "GET /api/models/owner/tiny$",
    "refs": "GET /api/models/owner/tiny/refs",
    "create": "POST /api/repos/create",
    "card": "POST /api/validate-yaml",
    "modes": "POST .*/preupload/",
    "batch": r"POST .*\.git/info/lfs/objects/batch",
    "put": "PUT /objects/",
    "verify": r"POST .*\.git/info/lfs/verify",
    "commit": "POST .*/commit/",
    "tag": "POST .*/tag/",
    "again": "GET .*/resolve/.*/tokenizer.json",
}
ANSWERS = {
    401: "the Hub does not accept your token|no such repository",
    402: r"the Hub has no room for it \(Storage limit reached\); free some",
    403: r"your token may not do that \(Storage is off\)|the Hub has no room for it",
    429: r"the Hub refuses so many requests \(429\) while .*; try again in 7 seconds",
    503: r"the Hub is in trouble \(503\) while .*; try again later",
    UNHEARD: r"the connection to http://\S+ broke while .*; check the network|cannot load",
}


@pytest.mark.parametrize("status", ANSWERS)
def test_each_failure_at_each_step(status: int, tiny: Path, hub: LoopbackHub) -> None:
    hub.large_from = 1000
    collected = collect(str(tiny))
    said = {402: "Storage limit reached", 403: "Storage is off"}.get(status, f"it said {TOKEN}")
    headers = {"Retry-After": "7", "X-Error-Message": said}
    for step, pattern in STEPS.items():
        _forget(hub)
        hub.fail(pattern, 10_000, status, **headers)
        with pytest.raises(PublishingError) as error:
            _publish(collected, tag="v1")
        _is_one_sentence(error.value, ANSWERS[status], step)
        hub.heal()
        _nothing_is_half(hub)
        made = _publish(collected, tag="v1", proposed=False)
        assert _repository(hub).refs["main"] == _repository(hub).refs["v1"] == made.commit


@pytest.mark.usefixtures("hub")
def test_a_card_that_the_hub_refuses(tiny: Path) -> None:
    made = collect(str(tiny))
    files = {one.path: one.content for one in made.bundle.files}
    card = b"---\nlicense: [a, b]\n---\n# A card\n"
    with pytest.raises(PublishingError) as error:
        _publish(replace(made, bundle=Bundle.of({**files, "README.md": card})))
    _is_one_sentence(error.value, "refuses the card's metadata: .*must be a string")


def test_somebody_was_quicker(tiny: Path, hub: LoopbackHub) -> None:
    _publish(tiny)
    made = _draft(tiny, proposed=False, report=True)
    _repository(hub).commit({**_repository(hub).commits[made.remote.commit], "other": b"x"})
    with pytest.raises(PublishingError) as error:
        publish(made)
    _is_one_sentence(error.value, "somebody else changed it while sending files to it")


@pytest.mark.parametrize("proposed", [False, True])
def test_an_answer_that_was_lost_is_found(proposed: bool, tiny: Path, hub: LoopbackHub) -> None:
    _publish(tiny)
    collected = collect(str(tiny), report=True)
    hub.fail("POST .*/commit/", 1)
    made = _publish(collected, proposed=proposed)
    assert made.new
    assert len(_repository(hub).commits) == 3
    assert not _publish(collected, proposed=proposed).new
    assert len(_repository(hub).commits) == 3


def test_twenty_broken_connections(tiny: Path, hub: LoopbackHub) -> None:
    hub.large_from = 1000
    collected = collect(str(tiny))
    _publish(collected)
    requests = len(hub.asked)
    chance = random.Random(8)
    broken = 0
    for _ in range(20):
        _forget(hub)
        hub.fail(
            "", chance.randrange(1, 9), chance.choice([0, UNHEARD]), skip=chance.randrange(requests)
        )
        for _ in range(12):
            try:
                made = _publish(collected, tag="v1", proposed=False)
            except TokbenchError as error:
                broken += 1
                _is_one_sentence(error, "")
                _nothing_is_half(hub)
            else:
                break
        _nothing_is_half(hub)
        assert _repository(hub).refs["main"] == _repository(hub).refs["v1"] == made.commit
        assert set(_repository(hub).commits[made.commit]) == FILES | {".gitattributes"}
    assert broken > 5


def test_what_comes_back_otherwise_is_not_published(tiny: Path, hub: LoopbackHub) -> None:
    hub.model("owner/tiny", {"config.json": b'{"model_type": "qwen2"}'})
    with pytest.raises(PublishingError) as error:
        _publish(tiny, proposed=False)
    _is_one_sentence(error.value, r"AutoTokenizer (gives other ids|cannot load)")
    commit = _repository(hub).refs["main"]
    _repository(hub).commits[commit]["tokenizer.json"] += b" "
    made = _draft(tiny, proposed=False)
    unchanged = {one.path for one in made.upload.changes if one.kind == "same"}
    assert unchanged == FILES - {"tokenizer.json"}


PLANTED = "hf_" + "ThisWasPlantedByTheTests"


def _in_recipe(run: Path, _: Path) -> None:
    _change(run, lambda said: said["recipe"].update(description=f"with {PLANTED}"))


def _in_notes(run: Path, _: Path) -> None:
    _change(run, lambda said: said["notes"].append("wrote to planted@uni-somewhere.de"))


def _in_a_reason(run: Path, here: Path) -> None:
    _change(run, lambda said: said["allowed"].append({"rule": "L1", "reason": f"of {here}/x"}))


def _in_a_variable(run: Path, _: Path) -> None:
    _change(run, lambda said: said["notes"].append("log: MY_API_TOKEN was planted-value"))


@pytest.mark.parametrize("plant", [_in_recipe, _in_notes, _in_a_variable, _in_a_reason])
def test_planted_secrets_stay_here(
    plant: Callable[[Path, Path], None],
    here: Path,
    tiny: Path,
    hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_API_TOKEN", "planted-value")
    plant(tiny, here)
    try:
        _publish(tiny)
    except PublishingError as error:
        _is_one_sentence(error, r"^(tokbench\.json|recipe\.yaml|README\.md):\d+: holds ")
        assert not [one for one in hub.asked if one[0] in ("POST", "PUT")]
    for repository in filter(None, [hub.find("models", "owner/tiny")]):
        for files in repository.commits.values():
            every = b"".join(files.values())
            assert b"planted" not in every.lower()
            assert str(here).encode() not in every


def test_what_lies_beside_the_tokenizer_stays_here(tiny: Path, hub: LoopbackHub) -> None:
    (tiny / "run.log").write_text(f"token {PLANTED}")
    (tiny / "tokenizer" / ".env").write_text(f"token {PLANTED}")
    with pytest.raises(PublishingError, match=r"was changed since it was made"):
        _publish(tiny)
    (tiny / "tokenizer" / ".env").unlink()
    made = _publish(tiny)
    assert "run.log" not in _repository(hub).commits[made.commit]


def test_no_path_of_this_machine_is_told(here: Path, tiny: Path, hub: LoopbackHub) -> None:
    path = str((here / "corpus.txt").absolute())
    _change(tiny, lambda said: said["recipe"]["corpus"]["sources"][0].update(paths=[path]))
    _change(tiny, lambda said: said["corpus"]["sources"][0].update(name=path))
    made = _publish(tiny)
    files = _repository(hub).commits[made.commit]
    facts = json.loads(files["tokbench.json"])
    assert facts["recipe"]["corpus"]["sources"][0]["paths"] == ["corpus.txt"]
    assert facts["corpus"]["sources"][0]["name"] == "corpus.txt"
    assert "- corpus.txt" in files["recipe.yaml"].decode()


@pytest.mark.usefixtures("hub")
def test_runs_that_are_not_whole(here: Path, tiny: Path) -> None:
    with pytest.raises(PublishingError, match=r"is no run; `tokbench run RECIPE` makes one"):
        _publish(_apart(here, tiny))
    state = tiny / "tokenizer" / "tokenizer.json"
    state.write_text(state.read_text().replace('"dropout": null', '"dropout": 0.1'))
    with pytest.raises(PublishingError, match="was changed since it was made"):
        _publish(tiny)


def test_errors_of_rules_block(tiny: Path, hub: LoopbackHub) -> None:
    _change(tiny, lambda said: said["recipe"]["wrap"].update(model_max_length=None))
    with pytest.raises(PublishingError) as error:
        _publish(tiny)
    _is_one_sentence(
        error.value, r"^tiny: L64: wrap\.model_max_length: is not set.*mend it and run"
    )
    allowed = {"rule": "L64", "reason": "it has no positions"}
    _change(tiny, lambda said: said["allowed"].append(allowed))
    recipe = _repository_of(hub, _publish(tiny))["recipe.yaml"].decode()
    assert "  # tokbench: allow L64 because it has no positions\n  model_max_length: null" in recipe


@pytest.mark.usefixtures("hub")
def test_where_to_is_asked(tiny: Path) -> None:
    _change(tiny, lambda said: said["recipe"]["publish"].update(repo=None))
    with pytest.raises(PublishingError, match=r"where to\? name a repository with --repo"):
        collect(str(tiny))
    _change(tiny, lambda said: said["recipe"]["publish"].update(license=None))
    with pytest.raises(PublishingError, match=r"licen[cs]e"):
        collect(str(tiny), "owner/tiny")
    with pytest.raises(PublishingError, match="is no name of a repository"):
        collect(str(tiny), "https://huggingface.co/owner/tiny")


def _repository_of(hub: LoopbackHub, made: Published) -> dict[str, bytes]:
    return _repository(hub).commits[made.commit]


def _change(run: Path, how: Callable[[dict[str, Any]], object]) -> None:
    """Change what a run says of itself."""
    for path in (run / "run.json", run / "tokenizer" / "tokbench.json"):
        said = json.loads(path.read_text())
        how(said)
        path.write_text(json.dumps(said))


def _apart(here: Path, run: Path) -> Path:
    """The run's tokenizer without the run."""
    return Path(shutil.copytree(run / "tokenizer", here / "apart"))


def _forget(hub: LoopbackHub) -> None:
    """A Hub that was never asked."""
    hub.heal()
    hub.asked.clear()
    hub.objects.clear()
    hub._repositories.clear()


def _nothing_is_half(hub: LoopbackHub) -> None:
    repository = hub.find("models", "owner/tiny")
    for files in repository.commits.values() if repository else ():
        assert set(files) - {".gitattributes"} in (set(), FILES)


def _is_one_sentence(error: BaseException, pattern: str, step: str = "") -> None:
    said = str(error)
    assert re.search(pattern, said), (step, said)
    assert "\n" not in said, step
    assert TOKEN not in said, step
    assert len(said) < 500, said
