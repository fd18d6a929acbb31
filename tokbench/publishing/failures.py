"""What the Hub, or the way to it, refuses: one sentence each, and what to do about it.

Nothing of a request is repeated but what the Hub itself said, without the token.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tokbench.errors import PublishingError

LOGIN = "`hf auth login`, or HF_TOKEN"
AGAIN = "the same command again is safe: nothing is there half"
HIDDEN = "***"
_FULL = re.compile(r"storage|quota|full|limit (?:reached|exceeded)|exceed", re.IGNORECASE)
_MOST_SAID = 200
_FORBIDDEN, _TOO_LARGE, _PAYMENT = 403, 413, 402
RAISED = (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError, KeyError, RuntimeError)
"""What the client raises."""


@contextmanager
def told(repo: str, doing: str) -> Iterator[None]:
    """Make one sentence of whatever the client raises while the block runs.

    Args:
        repo: what it is about.
        doing: what is being done: "sending files to it".

    Raises:
        PublishingError: the sentence.
    """
    try:
        yield
    except RAISED as error:
        if isinstance(error, OSError) and not is_of_the_hub(error):
            raise
        raise explained(repo, doing, error) from None


def is_of_the_hub(error: OSError) -> bool:
    """Whether an error of the system's kind is about the Hub, and not about files here."""
    kinds = (
        HfHubHTTPError,
        LocalTokenNotFoundError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        ConnectionError,
        TimeoutError,
    )
    return isinstance(error, kinds)


def explained(repo: str, doing: str, error: BaseException) -> PublishingError:
    """The sentence for what was raised while something was done."""
    return PublishingError(f"{repo}: {_sentence(_cause(error), doing)}")


def _sentence(error: BaseException, doing: str) -> str:
    if isinstance(error, LocalTokenNotFoundError):
        return f"publishing needs a login that may write: {LOGIN}"
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it, and try again"
    if isinstance(error, HfHubHTTPError):
        return _by_answer(error, doing)
    if isinstance(error, json.JSONDecodeError | KeyError):
        what = f"{constants.ENDPOINT} gave no answer that can be read while {doing}"
        return f"{what}; check HF_ENDPOINT, or try again later: {AGAIN}"
    return _on_the_way(error, doing)


def _on_the_way(error: BaseException, doing: str) -> str:
    if not isinstance(error, httpx2.HTTPError | OSError):
        return f"the client of the Hub failed while {doing}: {said(error)}"
    what = f"the connection to {constants.ENDPOINT} broke while {doing} ({type(error).__name__})"
    return f"{what}; check the network, {AGAIN}"


def broke(error: BaseException) -> bool:
    """Whether an answer was lost on its way, so that nobody knows what became of the request."""
    error = _cause(error)
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code if error.response is not None else 0
        return httpx2.codes.is_server_error(status)
    return isinstance(error, httpx2.TransportError | ConnectionError | TimeoutError | ValueError)


def _cause(error: BaseException) -> BaseException:
    """What a thread of the client died of; the client tells that it died."""
    while isinstance(error, RuntimeError | LocalEntryNotFoundError) and error.__cause__:
        error = error.__cause__
    return error


def _by_answer(error: HfHubHTTPError, doing: str) -> str:
    """What an answer that says no means."""
    status = error.response.status_code if error.response is not None else 0
    if isinstance(error, RepositoryNotFoundError | RevisionNotFoundError):
        return _not_found(error)
    what = said(error)
    if status == _PAYMENT or (status in (_FORBIDDEN, _TOO_LARGE) and _FULL.search(what)):
        return f"the Hub has no room for it ({what}); free some on your account, and publish again"
    if httpx2.codes.is_server_error(status):
        return f"the Hub is in trouble ({status}) while {doing}; try again later: {AGAIN}"
    wait = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    when = f"in {wait} seconds" if wait.isdigit() else "later"
    changed = f"somebody else changed it while {doing} ({what}); look at it, and publish again"
    told = {
        401: f"the Hub does not accept your token; log in again: {LOGIN}",
        403: f"your token may not do that ({what}); take one that may write there, name a "
        "repository of your own, or propose it with --create-pr",
        409: changed,
        412: changed,
        413: f"the Hub takes nothing so large ({what}); publish without --models or --report",
        429: f"the Hub refuses so many requests (429) while {doing}; try again {when}: {AGAIN}",
    }
    refused = f"the Hub refuses it ({status}) while {doing}: {what}"
    return told.get(status, f"{refused}; mend what it names, or try again later: {AGAIN}")


def _not_found(error: HfHubHTTPError) -> str:
    if isinstance(error, GatedRepoError):
        page = f"{constants.ENDPOINT}/{error.repo_id or ''}"
        return f"is gated; accept its conditions on {page} with your account"
    if isinstance(error, RevisionNotFoundError):
        return "has no such revision; name a branch, a tag or a full hash that it has"
    if get_token():
        return f"no such repository on {constants.ENDPOINT}, or your token may not see it"
    return f"no such repository on {constants.ENDPOINT}; if it is private, log in: {LOGIN}"


def said(error: BaseException) -> str:
    """What the Hub said, in one line, short, and without the token."""
    message = getattr(error, "server_message", None) or str(error)
    token = get_token()
    if token:
        message = message.replace(token, HIDDEN)
    line = " ".join(re.sub(r"hf_[A-Za-z0-9]+", HIDDEN, message).split()).rstrip(".")
    return line if len(line) <= _MOST_SAID else f"{line[:_MOST_SAID]}..."
