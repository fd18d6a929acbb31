"""From a tokenizer to a folder that `AutoTokenizer` loads, proven in a fresh process."""

from tokbench.wrapping.folder import wrap
from tokbench.wrapping.spec import WrapSpec

__all__ = ["WrapSpec", "wrap"]
