"""A run goes to a Hub on this machine, through the real client."""

import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from card_reading import parsed
from loopback_hub import UNHEARD, LoopbackHub, Repository
from small_run import FILES, TOKEN

from tokbench import store, workbench
from tokbench.errors import PublishingError, SubjectError
from tokbench.publishing.bundle import Bundle
from tokbench.publishing.proving import _ids, prove
from tokbench.publishing.upload import Wish
from tokbench.values import Published
from tokbench.workbench.publishing import Collected, collect, plan, publish


def _publish(made: Collected, **wish: Any) -> Published:
    return publish(plan(made, Wish(**{"repo": "", **wish})))


def _to(repo: str, made: Collected) -> Collected:
    return replace(made, spec=made.spec.model_copy(update={"repo": repo}))


def _repository(hub: LoopbackHub) -> Repository:
    found = hub.find("models", "owner/tiny")
    assert found
    return found


def test_created_then_unchanged_then_changed(
    collected: Collected, with_report: Collected, hub: LoopbackHub
) -> None:
    first = _publish(collected, tag="v1")
    repository = _repository(hub)
    assert first.new
    assert not first.proposed
    assert first.url == f"{hub.url}/owner/tiny/commit/{repository.refs['main']}"
    assert repository.refs["v1"] == repository.refs["main"] == first.commit
    files = repository.commits[first.commit]
    assert set(files) == FILES | {".gitattributes"}
    assert files["tokenizer.json"] == collected.bundle["tokenizer.json"].read()

    again = _publish(collected, tag="v1")
    assert not again.new
    assert again.commit == first.commit
    assert len(repository.commits) == 2  # that of the Hub, and ours

    changed = _publish(with_report, proposed=False)
    assert changed.new
    assert set(repository.commits[changed.commit]) == {*files, "report.html"}
    # What is not published any more goes away with the commit that no longer has it.
    repository.commits[changed.commit]["notes.txt"] = b"mine"
    last = _publish(collected, proposed=False)
    assert set(repository.commits[last.commit]) == {*files, "notes.txt"}


def test_a_pull_request_where_something_is_there(collected: Collected, hub: LoopbackHub) -> None:
    hub.model("owner/tiny", {"README.md": b"# mine", "weights.bin": b"x"})
    before = dict(_repository(hub).refs)
    made = _publish(collected)
    assert made.proposed
    assert (made.revision, made.url) == ("refs/pr/1", f"{hub.url}/owner/tiny/discussions/1")
    assert {**before, "refs/pr/1": made.commit} == _repository(hub).refs
    again = _publish(collected)
    assert not again.new
    assert again.url == made.url
    assert set(_repository(hub).authors) == {1}


