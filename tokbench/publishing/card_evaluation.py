"""Measurements in tables: with intervals, beside baselines, by language, and samples to look at."""

from collections.abc import Iterator, Sequence

from tokbench.errors import printable
from tokbench.publishing import languages
from tokbench.publishing.bundle import FACTS
from tokbench.publishing.facts import Baseline, Facts
from tokbench.publishing.markup import block, code, counted, listed, plain, size, table
from tokbench.values import (
    Comparison,
    Cut,
    Downstream,
    Measured,
    Measurement,
    Row,
    Sample,
    TaskKind,
    TaskResult,
)

_MOST = 6
_MOST_CUTS = 24
_PARITY = "parity"
_CAUTION = (
    "Fewer tokens are cheaper, and no proof of a better model: compression and Rényi efficiency "
    "have been raised while models got worse (Cognetta et al. 2024, Schmidt et al. 2024)."
)
_KINDS: dict[TaskKind, str] = {
    "classification": "classes",
    "regression": "numbers",
    "tokens": "labels of words or characters",
    "seq2seq": "a text for a text",
    "causal_lm": "what comes next",
    "masked_lm": "hidden words",
}
_MARKS = {"token": "{}", "unk": "⟦{}⟧", "byte": "{}", "lost": "⟦{}⟧"}


def section(facts: Facts) -> Iterator[str]:
    """Everything that was measured; what was not, with the command that measures it."""
    yield "## Evaluation"
    yield ""
    made = facts.comparison
    if made is None:
        yield f"Not measured. {_measure(facts, '')}"
        yield ""
    else:
        yield from _numbers(facts, made)
    yield from _parity(facts)
    yield from _samples(facts)
    yield from _models(facts)


def _measure(facts: Facts, options: str) -> str:
    command = f"tokbench compare {facts.repo} --on your-text.txt{options}"
    return f"This measures it: {code(command)}"


def columns(facts: Facts, made: Comparison) -> list[int]:
    """The places of the tokenizers shown: the own first, then its baselines."""
    others = [k for k in range(len(made.tokenizers)) if k != facts.own]
    return [facts.own, *others[: _MOST - 1]]


def _numbers(facts: Facts, made: Comparison) -> Iterator[str]:
    shown = columns(facts, made)
    mine = made.tokenizers[facts.own]
    yield (
        f"Measured on {counted(made.documents, 'document')} ({size(made.bytes)}) that training "
        "never saw."
        + (
            " In brackets 95% intervals, by paired bootstrap over documents."
            if any(one.interval for one in mine.measurements.values())
            else ""
        )
    )
    yield ""
    names = [plain(made.tokenizers[k].name) for k in shown]
    heads = ["metric", "unit", *([f"**{names[0]}**", *names[1:]])]
    found = [
        (name, row) for name, row in _rows(facts, mine) if mine.measurements[name].value is not None
    ]
    rows = [_line(name, row, [made.tokenizers[k] for k in shown]) for name, row in found]
    yield from table(heads, rows, numbers=len(shown))
    yield (
        "↑ higher is better, ↓ lower is better"
        + (
            f"; ≈ no difference to {plain(made.tokenizers[made.baseline].name)} is seen"
            if shown[1:]
            else "; no other tokenizer was measured beside it"
        )
        + f". {_CAUTION}"
    )
    yield ""
    yield from _beside(facts)
    yield from _meanings(facts, [name for name, _ in found])
    yield from _flattered(facts, made)
    yield from _not_applicable(facts, mine)
    if len(shown) < len(made.tokenizers):
        yield f"{len(made.tokenizers) - len(shown)} more baselines stand in [{FACTS}]({FACTS})."
        yield ""
    yield "To cite these numbers:"
    yield ""
    yield from block("text", [made.signature])


def _beside(facts: Facts) -> Iterator[str]:
    """Who the others in the table are."""
    if not facts.baselines:
        return
    yield "Measured beside it:"
    yield ""
    yield from (f"- {plain(one.name)}: {_who(one)}." for one in facts.baselines)
    yield ""


def _who(one: Baseline) -> str:
    """How others can have a baseline.

    >>> _who(Baseline("cl100k_base", "tiktoken", "tiktoken:cl100k_base"))
    '`tiktoken:cl100k_base`'
    """
    if one.kind == "hub":
        repo, _, commit = one.at.partition("@")
        return f"[{plain(repo)}](https://huggingface.co/{repo}) at commit {code(commit)}"
    if one.kind == "tiktoken":
        return code(one.at)
    if one.kind == "file":
        return (
            f"{code(one.at)}, a file on its authors' machine; whoever has it, and names its folder "
            "with `--data`, gets the same numbers"
        )
    return "on its authors' machine alone: nobody else can measure it"


