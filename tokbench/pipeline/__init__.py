"""The pipeline: normalizer, pre-tokenizer, model, post-processor, decoder as one `Tokenizer`."""

from tokbench.pipeline.assemble import assemble, byte_alphabet
from tokbench.pipeline.models import BYTE_TOKENS
from tokbench.pipeline.spec import PipelineSpec, problems

__all__ = ["BYTE_TOKENS", "PipelineSpec", "assemble", "byte_alphabet", "problems"]
