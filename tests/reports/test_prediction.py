import io
from dataclasses import replace
from itertools import pairwise

import pytest
from rich.cells import cell_len
from rich.console import Console

from tokbench.reports import prediction
from tokbench.values import Labelled, Prediction

MARK = "\u200e"


def drawn(made: Prediction, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(prediction.render(made))
    return console.file.getvalue().splitlines()


def classified(tokens: tuple[str, ...], pieces: tuple[str, ...] | None = None) -> Prediction:
    count = len(tokens)
    return Prediction(
        model="m",
        task="t",
        kind="classification",
        text="x",
        pair=None,
        tokens=tokens,
        pieces=pieces or tokens,
        ids=tuple(range(100, 100 + count)),
        mask=(1,) * count,
        logits=((0.5, 2.0),),
        labels=("no", "yes"),
        probabilities=((0.2, 0.8),),
        cut=3,
    )


@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_id_stands_below_its_token_however_wide_that_is(width: int) -> None:
    tokens = ("[CLS]", "안녕하세요", "שלום", "日本語", "a" * 60, "👩‍👩‍👧", "x") * 5
    lines = [line.replace(MARK, "") for line in drawn(classified(tokens), width)]
    assert max(map(cell_len, lines)) <= width
    blocks = [
        (first, second)
        for first, second in pairwise(lines)
        if first.startswith("tokens") and second.startswith("ids")
    ]
    assert len(blocks) > 1
    found = []
    for upper, lower in blocks:
        for number in lower.split()[1:]:
            column = cell_len(lower[: lower.index(number)])
            before = next(at for at in range(len(upper) + 1) if cell_len(upper[:at]) >= column)
            assert cell_len(upper[:before]) == column
            assert upper[before - 1] == " "
            assert upper[before] != " "
            found.append(int(number))
    assert found == list(range(100, 135))


def test_what_is_written_from_the_right_ends_with_a_mark() -> None:
    line = next(one for one in drawn(classified(("שלום", "עולם")), 80) if one.startswith("tokens"))
    assert line.count(MARK) == 2


def test_bytes_are_shown_with_their_text_and_words_without() -> None:
    said = [line.split()[0] for line in drawn(classified(("ìķĪ", "ë"), ("안", "녕")), 80) if line]
    assert said[2:4] == ["tokens", "of"]
    plain = [
        line.split()[0] for line in drawn(classified(("Ġlow", "er"), (" low", "er")), 80) if line
    ]
    assert plain[2:4] == ["tokens", "ids"]


def test_the_most_probable_class_comes_first_and_what_was_cut_is_told() -> None:
    lines = drawn(classified(("low",)), 80)
    assert "3 tokens were cut off: the model takes 1" in lines
    at = next(number for number, line in enumerate(lines) if line.startswith("class"))
    assert lines[at + 1].split()[:3] == ["yes", "2.000", "0.800"]
    assert prediction.plain(classified(("low",)))["answer"] == "yes"


def test_words_have_labels_and_those_never_seen_are_told() -> None:
    words = (
        Labelled("Kim", "B-PER", 0.9, 0, 1),
        Labelled("lives", "O", 0.8, 1, 2),
        Labelled("on", "O", 0.0, 2, 3, read=False),
    )
    made = Prediction(
        model="m",
        task="t",
        kind="tokens",
        text="Kim lives on",
        pair=None,
        tokens=("kim", "lives"),
        pieces=("Kim", "lives"),
        ids=(1, 2),
        mask=(1, 1),
        logits=((0.1, 2.0), (3.0, 0.0)),
        labels=("O", "B-PER"),
        probabilities=((0.1, 0.9), (0.8, 0.2)),
        words=words,
        spans=(Labelled("Kim", "PER", 0.9, 0, 1),),
    )
    lines = drawn(made, 80)
    assert "words         Kim    lives  on" in lines
    assert "labels        B-PER  O      O" in lines
    assert "probability   0.90   0.80   ·" in lines
    assert "· the model saw no token of 1 of the words" in lines
    assert lines[-1].split() == ["PER", "0", "0.900", "Kim"]


def test_of_a_long_text_the_beginning_is_shown() -> None:
    words = tuple(
        Labelled(f"w{place}", "O", 0.5, place, place + 1, read=place < 20 and place != 4)
        for place in range(20_000)
    )
    long = " ".join(one.text for one in words)
    tokens = tuple(one.text for one in words[:20])
    asked = replace(
        classified(tokens), kind="tokens", text=long, pair=long, words=words,
        logits=((0.5, 2.0),) * 20, probabilities=((0.2, 0.8),) * 20,
    )  # fmt: skip
    said = "\n".join(drawn(asked, 80))
    assert len(said) < 5000
    assert f"and {len(long) - 1000:,} more characters" in " ".join(said.split())
    assert "w22 " in said
    assert "w23 " not in said.partition("words ")[2]
    assert (
        "the model saw no token of 19,981 of the words; the last 19,977 of them are not shown"
        in " ".join(said.split())
    )
