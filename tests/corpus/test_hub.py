"""Datasets of a Hub on this machine, read by the real clients in a process of their own."""

import gzip
import json
import multiprocessing
import random
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import hub_reading
import pyarrow as pa
import pytest
from corpus_files import TEXTS, as_csv, as_parquet
from loopback_hub import LoopbackHub, running_hub
from xxhash import xxh64_intdigest

from tokbench.corpus import CorpusSpec, Fingerprint
from tokbench.corpus.documents import array_of
from tokbench.corpus.sources.hub import HubSpec
from tokbench.errors import CorpusError
from tokbench.workbench.find import _pinned

Read = Callable[..., dict[str, Any]]
LINES = [f"document {number}" for number in range(600)]


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with running_hub() as hub:
        hub.users |= {"hf_owner": "owner", "hf_other": "other"}
        yield hub


@pytest.fixture(scope="module")
def process(
    hub: LoopbackHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProcessPoolExecutor]:
    """One process for all tests: importing `datasets` takes a second."""
    folder = tmp_path_factory.mktemp("hub")
    environment = {**hub.environment(folder / "hf"), "TOKBENCH_CACHE": str(folder / "cache")}
    with ProcessPoolExecutor(
        1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=hub_reading.prepare,
        initargs=(environment,),
    ) as pool:
        yield pool


@pytest.fixture
def read(process: ProcessPoolExecutor) -> Read:
    """What a dataset gives there; options that are no fields of the source say how to read."""

    def call(name: str, **options: Any) -> dict[str, Any]:
        how = {key: options.pop(key) for key in hub_reading.HOW if key in options}
        source = {"type": "hub", "name": name, **options}
        return process.submit(hub_reading.read, source, **how).result(timeout=60)

    return call


def error(found: dict[str, Any]) -> str:
    assert "\n" not in found["error"]
    return str(found["error"])


def jsonl(texts: list[str]) -> bytes:
    rows = enumerate(texts)
    return "".join(json.dumps({"id": id_, "text": text}) + "\n" for id_, text in rows).encode()


def parquet(texts: list[str]) -> bytes:
    return as_parquet(pa.table({"text": texts, "id": range(len(texts))}))


def fingerprint(texts: list[str]) -> str:
    made = Fingerprint()
    made.update(array_of([text.encode() for text in texts]))
    return str(made)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("train.parquet", parquet(TEXTS)),
        ("train.jsonl.gz", gzip.compress(jsonl(TEXTS))),
        ("train.csv", as_csv(TEXTS)),
    ],
)
def test_formats(name: str, data: bytes, streaming: bool, hub: LoopbackHub, read: Read) -> None:
    dataset = f"owner/{name.replace('.', '-')}"
    hub.dataset(dataset, {name: data, "README.md": b"# A card without metadata"})
    found = read(dataset, streaming=streaming, columns=("id",))
    assert found["texts"] == TEXTS
    assert list(map(int, found["columns"][0])) == list(range(len(TEXTS)))
    assert found["fingerprint"] == fingerprint(TEXTS)
    assert found["size"] == len(data)
    assert found["done"] == sorted(found["done"])
    assert found["done"][-1] == len(data)


@pytest.mark.parametrize("streaming", [True, False])
def test_texts_of_csv_stay_as_they_are(streaming: bool, hub: LoopbackHub, read: Read) -> None:
    texts = ["007", "1e3", "NA", "", "null", " x ", "True"]
    commit = hub.dataset("owner/numbers").commit({"train.csv": as_csv(texts)})
    options: dict[str, Any] = {"revision": commit, "streaming": streaming}
    assert read("owner/numbers", **options)["texts"] == texts
    assert read("owner/numbers", text="{id}-{text}", **options)["texts"][0] == "0-007"
    if not streaming:
        assert read("owner/numbers", offline=True, **options)["texts"] == texts


def test_a_path_of_the_hub_is_a_file(hub: LoopbackHub, process: ProcessPoolExecutor) -> None:
    files = {"data/a.jsonl.gz": gzip.compress(jsonl(TEXTS)), "data/b.parquet": parquet(LINES)}
    hub.dataset("owner/files", files)
    for path, texts in (("a.jsonl.gz", TEXTS), ("b.parquet", LINES)):
        source = {"type": "files", "paths": f"hf://datasets/owner/files/data/{path}"}
        found = process.submit(hub_reading.read, source).result(timeout=60)
        assert found.get("texts") == texts, found
        assert found["fingerprint"] == fingerprint(texts)


