"""What a model card says, before it is written: facts of a run, none of them prose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tokbench.values import (
    Comparison,
    Composition,
    Guarantee,
    Proof,
    Row,
    Sample,
    TaskKind,
    Verdict,
)

Component = Mapping[str, Any]
"""A part of a pipeline as a recipe says it, its `type` and its settings."""


@dataclass(frozen=True)
class SourceFacts:
    """One source of the training text.

    Attributes:
        name: as the card calls it; no path of anybody's machine.
        kind: its type in the recipe.
        what: what a source of this kind is, a sentence; empty where the name says it.
        license: its licence, None where nobody said.
        dataset: its name on the Hub, empty where it is elsewhere.
        revision: the commit that was read, empty where there is none.
        language: the tag that the recipe gives it, empty for none.
        local: whether it is files that lie on the authors' machine.
    """

    name: str
    kind: str
    what: str = ""
    license: str | None = None
    dataset: str = ""
    revision: str = ""
    language: str = ""
    local: bool = False


@dataclass(frozen=True)
class Example:
    """A text and what the tokenizer makes of it, as `AutoTokenizer` does.

    Attributes:
        text: a short text, of what was measured where there is one.
        tokens: with special tokens; of byte-level tokenizers the text that each stands for.
        ids: of these.
        plain_ids: without special tokens.
        decoded: without special tokens; None where it is not shown.
        lengths: ids of this text and of the first word of it, for a batch that is padded; None
            where there is no padding token.
        chat: a short conversation by the template; empty where there is none.
    """

    text: str
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    plain_ids: tuple[int, ...]
    decoded: str | None = None
    lengths: tuple[int, int] | None = None
    chat: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """What a vocabulary holds.

    Attributes:
        size: tokens, added ones included.
        learned: those that training found, special tokens and the alphabet left out.
        alphabet: entries of one character or byte.
        merges: of BPE; 0 for other models.
        longest: the longest learned tokens, longest first.
        scripts: how many entries have a letter of each script, by its name.
    """

    size: int
    learned: int
    alphabet: int
    merges: int = 0
    longest: tuple[str, ...] = ()
    scripts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Allowed:
    """A rule that the author silenced: its id, what it is about, and the author's reason."""

    rule: str
    title: str
    reason: str


@dataclass(frozen=True)
class Export:
    """A format of another library: its files in the repository, and what is not the same there."""

    format: str
    files: tuple[str, ...]
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model that was fine-tuned with the tokenizer and goes up: its task, and of which kind.

    `pair` says whether it takes two texts.
    """

    task: str
    kind: TaskKind
    pair: bool = False


@dataclass(frozen=True)
class Baseline:
    """A tokenizer that was measured beside the own one, and how others can have it.

    Attributes:
        name: as in tables.
        kind: a repository of the Hub, an encoding of tiktoken, a file or folder; empty for what
            only its authors have.
        at: `user/name@commit`, `tiktoken:cl100k_base`, or the path from the recipe's folder.
        signature: of its tokenizer.json; empty where that is not known.
    """

    name: str
    kind: Literal["hub", "tiktoken", "file", ""] = ""
    at: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that a card is written from.

    Attributes:
        name: of the recipe.
        repo: where it goes on the Hub.
        signature: of the run.
        description: the author's.
        license: as the Hub writes it, None where nobody said.
        license_name: what terms of one's own are called, and `license_link` where they are.
        languages: tags that the author gave.
        tags: likewise.
        authors: for the citation.
        year: of the run, for the citation.
        pipeline: normalizer, pre_tokenizer, model, post_processor and decoder, each the components
            in order.
        trainer: its settings.
        special_tokens: by role, in the order of their ids; those without a role as `extra 1`.
        added_tokens: behind the vocabulary.
        wrap: how the folder presents it.
        held_out: the share that training did not see.
        sources: in the order of the recipe.
        composition: what each gave; None where that is not known.
        documents: how many training read, and `fingerprint`, what they are known by.
        vocabulary: what it holds.
        determinism: what training again gives.
        verdict: what comes back of text.
        proof: that the folder loads as what was trained.
        allowed: rules that were silenced.
        notes: what may surprise, a sentence each.
        versions: of the packages that made it.
        example: a text and its tokens.
        scripts: a text in each of many scripts, as the tokenizer cuts it.
        comparison: measurements; None where nothing was measured.
        own: the tokenizer's place in it.
        baselines: the others in it, in their order.
        rows: how each metric is shown.
        meanings: what each metric is, a sentence.
        exports: formats that go up as well.
        models: that go up as well.
        sections: the author's own Markdown.
    """

    name: str
    repo: str
    signature: str
    description: str
    pipeline: Mapping[str, tuple[Component, ...]]
    trainer: Mapping[str, Any]
    special_tokens: Mapping[str, str]
    wrap: Mapping[str, Any]
    sources: tuple[SourceFacts, ...]
    vocabulary: Vocabulary
    determinism: Guarantee
    verdict: Verdict
    proof: Proof
    example: Example
    scripts: tuple[Sample, ...] = ()
    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    year: int = 0
    added_tokens: tuple[str, ...] = ()
    held_out: float = 0.0
    composition: Composition | None = None
    documents: int = 0
    fingerprint: str = ""
    allowed: tuple[Allowed, ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None
    own: int = 0
    baselines: tuple[Baseline, ...] = ()
    rows: Mapping[str, Row] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    exports: tuple[Export, ...] = ()
    models: tuple[Model, ...] = ()
    sections: str = ""

    @property
    def languages_read(self) -> tuple[str, ...]:
        """Tags of the languages that the recipe says its sources are in."""
        return tuple(dict.fromkeys(one.language for one in self.sources if one.language))

    @property
    def byte_level(self) -> bool:
        """Whether every byte has a visible character, and a token."""
        parts = (*self.pipeline.get("normalizer", ()), *self.pipeline.get("pre_tokenizer", ()))
        return any(one["type"] == "ByteLevel" for one in parts)
