"""A part of a corpus that is read by itself: shard 3 of 16, the same documents wherever it is read.

`line` says which documents belong to which shard, `slices` reads them, `whole` puts together what
all slices of a source told.
"""

from tokbench.corpus.sharding.slices import Slice, outline, pieces, slices
from tokbench.corpus.sharding.whole import identity, keep, together

__all__ = ["Slice", "identity", "keep", "outline", "pieces", "slices", "together"]
