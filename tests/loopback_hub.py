"""A Hub on this machine, as much of it as the real clients ask for.

No installable server answers them, so tests run the real `huggingface_hub` and `datasets` against
this one: repositories with commits, branches and tags, private and gated ones, and a network that
fails when told to. How it takes what is pushed stands in `loopback_pushing.py`.
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

import loopback_pushing as pushing
from loopback_pushing import Refused, as_json, git_hash

API = re.compile(r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)(?:/(?P<call>.*))?")
FILE = re.compile(
    r"/(?P<kind>datasets/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)"
)

Files = dict[str, bytes]
UNHEARD = -1


@dataclass
class Repository:
    """What one repository holds.

    Attributes:
        commits: the files of each commit, by its hash.
        refs: the hash of each branch and tag.
        private: only its owner sees it.
        gated: only whose name is in `accepted` reads it.
        tags: which of the refs are tags.
        authors: whose each open pull request is, by its number.
        large: the SHA-256 of what was committed through LFS.
    """

    private: bool = False
    gated: bool = False
    accepted: set[str] = field(default_factory=set)
    commits: dict[str, Files] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    authors: dict[int, str] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)

    def commit(self, files: Files, branch: str = "main") -> str:
        """Add a commit with just these files; a branch or tag then names it. Its hash."""
        said = [len(self.commits), *((name, len(data)) for name, data in files.items())]
        text = json.dumps(said).encode() + b"".join(files.values())
        commit = hashlib.sha1(text).hexdigest()  # noqa: S324 - as git
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
        status: the answer, or 0: the connection is reset after half of the answer, or UNHEARD:
            before anything was done.
        headers: sent with it.
        skip: how many that match are answered first.
    """

    path: str
    times: int
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    skip: int = 0


