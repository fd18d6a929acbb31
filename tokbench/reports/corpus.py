"""What a corpus is: tables that fit the terminal, plain data."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.errors import CONTROLS
from tokbench.reports.sizes import size
from tokbench.values import (
    CorpusFacts,
    HeadDocument,
    Overlap,
    SharedPassage,
    StepDone,
    TextFacts,
)

_PICTURES = {
    **CONTROLS,
    **dict.fromkeys((0x2028, 0x2029, 0x061C), "\ufffd"),
    ord("\n"): "⏎",
    ord("\t"): "⇥",
}
_GAP = 2
_SQUEEZED = 16
_ALL = "all"
_SHORTEST_NAME, _NAMED = 12, 0.4
"""A name gets so many cells at the least, and of the line's so large a share at the most."""
_BARS = " ▁▂▃▄▅▆▇█"
_EVERY = 5
"""One in so many bars of a histogram has its length written above."""
_SHARED = ("Common", "White_Space", "Inherited", "Unknown")
"""What is no script of its own."""
_SCRIPTS, _LEAST_SHARE = 4, 0.001
_LANGUAGES, _LEAST_SPOKEN = 2, 0.02
"""How many languages are named, and the share that one of them has: a detector errs on some."""
_LINES = 3
"""How many lines of the longest document are shown."""
_THOUSAND, _MILLION = 1000, 1_000_000
_QUICK = 1
_NAMES, _BRIEF = 4, 24


def render(facts: CorpusFacts) -> RenderableType:
    """The corpus for people."""
    parts: list[RenderableType] = [_heading(facts), *_warnings(facts), "", _Sources(facts)]
    if any(source.training is not None for source in facts.sources):
        parts += ["", _Mix(facts)]
    parts += ["", _Lengths(facts), "", _Scripts(facts)]
    if facts.together or any(source.steps for source in facts.sources):
        parts += ["", _Cleaning(facts)]
    if facts.overlaps:
        parts += ["", *_overlaps(facts)]
    if longest := facts.text.longest:
        said = f"{longest.characters:,} characters, {visible(longest.source)}:{longest.number}"
        parts += ["", Text.assemble(("the longest document  ", "bold"), (said, "dim"))]
        parts.append(_OneLine(longest.start, lines=_LINES))
    parts += ["", *(Text(said, style="dim") for said in _notes(facts))]
    return Group(*parts)


def plain(facts: CorpusFacts) -> dict[str, Any]:
    """The corpus for scripts; the keys are stable."""
    return {
        "name": facts.name,
        "split": facts.split,
        "fingerprint": facts.fingerprint,
        "training_fingerprint": facts.training,
        "held_out_share": facts.held_out_share,
        "seconds": facts.seconds,
        "comparing_seconds": facts.comparing,
        "remembered_bytes": facts.remembered,
        **_plain_text(facts.text),
        "together": [asdict(one) for one in facts.together],
        "sources": [
            {
                "name": one.name,
                "bytes_on_disk": one.size,
                "null_rows": one.nulls,
                "read": {"documents": one.read[0], "bytes": one.read[1]},
                "steps": [asdict(step) for step in one.steps],
                "languages": one.languages,
                "warnings": list(one.warnings),
                "training_bytes": one.training,
                "wanted_share": one.wanted,
                **_plain_text(one.text),
            }
            for one in facts.sources
        ],
        "overlaps": [_plain_overlap(one) for one in facts.overlaps],
    }


def render_head(documents: Sequence[HeadDocument]) -> RenderableType:
    """The first documents of each source, a line each."""
    if not documents:
        return Text("no documents")
    parts: list[RenderableType] = []
    source = None
    for one in documents:
        if one.source != source:
            parts += [Text()] * bool(parts) + [Text(visible(one.source), style="bold")]
            source = one.source
        parts.append(_OneLine(one.text, f"{one.number:>6,}  "))
    return Group(*parts)


def plain_head(documents: Sequence[HeadDocument]) -> dict[str, Any]:
    """The same whole; the keys are stable."""
    return {"documents": [asdict(one) for one in documents]}


def visible(text: str) -> str:
    r"""Text on one line and with no power over the terminal.

    >>> visible("a\x1b[31m\nb")
    'a␛[31m⏎b'
    """
    return text.translate(_PICTURES)


