"""What the kind of a task decides, one file a kind.

Everything else works for tasks of any kind and asks its `Kind`: which class of transformers is
trained, what labels are, what is learned, what an answer is and how it is scored.

>>> KINDS["tokens"].auto, KINDS["regression"].pipelines
('TokenClassification', ('text-classification',))
"""

from tokbench.downstream.kinds.base import DEVIATION, KINDS, Judge, Kind, Predicted, Rival, of

__all__ = ["DEVIATION", "KINDS", "Judge", "Kind", "Predicted", "Rival", "of"]
