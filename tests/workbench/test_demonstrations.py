"""Every rule's demonstration shows a difference between the broken and the mended recipe."""

from collections.abc import Callable
from typing import Any

import pytest

from tokbench.rules import Rule, rules_of
from tokbench.training import library
from tokbench.workbench import demonstrate

SAME_ON_PURPOSE = {"L39"}  # mended by saying that it is meant
SHOWN = [
    pytest.param(one, id=f"{one.id}-{about}")
    for about in ("recipe", "tokenizer")
    for one in rules_of(about)
    if one.shows != "nothing"
]


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train and wrap in this process: thirty demonstrations, two tokenizers each."""

    def call(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        watch = more.get("watch")
        return function(*arguments, *([watch] if watch else []))

    monkeypatch.setattr(library, "run_in_child", call)
    monkeypatch.setattr("tokbench.workbench.demonstrations.run_in_child", call)


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("rule", SHOWN)
def test_the_harm_can_be_seen(rule: Rule) -> None:
    broken, mended = demonstrate(rule)
    assert [one.rule for one in broken.findings] == [rule.id]
    assert mended.findings == ()
    assert broken.facts
    assert (broken.facts == mended.facts) == (rule.id in SAME_ON_PURPOSE and rule.about == "recipe")


@pytest.mark.usefixtures("at_home")
def test_a_loss_is_a_loss_and_is_mended() -> None:
    rules = {one.id: one for one in rules_of("recipe")}
    for name in ("L09", "L14", "L32", "L34", "L35", "L41"):
        broken, mended = (dict(side.facts) for side in demonstrate(rules[name]))
        assert broken["decoded"] != broken["text"], name
        assert mended["decoded"] == mended["text"], name
