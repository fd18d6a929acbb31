"""From a tokenizer to a folder that `AutoTokenizer` loads, proven in a fresh process."""

from tokbench.wrapping.spec import WrapSpec
from tokbench.wrapping.wrap import wrap

__all__ = ["WrapSpec", "wrap"]
