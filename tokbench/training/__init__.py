"""From a corpus to a vocabulary with merges or scores."""

from tokbench.training.spec import TRAINERS, TrainerSpec
from tokbench.training.train import Demands, train

__all__ = ["TRAINERS", "Demands", "TrainerSpec", "train"]
