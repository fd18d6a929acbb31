"""What a run's records say, collected for its model card; and its files for other libraries."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import regex
from tokenizers import Tokenizer

from tokbench import rules, store
from tokbench.corpus import SOURCES
from tokbench.encoding import SCRIPTS, in_scripts
from tokbench.errors import PublishingError, SubjectError, TokbenchError
from tokbench.metrics import Metric, chosen
from tokbench.publishing import REPO, PublishSpec
from tokbench.publishing.card import Card
from tokbench.publishing.card import card as written
from tokbench.publishing.card_use import CHAT
from tokbench.publishing.exports import ENCODERS, FORMATS, Exported
from tokbench.publishing.exports.exported import parts, tied
from tokbench.publishing.facts import (
    Allowed,
    Example,
    Export,
    Facts,
    Model,
    SourceFacts,
    Vocabulary,
)
from tokbench.publishing.places import without_folders
from tokbench.publishing.scanning import Known, holds_leak
from tokbench.values import Comparison, Guarantee, Proof, Row, Sample, Verdict, texts
from tokbench.workbench import baselines, comparisons, outcomes, provenance
from tokbench.workbench.find import Found, find
from tokbench.workbench.plan import RUN_FILE, TOKENIZER

_PIPELINE = ("normalizer", "pre_tokenizer", "model", "post_processor", "decoder")
_SHORTEST, _LONGEST = 8, 40
_SENTENCE = "The quick brown fox jumps over the lazy dog."
_MOST_LONGEST = 5
_PATH = re.compile(
    r"(?<![\w/:.<])(?:~|\.{0,2}|[A-Za-z]:)[\\/](?:[^\s\\/'\",;:()]+[\\/])*([^\s\\/'\",;:()]+)"
)
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_OWN_WORDS = ("files", "hub", "dataset", "given")
"""Kinds of sources whose documents only their authors can describe."""


def card(
    run: Path,
    *,
    license: str | None = None,  # noqa: A002 - the Hub's word
    repo: str | None = None,
    export: Sequence[str] = (),
    models: bool = False,
) -> Card:
    """The model card of a run.

    Args:
        run: the run folder.
        license: the licence of the tokenizer; None for what the recipe says.
        repo: where it goes, as user/name; None for what the recipe says.
        export: formats of other libraries that go up; none: what the recipe says.
        models: whether fine-tuned models go up, too, though the recipe does not say so.

    Raises:
        SubjectError: there is no such run.
        PublishingError: the file of the author's own sections cannot be read.
    """
    manifest = _manifest(run)
    spec = _spec(manifest)
    made, wrong = _exported(run, export or spec.export)
    found = facts(run, license=license, repo=repo)
    going = tuple(_models(run)) if models or spec.models else ()
    card = written(replace(found, exports=made, models=going))
    return replace(card, problems=(*card.problems, *wrong))


def exports(run: Path, formats: Sequence[str]) -> dict[str, bytes]:
    """A run's tokenizer as files of other libraries, proven on its held-out text.

    Args:
        run: the run folder.
        formats: "tiktoken", "sentencepiece".

    Returns:
        The bytes of each file by its place in the repository.

    Raises:
        PublishingError: a format cannot give the same ids, in which case it says why.
        SubjectError: the run or its corpus is gone.
    """
    made: dict[str, bytes] = {}
    for one in formats:
        made |= _proven(run, one, _manifest(run)["signature"]).files
    return made


def facts(run: Path, *, license: str | None = None, repo: str | None = None) -> Facts:  # noqa: A002 - as above
    """What the card of a run says, exports left out."""
    if repo and not re.fullmatch(REPO, repo):
        raise PublishingError(f"{repo!r} is no repository: write user/name")
    manifest = _manifest(run)
    recipe, spec = manifest["recipe"], _spec(manifest)
    tokenizer = Tokenizer.from_file(str(run / TOKENIZER / "tokenizer.json"))
    state = json.loads(tokenizer.to_str())
    found = find(str(run))
    there = baselines.there(run, found)
    comparison = _comparison(run, [found, *there.values()])
    composition = provenance.composition(manifest)
    own = recipe["name"]
    held_out = found.held_out
    return Facts(
        name=own,
        repo=repo or spec.repo or f"your-name/{own}",
        signature=manifest["signature"],
        description=recipe["description"],
        pipeline=_pipeline(recipe, state),
        trainer=recipe["trainer"],
        special_tokens=_special(recipe),
        wrap=recipe["wrap"],
        sources=tuple(_sources(manifest)),
        vocabulary=_vocabulary(tokenizer, state),
        determinism=Guarantee(**manifest["determinism"]),
        verdict=Verdict(**manifest["verdict"]),
        proof=Proof(**manifest["proof"]),
        example=_example(tokenizer, recipe, comparison),
        scripts=_in_scripts(found, comparison),
        license=license or spec.license,
        license_name=spec.license_name if not license else None,
        license_link=spec.license_link if not license else None,
        languages=spec.language,
        tags=spec.tags,
        authors=spec.authors,
        year=datetime.fromtimestamp((run / RUN_FILE).stat().st_mtime).astimezone().year,
        added_tokens=tuple(one["content"] for one in recipe["added_tokens"]),
        held_out=held_out,
        composition=composition
        and replace(
            composition,
            sources=tuple(
                replace(one, notes=tuple(map(without_paths, one.notes)))
                for one in composition.sources
            ),
        ),
        documents=manifest["corpus"]["documents"],
        fingerprint=manifest["corpus"]["fingerprint"],
        allowed=tuple(_allowed(manifest)),
        notes=tuple(map(without_paths, manifest["notes"])),
        versions={"tokbench": manifest["tokbench"], **manifest["versions"]},
        comparison=comparison,
        baselines=tuple(baselines.measured(found, there, comparison)) if comparison else (),
        meanings={one.name: _meaning(one) for one in chosen(["all"])},
        rows={
            one.name: Row(one.title, one.digits, one.flattered_by_loss, one.family)
            for one in chosen(["all"])
        },
        sections=_sections(run, manifest, spec),
    )


def without_paths(text: str) -> str:
    r"""A sentence in which files are named without their folders.

    >>> without_paths("a word in /home/me/data/a.txt:3 was left out; see https://a.org/b/c")
    'a word in a.txt:3 was left out; see https://a.org/b/c'
    >>> without_paths(r"C:\data\b.csv and ../c/d.txt and 1/2")
    'b.csv and d.txt and 1/2'
    """
    return _PATH.sub(r"\1", text)


def _manifest(run: Path) -> dict[str, Any]:
    if not (run / RUN_FILE).is_file():
        raise SubjectError(f"{run}: is no run folder; `tokbench run` makes one")
    made: dict[str, Any] = store.read_json(run / RUN_FILE)
    return made


def _spec(manifest: Mapping[str, Any]) -> PublishSpec:
    return PublishSpec.model_validate(manifest["recipe"].get("publish") or {}, strict=False)


def _pipeline(
    recipe: Mapping[str, Any], state: Mapping[str, Any]
) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The recipe's components; the decoder that `auto` stood for is the tokenizer's own."""
    made = {
        key: tuple([said] if isinstance(said := recipe[key], dict) else said) for key in _PIPELINE
    }
    if any(one["type"] == "auto" for one in made["decoder"]):
        made["decoder"] = tuple(parts(state, "decoder"))
    return made