def test_shards_and_splits(hub: LoopbackHub, read: Read) -> None:
    parts = {f"data/train-0000{n}-of-00003.parquet": parquet(LINES[n::3]) for n in range(3)}
    hub.dataset("owner/shards", {**parts, "data/test-00000-of-00001.parquet": parquet(["a", "b"])})
    whole = read("owner/shards")
    assert whole["texts"] == LINES[0::3] + LINES[1::3] + LINES[2::3]
    assert whole["size"] == sum(map(len, parts.values()))
    hub.asked.clear()
    later = read("owner/shards", first=2)
    assert (later["texts"], set(later["pieces"])) == (LINES[2::3], {2})
    assert not any("train-00001" in path for _, path, _, _ in hub.asked)
    both = read("owner/shards", split=["test", "train"])
    assert both["texts"] == ["a", "b", *whole["texts"]]
    assert both["name"] == "owner/shards test+train"
    assert read("owner/shards", split=["test", "train"], first=3)["texts"] == LINES[2::3]
    wrong = read("owner/shards", split="tset")
    assert error(wrong) == (
        "owner/shards: no split 'tset'; did you mean 'test'? known: train, test; "
        "name one with `split:`"
    )


CARD = b"""---
configs:
- config_name: en
  data_files: [{split: train, path: en.jsonl}, {split: validation, path: dev.jsonl}]
- config_name: ko
  data_files: ko.jsonl
---
"""


def test_configurations(hub: LoopbackHub, read: Read) -> None:
    files = {"README.md": CARD, "en.jsonl": jsonl(["a"]), "dev.jsonl": jsonl(["b"])}
    hub.dataset("owner/configs", {**files, "ko.jsonl": jsonl(["가"])})
    assert read("owner/configs", config="ko")["texts"] == ["가"]
    assert read("owner/configs", config="en", split=["validation"])["texts"] == ["b"]
    assert read("owner/configs", config="en")["name"] == "owner/configs en"
    assert error(read("owner/configs")) == (
        "owner/configs: has several configurations; choose one with `config:`: en, ko"
    )
    assert error(read("owner/configs", config="kr")) == (
        "owner/configs: no configuration 'kr'; known: en, ko"
    )


def test_what_main_means_is_found_when_opened(hub: LoopbackHub, read: Read) -> None:
    repository = hub.dataset("owner/moving")
    first = repository.commit({"train.jsonl": jsonl(["old"])})
    before = read("owner/moving")
    second = repository.commit({"train.jsonl": jsonl(["new"])})
    repository.commit({"train.jsonl": jsonl(["other"])}, branch="v1.0")
    after = read("owner/moving")
    assert (before["texts"], after["texts"]) == (["old"], ["new"])
    assert before["identity"] != after["identity"]
    assert before["origins"] == [
        {"dataset": "owner/moving", "config": None, "splits": ["train"], "commit": first}
    ]
    assert read("owner/moving", revision=first)["identity"] == before["identity"]
    assert read("owner/moving", revision=second)["identity"] == after["identity"]
    assert read("owner/moving", revision="v1.0")["texts"] == ["other"]
    assert error(read("owner/moving", revision="v1")) == (
        "owner/moving: no revision 'v1'; did you mean 'v1.0'? known: main, v1.0"
    )


def test_identity_is_of_the_commit_and_the_options(hub: LoopbackHub, read: Read) -> None:
    hub.dataset("owner/same", {"train.jsonl": jsonl(["a"]), "test.jsonl": jsonl(["b"])})
    hub.asked.clear()
    ways: list[dict[str, Any]] = [{}, {"split": "test"}, {"text": "{id}: {text}"}]
    identities = [read("owner/same", **way, open_only=True)["identity"] for way in ways]
    assert len(set(identities)) == 3
    assert not any(path.endswith(".jsonl") for _, path, _, _ in hub.asked)
    assert read("owner/same")["identity"] == identities[0]


def test_private_and_gated(hub: LoopbackHub, read: Read) -> None:
    hub.dataset("owner/private", {"train.jsonl": jsonl(["p"])}, private=True)
    hub.dataset("owner/gated", {"train.jsonl": jsonl(["g"])}, gated=True, accepted={"other"})
    assert read("owner/private", token="hf_owner")["texts"] == ["p"]
    assert read("owner/gated", token="hf_other")["texts"] == ["g"]
    none = f"owner/private: no such dataset on {hub.url}; check the name"
    log_in = "log in if it is private: `hf auth login`, or HF_TOKEN"
    assert error(read("owner/private")) == f"{none}, or {log_in}"
    stranger = read("owner/private", token="hf_other")
    assert error(stranger) == f"{none}, and that your token may read it"
    gated = f"owner/gated: is gated; accept its conditions on {hub.url}/datasets/owner/gated"
    assert error(read("owner/gated")) == f"{gated} and log in: `hf auth login`, or HF_TOKEN"
    assert error(read("owner/gated", token="hf_owner")) == f"{gated} with your account"
    assert error(read("owner/same", token="hf_expired")) == (
        "owner/same: the Hub does not accept your token; log in again: `hf auth login`, or HF_TOKEN"
    )


