"""A dataset's repository on the Hub: what a revision means, which files it has, why it is refused.

The token that `hf auth login` kept, or HF_TOKEN, is used by the client itself; nothing here holds
it.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx2
from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tokbench.corpus.problems import refused
from tokbench.errors import CorpusError, nearest

T = TypeVar("T")

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between one try and the next, where the network or the Hub fails."""

_LONGEST_WAIT = 60.0
_TIMEOUT = 30.0
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Repository:
    """A dataset at one commit.

    Attributes:
        commit: its full hash.
        files: the size of each file in bytes; None where the Hub was not asked.
    """

    commit: str
    files: dict[str, int] | None


def look(name: str, revision: str) -> Repository:
    """Ask the Hub what a revision of a dataset is.

    Without a network a full hash is taken as it is: what is in the cache can be read.

    Args:
        name: owner and name.
        revision: a branch, a tag or a commit's full hash.

    Raises:
        CorpusError: there is no such dataset or revision, it is not for this user, it needs code,
            or the Hub cannot be reached.
    """
    pinned = _COMMIT.fullmatch(revision) is not None
    api = HfApi(library_name="tokbench")
    try:
        info = patiently(
            lambda: api.dataset_info(name, revision=revision, files_metadata=True, timeout=_TIMEOUT)
        )
        if info.gated:
            patiently(lambda: api.auth_check(name, repo_type="dataset"))
    except RevisionNotFoundError as error:
        raise _no_revision(api, name, revision) from error
    except (OfflineModeIsEnabled, httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        if pinned:
            return Repository(revision, None)
        raise explained(name, error) from error
    except (HfHubHTTPError, httpx2.HTTPError) as error:
        raise explained(name, error) from error
    files = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    script = f"{name.rsplit('/', maxsplit=1)[-1]}.py"
    if script in files:
        what = f"is loaded by code of its own ({script}), which is not run"
        branch = "`revision: refs/convert/parquet`, where the Hub keeps a copy without code"
        raise refused(name, f"{what}; try {branch}")
    return Repository(info.sha or revision, files)


def patiently(ask: Callable[[], T]) -> T:
    """What `ask` gives, asked again where what fails may pass."""
    for wait in WAITS:
        try:
            return ask()
        except (HfHubHTTPError, httpx2.HTTPError) as error:
            if not passes(error):
                raise
            time.sleep(longer(wait, error))
    return ask()


def passes(error: BaseException) -> bool:
    """Whether it is worth asking again: the Hub is busy, or a connection broke."""
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code if error.response is not None else 0
        return status == httpx2.codes.TOO_MANY_REQUESTS or httpx2.codes.is_server_error(status)
    # Nobody there, or no network: that seldom passes in half a minute, and the clients tried.
    unreachable = httpx2.ConnectError | httpx2.ConnectTimeout
    return isinstance(error, httpx2.TransportError) and not isinstance(error, unreachable)


def longer(wait: float, error: BaseException) -> float:
    """So many seconds, or what the Hub asks for, a minute at most."""
    response = getattr(error, "response", None)
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return max(wait, min(float(asked), _LONGEST_WAIT)) if asked.isdigit() else wait


def explained(name: str, error: BaseException) -> CorpusError:
    """The sentence for what the Hub, or the way to it, refused of a dataset or one of its files."""
    dataset = "/".join(name.split(" ", maxsplit=1)[0].split("/")[:2])
    page = f"{constants.ENDPOINT}/datasets/{dataset}"
    if isinstance(error, GatedRepoError):
        with_ = "with your account" if get_token() else "and log in: `hf auth login`, or HF_TOKEN"
        return refused(name, f"is gated; accept its conditions on {page} {with_}")
    if isinstance(error, RepositoryNotFoundError):
        if get_token():
            advice = "check the name, and that your token may read it"
        else:
            advice = "check the name, or log in if it is private: `hf auth login`, or HF_TOKEN"
        return refused(name, f"no such dataset on {constants.ENDPOINT}; {advice}")
    if isinstance(error, OfflineModeIsEnabled):
        what = "cannot be asked for: HF_HUB_OFFLINE is set"
        return refused(name, f"{what}; unset it, or write the commit's full hash as `revision:`")
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        return refused(name, _by_status(error.response.status_code))
    what = f"{constants.ENDPOINT} does not answer ({type(error).__name__})"
    return refused(name, f"{what}; check the network, and try again")


def _by_status(status: int) -> str:
    if status == httpx2.codes.UNAUTHORIZED:
        return "the Hub does not accept your token; log in again: `hf auth login`, or HF_TOKEN"
    if status == httpx2.codes.FORBIDDEN:
        return "the Hub forbids it to your token; give the token the right to read this dataset"
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        return "the Hub refuses so many requests (429); try again later, or log in"
    if httpx2.codes.is_server_error(status):
        return f"the Hub is in trouble ({status}); try again later"
    return f"the Hub refuses it ({status}); check the name and the revision"


def _no_revision(api: HfApi, name: str, revision: str) -> CorpusError:
    known: list[str] = []
    try:
        refs = api.list_repo_refs(name, repo_type="dataset")
        known = [ref.name for ref in (*refs.branches, *refs.tags)]
    except (HfHubHTTPError, httpx2.HTTPError):
        pass  # the list of what there is would only have helped
    there = nearest(revision, known) if known else "write a branch, a tag or a full hash"
    return refused(name, f"no revision {revision!r}; {there}")
