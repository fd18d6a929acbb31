"""What publishing a run would do, and what it did."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["added", "changed", "removed", "same"]


@dataclass(frozen=True)
class Change:
    """A file of a repository, before and after.

    Attributes:
        path: in the repository.
        size: bytes, of what goes up; of what is removed, those that were there.
        kind: what becomes of it.
    """

    path: str
    size: int
    kind: Kind


@dataclass(frozen=True)
class Upload:
    """What is to go where.

    Attributes:
        repo: `user/name`.
        url: its page.
        exists: whether it is there already.
        private: whether only its owner sees it.
        revision: the branch that is committed to, or that a pull request is for.
        proposed: whether a pull request is opened.
        tag: the name that the commit gets; empty for none.
        changes: every file that goes up, and those that are removed.
    """

    repo: str
    url: str
    exists: bool
    private: bool
    revision: str
    proposed: bool
    tag: str
    changes: tuple[Change, ...]

    @property
    def nothing_new(self) -> bool:
        """Whether all is there already."""
        return all(one.kind == "same" for one in self.changes)

    @property
    def size(self) -> int:
        """Bytes of all that the repository is to hold of this."""
        return sum(one.size for one in self.changes if one.kind != "removed")


@dataclass(frozen=True)
class Published:
    """What is on the Hub now, downloaded again and found to be what was sent.

    Attributes:
        repo: `user/name`.
        url: of the commit, or of the pull request.
        commit: its full hash.
        revision: the branch, or the ref of the pull request.
        proposed: whether it is a pull request.
        new: whether anything was committed; all was there already otherwise.
        files: how many were downloaded and are the same byte for byte.
        texts: of how many texts `AutoTokenizer` gives the same ids from there.
        tag: the name that the commit has; empty for none.
    """

    repo: str
    url: str
    commit: str
    revision: str
    proposed: bool
    new: bool
    files: int
    texts: int
    tag: str = ""