def _in_scripts(found: Found, comparison: Comparison | None) -> tuple[Sample, ...]:
    """A text in each script as the tokenizer cuts it, of what was measured where it has one."""
    if comparison is None:
        return in_scripts([found.subject], {})
    return tuple(replace(one, cuts=one.cuts[:1]) for one in comparison.scripts)


def _special(recipe: Mapping[str, Any]) -> dict[str, str]:
    """Tokens by role, in the order of their ids."""
    made: dict[str, str] = {}
    for role, said in recipe["special_tokens"].items():
        if isinstance(said, dict):
            made[role] = said["content"]
        else:
            made |= {f"extra {n}": one["content"] for n, one in enumerate(said, 1)}
    return made


def _sources(manifest: Mapping[str, Any]) -> Iterator[SourceFacts]:
    specs = manifest["recipe"]["corpus"]["sources"]
    origins = manifest["corpus"].get("origins") or [{}] * len(specs)
    for spec, origin in zip(specs, origins, strict=False):
        kind = spec["type"]
        known = SOURCES[kind] if kind in SOURCES else None  # noqa: SIM401 - a registry has no get
        doc = (known.__doc__ or "").split("\n\n")[0] if known else ""
        language = spec.get("groups", {}).get("language", "")
        yield SourceFacts(
            name=_source_name(spec),
            kind=kind,
            what="" if kind in _OWN_WORDS else " ".join(doc.split()),
            license=spec.get("license"),
            dataset=origin.get("dataset", ""),
            revision=origin.get("commit", ""),
            language="" if language.startswith("{") else language,
            local=kind in ("files", "dataset", "given") and _is_local(spec),
        )