def _plain_text(text: TextFacts) -> dict[str, Any]:
    found = asdict(text)
    found["bytes_per_character"] = text.bytes / text.characters if text.characters else None
    found["percentiles"] = {str(key): value for key, value in text.percentiles.items()}
    found["lengths"] = [
        {"from": 0 if not power else 1 << (power - 1), "documents": count}
        for power, count in enumerate(text.lengths)
    ]
    return found


def _plain_overlap(one: Overlap) -> dict[str, Any]:
    found = asdict(one)
    found["examples"] = [
        {
            "source": each.document.source,
            "number": each.document.number,
            "other_source": each.other[0],
            "other_number": each.other[1],
            "passage": each.passage,
            "whole": each.whole,
        }
        for each in one.examples
    ]
    return found


def _heading(facts: CorpusFacts) -> RenderableType:
    text = facts.text
    of = {"all": "", "train": " to train on", "held_out": " held out"}[facts.split]
    said = f"  {_documents(text.documents)}{of}, {size(text.bytes)}"
    if len(facts.sources) > 1:
        said += f" from {len(facts.sources)} sources"
    lines = [Text.assemble((visible(facts.name), "bold"), said)]
    lines.append(Text(f"signature {facts.fingerprint}", style="dim"))
    if facts.training != facts.fingerprint:
        lines.append(Text(f"          {facts.training} to train on", style="dim"))
    return Group(*lines)


def _warnings(facts: CorpusFacts) -> Iterator[Text]:
    if not facts.text.documents:
        yield Text("there are no documents here", style="yellow")
    for source in facts.sources:
        for warning in source.warnings:
            yield Text.assemble((f"{visible(source.name)}: ", "bold yellow"), (warning, "yellow"))


@dataclass(frozen=True)
class _Column:
    """A column of a table that is as wide as what is in it.

    Attributes:
        title: above it.
        cells: below it.
        rank: which goes first where there is no room: the highest.
        justify: to which side.
        words: whether the end may be cut off.
    """

    title: str
    cells: Sequence[str]
    rank: int = 0
    justify: Literal["left", "right"] = "right"
    words: bool = False

    @property
    def width(self) -> int:
        return max(map(cell_len, (self.title, *self.cells)))

    @property
    def least(self) -> int:
        """What it can be squeezed into: words can be cut off, numbers cannot."""
        return min(self.width, _SQUEEZED) if self.words else self.width


def _table(names: Sequence[str], columns: Sequence[_Column], width: int) -> Table:
    """Names and those of the columns for which there is room; the last row is of all."""
    named = _name_width(names, width)
    kept = [one for one in columns if any(one.cells)]
    while len(kept) > 1 and sum(one.least + _GAP for one in kept) > width - named:
        kept.remove(max(kept, key=lambda one: one.rank))
    table = Table(box=None, pad_edge=False, padding=(0, 0, 0, _GAP), header_style="bold")
    table.add_column("", width=named, no_wrap=True)
    left = width - named
    for one in kept:
        room = min(one.width, left - _GAP)
        left -= room + _GAP
        table.add_column(Text(one.title), justify=one.justify, no_wrap=True, width=room)
    for row, name in enumerate(names):
        last = name == _ALL and row and row == len(names) - 1
        cells = [Text(one.cells[row], overflow="ellipsis") for one in kept]
        table.add_row(_shortened(name, named), *cells, style="bold" if last else "")
    return table


def _name_width(names: Sequence[str], width: int) -> int:
    """As wide as the longest name, within a share of the line."""
    longest = max(cell_len(visible(name)) for name in names)
    return max(_SHORTEST_NAME, min(longest, int(width * _NAMED)))


def _shortened(name: str, width: int) -> Text:
    """A name in so many cells; of one too long the end is shown, where paths differ."""
    shown = visible(name)
    while cell_len(shown) > width:
        shown = f"…{shown[2:]}"
    return Text(shown)


def _rows(facts: CorpusFacts) -> tuple[list[str], list[TextFacts]]:
    """The names of all sources and of all together, and what is told of each."""
    names = [source.name for source in facts.sources]
    texts = [source.text for source in facts.sources]
    return ([*names, _ALL], [*texts, facts.text]) if len(names) > 1 else (names, texts)