class LoopbackHub:
    """Repositories behind an address.

    Attributes:
        url: what `HF_ENDPOINT` is to say.
        users: who each token stands for.
        readers: tokens that may only read.
        taken: names of repositories that nobody here may see.
        large_from: files of so many bytes go through LFS, as do those whose ending says so.
        objects: what was uploaded through LFS, by its SHA-256.
        asked: every request so far: its method, its path, the range asked for, the token.
    """

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.readers: set[str] = set()
        self.taken: set[str] = set()
        self.large_from = 10 << 20
        self.objects: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, str | None, str | None]] = []
        self._repositories: dict[tuple[str, str], Repository] = {}
        self._failures: list[Failure] = []
        self._lock = threading.Lock()
        handler = type("_Bound", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
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

    def fail(
        self, path: str, times: int, status: int = 0, *, skip: int = 0, **headers: str
    ) -> None:
        """Make the next requests fail whose method and path match, as `POST /api/repos/create`."""
        self._failures.append(Failure(path, times, status, headers, skip))

    def heal(self) -> None:
        """No request fails any more."""
        self._failures.clear()

    def failure(self, asked: str) -> Failure | None:
        """What this request has to fail with; it counts as failed."""
        with self._lock:
            for failure in self._failures:
                if failure.times and re.search(failure.path, asked):
                    if failure.skip:
                        failure.skip -= 1
                        continue
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


class _Handler(BaseHTTPRequestHandler):
    hub: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        self.body = self._received()
        self.token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        asked = (self.command, self.path, self.headers.get("Range"), self.token)
        self.hub.asked.append(asked)
        failure = self.hub.failure(f"{self.command} {self.path}")
        if failure and failure.status == UNHEARD:
            self.close_connection = True
            return
        if failure and failure.status:
            self._send(failure.status, b"", failure.headers)
            return
        try:
            status, body, headers = self._found()
        except Refused as refused:
            status, body, headers = refused.status, refused.body, refused.headers
        self._send(status, body, headers, cut=failure is not None)

    def _received(self) -> bytes:
        """The body of the request, in one piece or in chunks."""
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

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
            role = "read" if self.token in self.hub.readers else "write"
            auth = {"accessToken": {"displayName": "a token", "role": role}}
            return as_json({"type": "user", "name": self.user(), "auth": auth})
        if call := pushing.call(self.command, path):
            return call(self.hub, self)
        if match := API.fullmatch(path):
            return self._api(match["kind"], match["id"], match["call"] or "")
        if match := FILE.fullmatch(path):
            repository = self.repository("datasets" if match["kind"] else "models", match["id"])
            self._let_in(repository)
            return self._file(repository, unquote(match["revision"]), unquote(match["path"]))
        raise Refused(404, "RepoNotFound")

    def user(self) -> str:
        if self.token not in self.hub.users:
            raise Refused(401, "", "Invalid credentials in Authorization header")
        return self.hub.users[self.token]

    def repository(self, kind: str, name: str) -> Repository:
        if self.token is not None:
            self.user()
        found = self.hub.find(kind, name)
        own = found and self.hub.users.get(self.token or "") == name.split("/", maxsplit=1)[0]
        if found is None or (found.private and not own):
            # The Hub does not tell strangers whether there is one.
            raise Refused(404 if self.token else 401, "RepoNotFound", "Repository not found")
        return found

    def _let_in(self, repository: Repository) -> None:
        user = self.hub.users.get(self.token or "")
        if repository.gated and user not in repository.accepted:
            raise Refused(403 if user else 401, "GatedRepo")

    def _api(self, kind: str, name: str, call: str) -> tuple[int, bytes, dict[str, str]]:
        repository = self.repository(kind, name)
        verb, _, rest = call.partition("/")
        if verb == "refs":
            return as_json(_refs(repository))
        if verb == "discussions":
            return as_json(pushing.discussions(repository, name))
        if verb == "auth-check":
            self._let_in(repository)
            return as_json({})
        if verb in ("", "revision"):
            return self._info(repository, name, unquote(rest) or "main")
        revision, _, folder = rest.partition("/")
        revision, folder = unquote(revision), unquote(folder)
        files = self._files(repository, revision)[1]
        if verb == "tree":
            recursive = "recursive=true" in self.path.lower()
            return as_json(_tree(repository, files, folder, recursive=recursive))
        if verb == "paths-info":
            form = parse_qs(self.body.decode())
            asked = [path.strip("/") for path in form.get("paths", [])]
            every = {entry["path"]: entry for entry in _tree(repository, files, "", recursive=True)}
            return as_json([every[path] for path in asked if path in every])
        raise Refused(404, "EntryNotFound")

    def _files(self, repository: Repository, revision: str) -> tuple[str, Files]:
        commit = repository.find(revision)
        if commit is None:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit, repository.commits[commit]

    def _info(
        self, repository: Repository, name: str, revision: str
    ) -> tuple[int, bytes, dict[str, str]]:
        commit, files = self._files(repository, revision)
        blobs = "blobs=true" in self.path.lower()
        sizes = {path: {"size": len(data)} if blobs else {} for path, data in files.items()}
        return as_json(
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
            raise Refused(404, "EntryNotFound")
        data = files[path]
        large = hashlib.sha256(data).hexdigest() in repository.large
        headers = {
            "ETag": f'"{hashlib.sha256(data).hexdigest() if large else git_hash(data)}"',
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
    kinds: dict[str, list[dict[str, str]]] = {
        kind: [] for kind in ("branches", "tags", "converts", "pullRequests")
    }
    for name, commit in repository.refs.items():
        kind, ref = "branches", f"refs/heads/{name}"
        if name in repository.tags:
            kind, ref = "tags", f"refs/tags/{name}"
        elif name.startswith("refs/"):
            kind, ref = "converts" if "convert" in name else "pullRequests", name
        kinds[kind].append({"name": name, "ref": ref, "targetCommit": commit})
    return kinds


def _tree(
    repository: Repository, files: Files, folder: str, *, recursive: bool
) -> list[dict[str, Any]]:
    prefix = f"{folder.rstrip('/')}/" if folder else ""
    below = [path for path in sorted(files) if path.startswith(prefix)]
    if folder and not below:
        raise Refused(404, "EntryNotFound")
    entries: dict[str, dict[str, Any]] = {}
    for path in below:
        parts = path[len(prefix) :].split("/")
        for depth in range(1, len(parts) if recursive else min(2, len(parts))):
            name = prefix + "/".join(parts[:depth])
            entries[name] = {"type": "directory", "path": name, "oid": git_hash(name.encode())}
        if recursive or len(parts) == 1:
            entries[path] = _entry(repository, path, files[path])
    return list(entries.values())


def _entry(repository: Repository, path: str, data: bytes) -> dict[str, Any]:
    """A file of a tree; of what went through LFS the hash is that of its pointer."""
    entry = {"type": "file", "path": path, "size": len(data), "oid": git_hash(data)}
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 not in repository.large:
        return entry
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\n"
    large = {"oid": sha256, "size": len(data), "pointerSize": len(pointer)}
    return {**entry, "oid": git_hash(pointer.encode()), "lfs": large}
