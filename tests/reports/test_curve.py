import io
import json

import pytest
from rich.console import Console
from rich.text import Text

from tokbench.reports import curve as report
from tokbench.reports.plot import Line, nice_ticks, plot
from tokbench.values import Curve, CurveText

CURVE = Curve(
    "mine",
    (1000, 2000, 4000, 8000),
    (
        CurveText("training", 90, 4_000_000, (1_600_000, 1_200_000, 1_000_000, 990_000)),
        CurveText("held out", 10, 400_000, (170_000, 130_000, 110_000, 109_000)),
    ),
    encoded=False,
)


def shown(curve: Curve, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(report.render(curve, width=768, share=0.03))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_the_report(width, snapshot):
    assert shown(CURVE, width) == snapshot


def test_one_size_has_no_plot():
    one = Curve("mine", (1000,), (CurveText("training", 1, 10, (5,)),), encoded=True)
    assert "└" not in shown(one, 80)
    assert "Every size was encoded by itself." in shown(one, 80)


def test_plain_data_is_json():
    plain = json.loads(json.dumps(report.plain(CURVE, width=100, share=0.03)))
    assert plain["enough"] == 4000
    assert plain["sizes"][1]["tokens"] == {"training": 1_200_000, "held out": 130_000}
    assert plain["sizes"][1]["embedding_parameters"] == 200_000
    assert plain["sizes"][1]["saved_by_doubling"]["training"] == pytest.approx(0.25)
    assert plain["sizes"][0]["saved_by_doubling"] == {}


def test_enough_needs_every_doubling_beyond_to_save_little():
    held_out = CurveText("held out", 10, 400_000, (170_000, 169_000, 110_000, 60_000))
    assert report.enough(Curve("mine", CURVE.sizes, (held_out,), encoded=False), 0.03) is None


def test_a_plot_fits_and_joins_its_points():
    rows = plot(
        [Line("a", [(1, 1.0), (10, 2.0), (100, 5.0)], "red")], [(1, "1"), (100, "100")], 40, 6
    )
    assert all(isinstance(row, Text) and row.cell_len <= 40 for row in rows)
    drawn = ["".join(char for char in row.plain if "\u2800" < char <= "\u28ff") for row in rows]
    assert sum(map(len, drawn)) >= 30
    flat = plot([Line("a", [(1, 2.0), (4, 2.0)], "red")], [(1, "1")], 30, 4)
    assert len(flat) == 6


def test_ticks_go_around_the_range():
    for low, high in ((0.1, 0.2), (1.2, 1234.5), (-3.3, 4.4)):
        ticks = nice_ticks(low, high, 5)
        assert ticks[0] <= low
        assert ticks[-1] >= high
        assert 2 <= len(ticks) <= 8
