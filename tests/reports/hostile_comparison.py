"""A comparison whose every text tries to be more than text."""

from dataclasses import replace

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
    Shape,
)

SCRIPT = "<script>window.hurt = 1</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=https://example.org/x onerror="window.hurt=1">',
    "</svg></title></style><script>window.hurt=1</script>",
    "\u202egpj.exe\u202c \u2066x\u2069 \x00\x1b[31m",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "a|b *c* _d_ `e` [f](javascript:window.hurt=1) <!-- & -->",
    r"\input{/etc/passwd} 100% $x^2$ #1 ~ \end{table} ^^M",
    "مرحبا ab",
)
HUGE = "x<" * 50_000
ROWS = {
    "vocabulary_size": Row("vocabulary", 0, family="Size"),
    "bytes_per_token": Row("bytes per token", 3, flattered_by_loss=True, family="Compression"),
    "embedding_parameters": Row("embedding, M", 1, family="Cost"),
    "unk_rate": Row("unknown tokens", 5, family="Compression"),
    "roundtrip": Row("exact round trip", 3, family="Round trips"),
    "parity": Row("premium", 3, family="Parity"),
}


def _by(place: int, labels: tuple[str, ...]) -> Breakdown:
    return Breakdown(
        tuple(
            GroupValue(label, 1 + place / 10 + k, 9, (0.9 + place / 10 + k, 1.2 + place / 10 + k))
            for k, label in enumerate(labels)
        ),
        2.0,
        worst=labels[-1],
    )


def _measured(place: int, name: str) -> Measured:
    value = 4.0 - place / 4
    difference = Difference(-place / 4, (-place / 4 - 0.3, 0.3 - place / 4), place > 1)
    number = Measurement(
        value,
        9,
        "bytes/token",
        "higher",
        interval=(value - 0.1, value + 0.1),
        difference=difference if place else None,
        best="" if place else "clearly best",
        by={"lang<b>uage": _by(place, HOSTILE[:3])},
    )
    differences = [[HOSTILE[1], HOSTILE[3]]]
    trip = {"verdict": "lossy", "differences": differences}
    return Measured(
        name,
        {
            "vocabulary_size": Measurement(1000.0 * 2**place, 9, "tokens", None),
            "bytes_per_token": number,
            "embedding_parameters": Measurement(
                1.5 * 2**place, 9, "million parameters", "lower", detail={"width": 768}
            ),
            "unk_rate": Measurement(None, 9, "unk/token", "lower", why=HOSTILE[0]),
            "roundtrip": Measurement(0.5, 9, "documents/document", "higher", detail=trip),
            "parity": Measurement(
                2.0, 9, "tokens/token", "lower", by={"language": _by(place, ("en", "th", "עב"))}
            ),
        },
        letters_lost=0.5 if place == 2 else 0.0,
        encoded_by=EncodedBy("documents", 9, HOSTILE[5]),
        shape=Shape((0, 2, 4), (1, 5 + place, 3), 3, ((1, 100), (10, 9), (40 + place, 1))),
    )


def comparison() -> Comparison:
    """Eight tokenizers with such names, on such texts."""
    made = tuple(_measured(place, name) for place, name in enumerate(HOSTILE))
    cuts = (
        Cut(SCRIPT, id=3),
        Cut(" \u202e", id=4),
        Cut("e3 81", "byte", 5),
        Cut(HUGE, id=6),
        Cut("<unk>", "unk", 0),
        Cut("</div>", "lost"),
        Cut("\n", id=7),
    )
    rtl = (Cut("مرحبا", id=8), Cut(" ab", id=9), Cut("\u202eab", id=10))
    return Comparison(
        on=HOSTILE[2],
        documents=9,
        bytes=900,
        tokenizers=made,
        samples=(Sample("".join(one.text for one in cuts), (cuts,) * len(made)),),
        scripts=(
            Sample("مرحبا ab\u202eab", (rtl,) * len(made), "Arabic", ours=True),
            Sample("plain text", ((Cut("plain", id=1), Cut(" text", id=2)),) * len(made), "Latin"),
        ),
        signature="tokbench|" + HOSTILE[1],
        repeat="tokbench bench '" + HOSTILE[0] + "'",
    )


def harmless(count: int) -> Comparison:
    """The same with names to be read, for so many tokenizers."""
    made = comparison()
    named = tuple(
        replace(one, name=f"tokenizer-{k}") for k, one in enumerate(made.tokenizers[:count])
    )
    return replace(made, tokenizers=named, samples=(), scripts=(), on="a text")
