"""A checkpoint given another vocabulary: the rows of its embedding tables moved to new ids."""
