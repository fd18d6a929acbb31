"""The Hub: who asks, what a repository holds, and the few things that change it.

The token is that of `hf auth login`, or HF_TOKEN; the client uses it by itself, nothing here keeps
it.
"""

import glob
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
)
from huggingface_hub.errors import (
    BadRequestError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from tokbench.errors import PublishingError, nearest
from tokbench.publishing.bundle import File
from tokbench.publishing.failures import LOGIN, said, told

MAIN = "main"
_FIRST = {".gitattributes"}
"""What a new repository holds."""
_PROPOSALS = 20
"""So many open pull requests are looked at, the newest first."""
_TAKEN = 409


@dataclass(frozen=True)
class Remote:
    """A repository at one commit.

    Attributes:
        name: owner and name.
        exists: whether there is one that this user sees.
        private: whether others do.
        commit: the full hash; empty where there is none.
        files: the hash and the size of each file: Git's, or SHA-256 for what LFS keeps.
        refs: the commit of each branch.
        tags: the commit of each tag.
    """

    name: str
    exists: bool = False
    private: bool = False
    commit: str = ""
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether it holds nothing but what the Hub puts into a new one."""
        return not self.files.keys() - _FIRST

    def holds(self, file: File) -> bool:
        """Whether a file is there already, the same byte for byte."""
        known = self.files.get(file.path)
        return known is not None and known[0] in (file.git_hash, file.sha256)


def page(name: str) -> str:
    """The address of a repository."""
    return f"{constants.ENDPOINT}/{name}"


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the client's bars and lines, whose addresses may be signed."""
    logger = logging.getLogger("huggingface_hub")
    level, bars = logger.level, not are_progress_bars_disabled()
    logger.setLevel(logging.CRITICAL)
    if bars:
        disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it thinks of the card, which was checked
            yield
    finally:
        logger.setLevel(level)
        if bars:
            enable_progress_bars()


class Hub:
    """What is asked of the Hub about one repository."""

    def __init__(self, name: str) -> None:
        """Ask nothing yet.

        Args:
            name: owner and name.
        """
        self.name = name
        self._api = HfApi(library_name="tokbench")

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        with told(self.name, what), _quietly():
            yield

    def user(self) -> str:
        """Who the login stands for.

        Raises:
            PublishingError: nobody is logged in, or the token may not write.
        """
        with self._doing("asking who you are"):
            found: dict[str, Any] = self._api.whoami()
        role = found.get("auth", {}).get("accessToken", {}).get("role")
        if role == "read":
            settings = f"{constants.ENDPOINT}/settings/tokens"
            raise PublishingError(
                f"{self.name}: your token may only read; make one that may write on {settings}, "
                f"and log in with it: {LOGIN}"
            )
        return str(found["name"])

    def look(self, revision: str = MAIN, *, needed: bool = False) -> Remote:
        """What the repository holds.

        Args:
            revision: a branch, a tag, a ref or a full hash; a branch that is not there holds what
                main holds.
            needed: whether it, and the revision, must be there.

        Raises:
            PublishingError: the Hub cannot be asked, or what is needed is not there.
        """
        with self._doing("looking at it"):
            try:
                info = self._api.model_info(self.name)
            except RepositoryNotFoundError:
                if needed:
                    raise
                return Remote(self.name)
            found = self._api.list_repo_refs(self.name)
            refs = {one.name: one.target_commit for one in found.branches}
            tags = {one.name: one.target_commit for one in found.tags}
            commit = self._commit(revision)
        if commit is None and needed:
            known = nearest(revision, [*refs, *tags])
            raise PublishingError(f"{self.name}: has no revision {revision!r}; {known}")
        commit = commit or info.sha or ""
        return Remote(
            self.name, True, bool(info.private), commit, self.files(commit), refs, tags  # noqa: FBT003 - it exists
        )  # fmt: skip

    def _commit(self, revision: str) -> str | None:
        try:
            return self._api.model_info(self.name, revision=revision).sha
        except RevisionNotFoundError:
            return None

    def files(self, revision: str) -> dict[str, tuple[str, int]]:
        """The hash and the size of every file of a revision."""
        with self._doing("listing its files"):
            tree = self._api.list_repo_tree(self.name, recursive=True, revision=revision)
            return {
                one.path: (one.lfs.sha256 if one.lfs else one.blob_id, one.size)
                for one in tree
                if isinstance(one, RepoFile)
            }

    def download(self, revision: str, paths: Sequence[str], cache: Path) -> Path:
        """Files of a revision, below a cache of their own: the folder that they lie in.

        Its name is the commit.
        """
        with self._doing("downloading it"):
            found = self._api.snapshot_download(
                self.name,
                revision=revision,
                cache_dir=cache,
                allow_patterns=[glob.escape(path) for path in paths],
            )
            return Path(found)

    def read(self, path: str, commit: str) -> bytes:
        """A file of a commit."""
        with self._doing(f"reading its {path}"), TemporaryDirectory(prefix="tokbench-") as cache:
            found = self._api.hf_hub_download(self.name, path, revision=commit, cache_dir=cache)
            return Path(found).read_bytes()

    def create(self, *, private: bool) -> None:
        """Make the repository.

        Raises:
            PublishingError: the name is taken, or this user may not.
        """
        with self._doing("creating it"):
            try:
                self._api.create_repo(self.name, private=private)
            except HfHubHTTPError as error:
                if error.response is None or error.response.status_code != _TAKEN:
                    raise
                if self.look().exists:
                    raise PublishingError(
                        f"{self.name}: somebody else made it meanwhile; look at it, and publish "
                        "again"
                    ) from None
                raise PublishingError(
                    f"{self.name}: the name is taken by a repository that you cannot see; choose "
                    "another --repo"
                ) from None

    def check_card(self, text: str) -> None:
        """Ask whether the metadata of a card is understood.

        The client asks it again before it commits; what goes wrong then it does not tell.

        Raises:
            PublishingError: it is not; or the Hub cannot be asked.
        """
        with self._doing("checking the card"):
            answer = get_session().post(
                f"{constants.ENDPOINT}/api/validate-yaml",
                json={"content": text, "repoType": "model"},
                headers=build_hf_headers(library_name="tokbench"),
            )
            try:
                hf_raise_for_status(answer)
            except BadRequestError as error:
                raise PublishingError(
                    f"{self.name}: the Hub refuses the card's metadata: {said(error)}; mend it"
                ) from None

    def branch(self, name: str) -> None:
        """Make a branch of what main holds."""
        with self._doing(f"making the branch {name}"):
            self._api.create_branch(self.name, branch=name, exist_ok=True)

    def commit(
        self,
        files: Sequence[File],
        removed: Sequence[str],
        *,
        message: str,
        revision: str,
        parent: str,
        proposed: bool,
    ) -> tuple[str, str, str]:
        """Put files there and take others away, all in one commit.

        Args:
            files: what goes up; what is the same there is not sent.
            removed: paths.
            message: the first line, and what follows an empty one.
            revision: the branch.
            parent: the commit that it has to follow on.
            proposed: whether as a pull request.

        Returns:
            The commit, the ref that it is found by, and its page.
        """
        title, _, description = message.partition("\n\n")
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(one.path, one.content) for one in files),
            *(CommitOperationDelete(path) for path in removed),
        ]
        with _quietly():
            made = self._api.create_commit(
                self.name,
                operations,
                commit_message=title,
                commit_description=description,
                revision=revision,
                create_pr=proposed,
                parent_commit=parent or None,
            )
        return made.oid, made.pr_revision or revision, made.pr_url or made.commit_url

    def proposals(self, user: str) -> Iterator[tuple[str, str]]:
        """The refs and pages of the open pull requests of a user, the newest first."""
        with self._doing("looking at its pull requests"):
            found = self._api.get_repo_discussions(
                self.name,
                author=user,
                discussion_type="pull_request",
                discussion_status="open",
            )
            numbers = [one.num for one, _ in zip(found, range(_PROPOSALS), strict=False)]
        for number in numbers:
            yield f"refs/pr/{number}", f"{page(self.name)}/discussions/{number}"

    def tag(self, name: str, commit: str) -> None:
        """Give a commit a name."""
        with self._doing(f"tagging it {name}"):
            self._api.create_tag(self.name, tag=name, revision=commit)