class _Sources:
    """How much there is of each source."""

    def __init__(self, facts: CorpusFacts) -> None:
        self._facts = facts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        facts = self._facts
        names, texts = _rows(facts)
        nulls = [source.nulls for source in facts.sources]
        nulls += [sum(nulls)] * (len(names) - len(nulls))
        columns = [
            _Column("documents", [f"{one.documents:,}" for one in texts]),
            _Column("MB", [_megabytes(one.bytes) for one in texts]),
            _Column("characters", [_short(one.characters) for one in texts], 6),
            _Column("bytes/char", [_ratio(one.bytes, one.characters) for one in texts], 5),
            _Column("copies", [_share(one.copies, one.documents) for one in texts], 1),
            _Column("in MB", [_megabytes(one.copied_bytes) for one in texts], 7),
        ]
        if any(one.blank for one in texts):
            columns.append(_Column("blank", [_share(one.blank, one.documents) for one in texts], 2))
        if any(nulls):
            columns.append(_Column("null rows", [f"{one:,}" for one in nulls]))
        if facts.split == "all" and facts.held_out_share:
            shares = [_share(one.held_out, one.documents) for one in texts]
            columns.append(_Column("held out", shares, 3))
            sizes = [_share(one.held_out_bytes, one.bytes) for one in texts]
            columns.append(_Column("of bytes", sizes, 4))
        yield _table(names, columns, options.max_width)


class _Mix:
    """What training gets of each source, beside what it was to get."""

    def __init__(self, facts: CorpusFacts) -> None:
        self._sources = facts.sources

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        there = [one.text.bytes - one.text.held_out_bytes for one in self._sources]
        given = [
            size if one.training is None else one.training
            for one, size in zip(self._sources, there, strict=True)
        ]
        whole = sum(given)
        columns = [
            _Column("MB", [_megabytes(size) for size in given]),
            _Column("share", [_share(size, whole) for size in given]),
            _Column("times over", [_ratio(*each) for each in zip(given, there, strict=True)], 2),
        ]
        if any(one.wanted is not None for one in self._sources):
            wanted = [_percent(one.wanted) if one.wanted else "" for one in self._sources]
            columns.insert(2, _Column("wanted", wanted, 1))
        yield Text("what training gets", style="dim")
        yield _table([one.name for one in self._sources], columns, options.max_width)


class _Lengths:
    """How long documents are: a histogram and percentiles for each source."""

    def __init__(self, facts: CorpusFacts) -> None:
        self._facts = facts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names, texts = _rows(self._facts)
        most = max(len(one.lengths) for one in texts)
        marks = "".join(
            f"{_round(0 if not power else 1 << (power - 1)):<{_EVERY}}"
            for power in range(0, most, _EVERY)
        )
        title = marks.ljust(most)[: max(most, len(marks.rstrip()))]
        longest = [f"{one.longest.characters:,}" if one.longest else "" for one in texts]
        columns = [
            _Column(title, [_bars(one.lengths) for one in texts], 0, "left"),
            *(
                _Column(title, [_percentile(one, percent) for one in texts], rank)
                for title, percent, rank in (
                    ("5%", 5, 4), ("25%", 25, 5), ("median", 50, 1), ("75%", 75, 6),
                    ("95%", 95, 3), ("99%", 99, 7),
                )
            ),
            _Column("longest", longest, 2),
        ]  # fmt: skip
        yield Text("characters of a document", style="dim")
        yield _table(names, columns, options.max_width)


class _Scripts:
    """What sources are written in."""

    def __init__(self, facts: CorpusFacts) -> None:
        self._facts = facts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        facts = self._facts
        names, texts = _rows(facts)
        spoken = [source.languages for source in facts.sources]
        columns = [_Column("scripts", [scripts(one) for one in texts], 0, "left", words=True)]
        if any(spoken):
            cells = [_languages(one) for one in spoken]
            cells += [""] * (len(names) - len(cells))
            columns.insert(0, _Column("language", cells, 1, "left", words=True))
        yield Text("characters by script, but for those that many share", style="dim")
        yield _table(names, columns, options.max_width)


def _languages(spoken: dict[str, int]) -> str:
    """Those of most documents, with their shares where there are several.

    >>> _languages({"ko": 170, "en": 28, "ja": 1}), _languages({"ko": 3})
    ('ko 85.4%, en 14.1%', 'ko')
    """
    of = sum(spoken.values())
    most = [(name, count / of) for name, count in spoken.items() if count >= _LEAST_SPOKEN * of]
    if len(most) == 1:
        return most[0][0]
    return ", ".join(f"{name} {_percent(share)}" for name, share in most[:_LANGUAGES])


