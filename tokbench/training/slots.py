"""How the kernels see words: slots, one for every symbol that a word starts with.

All words lie one after the other in one array, a sentinel before, between and after them. A token
covers as many slots as symbols were merged into it, and stays where they were, so a position is an
address for good and nothing ever moves:

    token   -1   t    h    e   -1    the word "the", count 7, before any merge
    mark     0   7    7    7    0

    token   -1   he-  hole ...       two slots: first and last hold the token (here `th`)

    token   -1   th   th   e   -1    after t + h
    mark     0   7   -2    7    0

    token   -1  the hole the   -1    after th + e
    mark     0   7   -3   -3    0

- A token's first slot holds the token and a positive mark: the count of its word.
- Its last slot holds the token too, and minus its length in slots; so does its second slot hold
  minus its length (with two slots they are the same one). From any token, the neighbour on the
  left and the neighbour on the right, their lengths included, are thus read from the slots beside
  it; nothing is searched, and nothing but the word itself has to be looked at.
- Slots in between are holes.

Marks are 32 bits wide to keep eight slots in a cache line; counts are 64. A count from `LARGE` on
is kept in an array beside (`large_counts`), and the mark is `LARGE` plus its place there.
"""

import numpy as np

SLOT = np.dtype([("token", np.int32), ("mark", np.int32)])
SENTINEL = -1
HOLE = -2
LARGE = 1 << 30
MOST_SLOTS = (1 << 31) - 2
"""Positions are 32 bits wide: two thousand million symbols in distinct words."""
