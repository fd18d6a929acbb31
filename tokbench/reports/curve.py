"""Tokens against vocabulary size: a table, a plot, plain data."""

from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tokbench.reports import sizes
from tokbench.reports.plot import Line, plot
from tokbench.values import Curve, CurveText

_STYLES = ("#ffd166", "#8ecae6")
_HEIGHT = 12
_WIDEST = 100
_LONGEST_NAME = 16
_THOUSAND, _MILLION = 1000, 1_000_000


def render(curve: Curve, *, width: int, share: float) -> RenderableType:
    """The curve for people.

    Args:
        curve: what was measured.
        width: of the model that gets the tokenizer: an embedding has so many parameters.
        share: what doubling the vocabulary must save of the tokens to be worth while.
    """
    parts: list[RenderableType] = [_heading(curve), "", _table(curve, width, share)]
    if len(curve.sizes) > 1:
        parts += ["", Text("bytes per token", style="dim"), _Plot(curve), _legend(curve)]
    parts += ["", *(Text(said, style="dim") for said in _notes(curve, width, share))]
    return Group(*parts)


def plain(curve: Curve, *, width: int, share: float) -> dict[str, Any]:
    """The curve for scripts; the keys are stable."""
    return {
        "name": curve.name,
        "encoded_every_size": curve.encoded,
        "embedding_width": width,
        "worth_while": share,
        "enough": enough(curve, share),
        "texts": [
            {"name": one.name, "documents": one.documents, "bytes": one.bytes}
            for one in curve.texts
        ],
        "sizes": [
            {
                "vocab_size": size,
                "embedding_parameters": size * width,
                "tokens": {one.name: one.tokens[number] for one in curve.texts},
                "saved_by_doubling": {
                    one.name: saving for one in curve.texts if (saving := saved(curve, one, number))
                },
            }
            for number, size in enumerate(curve.sizes)
        ],
    }


def saved(curve: Curve, text: CurveText, number: int) -> float | None:
    """The share of tokens that this size saves against half of it; None if half is not there."""
    half = curve.sizes[number] / 2
    if half not in curve.sizes:
        return None
    return 1 - text.tokens[number] / text.tokens[curve.sizes.index(int(half))]


def enough(curve: Curve, share: float) -> int | None:
    """The smallest size from which on no doubling saves as much as `share` of the last text."""
    found = None
    for number in range(len(curve.sizes) - 1, -1, -1):
        saving = saved(curve, curve.texts[-1], number)
        if saving is None or saving >= share:
            break
        found = curve.sizes[number] // 2
    return found


def _heading(curve: Curve) -> Text:
    said = ", ".join(
        f"{one.name}: {one.documents:,} documents, {sizes.size(one.bytes)}" for one in curve.texts
    )
    return Text.assemble((curve.name, "bold"), (f"  {said}", "dim"))


def _table(curve: Curve, width: int, share: float) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("vocabulary\nsize", justify="right")
    for one in curve.texts:
        table.add_column(f"{_name(one)}\ntokens", justify="right")
        table.add_column("bytes/\ntoken", justify="right")
    table.add_column("doubling\nsaves", justify="right")
    table.add_column(f"embeddings\n{width} wide", justify="right")
    last = curve.texts[-1]
    for number, size in enumerate(curve.sizes):
        cells = [f"{size:,}"]
        for one in curve.texts:
            cells += [f"{one.tokens[number]:,}", f"{one.bytes / one.tokens[number]:.3f}"]
        saving = saved(curve, last, number)
        little = saving is not None and saving < share
        cells.append("" if saving is None else f"{saving:.1%}{' ◂' if little else '  '}")
        cells.append(_short(size * width))
        table.add_row(*cells, style="dim" if little else "")
    return table


def _name(text: CurveText) -> str:
    """Short enough for a column's heading."""
    return text.name if len(text.name) <= _LONGEST_NAME else f"…{text.name[1 - _LONGEST_NAME :]}"


def _short(number: int) -> str:
    """A number with a unit.

    >>> _short(24_576_000), _short(512_000)
    ('24.6 M', '512 k')
    """
    if number >= _MILLION:
        return f"{number / _MILLION:.1f} M"
    return f"{number / _THOUSAND:.0f} k"


def _size(size: int) -> str:
    """A vocabulary size as a label.

    >>> _size(32000), _size(500), _size(65536)
    ('32k', '500', '65.5k')
    """
    return f"{size / _THOUSAND:.3g}k" if size >= _THOUSAND else str(size)


class _Plot:
    """The plot, as wide as there is room."""

    def __init__(self, curve: Curve) -> None:
        self._curve = curve

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        curve = self._curve
        lines = [
            Line(
                one.name,
                [
                    (size, one.bytes / tokens)
                    for size, tokens in zip(curve.sizes, one.tokens, strict=True)
                ],
                style,
                dotted=number + 1 < len(curve.texts),
            )
            for number, (one, style) in enumerate(zip(curve.texts, _STYLES, strict=False))
        ]
        ticks = [(size, _size(size)) for size in curve.sizes]
        yield from plot(lines, ticks, min(options.max_width, _WIDEST), _HEIGHT)


def _legend(curve: Curve) -> Text:
    legend = Text("vocabulary size   ", style="dim")
    for number, (one, style) in enumerate(zip(curve.texts, _STYLES, strict=False)):
        mark = "⠉⠁⠉⠁" if number + 1 < len(curve.texts) else "⠉⠉⠉"
        legend.append(mark, style=f"not dim {style}")
        legend.append(f" {one.name}   ")
    return legend


def _notes(curve: Curve, width: int, share: float) -> list[str]:
    said = []
    last = curve.texts[-1].name
    if (size := enough(curve, share)) is not None:
        said.append(
            f"◂ From {size:,} on, doubling the vocabulary saves less than {share:.0%} of the "
            f"tokens ({last})."
        )
    said.append(
        f"Embeddings: vocabulary times {width}; as many again where the output layer is not tied."
    )
    if curve.encoded:
        said.append("Every size was encoded by itself.")
    else:
        said.append("The largest size was encoded once; merges are a prefix, so the others follow.")
    if curve.why:
        said.append(curve.why)
    return said
