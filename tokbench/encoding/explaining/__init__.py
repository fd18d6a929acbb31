"""One text, stage by stage, as the library really takes it."""

from tokbench.encoding.explaining.explain import MOST, explain
from tokbench.encoding.explaining.looks import Watched

__all__ = ["MOST", "Watched", "explain"]
