"""GLUE's tasks by name: the same examples from its own files and from the Hub."""

import io
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import task_reading
from loopback_hub import running_hub

from tokbench.downstream.scores import GLUE
from tokbench.recipe.tasks import known_tasks, task
from tokbench.workbench.examples import examples

# How GLUE's own files begin, as its download script leaves them.
HEADS = {
    "CoLA": None,
    "SST-2": "sentence\tlabel",
    "MRPC": "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String",
    "STS-B": "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2"
    "\tscore",
    "QQP": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
    "MNLI": "index\tpromptID\tpairID\tsentence1\tsentence2\tlabel1\tgold_label",
    "QNLI": "index\tquestion\tsentence\tlabel",
    "RTE": "index\tsentence1\tsentence2\tlabel",
    "WNLI": "index\tsentence1\tsentence2\tlabel",
}
# On the Hub: columns of the texts, names of the classes; in the files: columns, and their labels.
NAMES = ("entailment", "neutral", "contradiction")
LAYOUT: dict[str, tuple[str, str, list[str], tuple[str, ...], list[Any]]] = {
    "cola": ("cola", "CoLA", ["sentence"], ("unacceptable", "acceptable"), [0, 1]),
    "sst2": ("sst2", "SST-2", ["sentence"], ("negative", "positive"), [0, 1]),
    "mrpc": ("mrpc", "MRPC", ["sentence1", "sentence2"], ("not_equivalent", "equivalent"), [0, 1]),
    "qqp": ("qqp", "QQP", ["question1", "question2"], ("not_duplicate", "duplicate"), [0, 1]),
    "stsb": ("stsb", "STS-B", ["sentence1", "sentence2"], (), [4.8, 0.0]),
    "mnli": ("mnli", "MNLI", ["premise", "hypothesis"], NAMES, [*NAMES]),
    "mnli_mismatched": ("mnli", "MNLI", ["premise", "hypothesis"], NAMES, [*NAMES]),
    "qnli": ("qnli", "QNLI", ["question", "sentence"], ("entailment", "not_entailment"),
             ["entailment", "not_entailment"]),
    "rte": ("rte", "RTE", ["sentence1", "sentence2"], ("entailment", "not_entailment"),
            ["entailment", "not_entailment"]),
    "wnli": ("wnli", "WNLI", ["sentence1", "sentence2"], ("not_entailment", "entailment"), [0, 1]),
}  # fmt: skip
DEV = {"mnli": "matched", "mnli_mismatched": "mismatched"}
TEXT = 'He said "no{}'
"""An odd quote, which GLUE's files do not mean as one."""


def said(split: str, columns: int) -> list[tuple[list[str], int]]:
    """Texts and the place of the label; GLUE's hidden labels lie in no split that is read."""
    return [
        ([f"{split} {TEXT.format(number)} {column}" for column in range(columns)], number)
        for number in range(60 if split == "train" else 4)
    ]


def glue_file(folder: str, split: str, labels: list[Any], columns: int) -> str:
    """What a file of GLUE's own says."""
    head = HEADS[folder]
    lines = [] if head is None else [head]
    for texts, number in said(split, columns):
        label = str(labels[number % len(labels)])
        if head is None:
            lines.append(f"gj04\t{label}\t\t{texts[0]}")
            continue
        fields = ["-"] * len(head.split("\t"))
        if folder == "MRPC":
            fields[0], fields[3:5] = label, texts
        elif folder == "SST-2":
            fields = [texts[0], label]
        elif folder == "MNLI":
            fields[3:5], fields[-1] = texts, label
        else:
            fields[-1 - columns : -1], fields[-1] = texts, label
        lines.append("\t".join(fields))
    if folder == "QQP" and split == "train":
        lines.insert(3, "7\t8\t9\tcut off")  # as some rows of the published file are
    return "\n".join(lines) + "\n"


def dev_name(name: str) -> str:
    return f"dev_{DEV[name]}" if name in DEV else "dev"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (_, where, columns, _, labels) in LAYOUT.items():
        (tmp_path / where).mkdir(exist_ok=True)
        for file in ("train", dev_name(name)):
            text = glue_file(where, file, labels, len(columns))
            (tmp_path / where / f"{file}.tsv").write_text(text, "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPoolExecutor]:
    files: dict[str, bytes] = {}
    card: dict[str, list[str]] = {}
    for name, (config, _, columns, names, labels) in LAYOUT.items():
        dev = f"validation_{DEV[name]}" if name in DEV else "validation"
        for split, called in (("train", "train"), (dev_name(name), dev)):
            rows = said(split, len(columns))
            table = pa.table({
                **{one: [texts[at] for texts, _ in rows] for at, one in enumerate(columns)},
                "label": [_number(labels[n % len(labels)], names) for _, n in rows],
                "idx": [n for _, n in rows],
            })  # fmt: skip
            sink = io.BytesIO()
            pq.write_table(table, sink)
            files[f"{config}/{called}-00000-of-00001.parquet"] = sink.getvalue()
            line = f"  - {{split: {called}, path: {config}/{called}-*}}"
            if line not in card.setdefault(config, []):
                card[config].append(line)
    parts = [[f"- config_name: {one}", "  data_files:", *said_] for one, said_ in card.items()]
    head = ["---", "configs:", *(line for part in parts for line in part), "---", ""]
    files["README.md"] = "\n".join(head).encode()
    with running_hub() as server:
        server.dataset("nyu-mll/glue", files)
        home = tmp_path_factory.mktemp("hub")
        environment = {**server.environment(home / "hf"), "TOKBENCH_CACHE": str(home / "cache")}
        with ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=task_reading.prepare,
            initargs=(environment,),
        ) as pool:
            yield pool


def _number(label: Any, names: tuple[str, ...]) -> Any:
    return names.index(label) if isinstance(label, str) else label


@pytest.mark.parametrize("name", LAYOUT)
def test_own_files(name: str, folder: Path) -> None:
    data = examples(task(f"glue_{name}", folder.parent, [f"folder={folder.name}"]), folder.parent)
    config, _, columns, names, labels = LAYOUT[name]
    assert data.metrics == GLUE[config]
    assert data.labels == names
    rows = data.train.to_pylist() + data.valid.to_pylist()
    assert len(rows) == 60
    assert (len(data.test), len(data.valid) > 0) == (4, True)
    numbers = {" ".join(texts): n for texts, n in said("train", len(columns))}
    for row in rows:
        n = numbers[" ".join(row[one] for one in ("text", "pair") if one in row)]
        assert row["label"] == _number(labels[n % len(labels)], names)
    if name == "qqp":
        assert "left out of QQP/train.tsv: 1 row with too many or too few fields" in data.notes[0]


@pytest.mark.parametrize("name", LAYOUT)
def test_of_the_hub(name: str, hub: ProcessPoolExecutor, folder: Path) -> None:
    found = hub.submit(task_reading.read, f"glue_{name}").result(timeout=120)
    own = examples(task(f"glue_{name}", folder, ["folder=."]), folder)
    for split in ("train", "valid", "test"):
        assert found[split] == getattr(own, split).to_pylist()
    assert (found["labels"], found["metrics"]) == (own.labels, own.metrics)


def test_every_task_is_tested() -> None:
    glue = {name.removeprefix("glue_") for name in known_tasks() if name.startswith("glue_")}
    assert glue == set(LAYOUT)
