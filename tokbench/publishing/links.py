"""Links of a card: those inside it must lead somewhere, of those outside only the form is checked.

Nobody is asked for an address: what is there today may be gone tomorrow, and a card must not need a
network to be written.
"""

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote, urlsplit

_ATTRIBUTE = re.compile(r"(?:href|src)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_NAMED = re.compile(r"(?:id|name)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_WEB = ("http", "https")


def problems(text: str) -> Iterator[str]:
    r"""What is wrong with the links of a card, a sentence each.

    >>> text = "# A b\n\n[x](#a-b) [x](#c) [x](../y) [x](http:///z) [x](recipe.yaml)"
    >>> [one.split(": ")[0] for one in problems(text)]
    ["the card links to '#c'", "the card links to '../y'", "the card links to 'http:///z'"]
    """
    targets, anchors = _found(text)
    for target in targets:
        if why := _wrong(target, anchors):
            yield f"the card links to {target!r}: {why}"


def files(text: str) -> list[str]:
    """The files of the repository that a card links to.

    >>> files("[x](recipe.yaml#L3) [y](https://a.org/b) [z](#c) ![p](plots/a%20b.png)")
    ['recipe.yaml', 'plots/a b.png']
    """
    parts = [urlsplit(target) for target in _found(text)[0]]
    return [unquote(one.path) for one in parts if one.path and not (one.scheme or one.netloc)]


def _wrong(target: str, anchors: frozenset[str]) -> str:
    try:
        parts = urlsplit(target)
    except ValueError as error:
        return f"is no address ({error})"
    if parts.scheme in _WEB:
        known = "." in (parts.hostname or "") and not re.search(r"\s", unquote(parts.netloc))
        return "" if known else "names no host that others can ask"
    if parts.scheme:
        return "" if parts.scheme == "mailto" else "is no address of the web"
    if parts.netloc or parts.path.startswith("/") or ".." in parts.path.split("/"):
        return "leads out of the repository; name a file of it, or write the whole address"
    if not parts.path and parts.fragment and unquote(parts.fragment) not in anchors:
        return "no heading has this name"
    return ""


@cache
def _found(text: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Every target, each once, and all that may be led to with `#`."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only for cards

    targets: dict[str, None] = {}
    anchors: dict[str, int] = {}
    tokens = MarkdownIt().enable("table").parse(_FRONT.sub("", text))
    heading = False
    for token in tokens:
        for one in token.children or [token]:
            if one.type in ("link_open", "image"):
                targets[str(one.attrs.get("href") or one.attrs.get("src"))] = None
            elif one.type in ("html_inline", "html_block"):
                targets |= dict.fromkeys(_ATTRIBUTE.findall(one.content))
                anchors |= dict.fromkeys(_NAMED.findall(one.content), 1)
        if heading:
            name = _slug(token.content)
            again = anchors.get(name, 0)
            anchors[name] = again + 1
            anchors |= {f"{name}-{again}": 1} if again else {}
        heading = token.type == "heading_open"
    return tuple(targets), frozenset(anchors)


def _slug(title: str) -> str:
    """How the Hub names a heading, as GitHub does.

    >>> _slug("What it's `for`, and whom")
    'what-its-for-and-whom'
    """
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
