"""The metadata of a card: the front matter that the Hub reads, made by its own classes."""

from typing import TYPE_CHECKING, Any

from tokbench.publishing import languages
from tokbench.publishing.facts import Facts
from tokbench.values import Measurement, TaskKind, TaskResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import EvalResult

_TASKS: dict[TaskKind, tuple[str, str]] = {
    "classification": ("text-classification", "Text Classification"),
    "regression": ("text-classification", "Text Scoring"),
    "tokens": ("token-classification", "Token Classification"),
    "seq2seq": ("text2text-generation", "Text-to-Text Generation"),
    "causal_lm": ("text-generation", "Text Generation"),
    "masked_lm": ("fill-mask", "Fill-Mask"),
}
"""What the Hub calls the tasks that models are trained on."""
_MODELS = {
    "BPE": "bpe",
    "WordPiece": "wordpiece",
    "Unigram": "unigram",
    "WordLevel": "word-level",
}
_DIGITS = 6


def front_matter(facts: Facts) -> str:
    """YAML between lines of dashes."""
    from huggingface_hub import ModelCardData  # noqa: PLC0415 - only for cards

    made = ModelCardData(
        license=facts.license,
        license_name=facts.license_name,
        license_link=facts.license_link,
        language=list(facts.languages or _read(facts)) or None,
        library_name="transformers",
        tags=tags(facts),
        datasets=list(dict.fromkeys(one.dataset for one in facts.sources if one.dataset)) or None,
        model_name=facts.name,
        eval_results=list(results(facts)) or None,
    )
    return f"---\n{made.to_yaml()}\n---\n"


def _read(facts: Facts) -> list[str]:
    """What its text is in, as far as tags are proper ones."""
    return [one for one in facts.languages_read if not languages.problem(one)]


def tags(facts: Facts) -> list[str]:
    """Those that follow from the run, then the author's, each once."""
    found = ["tokenizer", "tokbench", _MODELS[facts.pipeline["model"][0]["type"]]]
    found += ["byte-level"] if facts.byte_level else []
    found += ["byte-fallback"] if facts.pipeline["model"][0].get("byte_fallback") else []
    found += [one.format for one in facts.exports]
    return list(dict.fromkeys([*found, *facts.tags]))


def results(facts: Facts) -> "Iterator[EvalResult]":
    """Each number of the tokenizer, then the scores of models trained with it."""
    from huggingface_hub import EvalResult  # noqa: PLC0415 - only for cards

    made = facts.comparison
    if made is None:
        return
    for name, one in made.tokenizers[facts.own].measurements.items():
        if one.value is None:
            continue
        yield EvalResult(
            task_type="tokenization",
            task_name="Tokenization",
            dataset_type=f"{facts.name}-held-out",
            dataset_name=f"{made.documents:,} documents that training never saw",
            dataset_split="held_out",
            dataset_revision=facts.fingerprint or None,
            metric_type=name,
            metric_name=_named(facts, name, one.unit),
            metric_value=_plain(one.value),
            metric_args=_rests_on(one),
        )
    for task in made.downstream.tasks if made.downstream else ():
        yield from _scores(facts, task, made.downstream.model if made.downstream else "")


def _named(facts: Facts, name: str, unit: str) -> str:
    title = facts.rows[name].title if name in facts.rows else name
    return title if title == unit else f"{title}, {unit}"


def _plain(value: float) -> float:
    """A number without needless digits: 8000, 1.638443."""
    return int(value) if value == int(value) else round(value, _DIGITS)


def _rests_on(one: Measurement) -> dict[str, Any]:
    """The interval, and how many documents or lines a number rests on."""
    between = one.interval or one.spread
    said: dict[str, Any] = {"n": one.n, "of": one.of}
    if between:
        said["interval_95" if one.interval else "rounds"] = [_plain(x) for x in between]
    return said


def _scores(facts: Facts, task: TaskResult, body: str) -> "Iterator[EvalResult]":
    from huggingface_hub import EvalResult  # noqa: PLC0415 - as above

    for name, score in task.scores[facts.own].items():
        told: dict[str, Any] = {"model": body, "seeds": len(score.by_seed)}
        if score.interval:
            told["interval_95"] = [_plain(one) for one in score.interval]
        yield EvalResult(
            task_type=_TASKS[task.kind][0],
            task_name=_TASKS[task.kind][1],
            dataset_type=task.task,
            dataset_name=task.task,
            dataset_split="test",
            metric_type=name,
            metric_name=task.titles.get(name, name),
            metric_value=_plain(score.value),
            metric_args=told,
        )