def _rows(facts: Facts, mine: Measured) -> Iterator[tuple[str, Row]]:
    """What was measured of the tokenizer, in the order of tables."""
    for name in dict.fromkeys([*facts.rows, *mine.measurements]):
        if name in mine.measurements:
            yield name, facts.rows.get(name, Row(name, 3))


def _line(name: str, row: Row, tokenizers: Sequence[Measured]) -> list[str]:
    nothing = Measurement(None, 0, "", None)
    found = [one.measurements.get(name, nothing) for one in tokenizers]
    better = {"higher": " ↑", "lower": " ↓"}.get(found[0].better or "", "")
    cells = [number(one, row.digits) for one in found]
    return [f"{plain(row.title)}{better}", plain(found[0].unit), *cells]


def number(one: Measurement, digits: int) -> str:
    """A value with its interval, `≈` where it does not differ from the baseline's.

    >>> number(Measurement(2.0, 9, "tokens", None, interval=(1.9, 2.1)), 2)
    '2.00 [1.90, 2.10]'
    """
    if one.value is None:
        return "n/a"
    same = "≈ " if one.difference and one.difference.seen is False else ""
    low, high = one.interval or one.spread or (None, None)
    between = "" if low is None or high is None else f" [{low:,.{digits}f}, {high:,.{digits}f}]"
    better = "†" if one.flattered else ""
    return f"{same}{one.value:,.{digits}f}{better}{between}"


def _meanings(facts: Facts, names: Sequence[str]) -> Iterator[str]:
    """What each metric is, folded."""
    found = [
        f"- {plain(facts.rows[name].title)}: {plain(facts.meanings[name])}"
        for name in names
        if name in facts.rows and facts.meanings.get(name)
    ]
    if found:
        yield "<details><summary>What these are</summary>"
        yield ""
        yield from found
        yield ""
        yield "</details>"
        yield ""


def _flattered(facts: Facts, made: Comparison) -> Iterator[str]:
    """Who loses text, which makes numbers look better than they are."""
    shown = [made.tokenizers[k] for k in columns(facts, made)]
    worst = {
        one.name: max((each.flattered for each in one.measurements.values()), default=0.0)
        for one in shown
    }
    found = [f"{plain(name)} ({share:.1%})" for name, share in worst.items() if share]
    if found:
        yield (
            "† looks better than it is: text that is lost or unknown costs few tokens or none; "
            f"the most of it, {listed(found)}."
        )
        yield ""


def _not_applicable(facts: Facts, mine: Measured) -> Iterator[str]:
    """Metrics of which there is no number, with the reason."""
    found = [
        f"- {plain(row.title)}: {plain(mine.measurements[name].why)}."
        for name, row in _rows(facts, mine)
        if mine.measurements[name].value is None and mine.measurements[name].why
    ]
    if found:
        yield "Without a number:"
        yield ""
        yield from found
        yield ""


def _parity(facts: Facts) -> Iterator[str]:
    """Tokens by language, relative to the reference language."""
    yield "### Parity between languages"
    yield ""
    made = facts.comparison
    mine = made.tokenizers[facts.own].measurements.get(_PARITY) if made else None
    if made is None or mine is None or mine.value is None:
        yield (
            "Not measured: that takes the same text in several languages. "
            + _measure(facts, f" --parallel your-translations.tsv --metric {_PARITY}")
        )
        yield ""
        return
    reference = str(mine.detail.get("reference", "the reference language"))
    yield (
        f"Tokens that the same text takes, relative to {plain(languages.name(reference))} "
        f"({counted(mine.n, 'line')} in each language): 2 means twice as many tokens, so twice the "
        "price and half the context."
    )
    yield ""
    if mine.flattered:
        yield (
            f"**{mine.flattered:.1%} of the tokens are unknown**: what is lost costs no tokens, so "
            "these numbers look better than they are."
        )
        yield ""
    shown = columns(facts, made)
    groups = {
        k: {
            one.label: one for one in made.tokenizers[k].measurements[_PARITY].by["language"].groups
        }
        for k in shown
        if _PARITY in made.tokenizers[k].measurements
        and "language" in made.tokenizers[k].measurements[_PARITY].by
    }
    labels = sorted(groups.get(facts.own, {}), key=lambda one: groups[facts.own][one].value or 0)
    rows = []
    for label in labels:
        cells = [groups[k].get(label) for k in groups]
        said = [
            "n/a" if one is None or one.value is None else _premium(one.value, one.interval)
            for one in cells
        ]
        rows.append([plain(languages.name(label)), *said])
    marks = {k: "†" if made.tokenizers[k].measurements[_PARITY].flattered else "" for k in groups}
    heads = ["language", *(f"{plain(made.tokenizers[k].name)}{marks[k]}" for k in groups)]
    yield from table(heads, rows, numbers=len(groups))


