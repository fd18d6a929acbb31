"""Small tokenizers of every recipe, trained once a session."""

from functools import cache
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tokbench import corpus as corpora
from tokbench import pipeline, training
from tokbench.recipe import load
from tokbench.training import library
from tokbench.workbench.plan import demands_of

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
TEXTS = [
    "low lower lowest newer wider",
    "The quick brown fox jumps over the lazy dog.",
    "안녕하세요 세계, 토크나이저를 만듭니다.",
    "naïve café déjà vu; it's 12,345.67 euros!",
    "def f(x):\treturn x + 1  # comment",
    "日本語 と 中文 と emoji 👩‍👩‍👧",
    "She sells sea shells by the sea shore; the shells she sells are sea shells.",
]


def _call(function, *given, watch):
    return function(*given, watch)


@cache
def of_recipe(path: Path) -> Tokenizer:
    """The recipe's pipeline, trained on a few lines."""
    made = load(path, ["trainer.vocab_size=420"])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(library, "run_in_child", _call)
        blank = pipeline.assemble(made.pipeline).to_str()
        trained = training.from_text(made.trainer, demands_of(made), corpora.of(TEXTS * 20), blank)
    return pipeline.assemble(made.pipeline, trained)


@pytest.fixture(params=RECIPES, ids=lambda path: path.stem)
def recipe_tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return of_recipe(request.param)
