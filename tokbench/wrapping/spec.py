"""What a recipe says about the folder that `AutoTokenizer` loads."""

from typing import Annotated, Literal

from pydantic import Field

from tokbench.spec import AsTuple, Spec, TextOrFile

Side = Literal["left", "right"]
ModelInput = Literal["input_ids", "token_type_ids", "attention_mask"]


class WrapSpec(Spec):
    """How `PreTrainedTokenizerFast` presents the tokenizer."""

    model_max_length: Annotated[int, Field(ge=1)] | None = None
    padding_side: Side = "right"
    truncation_side: Side = "right"
    model_input_names: Annotated[
        tuple[ModelInput, ...], AsTuple, Field(min_length=1)
    ] = ("input_ids", "token_type_ids", "attention_mask")
    chat_template: TextOrFile | None = None
    clean_up_tokenization_spaces: bool = False