def _meaning(metric: Metric) -> str:
    """The first sentence of a metric's own explanation."""
    return " ".join((metric.function.__doc__ or "").split("\n\n")[0].split())


def _is_local(spec: Mapping[str, Any]) -> bool:
    """Whether some of what a source reads is no address."""
    paths = spec.get("paths") or [spec.get("path", "")]
    return any("://" not in one or one.startswith("file:") for one in map(str, paths))


def _source_name(spec: Mapping[str, Any]) -> str:
    """What a card calls a source: its own name, or its files without their folders."""
    if spec.get("name"):
        return without_paths(str(spec["name"]))
    shown = [_file_name(one) for one in spec.get("paths", ())]
    return ", ".join(shown) or str(spec["type"])


def _file_name(path: str) -> str:
    """An address as it is, of a path the file's name.

    >>> _file_name("https://a.org/b.txt?key=1"), _file_name("/home/me/b/*.txt")
    ('https://a.org/b.txt', '*.txt')
    """
    if "://" in path and not path.startswith("file:"):
        return path.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    return re.split(r"[\\/]", path.rstrip("/\\"))[-1]


def _vocabulary(tokenizer: Tokenizer, state: Mapping[str, Any]) -> Vocabulary:
    added = {one["content"] for one in state["added_tokens"]}
    prefix = state["model"].get("continuing_subword_prefix") or ""
    every = tokenizer.get_vocab()
    plain = {token: n for token, n in every.items() if token not in added}
    plain = {token: n for token, n in plain.items() if not _BYTE.fullmatch(token)}
    bare = {token: token.removeprefix(prefix) or token for token in plain}
    learned = [token for token in plain if len(bare[token]) > 1]
    longest = sorted(learned, key=lambda one: (-len(bare[one]), plain[one]))[:_MOST_LONGEST]
    return Vocabulary(
        size=tokenizer.get_vocab_size(),
        learned=len(learned),
        alphabet=len(plain) - len(learned),
        merges=len(state["model"].get("merges", ())),
        longest=tuple(_readable(tokenizer, plain[one], one) or one for one in longest),
        scripts=_scripts([_readable(tokenizer, n, one) for one, n in plain.items()]),
    )


def _scripts(entries: Sequence[str]) -> dict[str, int]:
    """How many entries have a letter of each script that reports know."""
    found = {name: regex.compile(pattern) for name, pattern in SCRIPTS.items()}
    return {
        name: sum(pattern.search(one) is not None for one in entries)
        for name, pattern in found.items()
    }


def _readable(tokenizer: Tokenizer, number: int, token: str) -> str:
    """The text that a token stands for, the token itself where that is none.

    A token of a byte-level tokenizer may begin or end within a character: of that nothing is said.
    """
    text = str(tokenizer.decode([number]))
    return text.replace("\ufffd", "") if text else token


def _example(
    tokenizer: Tokenizer, recipe: Mapping[str, Any], comparison: Comparison | None
) -> Example:
    """A line of the measured text, else a sentence of ours."""
    samples = [_beginning(one.text) for one in comparison.samples] if comparison else []
    text = next((one for one in samples if _SHORTEST <= len(one) <= _LONGEST), _SENTENCE)
    encoding = tokenizer.encode(text)
    first = tokenizer.encode(text.split()[0])
    pad = "pad" in recipe["special_tokens"]
    shown = not recipe["wrap"]["clean_up_tokenization_spaces"]
    parts = (*recipe["normalizer"], *recipe["pre_tokenizer"])
    tokens = encoding.tokens
    if any(one["type"] == "ByteLevel" for one in parts):
        tokens = [tokenizer.decode([one], skip_special_tokens=False) for one in encoding.ids]
    return Example(
        text=text,
        tokens=tuple(tokens),
        ids=tuple(encoding.ids),
        plain_ids=tuple(tokenizer.encode(text, add_special_tokens=False).ids),
        decoded=str(tokenizer.decode(encoding.ids)) if shown else None,
        lengths=(len(encoding.ids), len(first.ids)) if pad else None,
        chat=_chat(recipe),
    )


def _beginning(line: str) -> str:
    """The first words of a line.

    >>> _beginning("Return the embedded exception, or None if there was none.")
    'Return the embedded exception, or None'
    """
    words: list[str] = []
    for word in line.split():
        if len(" ".join([*words, word])) > _LONGEST:
            break
        words.append(word)
    return " ".join(words)


