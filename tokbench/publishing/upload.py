"""From what is to go up and what is there to one commit, and nothing in between.

Everything goes into a single commit, so nobody ever loads half a tokenizer. Whoever publishes again
after a broken connection sends only what did not arrive; a commit, or a pull request, whose answer
was lost is found and not made twice.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from tokbench.errors import PublishingError
from tokbench.publishing.bundle import CARD, FACTS, Bundle, is_ours
from tokbench.publishing.failures import RAISED, broke, explained, is_of_the_hub
from tokbench.publishing.remote import MAIN, Hub, Remote, page
from tokbench.values import Change, Upload

PUBLISHED = "published"
"""The key of tokbench.json that lists what was published with it."""
_SHORT = 8
_NO_REF = re.compile(r"[\s~^:?*\[\\]|\.\.|//|@\{|^[/.-]|[/.]$|\.lock$")
"""What git allows in no branch and no tag."""


@dataclass(frozen=True)
class Wish:
    """What the user asks of the upload.

    Attributes:
        repo: `user/name`.
        private: whether a new repository is to be.
        proposed: whether to open a pull request; None: where the repository holds something.
        revision: the branch to commit to; None for main.
        tag: the name that the commit is to have; empty for none.
        message: of the commit.
    """

    repo: str
    private: bool = False
    proposed: bool | None = None
    revision: str | None = None
    tag: str = ""
    message: str = ""


def planned(hub: Hub, bundle: Bundle, wish: Wish, remote: Remote) -> Upload:
    """What is to be done.

    Raises:
        PublishingError: the repository, or a tag of it, is not as the wish needs it.
    """
    for name in filter(None, (wish.revision, wish.tag)):
        if _NO_REF.search(name):
            raise PublishingError(
                f"{wish.repo}: {name!r} is no name that a branch or tag may have; write letters, "
                "digits, hyphens, dots and slashes"
            )
    if wish.private and remote.exists and not remote.private:
        raise PublishingError(
            f"{wish.repo}: is public, and --private is for a new one; leave it out, or make it "
            f"private on {page(wish.repo)}/settings"
        )
    changes = tuple(_changes(bundle, remote, _stale(hub, bundle, remote)))
    new = any(one.kind != "same" for one in changes)
    proposed = wish.proposed
    if proposed is None:
        proposed = not remote.empty and wish.revision is None
    if proposed and new and wish.tag:
        raise PublishingError(
            f"{wish.repo}: a pull request gets no tag; commit with --direct, or tag it when it is "
            "merged"
        )
    made = Upload(
        repo=wish.repo,
        url=page(wish.repo),
        exists=remote.exists,
        private=remote.private if remote.exists else wish.private,
        revision=wish.revision or MAIN,
        proposed=proposed and new,
        tag=wish.tag,
        changes=changes,
    )
    there = remote.tags.get(wish.tag)
    if there and (there != remote.commit or new):
        raise PublishingError(
            f"{wish.repo}: the tag {wish.tag} names the commit {there[:_SHORT]} already; choose "
            "another"
        )
    return made


def _changes(bundle: Bundle, remote: Remote, stale: set[str]) -> Iterator[Change]:
    for file in bundle.files:
        known = file.path in remote.files
        kind: Literal["added", "changed", "same"] = (
            "same" if remote.holds(file) else "changed" if known else "added"
        )
        yield Change(file.path, file.size, kind)
    for path in sorted(stale):
        yield Change(path, remote.files[path][1], "removed")


def _stale(hub: Hub, bundle: Bundle, remote: Remote) -> set[str]:
    """What was published before and no longer is: files that would contradict the others."""
    if FACTS not in remote.files:
        return set()
    try:
        facts = json.loads(hub.read(FACTS, remote.commit))
        before = {path for path in facts[PUBLISHED] if is_ours(path)}
    except (ValueError, KeyError, TypeError):
        return set()  # somebody else's file of this name
    return (before & remote.files.keys()) - set(bundle.paths)


@dataclass(frozen=True)
class Sent:
    """A commit that holds everything.

    Attributes:
        commit: its full hash.
        revision: the branch or ref that it is found by.
        url: its page.
        new: whether it was made now.
    """

    commit: str
    revision: str
    url: str
    new: bool


def send(
    hub: Hub, bundle: Bundle, upload: Upload, remote: Remote, *, message: str, user: str
) -> Sent:
    """Make the commit, unless everything is there.

    Args:
        hub: that of the repository.
        bundle: what goes up.
        upload: what was planned with `remote`.
        remote: what the repository held then.
        message: of the commit.
        user: who publishes.

    Raises:
        PublishingError: it was not made; what was there is still there.
    """
    if upload.nothing_new:
        url = f"{upload.url}/tree/{upload.revision}"
        return Sent(remote.commit, upload.revision, url, new=False)
    hub.check_card(bundle[CARD].read().decode())
    if not upload.exists:
        hub.create(private=upload.private)
        remote = hub.look()
    elif upload.proposed and (found := _proposed(hub, bundle, upload, user)):
        return found
    known = upload.revision in remote.refs or upload.revision.startswith("refs/")
    if not (upload.proposed or known):
        hub.branch(upload.revision)
    try:
        commit, revision, url = hub.commit(
            [bundle[one.path] for one in upload.changes if one.kind in ("added", "changed")],
            [one.path for one in upload.changes if one.kind == "removed"],
            message=message,
            revision=upload.revision,
            parent=remote.commit,
            proposed=upload.proposed,
        )
    except RAISED as error:
        if isinstance(error, OSError) and not is_of_the_hub(error):
            raise
        if broke(error):
            with suppress(PublishingError):
                if found := _arrived(hub, bundle, upload, user):
                    return found
        raise explained(upload.repo, "sending files to it", error) from None
    return Sent(commit, revision, url, new=True)


def _arrived(hub: Hub, bundle: Bundle, upload: Upload, user: str) -> Sent | None:
    """The commit whose answer was lost."""
    if upload.proposed:
        found = _proposed(hub, bundle, upload, user)
        return found and Sent(found.commit, found.revision, found.url, new=True)
    remote = hub.look(upload.revision)
    if not _holds_all(remote, bundle, upload):
        return None
    url = f"{upload.url}/commit/{remote.commit}"
    return Sent(remote.commit, upload.revision, url, new=True)


def _proposed(hub: Hub, bundle: Bundle, upload: Upload, user: str) -> Sent | None:
    """An open pull request that holds just this."""
    for ref, url in hub.proposals(user):
        remote = hub.look(ref)
        if _holds_all(remote, bundle, upload):
            return Sent(remote.commit, ref, url, new=False)
    return None


def _holds_all(remote: Remote, bundle: Bundle, upload: Upload) -> bool:
    removed = {one.path for one in upload.changes if one.kind == "removed"}
    return not removed & remote.files.keys() and all(map(remote.holds, bundle.files))
