"""The recipes that rules carry: a snippet of sections in a recipe that is otherwise fine."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tokbench.recipe import Recipe, parsed_all
from tokbench.rules.samples import Sample

if TYPE_CHECKING:
    from tokbench.rules.registry import Rule

_SECTION = re.compile(r"^(\w+):", re.MULTILINE)
BASE = {
    "name": "example",
    "corpus": "{sources: [python_docs]}",
    "pre_tokenizer": "{type: ByteLevel, add_prefix_space: false}",
    "model": "BPE",
    "trainer": "{vocab_size: 320, min_frequency: 2, max_token_length: 32}",
    "wrap": "{model_max_length: 512}",
}
"""What a snippet says nothing about."""


def whole(snippet: str) -> str:
    r"""The snippet as the text of a whole recipe.

    >>> print(whole("model: WordLevel\nwrap: {padding_side: left}\n").splitlines()[-2])
    model: WordLevel
    """
    said = set(_SECTION.findall(snippet))
    head = "".join(f"{key}: {value}\n" for key, value in BASE.items() if key not in said)
    return head + snippet


def recipe(snippet: str, file: str = "example.yaml") -> Recipe:
    """The recipe that a snippet stands for."""
    return parsed_all(whole(snippet), Path(file))[0]


def sample_of(rule: "Rule") -> Sample:
    """The text that a rule's snippets are checked on."""
    return Sample(rule.text)
