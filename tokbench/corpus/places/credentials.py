"""What of an address is a secret, and the address without it."""

import re
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

HIDDEN = "***"

_SECRET = re.compile(
    r"token|key|secret|sig|auth|pass|pwd|cred|session|jwt|access|code|policy|^x-|^s[a-z]$",
    re.IGNORECASE,
)
"""Names of parameters whose values are hidden; short ones are those of Azure's signatures."""
_CHAIN = re.compile(r"::(?=[\w+.-]+(?:://|::))")
"""Between the addresses of a chain of fsspec's: `simplecache::s3://...`."""
_LONG = 20
"""A value of so many characters is hidden whatever its name: people name tokens as they like."""


def is_url(path: str) -> bool:
    """Whether a path names a protocol.

    >>> is_url("https://a.org/b.txt"), is_url("data/a.txt"), is_url("hf://datasets/a/b.txt")
    (True, False, True)
    """
    return "://" in path


def redacted(path: str) -> str:
    """A path or address fit to be shown and kept.

    >>> redacted("https://me:pw@a.org/b.txt?token=hf_x&download=true#part")
    'https://***@a.org/b.txt?token=***&download=true'
    >>> redacted("data/what?token=is a file name.txt")
    'data/what?token=is a file name.txt'
    """
    if not is_url(path):
        return path
    return "::".join(map(_redacted, _CHAIN.split(path)))


def scrubbed(message: str, address: str) -> str:
    """What somebody else said about an address, without its secrets.

    >>> scrubbed("no such host: me:pw@a.org", "https://me:pw@a.org/b.txt")
    'no such host: ***@a.org'
    """
    for part in _CHAIN.split(address):
        if is_url(part):
            for secret in sorted(_secrets(part), key=len, reverse=True):
                message = message.replace(secret, HIDDEN)
    return message


def _redacted(url: str) -> str:
    if not is_url(url):
        return url
    scheme, place, path, query, _ = _split(url)
    user, at, host = place.rpartition("@")
    hidden = [
        (name, HIDDEN if _is_secret(name, value) else quote(value, safe="/:,"))
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    said = "&".join(f"{quote(name)}={value}" for name, value in hidden)
    return urlunsplit((scheme, f"{HIDDEN}@{host}" if at else host or user, path, said, ""))


def _secrets(url: str) -> set[str]:
    _, place, _, query, _ = _split(url)
    user = place.rpartition("@")[0]
    values = [
        value for name, value in parse_qsl(query, keep_blank_values=True) if _is_secret(name, value)
    ]
    found = {user, user.partition(":")[2], *values, *(quote(value, safe="") for value in values)}
    return found - {""}


def _is_secret(name: str, value: str) -> bool:
    return bool(value) and (_SECRET.search(name) is not None or len(value) >= _LONG)


def _split(url: str) -> tuple[str, str, str, str, str]:
    # By hand: urlsplit refuses a host in half a bracket, and its message shows the whole address.
    try:
        parts = urlsplit(url)
    except ValueError:
        scheme, _, rest = url.partition("://")
        place, slash, path = rest.partition("/")
        path, _, query = path.partition("?")
        return scheme, place, slash + path, query.partition("#")[0], ""
    return parts.scheme, parts.netloc, parts.path, parts.query, parts.fragment
