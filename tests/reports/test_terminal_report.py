"""The terminal report at 80 and 120 columns, with and without colour."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from tokbench.reports import render
from tokbench.values import Comparison, Cut, EncodedBy, Measured, Measurement, Row, Sample

ROWS = {
    "tokens": Row("tokens", 0, flattered_by_loss=True),
    "bytes_per_token": Row("bytes per token", 3, flattered_by_loss=True),
    "fertility": Row("tokens per word", 3),
    "unk_rate": Row("unknown tokens", 5),
    "roundtrip": Row("exact round trip", 3),
}


def _measured(name: str, tokens: float, unk: float | None, trip: float) -> Measured:
    verdict = "lossless" if trip == 1 else "lossy"
    differences = [] if trip == 1 else [["naïve café", "naive cafe"]]
    why = "" if unk is not None else "the tokenizer has no unknown token"
    return Measured(
        name,
        {
            "tokens": Measurement(tokens, 9, "tokens", "lower"),
            "bytes_per_token": Measurement(4e6 / tokens, 9, "bytes/token", "higher"),
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
    assert "* best of its column" in lines
    few = _printed(_many(5), width, colour=False)
    assert "best of its row" in few


def test_controls_in_text_never_reach_the_terminal(comparison: Comparison) -> None:
    printed = _printed(comparison, 120, colour=True)
    assert "\x1b[31m\u202e" not in printed
    assert "\u202e" not in printed


def test_who_loses_text_does_not_win_by_it(comparison: Comparison) -> None:
    printed = _printed(comparison, 120, colour=False)
    tokens = next(line for line in printed.splitlines() if line.startswith("tokens "))
    assert "1,000,000*" in tokens
    assert "900,000*" not in tokens
    assert "second-with-a-long-name loses 1.2% of the letters" in printed


def test_json_keeps_its_keys(comparison: Comparison) -> None:
    plain = render("json", comparison)
    first, second, _ = plain["tokenizers"]
    assert first["name"] == "first"
    assert first["metrics"]["tokens"] == {
        "value": 1_000_000,
        "n": 9,
        "unit": "tokens",
        "better": "lower",
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