def test_what_cannot_be_read(hub: LoopbackHub, read: Read) -> None:
    hub.dataset("owner/code", {"code.py": b"", "train.jsonl": jsonl(["a"])})
    hub.dataset("owner/image", {"README.md": b"nothing"})
    hub.dataset("owner/broken", {"train.parquet": b"PAR1 and no more"})
    hub.dataset("owner/nulls", {"train.jsonl": b'{"text": "a"}\n{"text": null}\n'})
    assert error(read("owner/code")) == (
        "owner/code: is loaded by code of its own (code.py), which is not run; try "
        "`revision: refs/convert/parquet`, where the Hub keeps a copy without code"
    )
    assert error(read("owner/missing")).startswith(f"owner/missing: no such dataset on {hub.url}")
    assert error(read("owner/image")).startswith("owner/image: cannot be read by `datasets` (")
    assert error(read("owner/broken")).startswith("owner/broken: cannot be read by `datasets` (")
    assert error(read("owner/nulls")) == (
        "owner/nulls/train.jsonl: row 2: field 'text' is null; "
        "fill it in, remove the row, or add the step `drop_empty`"
    )
    assert read("owner/nulls", steps=["drop_empty"])["texts"] == ["a"]
    assert error(read("owner/nulls", text="txt")) == (
        "owner/nulls/train.jsonl: no field 'txt'; did you mean 'text'? known: text; "
        "name one with `text:`"
    )


def test_columns_of_parquet_that_are_not_asked_for_are_not_read(
    hub: LoopbackHub, read: Read
) -> None:
    wide = [random.Random(number).randbytes(40_000) for number in range(600)]
    table = pa.table({"text": LINES, "wide": wide, "q": LINES})
    data = as_parquet(table)
    hub.dataset("owner/wide", {"train.parquet": data})
    hub.asked.clear()
    assert read("owner/wide", text="{q}|{text}")["texts"] == [f"{line}|{line}" for line in LINES]
    asked = [range_ for _, path, range_, _ in hub.asked if path.endswith("train.parquet")]
    ends = [re.fullmatch(r"bytes=(\d+)-(\d+)", str(range_)) for range_ in asked]
    # Each is read with some megabytes behind it, and all twice: once for the fingerprint.
    assert sum(int(end[2]) - int(end[1]) for end in ends if end) < 1.5 * len(data)


def test_messages(hub: LoopbackHub, read: Read) -> None:
    chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    hub.dataset("owner/chat", {"train.jsonl": json.dumps({"m": chat}).encode()})
    template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    found = read("owner/chat", messages="m", chat_template=template)
    assert found["texts"] == ["<user>hi<assistant>ho"]


@pytest.mark.parametrize("name", ["train.parquet", "train.jsonl.gz", "train.csv"])
def test_a_network_that_fails_loses_nothing(name: str, hub: LoopbackHub, read: Read) -> None:
    made = {
        "train.parquet": parquet(LINES),
        "train.jsonl.gz": gzip.compress(jsonl(LINES)),
        "train.csv": as_csv(LINES),
    }
    dataset = f"owner/shaky-{name.replace('.', '-')}"
    hub.dataset(dataset, {name: made[name]})
    file, info = rf"{dataset}/resolve/.*/{name}", rf"api/datasets/{dataset}/revision/main"
    hub.fail(info, 2, 503)
    hub.fail(info, 1, 429, **{"Retry-After": "3"})
    hub.fail(file, 2, 503)
    hub.fail(file, 2)
    found = read(dataset, hurry=True)
    assert found["texts"] == LINES
    assert found["slept"] >= 7
    # More often than the clients themselves try: the shard is begun again.
    hub.fail(file, 9, 503)
    assert read(dataset, hurry=True)["texts"] == LINES


def test_a_stream_that_breaks_goes_on_behind_what_it_gave(process: ProcessPoolExecutor) -> None:
    rows, began = process.submit(hub_reading.broken_stream, 3).result(timeout=60)
    assert rows == list(range(100))
    assert began == 4
    told = process.submit(hub_reading.broken_stream, 99).result(timeout=60)
    assert told == "owner/data: the Hub is in trouble (503); try again later"


