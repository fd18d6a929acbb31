"""What publishing would do: the files with their sizes, and what becomes of each."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokbench.reports.sizes import size
from tokbench.values import Published, Upload

_MARKS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "removed": ("-", "red"),
    "same": ("=", "dim"),
}
_SHORT = 12


def render(made: Upload) -> RenderableType:
    """Where it goes, a line for each file, and what that comes to."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column("")
    table.add_column("", overflow="fold")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("")
    for one in made.changes:
        mark, style = _MARKS[one.kind]
        table.add_row(Text(mark, style), one.path, size(one.size), Text(one.kind, style))
    return Group(Text(where(made), "bold"), table, Text(_counted(made)))


def where(made: Upload) -> str:
    """What would be done, in one line.

    >>> where(Upload("a/b", "", False, True, "main", False, "v1", ()))
    'a/b: a new private repository, one commit to main, tagged v1'
    """
    kind = "private" if made.private else "public"
    parts = [kind if made.exists else f"a new {kind} repository"]
    if made.nothing_new and made.exists:
        parts.append(f"nothing changed, no commit to {made.revision}")
    elif made.proposed:
        parts.append(f"a pull request for {made.revision}")
    else:
        parts.append(f"one commit to {made.revision}")
    if made.tag:
        parts.append(f"tagged {made.tag}")
    return f"{made.repo}: {', '.join(parts)}"


def _counted(made: Upload) -> str:
    counts = {kind: sum(one.kind == kind for one in made.changes) for kind in _MARKS}
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    sent = sum(one.size for one in made.changes if one.kind in ("added", "changed"))
    return f"{size(made.size)} in all: {told}" + (f"; {size(sent)} to send" if sent else "")


def sentence(done: Published) -> str:
    """What was done, in one line.

    >>> sentence(Published("a/b", "https://hf.co/a/b", "0a", "main", False, False, 3, 9))[:43]
    'nothing changed: https://hf.co/a/b is at 0a'
    """
    proof = (
        f"{done.files} files are the same byte for byte, AutoTokenizer gives the same ids on "
        f"{done.texts} texts"
    )
    at = f"{done.url} is at {done.commit[:_SHORT]}"
    tagged = f", tagged {done.tag}" if done.tag else ""
    if not done.new:
        return f"nothing changed: {at}{tagged}; {proof}"
    verb = "proposed" if done.proposed else "published"
    return f"{verb} {done.url} @ {done.commit[:_SHORT]}{tagged}; {proof}"


def as_json(made: Upload) -> dict[str, object]:
    """What publishing would do as plain data."""
    return {
        "repo": made.repo,
        "url": made.url,
        "exists": made.exists,
        "private": made.private,
        "revision": made.revision,
        "pull_request": made.proposed,
        "tag": made.tag,
        "bytes": made.size,
        "files": [
            {"path": one.path, "bytes": one.size, "change": one.kind} for one in made.changes
        ],
    }
