"""Pages that hold all they need: our own style and script, which alone a browser lets run."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tokbench.reports.markup import shown

_FOLDER = Path(__file__).parent / "page"


def page(template: str, **facts: Any) -> str:
    """A page of one of our templates.

    Args:
        template: a file in `page/`.
        facts: what it says: `Markup`, or text that is escaped.
    """
    from jinja2 import (  # noqa: PLC0415 - only pages need it
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["shown"] = shown
    style, script = (_part(name) for name in ("page.css", "page.js"))
    hashes = {"style_hash": _hash(style), "script_hash": _hash(script)}
    return environment.get_template(template).render(style=style, script=script, **hashes, **facts)


def _part(name: str) -> Markup:
    """A file of the page's own."""
    return Markup((_FOLDER / name).read_text("utf-8").strip())  # noqa: S704 - ours


def _hash(part: str) -> str:
    """By which the page's own rules let a browser run only what we wrote."""
    return b64encode(hashlib.sha256(part.encode()).digest()).decode()


def name(name: str) -> Markup:
    """A tokenizer's name, whatever its direction of writing."""
    return Markup("<bdi>{}</bdi>").format(shown(name, 200))