def _premium(value: float, interval: tuple[float, float] | None) -> str:
    between = f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else ""
    return f"{value:.2f}{between}"


def _samples(facts: Facts) -> Iterator[str]:
    made = facts.comparison
    if made is None or not made.samples:
        return
    yield "### Samples"
    yield ""
    yield "Held-out text as it is cut; `⟦…⟧` is unknown or lost, `0x…` a byte of a character."
    yield ""
    yield from block("text", _cuts(made.samples, facts.own))


def _cuts(samples: Sequence[Sample], own: int) -> Iterator[str]:
    for place, one in enumerate(samples):
        cuts = one.cuts[own]
        if place:
            yield ""
        count = sum(cut.kind != "lost" for cut in cuts)
        more = "│…" if len(cuts) > _MOST_CUTS else ""
        yield f"{count} tokens: {'│'.join(map(_cut, cuts[:_MOST_CUTS]))}{more}"


def _cut(cut: Cut) -> str:
    return _MARKS[cut.kind].format(_one_line(cut.text))


def _one_line(text: str) -> str:
    return printable(text.replace("\n", "⏎").replace("\r", "␍").replace("\t", "⇥"))


def _models(facts: Facts) -> Iterator[str]:
    """What small models with it learned."""
    yield "### Models trained with it"
    yield ""
    made = facts.comparison.downstream if facts.comparison else None
    if made is None:
        command = f"tokbench finetune {facts.repo} --task <name>"
        yield (
            "Not measured: no model was trained with it. This trains small ones: "
            f"{code(command)} ({code('tokbench list tasks')} names the tasks)"
        )
        yield ""
        return
    scratch = not set(made.model) & set("/@\\")  # else the path or Hub name of a checkpoint
    said = (
        "Small models, trained from scratch for a short time" if scratch
        else "Models that go on from a checkpoint"
    )  # fmt: skip
    brackets = any(
        score.interval for task in made.tasks for each in task.scores for score in each.values()
    )
    yield (
        f"{said}, that differ in nothing but the tokenizer: {plain(made.model)}, "
        f"{plain(made.settings)}." + (" In brackets 95% intervals over seeds." if brackets else "")
    )
    yield ""
    for task in made.tasks:
        yield from _task(made, task, facts.own)
    yield "Other models, larger or trained on more, may order tokenizers otherwise."
    yield ""
    yield "To cite these scores:"
    yield ""
    yield from block("text", [made.signature])


def _task(made: Downstream, task: TaskResult, own: int) -> Iterator[str]:
    train, _, test = task.sizes
    seeds = max((len(one.seeds) for one in task.outcomes if one), default=0)
    yield (
        f"**{plain(task.task)}** ({_KINDS[task.kind]}; {train:,} training and {test:,} test "
        f"{'documents' if task.kind.endswith('_lm') else 'examples'}, "
        f"{counted(seeds, 'model')} of each tokenizer)"
    )
    yield ""
    names = list(task.titles) or [task.metric]
    rows = []
    for place, tokenizer in enumerate(made.tokenizers):
        scores = task.scores[place]
        if scores:
            cells = []
            for name in names:
                score = scores.get(name)
                between = (
                    f" [{score.interval[0]:.3f}, {score.interval[1]:.3f}]"
                    if score and score.interval
                    else ""
                )
                cells.append(f"{score.value:.3f}{between}" if score else "n/a")
            rows.append([plain(tokenizer), *cells])
    rows += [
        [f"_{plain(rival)}_", *(f"{found[name]:.3f}" if name in found else "n/a" for name in names)]
        for rival, found in task.rivals.items()
    ]
    heads = [
        f"{plain(task.titles.get(name, name))} {'↓' if name in task.lower else '↑'}"
        for name in names
    ]
    yield from table(["", *heads], rows, numbers=len(names))
    if unpassed := _unpassed(task, own):
        yield (
            f"Its models do not pass {listed([plain(one) for one in unpassed])}: what these scores "
            "say of tokenizers is about models that learned little."
        )
        yield ""


def _unpassed(task: TaskResult, own: int) -> list[str]:
    """Rivals that are as good as the own tokenizer's models, or better."""
    mine = task.scores[own].get(task.metric)
    if mine is None:
        return []
    sign = -1 if task.metric in task.lower else 1
    theirs = {name: found.get(task.metric) for name, found in task.rivals.items()}
    return [
        name for name, value in theirs.items() if value is not None
        and sign * value >= sign * mine.value
    ]  # fmt: skip
