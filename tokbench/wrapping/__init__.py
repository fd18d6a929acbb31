"""From a tokenizer to a folder that `AutoTokenizer` loads, judged and proven in a fresh process."""

from tokbench.wrapping.folder import wrap
from tokbench.wrapping.gate import judge
from tokbench.wrapping.spec import WrapSpec

__all__ = ["WrapSpec", "judge", "wrap"]
