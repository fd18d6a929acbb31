import io
import json

import pytest
from rich.cells import cell_len
from rich.console import Console

from tokbench.reports import corpus as report
from tokbench.values import (
    CorpusFacts,
    DocumentSeen,
    HeadDocument,
    Overlap,
    SharedPassage,
    SourceFacts,
    StepDone,
    TextFacts,
)

ESCAPE = "\x1b]0;owned\x07\x1b[31m"


def text(documents, size, *, source="", longest="한국어 텍스트"):
    return TextFacts(
        documents=documents,
        bytes=size,
        characters=size * 2 // 3,
        blank=documents // 100,
        copies=documents // 8,
        copied_bytes=size // 10,
        scripts={"Hangul": size // 2, "White_Space": size // 10, "Latin": size // 100, "Han": 7},
        lengths=(documents // 100, 0, 3, documents // 4, documents // 2, 0, 1),
        percentiles={1: 0, 5: 2, 25: 5, 50: 9, 75: 12, 95: 15, 99: 40},
        longest=DocumentSeen(source, 1234, 40, longest) if documents else None,
        held_out=documents // 20,
        held_out_bytes=size // 20,
    )


STEPS = (
    StepDone("drop_empty", 2000, 1900, 90_000, 89_950, 0, 0, {"null": 40, "blank": 60}, ()),
    StepDone("strip_html", 1900, 1900, 89_950, 80_000, 7, 0, {},
             (("a long beginning that both have in common <b>한국</b>",
               "a long beginning that both have in common 한국"), (f"<i>{ESCAPE}</i>", ESCAPE))),
    StepDone("min_chars", 1900, 1890, 80_000, 79_000, 0, 0, {"shorter than 3 characters": 10},
             (("no", None), ("", None))),
)  # fmt: skip
FACTS = CorpusFacts(
    name="mine",
    split="all",
    held_out_share=0.05,
    fingerprint="5ccb9a0d760adcee98967c7cc4d9a866",
    training="c0ef5ab51520a7fd362124482806a465",
    sources=(
        SourceFacts(
            f"data/{ESCAPE}/reviews-of-a-very-long-name-2024.jsonl.zst", 40_000, 40,
            (2000, 90_000), STEPS, text(1890, 79_000), {"ko": 1890},
        ),
        SourceFacts(
            "kept.txt", 9_000_000, 0, (1_234_567, 9_000_000),
            (StepDone("drop_empty", 1_234_567, 1_234_567, 9_000_000, 9_000_000, 0, 0, {}, ()),),
            text(1_234_567, 9_000_000), {"ko": 170, "en": 20, "ja": 1},
            ("only 2 different texts among 1,234,567: labels? name the column of the text with "
             "`text:`",),
        ),
        SourceFacts("empty.txt", 0, 0, (0, 0), (), text(0, 0)),
    ),
    together=(),
    text=text(
        1_236_457, 9_079_000, source="kept.txt", longest=f"{ESCAPE}\u202eمرحبا 👩‍👩‍👧\n" * 20
    ),
    overlaps=(
        Overlap("held out", "training", 61_822, 453_950, 0, 0, 349, 620_900, 5, 61_822,
                {"kept.txt": 300, "data/reviews-of-a-very-long-name-2024.jsonl.zst": 49},
                (SharedPassage(DocumentSeen("kept.txt", 554, 900, "x"), ("kept.txt", 75),
                               "the passage\nthat both have " * 9, whole=False),)),
        Overlap("test.csv", "training", 1000, 90_000, 12, 700, 3, 400, 0, 500, {"test.csv": 15},
                (SharedPassage(DocumentSeen("test.csv", 7, 5, "굿"), ("kept.txt", 3), "굿",
                               whole=True),)),
        Overlap("other.txt", "held out", 10, 100, 0, 0, 0, 0, 0, 10, {}),
    ),
    seconds=12.3,
    comparing=4.0,
    remembered=1 << 24,
)  # fmt: skip


def shown(renderable, width):
    out = io.StringIO()
    Console(file=out, width=width).print(renderable)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_the_report(width, snapshot):
    assert "\n".join(line.rstrip() for line in shown(report.render(FACTS), width).splitlines()) == (
        snapshot
    )


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_it_fits_and_has_no_power_over_the_terminal(width):
    drawn = shown(report.render(FACTS), width)
    assert max(map(cell_len, drawn.splitlines())) <= width
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(drawn)


def test_plain_data_is_json_and_whole():
    plain = json.loads(json.dumps(report.plain(FACTS)))
    assert plain["fingerprint"] == FACTS.fingerprint
    assert plain["sources"][0]["null_rows"] == 40
    assert plain["sources"][0]["steps"][0]["reasons"] == {"null": 40, "blank": 60}
    assert plain["lengths"][3] == {"from": 4, "documents": 1_236_457 // 4}
    assert plain["overlaps"][0]["examples"][0]["other_number"] == 75
    assert plain["sources"][2]["bytes_per_character"] is None
    assert plain["longest"]["start"].startswith(ESCAPE)


def test_the_first_documents():
    documents = [
        HeadDocument("a.txt", 1, "한국어 " * 40),
        HeadDocument("a.txt", 3, f"{ESCAPE}\tred\r\n"),
        HeadDocument("b\x1b.txt", 1, ""),
    ]
    drawn = shown(report.render_head(documents), 40).splitlines()
    assert drawn[0].rstrip() == "a.txt"
    assert drawn[1].startswith("     1  한국어 한국어")
    assert drawn[1].endswith("…")
    assert drawn[2].rstrip() == "     3  ␛]0;owned␇␛[31m⇥red␍⏎"
    assert drawn[4].rstrip() == "b␛.txt"
    assert max(map(cell_len, drawn)) <= 40
    assert report.plain_head(documents)["documents"][1]["text"] == f"{ESCAPE}\tred\r\n"
    assert shown(report.render_head([]), 40).rstrip() == "no documents"


@pytest.mark.parametrize(
    ("was", "became", "expected"),
    [
        ("x" * 50 + "<b>bold</b>", "x" * 50 + "bold", ["…" + "x" * 20 + "<b>bold</b>",
                                                     "…" + "x" * 20 + "bold"]),
        ("same and more", "same", ["same and more", "same"]),
        ("A", "a", ["A", "a"]),
    ],
)  # fmt: skip
def test_a_change_is_shown_where_it_is(was, became, expected):
    drawn = shown(report._Change("step", was, became), 80).splitlines()
    assert [line.rstrip()[len("  step  - ") :] for line in drawn] == expected
