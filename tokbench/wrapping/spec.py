"""What a recipe says about the folder that `AutoTokenizer` loads."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from tokbench.spec import AsTuple, Spec, TextOrFile

_GENERATION = re.compile(r"\{%-?\s*(end)?generation\s*-?%\}")
Side = Literal["left", "right"]
ModelInput = Literal["input_ids", "token_type_ids", "attention_mask"]


class WrapSpec(Spec):
    """How `PreTrainedTokenizerFast` presents the tokenizer."""

    model_max_length: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    padding_side: Side = "right"
    truncation_side: Side = "right"
    model_input_names: Annotated[tuple[ModelInput, ...], AsTuple, Field(min_length=1)] = (
        "input_ids",
        "token_type_ids",
        "attention_mask",
    )
    chat_template: TextOrFile | None = None
    clean_up_tokenization_spaces: bool = False

    @field_validator("chat_template")
    @classmethod
    def _parses(cls, value: str | None) -> str | None:
        if value is not None:
            from jinja2 import Environment, TemplateSyntaxError  # noqa: PLC0415 - rarely needed

            # The tag in which transformers marks what the assistant generates is no part of Jinja.
            plain = _GENERATION.sub("", value)
            try:
                Environment(extensions=["jinja2.ext.loopcontrols"]).parse(plain)  # noqa: S701 - never rendered
            except TemplateSyntaxError as error:
                raise PydanticCustomError(
                    "template",
                    "is not a Jinja template: {reason} (line {line})",
                    {"reason": str(error.message), "line": error.lineno},
                ) from error
        return value
