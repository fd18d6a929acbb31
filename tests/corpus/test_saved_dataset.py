"""Folders that `datasets` saved, read without it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from corpus_files import TEXTS

from tokbench import corpus
from tokbench.corpus import CorpusSpec, OpenCorpus
from tokbench.errors import CorpusError

Open = Callable[..., OpenCorpus]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def open_(path: str, **options: Any) -> OpenCorpus:
        source = {"type": "dataset", "path": path, **options}
        return corpus.open(CorpusSpec.model_validate({"sources": [source]}), tmp_path)

    return open_


@pytest.fixture
def dataset() -> datasets.Dataset:
    data = {"text": TEXTS, "n": range(len(TEXTS)), "label": [0, 1, 0, 1, 0, 1, 0]}
    features = datasets.Features(
        text=datasets.Value("string"),
        n=datasets.Value("int64"),
        label=datasets.ClassLabel(names=["a", "b"]),
    )
    return datasets.Dataset.from_dict(data, features=features)


def texts(opened: OpenCorpus) -> list[str]:
    return [text for batch in opened.batches("all") for text in batch.column("text").to_pylist()]


def test_datasets(tmp_path: Path, opened: Open, dataset: datasets.Dataset) -> None:
    dataset.save_to_disk(tmp_path / "one")
    dataset.save_to_disk(tmp_path / "many", num_shards=3)
    dataset.select([5, 1]).with_format("numpy", columns=["n"]).save_to_disk(tmp_path / "chosen")
    assert texts(opened("one")) == texts(opened("many")) == TEXTS
    assert texts(opened("chosen")) == [TEXTS[5], TEXTS[1]]
    assert opened("one").fingerprint().documents == len(TEXTS)
    assert str(opened("one").fingerprint()) == str(opened("many").fingerprint())
    assert texts(opened("one", text="{n}: {text}"))[0] == f"0: {TEXTS[0]}"
    (batch,) = opened("one").batches("all", columns=("n", "label"))
    assert batch.column("n").to_pylist() == list(range(len(TEXTS)))
    assert opened("many").sources == ("many",)
    assert opened("many", name="mine").sources == ("mine",)


def test_splits(tmp_path: Path, opened: Open, dataset: datasets.Dataset) -> None:
    both = datasets.DatasetDict(train=dataset, test=dataset.select([1]))
    both.save_to_disk(tmp_path / "both")
    datasets.DatasetDict(a=dataset, b=dataset).save_to_disk(tmp_path / "ab")
    datasets.DatasetDict(only=dataset).save_to_disk(tmp_path / "only")
    assert texts(opened("both")) == texts(opened("only")) == TEXTS
    assert texts(opened("both", split=["test", "train"])) == [TEXTS[1], *TEXTS]
    for wrong, options, said in (
        ("both", {"split": "tets"}, "no split 'tets'; did you mean 'test'? known: train, test"),
        ("ab", {}, "has several splits; choose with `split:`: a, b"),
        ("both/train", {"split": "train"}, "is one dataset without splits; leave out `split:`"),
    ):
        with pytest.raises(CorpusError) as error:
            opened(wrong, **options)
        assert str(error.value) == f"{wrong}: {said}"


def test_identity_is_of_the_contents(
    tmp_path: Path, opened: Open, dataset: datasets.Dataset
) -> None:
    dataset.save_to_disk(tmp_path / "one")
    dataset.save_to_disk(tmp_path / "copy")
    dataset.select(range(6)).save_to_disk(tmp_path / "other")
    before = opened("one").identity()
    assert opened("copy", name="other").identity() == before
    assert len({before, opened("other").identity(), opened("one", text="{n}").identity()}) == 3


def test_what_is_no_saved_dataset(tmp_path: Path, opened: Open, dataset: datasets.Dataset) -> None:
    for name in ("lost", "old", "broken", "empty"):
        dataset.save_to_disk(tmp_path / name)
    next((tmp_path / "lost").glob("*.arrow")).unlink()
    state = json.loads((tmp_path / "old/state.json").read_text())
    state["_indices_data_files"] = [{"filename": "indices.arrow"}]
    (tmp_path / "old/state.json").write_text(json.dumps(state))
    (tmp_path / "broken/state.json").write_text("{")
    (tmp_path / "empty/state.json").write_text('{"_data_files": []}')
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    sentences = {
        "lost": "lost/data-00000-of-00001.arrow: no such file; "
        "known: dataset_info.json, state.json",
        "old": "old: was saved by an old `datasets`, as a selection of the rows in its files; load "
        "it with that version, `flatten_indices()`, save it",
        "broken": "broken/state.json: is not what `save_to_disk` writes; save it again",
        "empty": "empty: lists no files with rows; save it again",
        "folder": "folder: is no dataset that `save_to_disk` wrote: it has no state.json; read "
        "other files as `type: files`",
        "file": "file: is a file; name the folder that `save_to_disk` wrote",
        "nowhere": "nowhere: no such folder; name the folder that `save_to_disk` wrote",
    }
    for name, sentence in sentences.items():
        with pytest.raises(CorpusError) as error:
            opened(name)
        assert str(error.value) == sentence


def test_the_package_is_not_needed(tmp_path: Path, dataset: datasets.Dataset) -> None:
    dataset.save_to_disk(tmp_path / "one")
    code = """if True:
        import pathlib, sys
        from tokbench import corpus
        spec = corpus.CorpusSpec(sources=[{"type": "dataset", "path": "one"}])
        opened = corpus.open(spec, pathlib.Path(sys.argv[1]))
        print(sum(len(batch) for batch in opened.batches("all")))
        print({"pandas", "datasets", "huggingface_hub"} & set(sys.modules))
    """
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"{len(TEXTS)}\nset()\n"
