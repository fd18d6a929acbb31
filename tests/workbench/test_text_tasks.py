"""Tasks of text alone: documents are parted, then cut into pieces alike for every tokenizer."""

from pathlib import Path
from typing import Any

import pytest

from tokbench.errors import RecipeError
from tokbench.recipe.tasks import TaskSpec, task
from tokbench.values import TaskData
from tokbench.workbench.examples import examples

TALE = "Once there was a fox.\nIt met a dog, and then another one, and both of them barked.\n"


def read(tmp_path: Path, texts: list[str], **more: Any) -> TaskData:
    import json

    path = tmp_path / "tales.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    train = {"type": "files", "paths": str(path)}
    said = {"name": "tales", "kind": "causal_lm", "train": train, "valid": 0.2, "test": 0.2}
    return examples(TaskSpec.model_validate(said | more), tmp_path)


@pytest.mark.parametrize("kind", ["causal_lm", "masked_lm"])
def test_documents_are_parted_before_they_are_cut(tmp_path: Path, kind: str) -> None:
    texts = [f"{number}: {TALE * (number % 4 + 1)}" for number in range(60)]
    data = read(tmp_path, texts, kind=kind, context_bytes=64)
    found = []
    for table in (data.train, data.valid, data.test):
        assert table.column_names == ["text", "document"]
        whole: dict[int, str] = {}
        for piece, number in zip(*(table[name].to_pylist() for name in table.column_names),
                                 strict=True):  # fmt: skip
            assert len(piece.encode()) <= 64
            whole[number] = whole.get(number, "") + piece
        assert [*whole] == [*range(len(whole))]
        found += whole.values()
    assert sorted(found) == sorted(texts)
    assert data.metrics == ("bits_per_byte",)
    assert data.labels == ()
    assert len(data.notes) == 2
    wider = read(tmp_path, texts, kind=kind, context_bytes=128)
    assert wider.fingerprint != data.fingerprint
    assert wider.train.num_rows < data.train.num_rows


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("kind: causal_lm\npair: b", "has text alone; leave `pair` out"),
        ("kind: masked_lm\nlabels: [a, b]", "has text alone; leave `labels` out"),
        ("context_bytes: 64", "context_bytes: cuts text for language models, and `kind` is class"),
        ("kind: causal_lm\nmetric: accuracy", "'accuracy' is for classification and tokens"),
        ("kind: causal_lm\ncontext_bytes: 3", "context_bytes"),
    ],
)
def test_what_does_not_fit_text_is_refused(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(f"name: t\ntrain: python_docs\n{more}\n", "utf-8")
    with pytest.raises(RecipeError) as raised:
        task(path)
    assert said in str(raised.value)