def test_a_network_that_fails_for_ever(hub: LoopbackHub, read: Read) -> None:
    hub.dataset("owner/dead", {"train.jsonl": jsonl(["a"])})
    hub.dataset("owner/limited", {"train.jsonl": jsonl(["a"])})
    hub.fail(r"api/datasets/owner/dead", 10_000, 503)
    hub.fail(r"owner/limited/resolve/.*/train", 10_000, 429)
    dead = error(read("owner/dead", hurry=True))
    assert dead == "owner/dead: the Hub is in trouble (503); try again later"
    limited = error(read("owner/limited", hurry=True))
    told = "owner/limited: the Hub refuses so many requests (429); try again later, or log in"
    assert limited == told


def test_offline(hub: LoopbackHub, read: Read) -> None:
    commit = hub.dataset("owner/kept").commit({"train.jsonl": jsonl(["kept"])})
    online = read("owner/kept", revision=commit, streaming=False)
    hub.asked.clear()
    offline = read("owner/kept", revision=commit, streaming=False, offline=True)
    assert offline["texts"] == ["kept"]
    assert offline["done"][-1] == offline["size"] > 0
    assert offline["identity"] == online["identity"]
    assert hub.asked == []
    assert error(read("owner/kept", offline=True)) == (
        "owner/kept: cannot be asked for: HF_HUB_OFFLINE is set; unset it, or write the commit's "
        "full hash as `revision:`"
    )
    other = error(read("owner/kept", revision="1" * 40, streaming=False, offline=True))
    assert other == (
        f"owner/kept: commit {'1' * 40} is not in the cache, and cannot be loaded; go online, or "
        "write the revision that was downloaded"
    )


def test_the_same_documents_from_anywhere_give_the_same_tokenizer(
    hub: LoopbackHub, process: ProcessPoolExecutor, tmp_path: Path
) -> None:
    import datasets

    texts = [f"low lower lowest {number} newer wider {number % 7}" for number in range(400)]
    hub.dataset("owner/tokens", {"train.parquet": parquet(texts)})
    datasets.Dataset.from_dict({"text": texts}).save_to_disk(tmp_path / "saved")
    (tmp_path / "a.jsonl").write_bytes(jsonl(texts))
    sources: list[dict[str, Any]] = [
        {"type": "hub", "name": "owner/tokens"},
        {"type": "hub", "name": "owner/tokens", "streaming": False},
        {"type": "dataset", "path": "saved"},
        {"type": "files", "paths": ["a.jsonl"]},
    ]
    waiting = [process.submit(hub_reading.trained, one, str(tmp_path)) for one in sources]
    waiting += [process.submit(hub_reading.trained, "given", str(tmp_path), texts)]
    found = {one.result(timeout=60) for one in waiting}
    assert len(found) == 1
    assert found.pop()[1] == sum(xxh64_intdigest(t.encode()) >= 2**64 // 10 for t in texts)


def test_the_token_is_nowhere(
    hub: LoopbackHub, process: ProcessPoolExecutor, tmp_path: Path
) -> None:
    hub.users |= {"hf_secret": "owner"}
    hub.dataset("owner/hidden", {"train.jsonl": jsonl(LINES)}, private=True)
    source = {"type": "hub", "name": "owner/hidden"}
    waiting = process.submit(hub_reading.kept, source, str(tmp_path), "hf_secret")
    kept = waiting.result(timeout=60)
    assert "hf_secret" in {token for _, _, _, token in hub.asked}
    assert len(kept) > 3
    assert any(b"owner/hidden" in data for data in kept)
    assert not any(b"hf_secret" in data for data in kept)


def test_a_run_is_measured_on_the_commit_that_it_was_trained_on() -> None:
    said = {"sources": [{"type": "python_docs"}, {"type": "hub", "revision": "main"}], "seed": 0}
    manifest = {"recipe": {"corpus": said}, "corpus": {"origins": [{}, {"commit": "1" * 40}]}}
    assert _pinned(manifest) == {
        "sources": [{"type": "python_docs"}, {"type": "hub", "revision": "1" * 40}],
        "seed": 0,
    }
    assert _pinned({**manifest, "corpus": {}}) == said


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.delitem(sys.modules, "tokbench.corpus.datasets.hub_tables", raising=False)
    monkeypatch.delattr("tokbench.corpus.datasets.hub_tables", raising=False)
    with pytest.raises(CorpusError) as told:
        HubSpec(name="owner/data").open(Path())
    assert str(told.value) == (
        "owner/data: source 'hub' needs the package 'datasets'; pip install 'tokbench[hub]'"
    )


@pytest.mark.parametrize("name", ["data", "a/b/c", "owner/", "owner/da ta"])
def test_names(name: str) -> None:
    with pytest.raises(ValueError, match="expected an owner and a name, as `owner/data`, got '"):
        CorpusSpec.model_validate({"sources": [{"type": "hub", "name": name}]})
