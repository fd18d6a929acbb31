"""From a corpus to a vocabulary with merges or scores."""

from tokbench.training.bpe import train_bpe
from tokbench.training.wordlevel import train_wordlevel
from tokbench.training.wordpiece import train_wordpiece

__all__ = ["train_bpe", "train_wordlevel", "train_wordpiece"]
