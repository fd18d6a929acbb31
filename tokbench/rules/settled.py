"""Rows of the catalogue that need no rule here: impossible in a recipe, or of a later stage."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Settled:
    """A row of the catalogue without a rule about recipes.

    Attributes:
        state: "impossible" where format 1 cannot say it, "later" where nothing that it is about
            exists yet, "in training" where only the trained vocabulary shows it.
        title: the mistake.
        why: what makes it impossible, who tells it, or what it waits for.
    """

    state: Literal["impossible", "later", "in training"]
    title: str
    why: str


def _impossible(title: str, why: str) -> Settled:
    return Settled("impossible", title, why)


def _later(title: str, why: str) -> Settled:
    return Settled("later", title, why)


SETTLED: dict[str, Settled] = {
    "L01": _impossible(
        "prefix or suffix on the model, where training erases it",
        "prefix and suffix are fields of the trainer only",
    ),
    "L04": _impossible(
        "an unknown token that is not among the special tokens",
        "the model's unknown token is special_tokens.unk",
    ),
    "L05": _impossible(
        "Unigram without an unknown token",
        "every model but BPE is refused without special_tokens.unk",
    ),
    "L06": _impossible(
        "Unigram's unknown token is not special",
        "the model's unknown token is special_tokens.unk",
    ),
    "L07": _impossible(
        "WordLevel's unknown token differs from the listed one",
        "the model's unknown token is special_tokens.unk",
    ),
    "L08": _impossible(
        "ByteLevel without the full byte alphabet, so that unseen bytes vanish",
        "wherever ByteLevel stands, the 256 byte characters are put into the vocabulary; "
        "what takes them out again is L09",
    ),
    "L10": _impossible(
        "an initial_alphabet entry of several characters",
        "an entry has one character",
    ),
    "L12": _impossible(
        "byte_fallback without its 256 tokens",
        "byte_fallback puts them after the special tokens",
    ),
    "L17": Settled(
        "in training",
        "the vocabulary is smaller than asked for",
        "`train` and `run` say so beside the result",
    ),
    "L21": _impossible("an unknown key, ignored", "every unknown key is an error"),
    "L22": _impossible(
        "a trainer that does not fit the model", "the trainer follows from the model"
    ),
    "L28": _impossible(
        "a regular expression that the library cannot compile",
        "every pattern is compiled when the recipe is read",
    ),
    "L29": _impossible(
        "a Python component, which cannot be saved", "components are those of `tokenizers`"
    ),
    "L43": _impossible(
        "a template whose ids differ from the vocabulary's",
        "a template names tokens; their ids are looked up",
    ),
    "L46": _impossible(
        "a special token twice", "a token that is given twice is refused with both places"
    ),
    "L51": _impossible(
        "a role whose token is not in the vocabulary, or that shares it with another",
        "special tokens are the first of the vocabulary, and each has a text of its own; "
        "masked training without mask is refused with fine-tuning",
    ),
    "L53": _impossible(
        "padding or truncation left on inside tokenizer.json",
        "both are taken off before it is saved",
    ),
    "L54": _impossible(
        "an iterator of characters or maps", "a document is a string of a source, or an error"
    ),
    "L56": _impossible(
        "a generator that is empty the second time", "every pass opens the sources again"
    ),
    "L58": _later("the head of a stream that is not shuffled", "mixing sources"),
    "L59": _later("weights that do not fit, a source that ends early", "mixing sources"),
    "L60": _later("a language of the card that no source has", "the model card"),
    "L61": _later(
        "a data set's revision is not pinned",
        "data sets of the Hub (held-out text cannot overlap: it is chosen by its hash)",
    ),
    "L62": _impossible(
        "line ends kept from files and not from iterators",
        "a document is the same text whatever file it comes from",
    ),
    "L65": _impossible(
        "tokenizer_class missing or of a model", "PreTrainedTokenizerFast is written"
    ),
    "L66": _later("a model type whose AutoTokenizer overrides the pipeline", "target models"),
    "L67": _later("features that transformers 4 cannot read", "publishing"),
    "L69": _later("pre-split words without add_prefix_space", "downstream tasks"),
    "L70": _later("dynamic shapes on XLA", "downstream tasks"),
    "L71": _later("a licence that is missing or too loose, secrets in the card", "publishing"),
    "L73": _impossible(
        "TOKENIZERS_PARALLELISM with forked workers",
        "child processes are started, never forked",
    ),
}
"""By the id of the row."""
