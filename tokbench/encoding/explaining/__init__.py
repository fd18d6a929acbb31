"""One text, stage by stage, as the library really takes it."""

from tokbench.encoding.explaining.explain import MOST, explain

__all__ = ["MOST", "explain"]