def _chat(recipe: Mapping[str, Any]) -> str:
    """A conversation by the recipe's template; nothing where there is none that Jinja renders."""
    template = recipe["wrap"]["chat_template"]
    if not template:
        return ""
    from jinja2 import TemplateError  # noqa: PLC0415 - rarely needed
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - as above

    named = {f"{role}_token": one for role, one in _special(recipe).items()}
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    try:
        made = environment.from_string(template)
        return str(made.render(messages=CHAT, add_generation_prompt=False, **named))
    except TemplateError:  # what transformers alone knows, as its tag `generation`
        return ""


def _allowed(manifest: Mapping[str, Any]) -> Iterator[Allowed]:
    titles = {one.id: one.title for one in rules.rules_of("recipe")}
    for one in manifest["allowed"]:
        yield Allowed(one["rule"], titles.get(one["rule"], one["rule"]), one["reason"])


def _sections(run: Path, manifest: Mapping[str, Any], spec: PublishSpec) -> str:
    """The author's own Markdown."""
    if not spec.sections:
        return ""
    path: Path = run / TOKENIZER / manifest["recipe_folder"] / spec.sections
    try:
        return path.resolve().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PublishingError(
            f"publish.sections: {spec.sections} cannot be read: {error}; it is looked for beside "
            "the recipe"
        ) from error


def _comparison(run: Path, found: Sequence[Found]) -> Comparison | None:
    """What was measured of a run and its baselines, with models of those that are there."""
    made = comparisons.kept(run)
    if made is None:
        return None
    named = [replace(one, name=without_paths(one.name)) for one in made.tokenizers]
    fit = tuple(one for one in made.samples if not holds_leak(one.text, Known()))
    made = replace(made, tokenizers=tuple(named), samples=fit)
    names = [one.name for one in comparisons.distinct([one.subject for one in found])]
    models = outcomes.outcomes_of(found, names)
    return comparisons.with_models(made, models and without_folders(models))


def _models(run: Path) -> Iterator[Model]:
    """The models that go up."""
    for task, kept in outcomes.saved(find(str(run))).items():
        said = store.read_json(Path(kept.outcome.model) / "task.json")
        yield Model(task, kept.task["kind"], bool(said.get("pair")))


def _exported(run: Path, formats: Sequence[str]) -> tuple[tuple[Export, ...], list[str]]:
    """What goes up of other formats, and why some do not."""
    made, wrong = [], []
    for one in formats:
        try:
            found = _proven(run, one, _manifest(run)["signature"])
        except TokbenchError as error:
            wrong.append(f"publish.export: {error}")
        else:
            made.append(Export(one, tuple(found.files), found.differs))
    return tuple(made), wrong


@cache
def _proven(run: Path, format_: str, signature: str) -> Exported:
    """Files that give the run's ids on all held-out documents, or a refusal."""
    del signature  # another run in the same folder is another result
    if format_ not in FORMATS:
        raise PublishingError(f"{format_!r} is no format; known: {', '.join(FORMATS)}")
    found = find(str(run))
    name = found.subject.name
    state = json.loads(found.subject.state)
    try:
        made = FORMATS[format_](state, name)
        encode = ENCODERS[format_](made)
    except PublishingError as error:
        raise PublishingError(f"{name}: {error}") from error
    tokenizer = Tokenizer.from_str(found.subject.state)
    tokenizer.encode_special_tokens = True  # as text: the other library finds none in it
    read = 0
    for read, text in enumerate(_held_out(found), 1):  # noqa: B007 - counted
        ours, theirs = tokenizer.encode(text, add_special_tokens=False).ids, list(encode(text))
        if ours != theirs:
            why = _differing(text, ours, theirs, tied=tied(state, ours, theirs))
            raise PublishingError(f"{name}: cannot be written for {format_}: {why}")
    if not read:
        raise PublishingError(
            f"{name}: nothing is held out that could prove its {format_} files; raise "
            "corpus.held_out"
        )
    return made


def _held_out(found: Found) -> Iterator[str]:
    for batch in found.corpus().batches("held_out"):
        yield from texts(batch)


_AROUND = 20


def _differing(text: str, ours: Sequence[int], theirs: Sequence[int], *, tied: bool) -> str:
    """Where two lists of ids part, and why, where that is known."""
    pairs = zip(ours, theirs, strict=False)
    parted = (place for place, (one, other) in enumerate(pairs, 1) if one != other)
    place = next(parted, min(len(ours), len(theirs)) + 1)
    said = f"the held-out text {text[:_AROUND]!r} has other ids there from token {place} on"
    why = ": two cuts of it score the same, and the libraries choose each another"
    return said + why if tied else said
