"""What a tokenizer was trained on, and how: sources, cleaning, method, settings."""

from collections.abc import Iterator, Sequence

from tokbench.publishing import languages, licenses
from tokbench.publishing.facts import Facts, SourceFacts
from tokbench.publishing.markup import cell, code, counted, listed, plain, size, table
from tokbench.values import Given, StepDone

_METHODS = {
    "BPE": (
        "Byte-pair encoding: beginning with {alphabet}, the most frequent pair of neighbouring "
        "tokens became a token, again and again, until the vocabulary was full. {merges:,} merges "
        "were learned."
    ),
    "WordPiece": (
        "WordPiece: beginning with {alphabet}, the most "
        "frequent pair of neighbours became a token, until the vocabulary was full; what continues "
        "a word is marked."
    ),
    "Unigram": (
        "A unigram language model: beginning with many frequent "
        "substrings, those whose loss hurts the likelihood of the text least were dropped until "
        "the vocabulary had its size."
    ),
    "WordLevel": "The most frequent pieces of the text became the vocabulary.",
}
_SHOWN_SETTINGS = {
    "vocab_size": "vocabulary asked for",
    "min_frequency": "a pair or word counts from so many occurrences",
    "limit_alphabet": "most characters in the alphabet",
    "max_token_length": "longest token",
    "max_word_chars": "longer words are left out, in characters",
    "continuing_subword_prefix": "prefix of what continues a word",
    "end_of_word_suffix": "suffix of what ends a word",
    "max_piece_length": "longest piece",
    "shrinking_factor": "kept in each round of pruning",
    "n_sub_iterations": "rounds of expectation maximization before each pruning",
    "seed_size": "substrings to begin with",
}


def data(facts: Facts) -> Iterator[str]:
    """Sources with sizes and licences, what cleaning dropped, what was held out."""
    yield "## Training data"
    yield ""
    yield from _whole(facts)
    yield from _sources(facts)
    yield from _cleaning(facts)


def _whole(facts: Facts) -> Iterator[str]:
    made = facts.composition
    known = [one.bytes for one in made.sources if one.bytes is not None] if made else []
    amount = f", {size(sum(known))} of UTF-8" if known else ""
    held_out = (
        f" Up to {facts.held_out * 100:.3g}% of the documents of a source are held out, by their "
        "hash: training never saw them."
        if facts.held_out
        else " Nothing was held out."
    )
    yield f"{counted(facts.documents, 'document')}{amount} were trained on.{held_out}"
    yield ""


def _sources(facts: Facts) -> Iterator[str]:
    given: Sequence[Given | None] = (
        facts.composition.sources if facts.composition else [None] * len(facts.sources)
    )
    yield from table(
        ["source", "licence", "language", "documents", "text", "share"],
        [_row(one, got) for one, got in zip(facts.sources, given, strict=False)],
        numbers=3,
    )
    for one, got in zip(facts.sources, given, strict=False):
        said = [f"**{plain(one.name)}**:", one.what]
        if one.dataset:
            at = f" at commit {code(one.revision)}" if one.revision else ""
            address = f"https://huggingface.co/datasets/{one.dataset}"
            said.append(f"[{plain(one.dataset)}]({address}) on the Hub{at}.")
        if got and got.times is not None and abs(got.times - 1) > _ROUNDED:
            said.append(
                f"All of its text came {got.times:.3g} times."
                if got.times > 1
                else f"Of its text {got.times:.1%} were taken."
            )
        said += [f"{plain(note)}." for note in (got.notes if got else ())]
        if len([one for one in said if one]) > 1:
            yield f"- {' '.join(filter(None, said))}"
    yield ""


_ROUNDED = 0.005


def _row(one: SourceFacts, got: Given | None) -> list[str]:
    unknown = "not known"
    return [
        plain(one.name),
        plain(one.license) if one.license else "**not stated**",
        plain(languages.name(one.language)) if one.language else "not stated",
        f"{got.documents:,}" if got and got.documents is not None else unknown,
        size(got.bytes) if got and got.bytes is not None else unknown,
        f"{got.share:.1%}" if got and got.share is not None else unknown,
    ]


def _cleaning(facts: Facts) -> Iterator[str]:
    made = facts.composition
    if made is None:
        yield "What cleaning dropped is not known: the run does not say."
        yield ""
        return
    done = [(name.name, step) for name in made.sources for step in name.steps]
    done += [("all sources", step) for step in made.together]
    if not done:
        yield "No step of cleaning was applied: the text is as the sources have it."
        yield ""
        return
    known = {got.name: one.name for got, one in zip(made.sources, facts.sources, strict=False)}
    yield "Cleaning, in the order in which it was done (held-out documents included):"
    yield ""
    rows = [_step(known.get(name, name), step) for name, step in done]
    yield from table(["step", "source", "documents", "text", "what it did"], rows)