def scripts(text: TextFacts) -> str:
    """The scripts of most characters, with their shares of those that have one."""
    of = sum(count for name, count in text.scripts.items() if name not in _SHARED)
    own = [
        (name, count / of)
        for name, count in text.scripts.items()
        if name not in _SHARED and count / of >= _LEAST_SHARE
    ]
    said = [f"{name.replace('_', ' ')} {_percent(share)}" for name, share in own[:_SCRIPTS]]
    if len(own) > _SCRIPTS:
        said.append(f"{len(own) - _SCRIPTS} more")
    return ", ".join(said)


class _Cleaning:
    """What each step did, source by source; those of which every step left all as it was, last."""

    def __init__(self, facts: CorpusFacts) -> None:
        self._facts = facts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        accounts: list[tuple[str, tuple[int, int], Sequence[StepDone]]] = [
            (source.name, source.read, source.steps) for source in self._facts.sources
        ]
        if together := self._facts.together:
            first = together[0]
            accounts.append(("all sources", (first.documents_in, first.bytes_in), together))
        yield Text("cleaning", style="bold")
        told = [one for one in accounts if any(map(_did, one[2]))]
        if told:
            yield _steps(told, options.max_width)
        for name, _, steps in told:
            for one in steps:
                label = f"{_brief(name)} {one.step}" if len(accounts) > 1 else one.step
                yield from (_Change(label, *example) for example in one.examples)
        quiet = [_brief(name) for name, _, steps in accounts if steps and not any(map(_did, steps))]
        if quiet:
            yield Text(f"nothing to do in {_listed(quiet)}", style="dim")


def _did(step: StepDone) -> bool:
    same = step.documents_in == step.documents_out and step.bytes_in == step.bytes_out
    return bool(step.changed) or not same


def _steps(
    accounts: Sequence[tuple[str, tuple[int, int], Sequence[StepDone]]], width: int
) -> Table:
    """For each source what there was before, and a line for each step."""
    names, documents, sizes, changed, dropped = [], [], [], [], []
    for name, before, steps in accounts:
        names += [name, *(f"  {one.step}" for one in steps)]
        documents += [before[0], *(one.documents_out for one in steps)]
        sizes += [before[1], *(one.bytes_out for one in steps)]
        changed += [0, *(one.changed for one in steps)]
        dropped += ["", *(_reasons(one) for one in steps)]
    columns = [
        _Column("documents", [f"{count:,}" for count in documents]),
        _Column("MB", [_megabytes(size) for size in sizes]),
        _Column("changed", [f"{count:,}" if count else "" for count in changed]),
        _Column("dropped", dropped, 0, "left", words=True),
    ]
    return _table(names, columns, width)


def _reasons(step: StepDone) -> str:
    return ", ".join(f"{count:,} {visible(why)}" for why, count in step.reasons.items())


class _Change:
    """A document before and after a step, from where the two differ."""

    def __init__(self, step: str, was: str, became: str | None) -> None:
        self._step, self._was, self._became = step, was, became

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        label = f"  {self._step}  "
        was, became = self._was, self._became
        if became is None:
            yield _OneLine(was or "(empty)", f"{label}- ", "red")
            return
        same = next((n for n, pair in enumerate(zip(was, became)) if pair[0] != pair[1]), None)  # noqa: B905 - the shorter ends it
        start = max(0, (min(len(was), len(became)) if same is None else same) - 20)
        cut = "…" if start else ""
        yield _OneLine(cut + was[start:], f"{label}- ", "red")
        yield _OneLine(cut + became[start:], f"{' ' * cell_len(label)}+ ", "green")


def _overlaps(facts: CorpusFacts) -> Iterator[RenderableType]:
    yield Text("in common", style="bold")
    for one in facts.overlaps:
        said = Text()
        said.append(visible(one.text), "bold").append(f" in {one.within}: ")
        found = []
        if one.same:
            share = _share(one.same_bytes, one.bytes)
            found.append(f"{one.same:,} are the same ({share} of the bytes)")
        if one.partly:
            more = " more" if one.same else ""
            found.append(f"{one.partly:,}{more} share passages ({size(one.partly_bytes)})")
        of = _documents(one.documents)
        said.append(f"of {of} {' and '.join(found)}" if found else f"none of {of}")
        if len(one.sources) > 1:
            most = [f"{_brief(name)} {count:,}" for name, count in one.sources.items()]
            said.append(f": {_listed(most)}", "dim")
        if one.common:
            said.append(f"; {one.common:,} more only boilerplate", "dim")
        if one.looked < one.documents:
            share = _share(one.looked, one.documents)
            said.append(f"; passages of the first {share} were looked for", "dim")
        yield said
        for example in one.examples:
            yield from _example(example)


