"""A second comparison on the same text encodes only whom the first did not have."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from few_lines import LINES
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tokbench import encoding, store, workbench
from tokbench.values import Comparison
from tokbench.workbench import encodings

PARALLEL = {"en": ["one", "two words"], "ko": ["하나", "두 단어"]}
GOLD = encoding.Gold.of([("lowest", "low est"), ("taping", "tape @@ing")])
BESIDE = workbench.Beside(PARALLEL, "en", GOLD)


def _tokenizer(path: Path, size: int) -> str:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(LINES, trainer)
    made.save(str(path))
    return str(path)


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    return [_tokenizer(tmp_path / f"{size}.json", size) for size in (260, 300)]


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text.csv"
    rows = [f'{"en" if line.isascii() else "xx"},"{line}"' for line in LINES]
    path.write_text("\n".join(["language,text", *rows]))
    return str(path)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever is encoded, in order."""
    seen: list[str] = []

    def spied(function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def call(subject: Any, *arguments: Any, **named: Any) -> Any:
            some = subject if isinstance(subject, list) else [subject]
            seen.extend(f"{kind} {one.name}" for one in some)
            return function(subject, *arguments, **named)

        return call

    for name in ("encode_documents", "entries", "parallel", "morphology"):
        monkeypatch.setattr(encoding, name, spied(getattr(encoding, name), name))
    return seen


def _compare(names: list[str], text: str, **given: Any) -> Comparison:
    options = {"metric_names": ["all"], "beside": BESIDE, "by": ["language"], **given}
    return workbench.compare(names, on=text, **options)


KINDS = ("encode_documents", "parallel", "morphology", "entries")


@pytest.fixture(autouse=True)
def _no_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed is never kept, and takes seconds."""
    monkeypatch.setattr(encoding, "time_all", lambda subjects, *_: [None] * len(subjects))


def test_only_the_new_one_is_encoded_and_the_numbers_are_the_same(
    names: list[str], text: str, encoded: list[str]
) -> None:
    _compare(names[:1], text)
    assert encoded == [f"{kind} 260" for kind in KINDS]
    encoded.clear()
    both = _compare(names, text)
    assert encoded == [f"{kind} 300" for kind in KINDS]
    encoded.clear()
    assert _compare(names, text) == both
    assert encoded == []
    assert _compare(names, text, force=True) == both
    assert sorted(encoded) == sorted(f"{kind} {size}" for kind in KINDS for size in (260, 300))


def test_another_text_split_or_tokenizer_is_another_thing(
    names: list[str], text: str, encoded: list[str], tmp_path: Path
) -> None:
    first = _compare(names[:1], text)
    other = tmp_path / "other.csv"
    other.write_text(Path(text).read_text() + "\nen,more text\n")
    encoded.clear()
    assert _compare(names[:1], str(other)).documents == first.documents + 1
    assert encoded == ["encode_documents 260", "entries 260"]


def test_groups_are_those_that_are_asked_for(names: list[str], text: str) -> None:
    plain = _compare(names, text, by=[])
    grouped = _compare(names, text, by=["language"])
    assert not plain.tokenizers[0].measurements["tokens"].by
    assert list(grouped.tokenizers[0].measurements["tokens"].by) == ["language"]
    assert _compare(names, text, by=["source"]).tokenizers[0].measurements["tokens"].by["source"]


def test_a_damaged_file_is_made_again(names: list[str], text: str, encoded: list[str]) -> None:
    first = _compare(names, text)
    for path in (store.cache_dir() / "encoded").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    encoded.clear()
    assert _compare(names, text) == first
    assert len(encoded) == 8
    encoded.clear()
    assert _compare(names, text) == first
    assert encoded == []


def test_what_was_not_used_for_longest_goes_first(
    names: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _compare(names[:1], text)
    folder = store.cache_dir() / "encoded"
    old = sorted(folder.glob("encoded-*"))
    for path in old:
        os.utime(path, (0, 0))
    size = sum(path.stat().st_size for path in folder.iterdir())
    monkeypatch.setattr(encodings, "MOST", size + 10)
    _compare(names[1:], text)
    assert not any(path.exists() for path in old)
    assert list(folder.glob("encoded-*"))


def test_without_a_place_to_write_all_is_measured(
    names: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _compare(names, text)
    monkeypatch.setenv("TOKBENCH_CACHE", os.devnull + "/none")
    assert _compare(names, text) == first


def test_a_name_is_not_what_is_kept(names: list[str], text: str, tmp_path: Path) -> None:
    _compare(names, text)
    renamed = tmp_path / "renamed.json"
    Path(names[0]).rename(renamed)
    again = _compare([str(renamed), names[1]], text)
    assert [one.name for one in again.tokenizers] == ["renamed", "300"]
