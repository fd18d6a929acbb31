"""From word counts, or from text, to a vocabulary with merges or scores."""

from tokbench.training.bpe import train_bpe
from tokbench.training.continuing import Continued, continue_bpe
from tokbench.training.cut import cut, tokens_by_size
from tokbench.training.determinism import guarantee
from tokbench.training.engines import Demands, from_counts, from_text, no_documents
from tokbench.training.needs import needed, seconds
from tokbench.training.spec import ENGINES, TRAINERS, Engine, TrainerSpec, UnigramTrainer
from tokbench.training.unigram import train_unigram
from tokbench.training.wordlevel import train_wordlevel
from tokbench.training.wordpiece import train_wordpiece

__all__ = [
    "ENGINES",
    "TRAINERS",
    "Continued",
    "Demands",
    "Engine",
    "TrainerSpec",
    "UnigramTrainer",
    "continue_bpe",
    "cut",
    "from_counts",
    "from_text",
    "guarantee",
    "needed",
    "no_documents",
    "seconds",
    "tokens_by_size",
    "train_bpe",
    "train_unigram",
    "train_wordlevel",
    "train_wordpiece",
]
