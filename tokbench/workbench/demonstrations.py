"""What a rule is about, shown: its broken and its mended recipe trained on a few lines of text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer, models, trainers
from tokenizers import decoders as library_decoders
from tokenizers import pre_tokenizers as library_pre_tokenizers

from tokbench import pipeline, training
from tokbench.child import run_in_child
from tokbench.errors import Finding
from tokbench.recipe import Recipe
from tokbench.rules import RecipeSubject, Rule, Sample, check, examples, sample
from tokbench.values import Progress, Split, Watch, ignore
from tokbench.workbench.plan import demands_of
from tokbench.wrapping import WrapSpec
from tokbench.wrapping.proof import QUIET

if TYPE_CHECKING:
    import pyarrow as pa

_ENCODINGS = 20
_LONG = 1000
_LAST_TOKENS = 6


Fact = tuple[str, str]
"""A label and what to show."""


@dataclass(frozen=True)
class Side:
    """One of the two recipes and what came of it.

    Attributes:
        snippet: the sections of the recipe that matter.
        findings: what `check` says of it.
        facts: what its tokenizer does: a label and what to show.
    """

    snippet: str
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]


def demonstrate(rule: Rule) -> tuple[Side, Side]:
    """Check and train a rule's broken recipe and its mended one, and look at what they give."""
    return _side(rule, rule.broken), _side(rule, rule.mended)


def demonstrate_lost_bytes() -> tuple[Fact, ...]:
    """L08 by hand, since no recipe can say it: the library without and with the byte alphabet."""
    text = "naïve 日本"
    facts = [("text", repr(text))]
    for label, alphabet in (
        ("without the alphabet", []),
        ("with it", list(pipeline.byte_alphabet())),
    ):
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = library_pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = library_decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=300, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator(["native knaves have lives"], trainer)
        facts.append((label, f"decodes to {tokenizer.decode(tokenizer.encode(text).ids)!r}"))
    return tuple(facts)


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
    match rule.shows:
        case "pair":
            encoded = tokenizer.encode("low", "lower")
            yield "pair", "'low', 'lower'"
            yield "tokens", _listed(encoded.tokens)
            yield "type ids", " ".join(map(str, encoded.type_ids))
        case "twice":
            cuts = {tuple(tokenizer.encode(rule.probe).tokens) for _ in range(_ENCODINGS)}
            yield "text", repr(rule.probe)
            yield f"encoded {_ENCODINGS} times", f"cut in {len(cuts)} way{'s' * (len(cuts) > 1)}"
            for cut in sorted(cuts)[:2]:
                yield "tokens", _listed(cut)
        case "wrapped":
            roles = recipe.special_tokens.roles()
            yield from run_in_child(
                _wrapped, tokenizer.to_str(), recipe.wrap, roles, rule.probe, environment=QUIET
            )
        case "vocabulary":
            size = tokenizer.get_vocab_size()
            last = [tokenizer.id_to_token(i) for i in range(size - _LAST_TOKENS, size)]
            yield "vocab_size", f"asked for {recipe.trainer.vocab_size}, has {size}"
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
