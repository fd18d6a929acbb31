"""A Hub on this machine, as much of it as the real clients ask for when they read.

No installable server answers them, so tests run the real `huggingface_hub` and `datasets` against
this one: repositories with commits, branches and tags, private and gated ones, and a network that
fails when told to.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

API = re.compile(r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)(?:/(?P<call>.*))?")
FILE = re.compile(
    r"/(?P<kind>datasets/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)"
)

Files = dict[str, bytes]


@dataclass
class Repository:
    """What one repository holds.

    Attributes:
        commits: the files of each commit, by its hash.
        refs: the hash of each branch and tag.
        private: only its owner sees it.
        gated: only whose name is in `accepted` reads it.
    """

    private: bool = False
    gated: bool = False
    accepted: set[str] = field(default_factory=set)
    commits: dict[str, Files] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, files: Files, branch: str = "main") -> str:
        """Add a commit with just these files; a branch or tag then names it. Its hash."""
        said = [len(self.commits), *((name, len(data)) for name, data in files.items())]
        commit = _digest(json.dumps(said).encode() + b"".join(files.values()))
        self.commits[commit] = files
        self.refs[branch] = commit
        return commit

    def find(self, revision: str) -> str | None:
        """The commit that a revision names."""
        return revision if revision in self.commits else self.refs.get(revision)


@dataclass
class Failure:
    """Requests that fail.

    Attributes:
        path: which, by a pattern that is searched for in what was asked for.
        times: how many are left to fail.
        status: the answer, or 0: the connection is reset after half of the answer.
        headers: sent with it.
    """

    path: str
    times: int
    status: int
    headers: dict[str, str] = field(default_factory=dict)


class LoopbackHub:
    """Repositories behind an address.

    Attributes:
        url: what `HF_ENDPOINT` is to say.
        users: who each token stands for.
        asked: every request so far: its method, its path, the range asked for, the token.
    """

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.asked: list[tuple[str, str, str | None, str | None]] = []
        self._repositories: dict[tuple[str, str], Repository] = {}
        self._failures: list[Failure] = []
        self._lock = threading.Lock()
        handler = type("_Bound", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def environment(self, home: Path) -> dict[str, str]:
        """The variables of a process that knows no other Hub and keeps its caches in `home`."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
            "HF_TOKEN": "",
        }

    def dataset(self, name: str, files: Files | None = None, **options: Any) -> Repository:
        """A dataset with a first commit of these files."""
        return self._add("datasets", name, files, **options)

    def model(self, name: str, files: Files | None = None, **options: Any) -> Repository:
        """A model with a first commit of these files."""
        return self._add("models", name, files, **options)

    def _add(self, kind: str, name: str, files: Files | None, **options: Any) -> Repository:
        repository = self._repositories[kind, name] = Repository(**options)
        if files is not None:
            repository.commit(files)
        return repository

    def find(self, kind: str, name: str) -> Repository | None:
        """The repository of this name."""
        return self._repositories.get((kind, name))

    def fail(self, path: str, times: int, status: int = 0, **headers: str) -> None:
        """Make the next requests fail whose path matches."""
        self._failures.append(Failure(path, times, status, headers))

    def failure(self, path: str) -> Failure | None:
        """What this request has to fail with; it counts as failed."""
        with self._lock:
            for failure in self._failures:
                if failure.times and re.search(failure.path, path):
                    failure.times -= 1
                    return failure
        return None

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running_hub() -> Iterator[LoopbackHub]:
    """A Hub without repositories, ended behind the block."""
    hub = LoopbackHub()
    try:
        yield hub
    finally:
        hub.close()


