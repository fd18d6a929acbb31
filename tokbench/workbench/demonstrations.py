"""What a rule is about, shown: its broken and its mended recipe trained on a few lines of text.

Of a rule about finished tokenizers: a small one as it was trained, and damaged.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

from tokbench import pipeline, training
from tokbench.child import run_in_child
from tokbench.errors import Finding
from tokbench.recipe import Recipe
from tokbench.rules import (
    RecipeSubject,
    Rule,
    Sample,
    TokenizerSubject,
    check,
    check_tokenizer,
    examples,
    sample,
    saved_examples,
)
from tokbench.rules.registry import PLAIN
from tokbench.values import Progress, Split, Watch, ignore
from tokbench.workbench.plan import demands_of
from tokbench.wrapping import WrapSpec
from tokbench.wrapping.proof import NOT_NEEDED, QUIET

if TYPE_CHECKING:
    import pyarrow as pa

_ENCODINGS = 20
_LONG = 1000
_LAST_TOKENS = 6
_TIMES = 20


Fact = tuple[str, str]
"""A label and what to show."""


@dataclass(frozen=True)
class Side:
    """One of the two recipes or tokenizers, and what came of it.

    Attributes:
        snippet: the sections of the recipe that matter, or what was done to the tokenizer.
        findings: what `check` says of it.
        facts: what its tokenizer does: a label and what to show.
    """

    snippet: str
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]


def demonstrate(rule: Rule) -> tuple[Side, Side]:
    """Check and train a rule's broken recipe and its mended one, and look at what they give."""
    if rule.damage is not None:
        whole = small_tokenizer(rule.like)
        sides = ((rule.damage.words, rule.damage.to(whole)), ("as it was trained", whole))
        broken, mended = (_side_of_files(rule, words, files) for words, files in sides)
        return broken, mended
    return _side(rule, rule.broken), _side(rule, rule.mended)


@cache
def small_tokenizer(like: str) -> saved_examples.Files:
    """The files of one of the small tokenizers of `saved_examples.SMALL`, trained once."""
    recipe = examples.recipe(saved_examples.SMALL[like])
    tokenizer = _trained(recipe, Sample(PLAIN * _TIMES))
    roles = recipe.special_tokens.roles()
    config: dict[str, Any] = {f"{role}_token": token for role, token in roles.items()}
    config |= {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": recipe.wrap.model_max_length,
        "model_input_names": list(recipe.wrap.model_input_names),
    }
    return {
        saved_examples.TOKENIZER: json.loads(tokenizer.to_str()),
        saved_examples.CONFIG: config,
    }


def _side_of_files(rule: Rule, words: str, files: saved_examples.Files) -> Side:
    text = Sample(rule.text if rule.needs_text else ())
    with TemporaryDirectory() as folder:
        subject = TokenizerSubject.read(saved_examples.write(files, Path(folder)), text)
        findings = [
            replace(one, where=replace(one.where, file=Path(one.where.file).name))
            for one in check_tokenizer(subject, rule)
        ]
        facts = () if rule.shows == "nothing" else tuple(_facts_of_files(rule, subject))
    return Side(words, tuple(findings), facts)


def _facts_of_files(rule: Rule, subject: TokenizerSubject) -> Iterator[Fact]:
    if subject.problem:
        yield "loading", subject.problem
    elif said := subject.refusal(rule.probe):
        yield "text", repr(rule.probe)
        yield "encoding", said
    elif rule.shows == "words":
        yield "text", repr(rule.probe)
        yield "cut into", _listed(map(repr, subject.words(rule.probe)))
    else:
        tokenizer = Tokenizer.from_str(json.dumps(subject.state))
        yield from _facts_of(rule, tokenizer, str(tokenizer.get_vocab_size()))


def _side(rule: Rule, snippet: str) -> Side:
    recipe = examples.recipe(snippet)
    text = Sample(rule.text) if rule.text else sample(recipe.corpus, recipe.base)
    findings = check(recipe, text).findings
    facts = () if rule.shows == "nothing" else tuple(_facts(rule, recipe, text))
    return Side(snippet.strip(), findings, facts)


