"""How the Hub on this machine takes what is pushed: repositories, LFS objects, commits, tags.

A commit is all or nothing, as on the Hub: it is applied to a copy of the files, and a ref moves
only when every operation could be done.
"""

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

if TYPE_CHECKING:
    from loopback_hub import LoopbackHub, Repository

Answer = tuple[int, bytes, dict[str, str]]
LARGE = (".safetensors", ".bin", ".model", ".parquet")
"""What the .gitattributes of a new repository give to LFS, whatever its size."""
FIRST = {".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"}


class Refused(Exception):  # noqa: N818 - an answer
    """An answer that says no."""

    def __init__(self, status: int, code: str, message: str = "", **body: Any) -> None:
        super().__init__(message or code)
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message or code}
        self.body = json.dumps(body).encode() if body else b""


def as_json(value: Any) -> Answer:
    """An answer that holds a value."""
    return 200, json.dumps(value).encode(), {"Content-Type": "application/json"}


def git_hash(data: bytes) -> str:
    """What git knows a file by."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324 - as git


def call(method: str, path: str) -> "Callable[[LoopbackHub, Any], Answer] | None":
    """What answers a request that changes something; None for one that only reads."""
    for wanted, pattern, function in _CALLS:
        if method == wanted and (match := re.fullmatch(pattern, path)):
            return lambda hub, request: function(hub, request, *map(unquote, match.groups()))
    return None


def discussions(repository: "Repository", name: str) -> dict[str, Any]:
    """The open pull requests."""
    found = [
        {
            "title": "a change",
            "num": number,
            "author": {"name": author},
            "createdAt": "2026-01-01T00:00:00.000Z",
            "status": "open",
            "repo": {"name": name, "type": "model"},
            "isPullRequest": True,
        }
        for number, author in repository.authors.items()
    ]
    return {"discussions": found[::-1], "count": len(found), "start": 0}


def _writer(hub: "LoopbackHub", request: Any, name: str, *, own: bool = True) -> str:
    """Who asks, where that user may write; to propose a change anybody may who may read."""
    user: str = request.user()
    if request.token in hub.readers:
        raise Refused(403, "", "You need a token with write access")
    if own and user != name.partition("/")[0]:
        raise Refused(403, "", f"You don't have the rights to write to {name}")
    return user


def _create(hub: "LoopbackHub", request: Any) -> Answer:
    asked = json.loads(request.body)
    name = f"{asked['organization'] or request.user()}/{asked['name']}"
    _writer(hub, request, name)
    if name in hub.taken or hub.find("models", name):
        url = f"{hub.url}/{name}"
        raise Refused(409, "", "You already created this model repo", url=url)
    hub.model(name, dict(FIRST), private=asked.get("visibility") == "private")
    return as_json({"url": f"{hub.url}/{name}"})


def _validate(hub: "LoopbackHub", request: Any) -> Answer:  # noqa: ARG001 - as all are called
    content = json.loads(request.body)["content"]
    head = re.match(r"---\n(.*?\n)---\n", content, re.DOTALL)
    try:
        found = YAML(typ="safe").load(io.StringIO(head[1])) if head else None
    except YAMLError as error:
        raise Refused(400, "", "bad", errors=[{"message": f"YAML: {error!r:.60}"}]) from error
    if not isinstance(found, dict):
        return as_json({"warnings": [{"message": "empty or missing yaml metadata in repo card"}]})
    if not isinstance(found.get("license", ""), str):
        raise Refused(400, "", "bad", errors=[{"message": '"license" must be a string'}])
    return as_json({})


def _preupload(hub: "LoopbackHub", request: Any, name: str, revision: str) -> Answer:
    _writer(hub, request, name, own="create_pr" not in request.path)
    repository = request.repository("models", name)
    commit = repository.find(revision)
    if commit is None:
        raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    files = repository.commits[commit]
    return as_json({"files": list(_modes(hub, files, json.loads(request.body)["files"]))})


def _modes(
    hub: "LoopbackHub", files: dict[str, bytes], asked: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for one in asked:
        path = one["path"]
        large = path.endswith(LARGE) or one["size"] >= hub.large_from
        there = files.get(path)
        known = there is not None and (
            hashlib.sha256(there).hexdigest() if large else git_hash(there)
        )
        yield {
            "path": path,
            "uploadMode": "lfs" if large else "regular",
            "shouldIgnore": False,
            **({"oid": known} if known else {}),
        }


def _batch(hub: "LoopbackHub", request: Any, name: str) -> Answer:
    request.user()
    request.repository("models", name)
    return as_json({"transfer": "basic", "objects": [
        {**one, **({} if one["oid"] in hub.objects else {"actions": {
            "upload": {"href": f"{hub.url}/objects/{one['oid']}?signature=of-the-storage"},
            "verify": {"href": f"{hub.url}/{name}.git/info/lfs/verify"},
        }})}
        for one in json.loads(request.body)["objects"]
    ]})  # fmt: skip


def _put(hub: "LoopbackHub", request: Any, oid: str) -> Answer:
    if hashlib.sha256(request.body).hexdigest() != oid:
        raise Refused(400, "", "the content does not match its hash")
    hub.objects[oid] = request.body
    return 200, b"", {}


def _verify(hub: "LoopbackHub", request: Any, name: str) -> Answer:  # noqa: ARG001 - as all are called
    if json.loads(request.body)["oid"] not in hub.objects:
        raise Refused(404, "", "the object was not uploaded")
    return as_json({})


def _commit(hub: "LoopbackHub", request: Any, name: str, revision: str) -> Answer:
    proposed = "create_pr" in request.path
    user = _writer(hub, request, name, own=not proposed)
    repository = request.repository("models", name)
    head = repository.find(revision)
    if head is None:
        raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
    files = dict(repository.commits[head])
    for line in map(json.loads, request.body.splitlines()):
        _do(hub, repository, files, head, line["key"], line["value"])
    branch = revision
    if proposed:
        number = len(repository.authors) + 1
        repository.authors[number] = user
        branch = f"refs/pr/{number}"
    oid = repository.commit(files, branch)
    told = {"success": True, "commitUrl": f"{hub.url}/{name}/commit/{oid}", "commitOid": oid}
    if proposed:
        told["pullRequestUrl"] = f"{hub.url}/{name}/discussions/{number}"
    return as_json(told)


def _do(
    hub: "LoopbackHub",
    repository: "Repository",
    files: dict[str, bytes],
    head: str,
    key: str,
    value: Any,
) -> None:
    """One line of a commit."""
    if key == "header" and value.get("parentCommit", head) != head:
        raise Refused(412, "", "A commit has happened since. Please refresh and try again.")
    if key == "file":
        files[value["path"]] = base64.b64decode(value["content"])
    elif key == "lfsFile":
        if value["oid"] not in hub.objects:
            raise Refused(400, "", f"LFS object {value['oid']} was never uploaded")
        files[value["path"]] = hub.objects[value["oid"]]
        repository.large.add(value["oid"])
    elif key == "deletedFile":
        if value["path"] not in files:
            raise Refused(404, "EntryNotFound", "A file with this name doesn't exist")
        del files[value["path"]]


def _tag(hub: "LoopbackHub", request: Any, name: str, revision: str) -> Answer:
    _writer(hub, request, name)
    repository = request.repository("models", name)
    tag = json.loads(request.body)["tag"]
    if tag in repository.refs:
        raise Refused(409, "", f"Tag {tag} already exists")
    repository.refs[tag] = repository.find(revision)
    repository.tags.add(tag)
    return as_json({})


def _branch(hub: "LoopbackHub", request: Any, name: str, branch: str) -> Answer:
    _writer(hub, request, name)
    repository = request.repository("models", name)
    if branch in repository.refs:
        raise Refused(409, "", f"Branch {branch} already exists")
    start = json.loads(request.body).get("startingPoint", "main")
    repository.refs[branch] = repository.find(start)
    return as_json({})


_MODEL = r"/api/models/([^/]+/[^/]+)"
_CALLS: list[tuple[str, str, Callable[..., Answer]]] = [
    ("POST", r"/api/repos/create", _create),
    ("POST", r"/api/validate-yaml", _validate),
    ("POST", rf"{_MODEL}/preupload/([^/]+)", _preupload),
    ("POST", rf"{_MODEL}/commit/([^/]+)", _commit),
    ("POST", rf"{_MODEL}/tag/([^/]+)", _tag),
    ("POST", rf"{_MODEL}/branch/(.+)", _branch),
    ("POST", r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", _batch),
    ("POST", r"/([^/]+/[^/]+)\.git/info/lfs/verify", _verify),
    ("PUT", r"/objects/([0-9a-f]{64})", _put),
]
