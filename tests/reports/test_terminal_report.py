"""The terminal report at 80 and 120 columns, with and without colour."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from tokbench.reports import render
from tokbench.values import (
    Breakdown,
    Comparison,
    Cut,
    Difference,
    EncodedBy,
    GroupValue,
    Measured,
    Measurement,
    Row,
    Sample,
)

ROWS = {
    "tokens": Row("tokens", 0, flattered_by_loss=True),
    "bytes_per_token": Row("bytes per token", 3, flattered_by_loss=True),
    "fertility": Row("tokens per word", 3),
    "unk_rate": Row("unknown tokens", 5),
    "roundtrip": Row("exact round trip", 3),
}


def _number(value: float, first: float, unit: str, better: str, *, best: str = "") -> Measurement:
    """With an interval of 2%, and a difference to the first that is seen from 2% on."""
    off = value - first
    difference = Difference(off, (off - 0.02 * first, off + 0.02 * first), abs(off) > 0.02 * first)
    interval = (0.99 * value, 1.01 * value)
    return Measurement(
        value, 9, unit, better, interval=interval, difference=difference if off else None, best=best
    )


def _measured(name: str, tokens: float, unk: float | None, trip: float) -> Measured:
    verdict = "lossless" if trip == 1 else "lossy"
    differences = [] if trip == 1 else [["naïve café", "naive cafe"]]
    why = "" if unk is not None else "the tokenizer has no unknown token"
    first = tokens == 1_000_000
    return Measured(
        name,
        {
            "tokens": _number(tokens, 1e6, "tokens", "lower", best="clearly best" if first else ""),
            "bytes_per_token": _number(
                4e6 / tokens, 4.0, "bytes/token", "higher", best="best" if first else ""
            ),
            "fertility": Measurement(None, 9, "tokens/word", "lower", why="no spaces"),
            "unk_rate": Measurement(unk, 9, "unk/token", "lower", why=why),
            "roundtrip": Measurement(
                trip,
                9,
                "documents/document",
                "higher",
                detail={"verdict": verdict, "differences": differences},
            ),
        },
        letters_lost=unk or 0.0,
    )


@pytest.fixture
def comparison() -> Comparison:
    text = (
        "Naïve 한글\tand 👩‍👩‍👧 \x1b[31m\u202e end of a line that is far too long for any terminal"
    )
    whole = tuple(
        Cut(word) for word in ("Naïve", " 한글", "\t", "and", " 👩‍👩‍👧", " \x1b[31m\u202e end")
    )
    parts = (Cut("Na"), Cut("c3", "byte"), Cut("ve"), Cut("한글", "unk"), Cut("👩‍👩‍👧", "lost"))
    return Comparison(
        on="the documents held out by first",
        documents=1234,
        bytes=4_000_000,
        tokenizers=(
            _measured("first", 1_000_000, None, 1.0),
            _measured("second-with-a-long-name", 900_000, 0.0123, 0.2),
            _measured("third", 1_500_000, 0.0, 1.0),
        ),
        samples=(Sample(text, (whole, parts, whole)),),
    )


def _printed(comparison: Comparison, width: int, *, colour: bool) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        highlight=False,
        legacy_windows=False,
    )
    console.print(render("terminal", comparison, rows=ROWS))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("colour", [False, True])
def test_it_reads_well(
    comparison: Comparison, width: int, colour: bool, snapshot: SnapshotAssertion
) -> None:
    printed = _printed(comparison, width, colour=colour)
    assert printed == snapshot
    if not colour:
        assert "\x1b" not in printed
        assert max(map(cell_len, printed.splitlines())) <= width


def _many(count: int) -> Comparison:
    names = [f"english-{'ByteLevel' if n % 2 else 'BertPreTokenizer'}-{n}000" for n in range(count)]
    return Comparison(
        on="the documents held out by english",
        documents=1234,
        bytes=4_000_000,
        tokenizers=tuple(
            _measured(name, 1_000_000 - 7000 * n, None if n % 3 else 0.0, 1.0 if n % 2 else 0.4)
            for n, name in enumerate(names)
        ),
        samples=(Sample("a few words", tuple((Cut("a few"), Cut(" words")) for _ in names)),),
    )


@pytest.mark.parametrize("width", [80, 120])
def test_many_tokenizers_are_lines(width: int, snapshot: SnapshotAssertion) -> None:
    printed = _printed(_many(12), width, colour=False)
    assert printed == snapshot
    lines = printed.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "≈ no difference seen to the first" in " ".join(printed.split())
    assert "% against english-BertPreTokenizer-0000" in " ".join(
        _printed(_many(5), width, colour=False).split()
    )


@pytest.mark.parametrize("width", [80, 120])
def test_a_line_for_each_script(width: int, snapshot: SnapshotAssertion) -> None:
    """As many tokens as each tokenizer takes, whoever loses text is never best."""
    cuts = (
        (Cut("a"), Cut("b")),
        (Cut("ab"),),
        (Cut("ab", "unk"),),
        *((Cut("a"), Cut("b"), Cut("c")) for _ in range(9)),
    )
    scripts = tuple(
        Sample("ab", cuts, name, ours=name == "Thai")
        for name in ("Latin", "Cyrillic", "Thai", "Han", "Devanagari")
    )
    for count in (3, 12):
        some = tuple(replace(one, cuts=one.cuts[:count]) for one in scripts)
        printed = _printed(replace(_many(count), samples=(), scripts=some), width, colour=False)
        shown = printed[printed.index("tokens of a text in each script") :]
        assert shown.partition("These numbers")[0] == snapshot
        assert max(map(cell_len, printed.splitlines())) <= width


def test_controls_in_text_never_reach_the_terminal(comparison: Comparison) -> None:
    printed = _printed(comparison, 120, colour=True)
    assert "\x1b[31m\u202e" not in printed
    assert "\u202e" not in printed


def test_the_best_and_the_clearly_best_are_told_apart(comparison: Comparison) -> None:
    printed = _printed(comparison, 120, colour=False)
    lines = {line.split("  ")[0]: line for line in printed.splitlines()}
    assert "1,000,000**  ±10,000 " in lines["tokens"]
    assert "4.000*    ±0.040 " in lines["bytes per token"]
    assert "second-with-a-long-name loses 1.2% of the letters" in printed
    assert "** best, and a difference to the rest is seen" in printed


def test_no_difference_seen_is_said(comparison: Comparison) -> None:
    near = _measured("near", 1.01e6, None, 1)
    close = replace(comparison, tokenizers=(comparison.tokenizers[0], near), samples=())
    printed = _printed(close, 80, colour=False)
    assert "≈ no difference seen" in " ".join(printed.split())
    tokens = next(line for line in printed.splitlines() if line.startswith("tokens "))
    assert tokens.rstrip().endswith("≈")
    assert "+1.0%" not in tokens


def test_numbers_by_group(snapshot: SnapshotAssertion) -> None:
    labels = ("de", "en", "zh_hant")
    by = Breakdown(
        tuple(GroupValue(label, k + 1.5, 9) for k, label in enumerate(labels)), 2.5, worst="zh_hant"
    )
    made = [_measured(f"tokenizer-{n}", 1e6, None, 1) for n in range(12)]
    for one in made:
        one.measurements["tokens"] = replace(one.measurements["tokens"], by={"language": by})
    for count, width in ((2, 80), (12, 80), (5, 120)):
        some = Comparison("a", 9, 9, tuple(made[:count]))
        console = Console(file=io.StringIO(), width=width)
        console.print(render("terminal", some, rows=ROWS, broken_down=["tokens"]))
        printed = console.file.getvalue()  # type: ignore[attr-defined]
        assert max(map(cell_len, printed.splitlines())) <= width
        assert printed[printed.index("tokens by") :].split("These")[0] == snapshot


def test_json_keeps_its_keys(comparison: Comparison) -> None:
    plain = render("json", comparison)
    first, second, _ = plain["tokenizers"]
    assert first["name"] == "first"
    assert first["metrics"]["tokens"] == {
        "value": 1_000_000,
        "interval": (990_000, 1_010_000),
        "n": 9,
        "of": "documents",
        "unit": "tokens",
        "better": "lower",
        "best": "clearly best",
    }
    assert plain["baseline"] == "first"
    assert second["metrics"]["tokens"]["difference"] == {
        "value": -100_000,
        "interval": (-120_000, -80_000),
        "seen": True,
    }
    assert first["metrics"]["unk_rate"] == {
        "value": None,
        "why": "the tokenizer has no unknown token",
    }
    assert second["metrics"]["roundtrip"]["detail"]["verdict"] == "lossy"


def test_how_it_was_encoded_is_said(comparison: Comparison) -> None:
    ways = (EncodedBy("chunks", 15, "some"), EncodedBy("documents", 1234, "it has no cut"))
    differing = EncodedBy("documents", 1234, "its chunks gave something else", differed=True)
    one, other, *_ = comparison.tokenizers
    through, whole = replace(one, encoded_by=ways[0]), replace(other, encoded_by=ways[1])
    alarming = replace(one, name="third", encoded_by=differing)
    shown = replace(comparison, tokenizers=(through, whole, alarming), samples=())
    text = " ".join(_rendered(shown).split())
    assert (
        "encoded through distinct chunks: first (1.2% of documents whole); "
        "whole: second-with-a-long-name, since it has no cut"
    ) in text
    assert "third: its chunks gave something else" in text
    short = replace(one, encoded_by=EncodedBy("documents", 1234))
    assert "encoded" not in _rendered(replace(shown, tokenizers=(short,)))
    plain = render("json", shown)["tokenizers"][0]["encoded_by"]
    assert plain == {"by": "chunks", "whole": 15, "why": "some", "differed": False}


def _rendered(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(render("terminal", comparison, rows=ROWS))
    return console.file.getvalue()  # type: ignore[attr-defined]
