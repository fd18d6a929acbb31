"""What a tokenizer is bad at, found by measuring: nothing here is said of all tokenizers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tokbench.publishing import languages
from tokbench.publishing.facts import Facts
from tokbench.publishing.markup import code, counted, listed, plain, spaced, table
from tokbench.values import Measurement, Sample

_NO_SCRIPT = ("Emoji", "Code")
_HALF = 0.5
"""Tokens a character from which a script falls apart: more tokens than characters."""
_FEW = 0.02
_MOST_NAMED = 4
_MOST_DIFFERENCES = 3
_MOST_TOKENS = 10
_LONG = 0.001


@dataclass(frozen=True)
class Limit:
    """One thing that it is bad at: `short` for a summary, a sentence or several for the list."""

    short: str
    said: str


@dataclass(frozen=True)
class ScriptFacts:
    """What becomes of a text in one script.

    Attributes:
        script: its name.
        known: how many tokens of the vocabulary have a letter of it; None for what is no script.
        characters: of the text.
        tokens: that it takes.
        lost: the share of its characters that are unknown or lost.
        parts: the share of the tokens that are bytes of a character.
    """

    script: str
    known: int | None
    characters: int
    tokens: int
    lost: float
    parts: float

    @classmethod
    def of(cls, sample: Sample, known: Mapping[str, int]) -> "ScriptFacts":
        """Of one text as the tokenizer cuts it."""
        (cuts,) = sample.cuts
        tokens = [one for one in cuts if one.kind != "lost"]
        letters = len(sample.text.replace(" ", "").replace("\n", ""))
        lost = sum(len(one.text.strip()) for one in cuts if one.kind in ("unk", "lost"))
        parts = sum(one.kind == "byte" for one in tokens)
        return cls(
            sample.script,
            None if sample.script in _NO_SCRIPT else known.get(sample.script, 0),
            len(sample.text),
            len(tokens),
            min(1.0, lost / max(letters, 1)),
            parts / max(len(tokens), 1),
        )

    @property
    def falls_apart(self) -> bool:
        """Whether it takes more tokens than it has characters, most of them parts of one."""
        return self.tokens > self.characters and self.parts > _HALF


def scripts(facts: Facts) -> list[ScriptFacts]:
    """Of each script that was tried."""
    return [ScriptFacts.of(one, facts.vocabulary.scripts) for one in facts.scripts]


def section(facts: Facts) -> Iterator[str]:
    """Each limit, then the table of scripts."""
    yield "## Limitations"
    yield ""
    yield "Found by measuring this tokenizer, not by reasoning about tokenizers."
    yield ""
    yield from (f"- {one.said}" for one in limits(facts))
    yield ""
    found = scripts(facts)
    yield (
        "One text in each script, of what was measured where it has one, else a sentence of "
        "tokbench's. A character is a Unicode code point."
    )
    yield ""
    rows = [
        [
            plain(one.script),
            "" if one.known is None else f"{one.known:,}",
            f"{one.tokens}",
            f"{one.characters}",
            f"{one.tokens / max(one.characters, 1):.2f}",
            f"{one.parts:.0%}",
            f"{one.lost:.0%}",
        ]
        for one in found
    ]
    heads = ["script", "vocabulary entries with its letters", "tokens", "characters"]
    heads += ["tokens a character", "tokens that are bytes", "characters unknown or lost"]
    yield from table(heads, rows, numbers=6)


def limits(facts: Facts) -> list[Limit]:
    """All that was found, the gravest first."""
    makers = (_lost, _fall_apart, _unseen, _round_trip, _flattered, _unreachable, _used, _too_long)
    return [one for make in makers for one in make(facts)] + list(_allowed(facts))


def _lost(facts: Facts) -> Iterator[Limit]:
    found = [one for one in scripts(facts) if one.lost > _FEW and one.script not in _NO_SCRIPT]
    if found:
        named = listed([f"{one.script} ({one.lost:.0%})" for one in found])
        yield Limit(
            f"loses text in {_some([one.script for one in found])}",
            f"**Scripts that are lost.** Characters become unknown or vanish in {named}: no model "
            "can read them from these tokens.",
        )


def _some(names: list[str]) -> str:
    """The first few names, and how many more there are.

    >>> _some(["a", "b"]), _some(["a", "b", "c", "d", "e", "f"])
    ('a and b', 'a, b, c, d and 2 more scripts')
    """
    if len(names) <= _MOST_NAMED + 1:
        return listed(names)
    return listed([*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} more scripts"])


def _fall_apart(facts: Facts) -> Iterator[Limit]:
    found = [
        one
        for one in scripts(facts)
        if one.falls_apart and one.lost <= _FEW and one.script not in _NO_SCRIPT
    ]
    if found:
        named = listed(
            [
                f"{one.script} ({one.tokens / max(one.characters, 1):.1f} tokens a character)"
                for one in found
            ]
        )
        yield Limit(
            f"cuts {_some([one.script for one in found])} into parts of characters",
            f"**Scripts that fall apart.** More tokens than characters in {named}: text in them "
            "costs nearly as much as if it were written in bytes, and tokens mean nothing by "
            "themselves.",
        )


def _unseen(facts: Facts) -> Iterator[Limit]:
    found = [one for one in scripts(facts) if one.known is not None]
    unseen = [one.script for one in found if not one.known]
    seen = [one for one in found if one.known]
    if unseen:
        named = listed([f"{one.script} ({one.known:,})" for one in seen]) or "none of them"
        yield Limit(
            f"learned nothing of {len(unseen)} of {len(found)} scripts",
            f"**Scripts unseen.** The vocabulary has entries with letters of {named}; it has none "
            f"with letters of {listed(unseen)}: the training text has none, or hardly any.",
        )
    if facts.languages:
        said = listed([plain(languages.name(one)) for one in facts.languages])
        yield Limit(
            "", f"**Languages.** It is meant for {said}. What it does with others was not the aim."
        )
    else:
        yield Limit(
            "",
            f"**Languages.** Its authors name none that it is meant for. {_read(facts)}",
        )


def _read(facts: Facts) -> str:
    said = [plain(languages.name(one)) for one in facts.languages_read]
    if said:
        return f"The recipe says that its text is in {listed(said)}."
    return "Which languages its text is in was not measured beyond its scripts."


def _round_trip(facts: Facts) -> Iterator[Limit]:
    verdict = facts.verdict
    if verdict.kind == "lossless":
        yield Limit(
            "",
            f"**What comes back.** All of {verdict.texts} texts, probes of every script among "
            "them, came back from their ids exactly.",
        )
        return
    shown = "; ".join(
        f"{spaced(was)} came back as {spaced(now)}"
        for was, now in verdict.differences[:_MOST_DIFFERENCES]
    )
    measured = _own(facts, "roundtrip")
    share = (
        f" Of the held-out documents {measured.value:.1%} came back exactly."
        if measured and measured.value is not None
        else ""
    )
    lossy = verdict.kind == "lossy by design"
    short = "does not give text back as it was" if lossy else "normalizes text"
    title = "Text that does not come back as it was" if lossy else "Text is normalized"
    yield Limit(
        short,
        f"**{title}.** Of {verdict.texts} texts tried, probes of every script among them, "
        f"{verdict.differing} did not come back exactly (`·` is a space): "
        f"{shown}.{share}",
    )


def _flattered(facts: Facts) -> Iterator[Limit]:
    unknown = _own(facts, "unk_chars")
    if unknown and unknown.value:
        yield Limit(
            f"does not know {unknown.value:.2%} of the characters of held-out text",
            f"**Unknown characters.** {unknown.value:.2%} of the characters of the held-out text "
            "become unknown tokens; they cost little, so counts of tokens look better than they "
            "are.",
        )


def _unreachable(facts: Facts) -> Iterator[Limit]:
    found = _own(facts, "unreachable_tokens")
    if found is None or found.value is None:
        why = f" ({plain(found.why)})" if found and found.why else ""
        command = f"tokbench compare {facts.repo} --on your-text.txt --metric unreachable_tokens"
        yield Limit(
            "",
            f"**Tokens that no text gives** were not looked for{why}. This finds them: "
            f"{code(command)}",
        )
        return
    count = int(found.value)
    if not count:
        yield Limit("", "**Tokens that no text gives.** None was found.")
        return
    tokens = [str(one) for one in found.detail.get("tokens", ())][:_MOST_TOKENS]
    named = f", as {listed([code(one) for one in tokens])}" if tokens else ""
    yield Limit(
        f"has {counted(count, 'token')} that no text gives",
        f"**Tokens that no text gives.** {counted(count, 'entry' if count == 1 else 'entrie')} of "
        f"the vocabulary{named}: a model never learns what they mean.",
    )


def _used(facts: Facts) -> Iterator[Limit]:
    found = _own(facts, "vocabulary_utilisation")
    if found and found.value is not None:
        yield Limit(
            "",
            f"**Vocabulary in use.** The held-out text uses {found.value:.0%} of the vocabulary; "
            "the rest is as rare there as this text is small.",
        )


def _too_long(facts: Facts) -> Iterator[Limit]:
    found = _own(facts, "sequence_length")
    share = found.detail.get("too_long") if found else None
    length = found.detail.get("model_max_length") if found else None
    if share and share > _LONG and length:
        yield Limit(
            "",
            f"**Long texts.** {share:.1%} of the held-out documents have more than "
            f"{length:,} tokens, what it says models take: they are cut off or have to be parted.",
        )


def _allowed(facts: Facts) -> Iterator[Limit]:
    for one in facts.allowed:
        yield Limit(
            "",
            f"**Allowed by its authors: {plain(one.title)}** ({one.rule}), "
            f"because {plain(one.reason)}.",
        )


def _own(facts: Facts, name: str) -> Measurement | None:
    made = facts.comparison
    return made.tokenizers[facts.own].measurements.get(name) if made else None