def _example(one: SharedPassage) -> Iterator[RenderableType]:
    here = f"{_brief(one.document.source)}:{one.document.number:,}"
    there = f"{_brief(one.other[0])}:{one.other[1]:,}"
    relation = "is" if one.whole else "shares with"
    yield Text(f"  {here} {relation} {there}", style="dim", overflow="fold")
    yield _OneLine(one.passage, "    ")


def _notes(facts: CorpusFacts) -> Iterator[str]:
    if facts.text.copies:
        yield "copies: documents that are byte for byte one before them, in any source."
    if facts.overlaps:
        yield (
            "Every passage of 100 bytes, white space left out, that stands in both is found, and "
            "none of less than 64. Boilerplate is what more than 20 documents have."
        )
    if facts.seconds >= _QUICK:
        speed = facts.text.bytes / facts.seconds / _MILLION
        comparing = (
            f", then {facts.comparing:.0f} s for what is in common" if facts.comparing else ""
        )
        yield f"Read and counted in {facts.seconds:.0f} s, {speed:.0f} MB/s{comparing}."


class _OneLine:
    """As much of a text as fits one line, or some, behind a label."""

    def __init__(self, text: str, label: str = "", style: str = "", *, lines: int = 1) -> None:
        self._text = text
        self._label = label
        self._style = style
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width * self._lines
        cut = self._text[: 4 * width]
        line = Text(self._label, "dim", no_wrap=self._lines == 1, overflow="fold")
        line.append(visible(cut), f"not dim {self._style}")
        line.truncate(width, overflow="ellipsis")
        yield line


def _bars(lengths: Sequence[int]) -> str:
    """A bar for each doubling of the length; what is there is seen, however little.

    >>> _bars([0, 1, 50, 100])
    ' ▁▄█'
    """
    most = max(lengths, default=0)
    steps = len(_BARS) - 1
    return "".join(_BARS[max(1, round(count / most * steps)) if count else 0] for count in lengths)


def _percentile(text: TextFacts, percent: int) -> str:
    return f"{text.percentiles[percent]:,}" if text.percentiles else ""


def _brief(name: str) -> str:
    """A name within a sentence; of a long one the end.

    >>> _brief("data/train/reviews-2024.jsonl.gz")
    '…n/reviews-2024.jsonl.gz'
    """
    shown = visible(name)
    return shown if len(shown) <= _BRIEF else f"…{shown[1 - _BRIEF :]}"


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first ones where there are many.

    >>> _listed(["a", "b"]), _listed(["a", "b", "c", "d", "e", "f"])
    ('a, b', 'a, b, c, d and 2 more')
    """
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _round(number: int) -> str:
    """A power of two in few characters.

    >>> _round(8), _round(2048), _round(1 << 20)
    ('8', '2k', '1M')
    """
    for power, unit in ((30, "G"), (20, "M"), (10, "k")):
        if number >= 1 << power:
            return f"{number >> power}{unit}"
    return str(number)


def _documents(count: int) -> str:
    return f"{count:,} document{'s' if count != 1 else ''}"


def _megabytes(size: int) -> str:
    """A number of MB for a column.

    >>> _megabytes(15_157_998), _megabytes(3_200), _megabytes(0)
    ('15.16', '0.003', '0')
    """
    if not size:
        return "0"
    return f"{size / _MILLION:,.{2 if size >= 10 * _THOUSAND else 3}f}"


def _short(number: int) -> str:
    """A number with a unit.

    >>> _short(24_576_000), _short(512_000), _short(12)
    ('24.6 M', '512.0 k', '12')
    """
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return str(number)


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else ""


def _share(part: int, whole: int) -> str:
    """A share in per cent; none and all are told from nearly none and nearly all.

    >>> _share(0, 5), _share(1, 100_000), _share(1, 8), _share(5, 5)
    ('0', '<0.1%', '12.5%', '100%')
    """
    return _percent(part / whole) if part else "0"


def _percent(share: float) -> str:
    if share < _LEAST_SHARE:
        return "<0.1%"
    if share < 1:
        return f"{min(share, 0.999):.1%}"
    return "100%"
