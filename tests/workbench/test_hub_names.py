"""A Hub name is read by the real client, from a server on this machine."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench.errors import SubjectError
from tokbench.workbench.find import find

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Hub(BaseHTTPRequestHandler):
    """Serves one file of one repository, as `resolve` does."""

    state = b""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        found = self.path == "/someone/tiny/resolve/main/tokenizer.json"
        self.send_response(200 if found else 404)
        if found:
            self.send_header("ETag", f'"{hashlib.sha1(self.state).hexdigest()}"')  # noqa: S324
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(self.state)))
        else:
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
        self.end_headers()
        if found and body:
            self.wfile.write(self.state)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "low": 1}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    _Hub.state = tokenizer.to_str().encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_hub_name_is_a_tokenizer(hub: str, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("low low lower\n")

    def bench(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "tokbench",
                "bench",
                name,
                "--on",
                "t.txt",
                "--metric",
                "tokens",
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "HF_ENDPOINT": hub,
                "HF_HUB_OFFLINE": "0",
                "HF_HOME": str(tmp_path / "hf"),
                "HF_HUB_DISABLE_XET": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    found = bench("someone/tiny")
    assert found.returncode == 0, found.stderr
    assert "someone/tiny" in found.stdout
    missing = bench("someone/else")
    assert missing.returncode == 1
    assert missing.stderr.startswith("someone/else: is neither a file, a folder nor a run here")
    assert len(missing.stderr.splitlines()) == 1


def _check(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tokbench", "check", name, "--no-text"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_hub_name_is_checked(hub: str, tmp_path: Path) -> None:
    client = {
        "HF_ENDPOINT": hub,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }
    found = _check("someone/tiny", tmp_path, **client)
    assert "in 1 tokenizer" in found.stdout, found.stderr


def test_a_tiktoken_name_that_cannot_be_had_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("tiktoken")
    away = {"HTTPS_PROXY": "http://127.0.0.1:9", "TIKTOKEN_CACHE_DIR": str(tmp_path / "none")}
    made = _check("tiktoken:gpt2", tmp_path, **away)
    assert made.returncode == 1
    assert made.stderr.startswith("tiktoken:gpt2: tiktoken has no copy of its file and cannot")
    assert len(made.stderr.splitlines()) == 1


def test_what_a_folder_here_lacks_is_not_asked_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys.modules[find.__module__], "from_hub", asked.append)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toks").mkdir()
    with pytest.raises(SubjectError, match=r"^toks/none: the folder toks .* write toks/none@main$"):
        find("toks/none")
    assert not asked
    find("toks/none@main")
    find("someone/none")
    assert asked == ["toks/none@main", "someone/none"]
