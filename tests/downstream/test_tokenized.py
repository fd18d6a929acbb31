"""Examples become the ids that the saved tokenizer gives, once, and are kept on disk."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tokbench.downstream import TrainingSpec, alignment
from tokbench.downstream import tokenized as module
from tokbench.downstream.prepared import prepared
from tokbench.downstream.tokenized import Encoder, fingerprint, sizes, tokenized
from tokbench.errors import StoreError
from tokbench.store import cache_dir
from tokbench.values import TaskData

SPEC = TrainingSpec(max_length=8)
TEXTS = ["low", "lower low low lower newest widest", "", "한국어 low", "e" * 30]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Bytes as tokens, with BERT's frame; `low` is one token."""
    alphabet = {one: at for at, one in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges = [("l", "o"), ("lo", "w"), ("Ġ", "low")]
    vocabulary = alphabet | {a + b: 256 + at for at, (a, b) in enumerate(merges)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return prepared(tokenizer.to_str(), None, tmp_path / "prepared").folder


def task(table: pa.Table, kind: Any = "classification", **more: Any) -> TaskData:
    return TaskData("t", kind, ("a", "b"), ("accuracy",), table, table, table, **more)


def single(texts: list[str] = TEXTS) -> TaskData:
    labels = [at % 2 for at in range(len(texts))]
    return task(pa.table({"text": pa.array(texts, pa.large_string()), "label": labels}))


def wrapped(folder: Path, *texts: list[str]) -> Any:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(folder)
    return loaded(*texts, truncation="longest_first", max_length=SPEC.max_length)


def test_one_text(folder: Path) -> None:
    made = tokenized(folder, single(), "train", SPEC)
    theirs = wrapped(folder, TEXTS)
    assert made["input_ids"][:] == theirs["input_ids"]
    assert made["token_type_ids"][:] == theirs["token_type_ids"]
    assert made["labels"][:] == [0, 1, 0, 1, 0]
    assert made["length"][:] == [3, 8, 2, 8, 8]
    assert made["bytes"][:] == [3, 33, 0, 13, 30]
    assert made["truncated"][:] == [False, True, False, True, True]


def test_pairs_are_cut_from_the_longer(folder: Path) -> None:
    first, second = ["low", "lower low", "", "eeeeeeee"], ["eeeeeeee", "low low", "", "low"]
    table = pa.table({"text": first, "pair": second, "label": [0.5, -100.0, 0.0, 3.0]})
    made = tokenized(folder, task(table, "regression"), "test", SPEC)
    theirs = wrapped(folder, first, second)
    assert made["input_ids"][:] == theirs["input_ids"]
    assert made["token_type_ids"][:] == theirs["token_type_ids"]
    assert made["labels"][:] == [0.5, -100.0, 0.0, 3.0]
    assert made["bytes"][:] == [11, 16, 0, 11]
    assert made["truncated"][:] == [True, True, False, True]


def test_labels_of_words_and_what_is_cut(folder: Path) -> None:
    words = [["low", "er", "low"], [], ["low"] * 9]
    table = pa.table({"words": words, "label": pa.array([[0, 1, 1], [], [1] * 9])})
    data = task(table, "tokens", unit="words")
    made = tokenized(folder, data, "train", SPEC)
    assert made["labels"][:] == [
        [-100, 0, -100, 1, -100, 1, -100],
        [-100, -100],
        [-100, *[1] * 6, -100],
    ]
    assert made["bytes"][:] == [10, 0, 35]
    assert made["truncated"][:] == [False, False, True]
    inside = tokenized(folder, data, "train", SPEC.model_copy(update={"inside": True}))
    assert inside["labels"][0] == [-100, 0, -100, 1, 1, 1, -100]
    encoder = Encoder(folder, data, SPEC)
    given = encoder.given(table)
    back = alignment.read_back(encoder.encode(given)[0], given[0], made["labels"][0], data.labels)
    assert back == [0, 1, 1]


def test_labels_of_characters(folder: Path) -> None:
    table = pa.table({"text": ["low lo", "한"], "label": [[0, 0, 0, 0, 1, 1], [1]]})
    made = tokenized(folder, task(table, "tokens", unit="characters"), "train", SPEC)
    assert made["labels"][:] == [[-100, 0, 0, 1, -100], [-100, 1, -100, -100, -100]]


def test_type_ids_only_where_the_wrapper_has_them(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"?": 0, "low": 1, "<s>": 2, "</s>": 3}, "?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    from tokenizers.processors import TemplateProcessing

    tokenizer.post_processor = TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> $B </s>", [("<s>", 2), ("</s>", 3)]
    )
    for names, there in ((["input_ids"], False), (["input_ids", "token_type_ids"], True)):
        folder = tmp_path / str(there)
        prepared(tokenizer.to_str(), {"model_input_names": names}, folder)
        made = tokenized(folder, single(), "train", SPEC)
        assert ("token_type_ids" in made.column_names) == there


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were encoded, each time."""
    counts: list[int] = []
    encode = Encoder.encode

    def counting(self: Encoder, given: Any) -> Any:
        counts.append(len(given))
        return encode(self, given)

    monkeypatch.setattr(Encoder, "encode", counting)
    return counts


def test_the_same_is_encoded_once(folder: Path, encoded: list[int]) -> None:
    first = tokenized(folder, single(), "train", SPEC)
    again = tokenized(folder, single(), "train", SPEC)
    assert encoded == [5]
    assert first[:] == again[:]
    assert first.cache_files == again.cache_files


def test_what_matters_makes_another(folder: Path, encoded: list[int], tmp_path: Path) -> None:
    tokenized(folder, single(), "train", SPEC)
    tokenized(folder, single(), "train", SPEC.model_copy(update={"max_length": 9}))
    tokenized(folder, single(TEXTS[::-1]), "train", SPEC)
    other = Tokenizer.from_file(str(folder / "tokenizer.json"))
    other.normalizer = normalizers.Lowercase()
    tokenized(prepared(other.to_str(), None, tmp_path / "o").folder, single(), "train", SPEC)
    assert encoded == [5] * 4
    tokenized(folder, single(), "train", SPEC.model_copy(update={"seeds": 2, "inside": True}))
    assert encoded == [5] * 4


def kept() -> Path:
    return next((cache_dir() / "tokenized").glob("*.arrow"))


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "removed", "unmarked"])
def test_a_damaged_file_is_made_again(folder: Path, encoded: list[int], harm: str) -> None:
    made = tokenized(folder, single(), "train", SPEC)[:]
    file, data = kept(), kept().read_bytes()
    if harm == "removed":
        file.unlink()
    elif harm == "unmarked":
        file.with_suffix(".json").write_text("[]")
    else:
        flipped = bytes((data[300] ^ 1,))
        cut = {"cut": data[:-20], "flipped": data[:300] + flipped + data[301:], "emptied": b""}
        file.unlink()
        file.write_bytes(cut[harm])
    assert tokenized(folder, single(), "train", SPEC)[:] == made
    assert encoded == [5, 5]
    assert kept().read_bytes() == data


def test_nothing_else_is_left_behind(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    for name in ("TMPDIR", "HF_HOME", "HF_DATASETS_CACHE"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    tokenized(folder, single(TEXTS * 500), "train", SPEC)
    there = sorted(one.suffix for one in (cache_dir() / "tokenized").iterdir())
    assert there == [".arrow", ".json", ".lock"]
    for name in ("TMPDIR", "HF_HOME", "HF_DATASETS_CACHE"):
        assert not list((tmp_path / name).iterdir())
    assert capfd.readouterr() == ("", "")


def test_what_a_killed_writer_left_goes(folder: Path) -> None:
    tokenized(folder, single(), "train", SPEC)
    file = kept()
    left = file.with_name(f".{file.name}.abcdefgh.part")
    left.mkdir()
    (left / "tmp1234").write_bytes(b"half")
    file.unlink()
    tokenized(folder, single(), "train", SPEC)
    assert not left.exists()


def test_a_cache_that_cannot_be_written_is_done_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tokenized(folder, single(), "train", SPEC)[:]
    monkeypatch.setenv("TOKBENCH_CACHE", os.devnull + "/nowhere")
    made = tokenized(folder, single(), "train", SPEC)
    assert made[:] == wanted
    assert made.cache_files == []


def test_a_full_disk_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_mapped", full)
    with pytest.raises(StoreError, match="No space left"):
        tokenized(folder, single(), "train", SPEC)


SCRIPT = """
import sys
from pathlib import Path
import pyarrow as pa
from tokbench.downstream import TrainingSpec, tokenized
from tokbench.values import TaskData
table = pa.table({"text": ["low lower", "newest"] * 2000, "label": [0, 1] * 2000})
data = TaskData("t", "classification", ("a", "b"), ("accuracy",), table, table, table)
calls = []
encode = tokenized.Encoder.encode
tokenized.Encoder.encode = lambda self, given: calls.append(1) or encode(self, given)
made = tokenized.tokenized(Path(sys.argv[1]), data, "train", TrainingSpec(max_length=8))
print(len(calls), len(made), sum(made["length"]))
"""


def test_of_two_processes_one_encodes(folder: Path) -> None:
    def run(_: int) -> list[int]:
        command = [sys.executable, "-c", SCRIPT, str(folder)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        assert done.stderr == ""
        return [int(one) for one in done.stdout.split()]

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(run, range(2))
    assert sorted([first[0], second[0]]) == [0, 4]
    assert first[1:] == second[1:]


def test_sizes_are_those_of_utf8() -> None:
    table = pa.table({"text": ["가", "", "ab"], "pair": ["x", "", "é"]})
    assert sizes(table).tolist() == [4, 0, 4]
    chunked = pa.chunked_array([[["가", "나"]], [[], ["a"]]])
    assert sizes(pa.table({"words": chunked})).tolist() == [7, 0, 1]


def test_what_a_table_holds_is_its_fingerprint() -> None:
    whole = pa.table({"text": ["a", "b", "c"], "label": [0, 1, 1]})
    parts = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    assert fingerprint(parts) == fingerprint(whole)
    assert fingerprint(whole.slice(1)) == fingerprint(
        pa.table({"text": ["b", "c"], "label": [1, 1]})
    )
    others = [
        whole.slice(1), whole.rename_columns(["words", "label"]),
        pa.table({"text": ["a", "b", "c"], "label": [0, 1, 0]}),
        pa.table({"text": ["a", "bc", ""], "label": [0, 1, 1]}),
    ]  # fmt: skip
    assert len({fingerprint(one) for one in (whole, *others)}) == 5


def test_later_forks_are_quiet_and_users_are_heard(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    tokenized(folder, single(), "train", SPEC)
    assert os.environ["TOKENIZERS_PARALLELISM"] == "off"
    seen = []
    encode = Tokenizer.encode_batch_fast
    monkeypatch.setattr(
        module.Tokenizer,
        "encode_batch_fast",
        lambda self, given: (
            seen.append(os.environ.get("TOKENIZERS_PARALLELISM")) or encode(self, given)
        ),
        raising=False,
    )
    encoder = Encoder(folder, single(), SPEC)
    encoder.encode(["low"])
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    encoder.encode(["low"])
    assert seen == [None, "true"]
    assert os.environ["TOKENIZERS_PARALLELISM"] == "true"