def _facts(rule: Rule, recipe: Recipe, text: Sample) -> Iterator[Fact]:
    if rule.shows == "words":
        yield "text", repr(rule.probe)
        yield "cut into", _listed(map(repr, RecipeSubject(recipe, text).words(rule.probe)))
        return
    tokenizer = _trained(recipe, Sample(text.texts * rule.times))
    if rule.shows == "wrapped":
        roles = recipe.special_tokens.roles()
        yield from run_in_child(
            _wrapped, tokenizer.to_str(), recipe.wrap, roles, rule.probe,
            environment=QUIET, without=NOT_NEEDED,
        )  # fmt: skip
        return
    size = f"asked for {recipe.trainer.vocab_size}, has {tokenizer.get_vocab_size()}"
    yield from _facts_of(rule, tokenizer, size)


def _facts_of(rule: Rule, tokenizer: Tokenizer, size: str) -> Iterator[Fact]:
    match rule.shows:
        case "pair":
            encoded = tokenizer.encode("low", "lower")
            yield "pair", "'low', 'lower'"
            yield "tokens", _listed(encoded.tokens)
            yield "ids", " ".join(map(str, encoded.ids))
            yield "type ids", " ".join(map(str, encoded.type_ids))
        case "twice":
            cuts = {tuple(tokenizer.encode(rule.probe).tokens) for _ in range(_ENCODINGS)}
            yield "text", repr(rule.probe)
            yield f"encoded {_ENCODINGS} times", f"cut in {len(cuts)} way{'s' * (len(cuts) > 1)}"
            for cut in sorted(cuts)[:2]:
                yield "tokens", _listed(cut)
        case "vocabulary":
            end = tokenizer.get_vocab_size()
            last = [tokenizer.id_to_token(i) for i in range(end - _LAST_TOKENS, end)]
            yield "vocab_size", size
            yield "last tokens", _listed([token for token in last if token])
        case _:
            encoded = tokenizer.encode(rule.probe, add_special_tokens=False)
            decoded = tokenizer.decode(encoded.ids, skip_special_tokens=False)
            without = tokenizer.decode(encoded.ids)
            yield "text", repr(rule.probe)
            yield "tokens", _listed(encoded.tokens)
            yield "decoded", repr(decoded)
            if without != decoded:
                yield "special skipped", repr(without)


def _listed(tokens: Iterable[str]) -> str:
    return " | ".join(tokens)


def _wrapped(state: str, spec: WrapSpec, roles: dict[str, str], probe: str) -> list[Fact]:
    """What transformers does with it; in a child process, since it takes a second to import."""
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - only in the child

    options: dict[str, Any] = {f"{role}_token": token for role, token in roles.items()}
    if spec.model_max_length is not None:
        options["model_max_length"] = spec.model_max_length
    loaded = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(state),
        clean_up_tokenization_spaces=spec.clean_up_tokenization_spaces,
        chat_template=spec.chat_template,
        **options,
    )
    if spec.chat_template:
        chat = [{"role": "user", "content": probe}]
        text = loaded.apply_chat_template(chat, tokenize=False)
        return [
            ("chat", repr(text)),
            ("tokens", _listed(loaded.convert_ids_to_tokens(loaded(text).input_ids))),
        ]
    if len(probe) > _LONG:
        whole, cut = (len(loaded(probe, truncation=on).input_ids) for on in (False, True))
        return [("text", f"of {whole:,} tokens"), ("truncation=True", f"{cut:,} tokens")]
    return [("text", repr(probe)), ("decoded", repr(loaded.decode(loaded(probe).input_ids)))]


def _trained(recipe: Recipe, text: Sample) -> Tokenizer:
    blank = pipeline.assemble(recipe.pipeline).to_str()
    trained = training.from_text(recipe.trainer, demands_of(recipe), _Texts(text.texts), blank)
    return pipeline.assemble(recipe.pipeline, trained)


@dataclass(frozen=True)
class _Texts:
    """A corpus of a few texts in memory."""

    texts: tuple[str, ...]
    sources: tuple[str, ...] = ("example",)
    held_out: float = 0.0
    size: int = 1

    def parts(self) -> "tuple[_Texts, ...]":
        """There is one source."""
        return (self,)

    def batches(self, split: Split = "train", watch: Watch = ignore) -> "Iterator[pa.RecordBatch]":
        """All of them at once."""
        from tokbench.corpus import documents  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        if split != "held_out":
            yield documents.batch(documents.array_of([text.encode() for text in self.texts]), 0)
        watch(Progress("reading", 1, 1, "bytes", documents=len(self.texts)))

    def identity(self) -> str:
        """The texts themselves."""
        return "\n".join(self.texts)
