"""Patterns of `Split` and `Replace`: a literal string, a regular expression, or a published one."""

from typing import Any, Literal

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError
from tokenizers import Regex

from tokbench.chunks.patterns import CL100K, GPT2, O200K, QWEN2
from tokbench.spec import OrString, Spec

PatternName = Literal["gpt2", "cl100k", "o200k", "llama3", "qwen2"]

PATTERNS: dict[PatternName, str] = {
    "gpt2": GPT2,
    "cl100k": CL100K,
    "llama3": CL100K,
    "qwen2": QWEN2,
    "o200k": O200K,
}
"""How GPT-2, GPT-4 (cl100k), GPT-4o (o200k), Llama 3 and Qwen 2 cut text, as published."""


class Pattern(OrString, Spec):
    """What to look for; written as a plain string, `{regex: ...}` or `{named: gpt2}`."""

    literal: str | None = None
    regex: str | None = None
    named: PatternName | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"literal": value} if isinstance(value, str) else value

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                Regex(value)
            except Exception as error:  # tokenizers raises plain Exception
                reason = str(error).removeprefix("Oniguruma error: ")
                raise PydanticCustomError(
                    "regex",
                    "the regular expression does not compile: {reason}; "
                    "tokenizers uses Oniguruma's syntax",
                    {"reason": reason},
                ) from error
        return value

    @model_validator(mode="after")
    def _one_of_three(self) -> "Pattern":
        if sum(value is not None for value in (self.literal, self.regex, self.named)) != 1:
            raise PydanticCustomError(
                "pattern", "a pattern is a plain string, {regex: ...} or {named: gpt2}"
            )
        if self.literal == "":
            raise PydanticCustomError("pattern", "an empty pattern matches nothing")
        return self

    def build(self) -> str | Regex:
        """What `tokenizers` takes: a string is literal, a `Regex` is not."""
        if self.literal is not None:
            return self.literal
        return Regex(self.source or "")

    @property
    def source(self) -> str | None:
        """The regular expression, None for a literal string."""
        return PATTERNS[self.named] if self.named else self.regex
