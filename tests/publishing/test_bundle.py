"""Only files on the list go up; each is known by the hashes that the Hub knows it by."""

from pathlib import Path

import pytest

from tokbench.errors import PublishingError
from tokbench.publishing.bundle import Bundle, File


@pytest.mark.parametrize(
    "path",
    [
        "run.log",
        ".env",
        "train.txt",
        "../README.md",
        "/README.md",
        "models/../tokenizer.json",
        "models/a/optimizer.pt",
        "models/a/seeds/1.json",
        "tokenizer.json/x",
        "README.md\n",
        "downstream/a/outcome.json",
        "tiktoken/../../x.json",
    ],
)
def test_nothing_else_goes_up(path: str) -> None:
    with pytest.raises(PublishingError, match="no file that tokbench publishes"):
        Bundle.of({path: b""})


def test_links_do_not_go_up(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "tokenizer.json").symlink_to(tmp_path / "secret")
    with pytest.raises(PublishingError, match="link to another file"):
        Bundle.of({"tokenizer.json": tmp_path / "tokenizer.json"})


def test_a_file_is_the_same_in_memory_and_on_disk(tmp_path: Path) -> None:
    data = b"x" * 3_000_000
    (tmp_path / "model").write_bytes(data)
    one, other = File("a", data), File("a", tmp_path / "model")
    assert (one.size, one.git_hash, one.sha256) == (other.size, other.git_hash, other.sha256)
    assert other.read() == data
