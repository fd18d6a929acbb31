"""What a recipe comes to: its corpus opened, its signatures computed, its folder named.

A run folder `runs/<name>/<signature>/` holds what each stage gave. The signature stands for all
that makes the tokenizer what it is; training has one of its own, so that a new template or
model_max_length does not train again.
"""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokbench import corpus as corpora
from tokbench import pipeline, store, training
from tokbench.recipe import Recipe
from tokbench.training import Engine, UnigramTrainer
from tokbench.values import Composed

RUNS = Path("runs")
RUN_FILE = "run.json"
TOKENIZER = "tokenizer"
_FORMAT = 2
_LEARNED = ("normalizer", "pre_tokenizer", "model", "trainer", "special_tokens")
_SHOWN = ("added_tokens", "post_processor", "decoder", "wrap")


def demands_of(recipe: Recipe) -> training.Demands:
    """What the pipeline of a recipe asks of the vocabulary."""
    return training.Demands(
        special_tokens=recipe.special_tokens.contents(),
        unk=recipe.special_tokens.roles().get("unk"),
        alphabet=pipeline.byte_alphabet() if recipe.byte_level else (),
        byte_tokens=pipeline.BYTE_TOKENS if recipe.byte_fallback else (),
    )


@dataclass(frozen=True)
class Plan:
    """A recipe ready to run.

    Attributes:
        recipe: what to do.
        corpus: its documents.
        corpus_identity: changes when reading could give other documents.
        family: the signature of all vocabularies that differ in size only.
        signature: of the tokenizer, wrapped.
        engine: who trains.
        origins: of each source where it comes from, where its spec does not say it all.
    """

    recipe: Recipe
    corpus: Composed
    corpus_identity: str
    family: str
    signature: str
    engine: Engine = "tokbench"
    origins: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, recipe: Recipe, engine: Engine = "tokbench", given: Any = None) -> "Plan":
        """Open the corpus, read its files once for their identity, compute the signatures.

        Documents `given` from Python stand in place of those that the recipe names.

        Who trains is part of the signature where the results may differ: the library's WordPiece
        and prefixed BPE change from run to run, ours do not; Unigram is SentencePiece's.
        """
        if given is None:
            corpus = corpora.open(recipe.corpus, recipe.base)
        else:
            corpus = corpora.instead(recipe.corpus, given)
            recipe = recipe.model_copy(update={"corpus": corpus.spec})
        identity = corpus.identity()
        said = recipe.resolved()
        order = list(recipe.special_tokens.contents())
        learned = [
            _FORMAT,
            identity,
            recipe.corpus.held_out,
            {key: said.get(key) for key in _LEARNED},
            order,
            version("tokenizers"),
            *([engine] if engine != "tokbench" else []),
            *([trainer, version(trainer)] if (trainer := _trainer(recipe, engine)) else []),
        ]
        vocabulary = store.signature(*learned)
        if engine == "tokbench" and recipe.model.type != "Unigram" and not recipe.byte_fallback:
            del said["trainer"]["vocab_size"]  # elsewhere a smaller one is no cut of a larger one
        family = store.signature("family", *learned)
        wrapped = {key: said.get(key) for key in _SHOWN}
        signature = store.signature(_FORMAT, vocabulary, wrapped, version("transformers"))
        origins = tuple(corpus.origins)
        return cls(recipe, corpus, identity, family, signature, engine, origins)

    def versions(self) -> dict[str, str]:
        """Of the packages that made the tokenizer, and of Python."""
        trainer = _trainer(self.recipe, self.engine)
        names = ("tokenizers", "transformers", *([trainer] if trainer else []))
        return {**{name: version(name) for name in names}, "python": platform.python_version()}

    def folder(self, runs: Path = RUNS) -> Path:
        """Where the run's results are kept."""
        return runs / self.recipe.name / self.signature


def _trainer(recipe: Recipe, engine: Engine) -> str:
    """The package whose trainer it is, where that is neither ours nor of `tokenizers`."""
    ours = engine == "tokbench"
    return "sentencepiece" if ours and isinstance(recipe.trainer, UnigramTrainer) else ""
