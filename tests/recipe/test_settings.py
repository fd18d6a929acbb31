"""How models are trained, as options say it."""

import pytest

from tokbench.errors import RecipeError
from tokbench.recipe.settings import training


@pytest.mark.parametrize(("override", "said"), [
    ("epochs=.inf", "epochs: must be at most 1000000"),
    ("epochs=.nan", "epochs: must be at most 1000000"),
    ("learning_rate=.inf", "learning_rate: expected a finite number"),
    ("learning_rate=[1e-3, .nan]", "learning_rate.1: expected a finite number"),
    ("weight_decay=.inf", "weight_decay: expected a finite number"),
    ("warmup=.nan", "warmup: must be less than 1"),
])  # fmt: skip
def test_settings_that_are_no_number(override: str, said: str) -> None:
    with pytest.raises(RecipeError, match=r"^--set ") as refused:
        training({}, {}, [override])
    assert said in str(refused.value)