def _step(name: str, step: StepDone) -> list[str]:
    did = [
        f"dropped {count:,}: {plain(why)}"
        for why, count in sorted(step.reasons.items(), key=lambda one: -one[1])
    ]
    did += [f"changed {step.changed:,}"] if step.changed else []
    did += [f"made {step.added:,}"] if step.added else []
    did += [plain(note) for note in step.notes]
    return [
        code(step.step),
        plain(name),
        _change(f"{step.documents_in:,}", f"{step.documents_out:,}"),
        _change(size(step.bytes_in), size(step.bytes_out)),
        "; ".join(did) or "changed nothing",
    ]


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} to {after}"


def training(facts: Facts) -> Iterator[str]:
    """The method, what was set, and whether it can be repeated."""
    model = facts.pipeline["model"][0]["type"]
    had = facts.vocabulary
    alphabet = f"{had.alphabet:,} single {'bytes' if facts.byte_level else 'characters'}"
    yield "## How it was trained"
    yield ""
    yield _METHODS[model].format(alphabet=alphabet, merges=had.merges)
    longest = listed([code(one) for one in had.longest])
    yield (
        f"The vocabulary has {counted(had.size, 'token')}: {had.learned:,} learned ones, "
        f"{had.alphabet:,} of a single {'byte' if facts.byte_level else 'character'}, "
        f"and {had.size - had.learned - had.alphabet:,} special, added or of byte fallback."
        + (f" The longest are {longest}." if longest else "")
    )
    yield ""
    settings = [
        [code(key), f"{value:,}" if isinstance(value, int) else cell(str(value)), said]
        for key, said in _SHOWN_SETTINGS.items()
        if (value := facts.trainer.get(key)) not in (None, "", [], ())
    ]
    yield from table(["setting", "value", "meaning"], settings)
    same = facts.determinism
    yield (
        (
            "Training again gives the same bytes: "
            if same.identical
            else "Training again may differ: "
        )
        + f"{plain(same.why)}."
        + (f" Checked: {plain(same.checked)}." if same.checked else "")
    )
    yield ""
    if facts.notes:
        yield from (f"- {plain(one[:1].upper() + one[1:])}." for one in facts.notes)
        yield ""


def license_section(facts: Facts) -> Iterator[str]:
    """Whether it may be used commercially, and what the sources ask."""
    yield "## Licence"
    yield ""
    yield f"May it be used commercially? {may(facts)}"
    yield ""
    rows = []
    for one in facts.sources:
        known = licenses.LICENSES.get((one.license or "").lower())
        asks = known.said if known else "not known"
        allows = (
            {True: "yes", False: "no", None: "see its terms"}[known.commercial]
            if known
            else "not known"
        )
        title = known.title if known else one.license or "not stated"
        rows.append([plain(one.name), plain(title), allows, asks])
    yield "The texts that it was learned from:"
    yield ""
    yield from table(["source", "licence", "commercial use", "asks"], rows)
    yield (
        "Their licences were compared with that of the tokenizer as if a vocabulary were a work "
        "derived from its texts. That is the careful reading, and no legal advice."
    )
    yield ""


def may(facts: Facts) -> str:
    """Whether it may be used commercially, a sentence."""
    known = licenses.LICENSES.get(facts.license or "")
    if known is None:
        return "No licence is stated: as it stands, nobody but its authors may use it."
    title = _title(facts, known)
    if known.commercial is None:
        return f"Its own terms say so or not: {title}."
    asks = f", which asks: {known.said}" if known.terms else ""
    against = [one for one in facts.sources if _forbids(one)] if known.commercial else []
    if against:
        names = listed([plain(one.name) for one in against])
        return f"Not safely: {title} would allow it, the licence of {names} does not."
    return f"{'Yes' if known.commercial else 'No'}, under {title}{asks}."


def _forbids(one: SourceFacts) -> bool:
    known = licenses.LICENSES.get((one.license or "").lower())
    return known is not None and known.commercial is False


def _title(facts: Facts, known: licenses.License) -> str:
    if facts.license_name and facts.license_link:
        return f"[{plain(facts.license_name)}]({facts.license_link})"
    return f"{plain(known.title)} ({code(known.id)})"