class _Refused(Exception):  # noqa: N818 - an answer
    """An answer that says no."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message or code}


class _Handler(BaseHTTPRequestHandler):
    hub: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._form = parse_qs(self.rfile.read(length).decode()) if length else {}
        self._token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        asked = (self.command, self.path, self.headers.get("Range"), self._token)
        self.hub.asked.append(asked)
        failure = self.hub.failure(self.path)
        if failure and failure.status:
            self._send(failure.status, b"", failure.headers)
            return
        try:
            status, body, headers = self._found()
        except _Refused as refused:
            status, body, headers = refused.status, b"", refused.headers
        self._send(status, body, headers, cut=failure is not None)

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(body)

    def _found(self) -> tuple[int, bytes, dict[str, str]]:
        path = urlsplit(self.path).path
        if path == "/api/whoami-v2":
            return _json({"type": "user", "name": self._user()})
        if match := API.fullmatch(path):
            return self._api(match["kind"], match["id"], unquote(match["call"] or ""))
        if match := FILE.fullmatch(path):
            repository = self._repository("datasets" if match["kind"] else "models", match["id"])
            self._let_in(repository)
            return self._file(repository, unquote(match["revision"]), unquote(match["path"]))
        raise _Refused(404, "RepoNotFound")

    def _user(self) -> str:
        if self._token not in self.hub.users:
            raise _Refused(401, "", "Invalid credentials in Authorization header")
        return self.hub.users[self._token]

    def _repository(self, kind: str, name: str) -> Repository:
        if self._token is not None:
            self._user()
        found = self.hub.find(kind, name)
        own = found and self.hub.users.get(self._token or "") == name.split("/", maxsplit=1)[0]
        if found is None or (found.private and not own):
            # The Hub does not tell strangers whether there is one.
            raise _Refused(404 if self._token else 401, "RepoNotFound", "Repository not found")
        return found

    def _let_in(self, repository: Repository) -> None:
        user = self.hub.users.get(self._token or "")
        if repository.gated and user not in repository.accepted:
            raise _Refused(403 if user else 401, "GatedRepo")

    def _api(self, kind: str, name: str, call: str) -> tuple[int, bytes, dict[str, str]]:
        repository = self._repository(kind, name)
        verb, _, rest = call.partition("/")
        if verb == "refs":
            return _json(_refs(repository))
        if verb == "auth-check":
            self._let_in(repository)
            return _json({})
        if verb in ("", "revision"):
            return self._info(repository, name, rest or "main")
        revision, _, folder = rest.partition("/")
        if rest.startswith("refs/"):
            *first, folder = rest.split("/", 3)
            revision = "/".join(first)
        files = self._files(repository, revision)[1]
        if verb == "tree":
            recursive = "recursive=true" in self.path.lower()
            return _json(_tree(files, folder, recursive=recursive))
        if verb == "paths-info":
            asked = [path.strip("/") for path in self._form.get("paths", [])]
            every = {entry["path"]: entry for entry in _tree(files, "", recursive=True)}
            return _json([every[path] for path in asked if path in every])
        raise _Refused(404, "EntryNotFound")

    def _files(self, repository: Repository, revision: str) -> tuple[str, Files]:
        commit = repository.find(revision)
        if commit is None:
            raise _Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit, repository.commits[commit]

    def _info(
        self, repository: Repository, name: str, revision: str
    ) -> tuple[int, bytes, dict[str, str]]:
        commit, files = self._files(repository, revision)
        blobs = "blobs=true" in self.path.lower()
        sizes = {path: {"size": len(data)} if blobs else {} for path, data in files.items()}
        return _json(
            {
                "id": name,
                "sha": commit,
                "private": repository.private,
                "gated": "auto" if repository.gated else False,
                "siblings": [{"rfilename": path, **size} for path, size in sizes.items()],
            }
        )

    def _file(
        self, repository: Repository, revision: str, path: str
    ) -> tuple[int, bytes, dict[str, str]]:
        commit, files = self._files(repository, revision)
        if path not in files:
            raise _Refused(404, "EntryNotFound")
        data = files[path]
        headers = {
            "ETag": f'"{_digest(data)}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
            "Content-Length": str(len(data)),
        }
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not asked:
            return 200, data, headers
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        if first >= len(data):
            return 416, b"", {"Content-Range": f"bytes */{len(data)}"}
        part = data[first : last + 1]
        ranged = f"bytes {first}-{last}/{len(data)}"
        return 206, part, {**headers, "Content-Length": str(len(part)), "Content-Range": ranged}


def _refs(repository: Repository) -> dict[str, Any]:
    refs = {
        name: {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commit}
        for name, commit in repository.refs.items()
    }
    converts = [refs.pop(name) for name in list(refs) if name.startswith("refs/convert/")]
    return {"branches": list(refs.values()), "tags": [], "converts": converts}


def _tree(files: Files, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    prefix = f"{folder.rstrip('/')}/" if folder else ""
    below = [path for path in sorted(files) if path.startswith(prefix)]
    if folder and not below:
        raise _Refused(404, "EntryNotFound")
    entries: dict[str, dict[str, Any]] = {}
    for path in below:
        parts = path[len(prefix) :].split("/")
        for depth in range(1, len(parts) if recursive else min(2, len(parts))):
            name = prefix + "/".join(parts[:depth])
            entries[name] = {"type": "directory", "path": name, "oid": _digest(name.encode())}
        if recursive or len(parts) == 1:
            data = files[path]
            entries[path] = {"type": "file", "path": path, "size": len(data), "oid": _digest(data)}
    return list(entries.values())


def _json(value: Any) -> tuple[int, bytes, dict[str, str]]:
    return 200, json.dumps(value).encode(), {"Content-Type": "application/json"}


def _digest(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()  # noqa: S324 - as git
