"""Published values come out."""

import pytest

from tokbench.errors import SubjectError
from tokbench.workbench import verify, verifying


def test_what_needs_no_file_agrees():
    found = verify()
    assert len(found) == 8 + 1 + 2 + 1 + 4
    assert [one.agrees for one in found] == [True] * 12 + [None] * 4
    assert found[-1].why == "needs its vocabulary: --cl100k cl100k_base.tiktoken"


def test_vocabularies_agree(shared):
    folder = shared / "tokenizers"
    found = verify(folder / "gpt2" / "tokenizer.json", folder / "cl100k_base.tiktoken")
    assert [one.ours for one in found[-4:]] == [344, 216, 773, 645]
    assert all(one.agrees for one in found)


def test_a_difference_is_told(monkeypatch):
    monkeypatch.setattr(verifying, "_MERGES", "u-n u-g h-ug p-un p-ug hug-s b-un")
    assert [one.name[:3] for one in verify() if one.agrees is False] == ["BPE"]


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "x").write_text("!!")
    with pytest.raises(SubjectError, match="is no tiktoken file"):
        verify(cl100k=tmp_path / "x")