def test_proposed_to_somebody_else(
    collected: Collected, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.model("team/tiny", {"README.md": b"# theirs"})
    theirs = _to("team/tiny", collected)
    with pytest.raises(PublishingError, match=r"^team/tiny: your token may not do that \(.*pr$"):
        _publish(theirs, proposed=False)
    assert _publish(theirs, proposed=True).proposed
    monkeypatch.setenv("HF_TOKEN", "hf_TheTokenOfSomebodyElse")
    with pytest.raises(PublishingError, match="name a repository of your own"):
        _publish(collected)


def test_private_and_branches(
    collected: Collected, with_report: Collected, hub: LoopbackHub
) -> None:
    made = _publish(collected, private=True)
    assert _repository(hub).private
    other = _publish(with_report, revision="wip")
    assert _repository(hub).refs["main"] == made.commit
    assert _repository(hub).refs["wip"] == other.commit
    hub.model("owner/open", {"README.md": b"x"})
    with pytest.raises(PublishingError, match="is public, and --private is for a new one"):
        _publish(_to("owner/open", collected), private=True)


@pytest.mark.usefixtures("without_transformers")
def test_large_files_go_through_lfs(
    collected: Collected, with_report: Collected, hub: LoopbackHub
) -> None:
    hub.large_from = 1000
    first = _publish(collected)
    assert _repository(hub).large
    sent = len([one for one in hub.asked if one[0] == "PUT"])
    assert sent
    assert not _publish(collected).new
    # What is there already is not sent again.
    assert _publish(with_report, proposed=False).commit != first.commit
    assert len([one for one in hub.asked if one[0] == "PUT"]) == sent + 2  # page and facts


@pytest.mark.usefixtures("without_transformers")
def test_tags_that_name_something_else(
    collected: Collected, with_report: Collected, hub: LoopbackHub
) -> None:
    _publish(collected, tag="v1")
    asked = len(hub.asked)
    with pytest.raises(PublishingError, match=r"the tag v1 names the commit [0-9a-f]{8} already"):
        _publish(with_report, proposed=False, tag="v1")
    with pytest.raises(PublishingError, match="a pull request gets no tag"):
        _publish(with_report, tag="v2")
    for name in ("no such", "a..b", "/a", "a.lock", "a/"):
        with pytest.raises(PublishingError, match="is no name that a branch or tag may have"):
            _publish(with_report, revision=name)
    assert not [one for one in hub.asked[asked:] if one[0] in ("POST", "PUT")]
    assert _publish(collected, tag="v2").tag == "v2"


NOT_SENT = [
    (("HF_TOKEN", ""), "publishing needs a login that may write: `hf auth login`, or HF_TOKEN"),
    (("HF_TOKEN", "hf_NobodyKnowsThisToken"), "the Hub does not accept your token; log in again"),
    (("HF_TOKEN", "hf_TheTokenThatReads"), "your token may only read; make one that may write"),
]


@pytest.mark.parametrize(("variable", "sentence"), NOT_SENT)
def test_logins_that_may_not(
    variable: tuple[str, str],
    sentence: str,
    collected: Collected,
    hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.users["hf_TheTokenThatReads"] = "owner"
    hub.readers.add("hf_TheTokenThatReads")
    monkeypatch.setenv(*variable)
    with pytest.raises(PublishingError) as error:
        _publish(collected)
    _is_one_sentence(error.value, sentence)
    assert hub.find("models", "owner/tiny") is None


def test_names_that_are_taken(collected: Collected, hub: LoopbackHub) -> None:
    hub.taken.add("owner/tiny")
    with pytest.raises(PublishingError) as error:
        _publish(collected)
    _is_one_sentence(error.value, "the name is taken by a repository that you cannot see; choose")


@pytest.mark.usefixtures("without_transformers", "hub")
def test_two_at_once(collected: Collected) -> None:
    """Both saw no repository; the second one is told so, and is done when it publishes again."""
    late = plan(collected)
    first = _publish(collected)
    with pytest.raises(PublishingError) as error:
        publish(late)
    _is_one_sentence(error.value, "somebody else made it meanwhile; look at it, and publish again")
    assert _publish(collected).commit == first.commit


def test_links_of_a_card_lead_somewhere(tiny: Path, hub: LoopbackHub) -> None:
    about = "## Uses\n\n[a](notes.txt), [b](#uses), [c](https://example.org/x)\n"
    (tiny.parents[2] / "about.md").write_text(about)
    _change(tiny, lambda said: said["recipe"]["publish"].update(sections="about.md"))
    made = collect(str(tiny))
    with pytest.raises(PublishingError, match=r"links to notes\.txt, which neither goes up nor is"):
        plan(made)
    hub.model("owner/tiny", {"notes.txt": b"mine"})
    assert plan(made).upload.exists
    _change(tiny, lambda said: said["recipe"]["publish"].update(
        license="other", license_name="mine", license_link="../LICENSE"))  # fmt: skip
    with pytest.raises(PublishingError, match=r"links to '\.\./LICENSE': leads out of the repos"):
        collect(str(tiny))


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
    404: r"the Hub refuses it \(404\) while .*; mend what it names, or try again later",
    413: r"the Hub takes nothing so large \(it said .*\); publish without --models or --report",
    429: r"the Hub refuses so many requests \(429\) while .*; try again in 7 seconds",
    503: r"the Hub is in trouble \(503\) while .*; try again later",
    UNHEARD: r"the connection to http://\S+ broke while .*; check the network|cannot load",
}


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.usefixtures("without_transformers")
def test_each_failure_at_each_step(status: int, collected: Collected, hub: LoopbackHub) -> None:
    hub.large_from = 1000
    said = {402: "Storage limit reached", 403: "Storage is off"}.get(status, f"it said {TOKEN}")
    headers = {"Retry-After": "7", "X-Error-Message": said}
    for step, pattern in STEPS.items():
        _forget(hub)
        hub.fail(pattern, 10_000, status, **headers)
        with pytest.raises(PublishingError) as error:
            _publish(collected, tag="v1")
        _is_one_sentence(error.value, ANSWERS[status], step)
        _nothing_is_half(hub)
    hub.heal()
    made = _publish(collected, tag="v1")
    assert _repository(hub).refs["main"] == _repository(hub).refs["v1"] == made.commit


@pytest.mark.usefixtures("hub")
def test_a_card_that_the_hub_refuses(collected: Collected) -> None:
    files = {one.path: one.content for one in collected.bundle.files}
    card = b"---\nlicense: [a, b]\n---\n# A card\n"
    with pytest.raises(PublishingError) as error:
        _publish(replace(collected, bundle=Bundle.of({**files, "README.md": card})))
    _is_one_sentence(error.value, "refuses the card's metadata: .*must be a string")


@pytest.mark.usefixtures("without_transformers")
def test_somebody_was_quicker(
    collected: Collected, with_report: Collected, hub: LoopbackHub
) -> None:
    _publish(collected)
    made = plan(with_report, Wish("", proposed=False))
    _repository(hub).commit({**_repository(hub).commits[made.remote.commit], "other": b"x"})
    with pytest.raises(PublishingError) as error:
        publish(made)
    _is_one_sentence(error.value, "somebody else changed it while sending files to it")


@pytest.mark.parametrize("proposed", [False, True])
@pytest.mark.usefixtures("without_transformers")
def test_an_answer_that_was_lost_is_found(
    proposed: bool, collected: Collected, with_report: Collected, hub: LoopbackHub
) -> None:
    _publish(collected)
    hub.fail("POST .*/commit/", 1)
    made = _publish(with_report, proposed=proposed)
    assert made.new
    assert len(_repository(hub).commits) == 3
    assert not _publish(with_report, proposed=proposed).new
    assert len(_repository(hub).commits) == 3


@pytest.mark.usefixtures("without_transformers")
def test_twenty_broken_connections(collected: Collected, hub: LoopbackHub) -> None:
    hub.large_from = 1000
    _publish(collected, tag="v1")
    requests = len(hub.asked)
    chance = random.Random(8)
    broken = 0
    for _ in range(20):
        _forget(hub)
        # The client tries most things six times.
        times, skip = chance.choice([1, 6, 12]), chance.randrange(requests)
        hub.fail("", times, chance.choice([0, UNHEARD]), skip=skip)
        for _ in range(15):
            try:
                made = _publish(collected, tag="v1")
            except PublishingError as error:
                broken += 1
                _is_one_sentence(error, "")
                _nothing_is_half(hub)
            else:
                break
        _nothing_is_half(hub)
        assert _repository(hub).refs["main"] == _repository(hub).refs["v1"] == made.commit
        assert set(_repository(hub).commits[made.commit]) == FILES | {".gitattributes"}
    assert broken >= 10


def test_what_comes_back_otherwise_is_not_published(
    collected: Collected, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*arguments: Any) -> list[list[int]]:
        return [[*ids, 0] for ids in _ids(*arguments)]

    monkeypatch.setattr("tokbench.publishing.proving._ids", other)
    with pytest.raises(PublishingError) as error:
        _publish(collected)
    _is_one_sentence(error.value, r"AutoTokenizer gives other ids from there, of '")
    monkeypatch.setattr("tokbench.publishing.proving._ids", lambda *_: [])
    commit = _repository(hub).refs["main"]
    _repository(hub).commits[commit]["tokenizer.json"] += b" "
    made = plan(collected, Wish("", proposed=False))
    assert {one.path for one in made.upload.changes if one.kind == "changed"} == {"tokenizer.json"}
    whole = made.collected.bundle
    with pytest.raises(PublishingError, match=r"tokenizer\.json does not come back as it was sent"):
        prove("owner/tiny", "main", commit, whole, ())
    with pytest.raises(PublishingError, match="main is not what was sent any more"):
        prove("owner/tiny", "main", "0" * 40, whole, ())


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
        _publish(collect(str(tiny)))
    except PublishingError as error:
        _is_one_sentence(error, r"^(tokbench\.json|recipe\.yaml|README\.md):\d+: holds ")
        assert not [one for one in hub.asked if one[0] in ("POST", "PUT")]
    for repository in filter(None, [hub.find("models", "owner/tiny")]):
        for files in repository.commits.values():
            every = b"".join(files.values())
            assert b"planted" not in every.lower()
            assert str(here).encode() not in every


def test_samples_that_nobody_may_see_are_left_out(here: Path) -> None:
    """The text is as it is: what it holds is no reason to train again where no token learned it."""
    said = [f"write to Ann.{n}@uni-somewhere.de about {n}\n" for n in range(300)]
    (here / "corpus.txt").write_text("".join(said))
    recipe = (here / "tiny.yaml").read_text()
    (here / "mail.yaml").write_text(recipe.replace("name: tiny", "name: mail"))
    workbench.run("mail.yaml", models=False)
    made = collect("runs/mail", report=True)
    assert b"@uni-somewhere.de" not in b"".join(one.read() for one in made.bundle.files)


def test_what_lies_beside_the_tokenizer_stays_here(tiny: Path, hub: LoopbackHub) -> None:
    (tiny / "run.log").write_text(f"token {PLANTED}")
    (tiny / "tokenizer" / ".env").write_text(f"token {PLANTED}")
    with pytest.raises(PublishingError, match=r"was changed since it was made"):
        _publish(collect(str(tiny)))
    (tiny / "tokenizer" / ".env").unlink()
    made = _publish(collect(str(tiny)))
    assert "run.log" not in _repository(hub).commits[made.commit]


def test_no_path_of_this_machine_is_told(here: Path, tiny: Path, hub: LoopbackHub) -> None:
    path = str((here / "corpus.txt").absolute())
    _change(tiny, lambda said: said["recipe"]["corpus"]["sources"][0].update(paths=[path]))
    _change(tiny, lambda said: said["corpus"]["sources"][0].update(name=path))
    made = _publish(collect(str(tiny)))
    files = _repository(hub).commits[made.commit]
    facts = json.loads(files["tokbench.json"])
    assert facts["recipe"]["corpus"]["sources"][0]["paths"] == ["corpus.txt"]
    assert facts["corpus"]["sources"][0]["name"] == "corpus.txt"
    assert "- corpus.txt" in files["recipe.yaml"].decode()


@pytest.mark.usefixtures("hub")
def test_runs_that_are_not_whole(here: Path, tiny: Path) -> None:
    with pytest.raises(SubjectError, match=r"is no run; `tokbench run RECIPE` makes one"):
        collect(str(_apart(here, tiny)))
    state = tiny / "tokenizer" / "tokenizer.json"
    state.write_text(state.read_text().replace('"dropout": null', '"dropout": 0.1'))
    with pytest.raises(PublishingError, match="was changed since it was made"):
        _publish(collect(str(tiny)))


@pytest.mark.usefixtures("hub")
def test_numbers_that_were_changed_by_hand_are_not_published(tiny: Path) -> None:
    path = tiny / "comparison.json"
    said = json.loads(path.read_text())
    said["comparison"]["tokenizers"][0]["measurements"]["tokens"]["value"] = 1
    path.write_text(json.dumps(said))
    with pytest.raises(PublishingError, match=r"comparison\.json: was changed since it was meas"):
        collect(str(tiny))


def test_errors_of_rules_block(tiny: Path, hub: LoopbackHub) -> None:
    _change(tiny, lambda said: said["recipe"]["wrap"].update(model_max_length=None))
    with pytest.raises(PublishingError) as error:
        _publish(collect(str(tiny)))
    _is_one_sentence(
        error.value, r"^tiny: L64: wrap\.model_max_length: is not set.*mend it and run"
    )
    allowed = {"rule": "L64", "reason": "it has no positions"}
    _change(tiny, lambda said: said["allowed"].append(allowed))
    recipe = _repository_of(hub, _publish(collect(str(tiny))))["recipe.yaml"].decode()
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


@pytest.fixture
def model(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of random weights as fine-tuning leaves it."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tiny / "downstream" / "a_task" / "0123" / "model"
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = BertConfig(vocab_size=400, intermediate_size=8, num_labels=3, pad_token_id=0, **size)
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny / "tokenizer").save_pretrained(folder)
    (folder / "task.json").write_text('{"kind": "classification", "pair": false}')
    (folder / "tokbench.json").write_text(json.dumps({"files": store.digests(folder)}))
    (folder / "optimizer.pt").write_text(f"of {PLANTED}")
    outcome = SimpleNamespace(model=str(folder))
    kept = SimpleNamespace(task={"name": "a_task", "kind": "classification"}, outcome=outcome)
    monkeypatch.setattr("tokbench.workbench.outcomes.of", lambda _: [kept])
    monkeypatch.setattr("tokbench.workbench.outcomes.outcomes_of", lambda *_: None)
    return folder


def test_models_that_were_fine_tuned_load_from_there(
    tiny: Path, model: Path, hub: LoopbackHub
) -> None:
    made = collect(str(tiny), models=True)
    sent = _repository_of(hub, _publish(made))
    wanted = {"config.json", "model.safetensors", "task.json", "tokenizer.json"}
    wanted |= {"tokenizer_config.json"}
    assert set(sent) - FILES - {".gitattributes"} == {f"models/a_task/{name}" for name in wanted}
    assert {hashlib.sha256(sent["models/a_task/model.safetensors"]).hexdigest()} <= (
        _repository(hub).large
    )
    (code,) = [code for kind, code in parsed(made.card) if "pipeline(" in code]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - what the card says
    assert names["answer"][0]["label"].startswith("LABEL_")
    assert names["model"].model.config.vocab_size == 400

    before = (model / "config.json").read_text()
    (model / "config.json").write_text(before.replace("LABEL_0", "LABEL_X"))
    with pytest.raises(PublishingError, match="model: was changed since it was trained; `tok"):
        collect(str(tiny), models=True)


def test_models_tell_no_paths(tiny: Path, model: Path) -> None:
    (model / "config.json").write_text(f'{{"_name_or_path": "{model}"}}')
    known = {name: one for name, one in store.digests(model).items() if name != "optimizer.pt"}
    (model / "tokbench.json").write_text(json.dumps({"files": known}))
    with pytest.raises(PublishingError, match=r"^models/a_task/config\.json:1: holds a path of"):
        collect(str(tiny), models=True)


def test_models_that_are_not_there(tiny: Path) -> None:
    with pytest.raises(PublishingError, match="no model was fine-tuned with it; `tokbench fi"):
        collect(str(tiny), models=True)


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
