"""A model card from facts: README.md with front matter, and what keeps it from publication."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tokbench.publishing import (
    card_evaluation,
    card_limits,
    card_pipeline,
    card_training,
    card_use,
    languages,
    licenses,
    links,
)
from tokbench.publishing.card_metadata import front_matter
from tokbench.publishing.facts import Facts
from tokbench.publishing.markup import code, counted, listed, plain, size, table

_KINDS = {
    "BPE": "BPE",
    "WordPiece": "WordPiece",
    "Unigram": "Unigram",
    "WordLevel": "word-level",
}
_HEADING = re.compile(r"^## +(.+?) *#* *$", re.MULTILINE)
_FIRST = ("intended use", "uses", "use", "purpose", "intended uses", "out-of-scope use")
_MOST_SHORT = 4
_UNSAID = "no licence stated"


@dataclass(frozen=True)
class Card:
    """A model card.

    Attributes:
        text: README.md, front matter included.
        problems: what keeps it from being published, a sentence each.
    """

    text: str
    problems: tuple[str, ...] = ()


def card(facts: Facts) -> Card:
    """The card of a run."""
    text = front_matter(facts) + "\n" + "\n".join(_body(facts)) + "\n"
    wrong = (f"{facts.name}: {one}" for one in links.problems(text))
    return Card(text, (*problems(facts), *wrong))


def problems(facts: Facts) -> Iterator[str]:
    """What keeps it from being published: licences that do not fit, tags that are none."""
    wrong = licenses.problem(facts.license, facts.license_link, facts.license_name)
    if wrong:
        yield f"{facts.name}: {wrong}"
    for tag in facts.languages:
        if said := languages.problem(tag):
            yield f"publish.language: {said}"
    for one in facts.sources:
        said = licenses.source_problem(one.license)
        if said:
            yield f"source {one.name} {said}"
        elif not wrong and (said := licenses.looser(facts.license or "", one.license or "")):
            yield f"the licence is looser than that of the source {one.name}: {said}"


def _body(facts: Facts) -> Iterator[str]:
    own = _parted(facts.sections)
    yield f"# {plain(facts.name)}"
    yield ""
    if facts.description:
        yield plain(facts.description)
        yield ""
    yield from _what(facts)
    if facts.authors:
        yield f"Made by {listed([plain(one) for one in facts.authors])}."
        yield ""
    yield from own.pop("", [])
    yield from _in_short(facts)
    for title in [one for one in own if one.lower() in _FIRST]:
        yield from own.pop(title)
    yield from card_use.section(facts)
    yield from card_pipeline.section(facts)
    yield from card_training.data(facts)
    yield from card_training.training(facts)
    yield from card_evaluation.section(facts)
    yield from card_limits.section(facts)
    for lines in own.values():
        yield from lines
    yield from card_training.license_section(facts)
    yield from card_use.reproduce(facts)
    yield from card_use.citation(facts)
    yield (
        f"This card was written from the run's own records by tokbench "
        f"{plain(facts.versions['tokbench'])}"
        + (", but for the sections that its authors wrote." if facts.sections.strip() else ".")
    )


def _parted(sections: str) -> dict[str, list[str]]:
    r"""The author's sections by their titles, each with its lines; before the first: no title.

    >>> _parted("Hello.\n## Uses\nfor poems\n")
    {'': ['Hello.', ''], 'Uses': ['## Uses', 'for poems', '']}
    """
    found: dict[str, list[str]] = {}
    marks = list(_HEADING.finditer(sections))
    first = sections[: marks[0].start()] if marks else sections
    if first.strip():
        found[""] = [*first.strip().split("\n"), ""]
    ends = [*(one.start() for one in marks[1:]), len(sections)]
    for mark, end in zip(marks, ends, strict=False):
        text = sections[mark.start() : end].strip()
        found.setdefault(mark[1], []).extend([*text.split("\n"), ""])
    return found


def _kind(facts: Facts) -> str:
    """What it is, in two words: `byte-level BPE`."""
    model = facts.pipeline["model"][0]
    kind = _KINDS[model["type"]]
    if model["type"] == "WordLevel" and not facts.vocabulary.learned:
        return "character-level"
    if facts.byte_level:
        return f"byte-level {kind}"
    return f"{kind} tokenizer with byte fallback" if model.get("byte_fallback") else kind


def _what(facts: Facts) -> Iterator[str]:
    """What it is and for whom, in two sentences."""
    kind = _kind(facts)
    noun = f"{kind} and" if kind.endswith("fallback") else f"{kind} tokenizer with"
    learned = _amount(facts)
    yield (
        f"A {noun} {facts.vocabulary.size:,} tokens, learned from {learned}; trained "
        "from scratch, derived from no other tokenizer. It is for those who train a language model "
        f"{_for(facts)}and need a tokenizer whose making is known: it brings no model."
    )
    yield ""


def _for(facts: Facts) -> str:
    if not facts.languages:
        return ""
    return f"on {listed([plain(languages.name(one)) for one in facts.languages])} "


def _amount(facts: Facts) -> str:
    made = facts.composition
    known = [one.bytes for one in made.sources if one.bytes is not None] if made else []
    amount = f"{size(sum(known))} of text" if known else f"{facts.documents:,} documents"
    names = listed([plain(one.name) for one in facts.sources])
    return f"{amount} ({names})"


def _sources(facts: Facts) -> str:
    """Each source with its language and licence."""
    found = []
    for one in facts.sources:
        told = [languages.name(one.language)] if one.language else []
        told.append("the author's own text" if one.license == "own" else one.license or _UNSAID)
        found.append(f"{plain(one.name)} ({plain(', '.join(told))})")
    made = facts.composition
    known = [one.bytes for one in made.sources if one.bytes is not None] if made else []
    amount = f", {size(sum(known))}" if known else ""
    return f"{counted(facts.documents, 'document')}{amount}: {listed(found)}"


def _in_short(facts: Facts) -> Iterator[str]:
    """The four questions of a stranger, each with its answer and where to read on."""
    bad = [one.short for one in card_limits.limits(facts) if one.short][:_MOST_SHORT]
    same = "byte for byte" if facts.determinism.identical else "but for small differences"
    if any(one.local for one in facts.sources):
        same += ", where the same text lies"
    rows = [
        ["On what was it trained?", f"{_sources(facts)}. [More](#training-data)"],
        [
            "What is it bad at?",
            (f"It {listed(bad)}." if bad else "Nothing was found.") + " [More](#limitations)",
        ],
        ["May I use it commercially?", f"{card_training.may(facts)} [More](#licence)"],
        [
            "How do I get the same result?",
            (
                f"{code(f'tokbench pull {facts.repo} --retrain')}, {same}. "
                "[More](#how-to-get-the-same-result)"
            ),
        ],
    ]
    yield from table(["question", "answer"], rows)
