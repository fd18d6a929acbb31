"""What training again is guaranteed to give: said once, here."""

from tokbench.training.spec import BpeTrainer, TrainerSpec
from tokbench.values import Guarantee


def guarantee(spec: TrainerSpec, engine: str) -> Guarantee:
    """Whether the same text gives the same vocabulary, byte for byte, and why.

    Found by training again and again (`tests/workbench/test_same_bytes.py`,
    `tests/training/test_library_training.py`).

    >>> from tokbench.training.spec import WordPieceTrainer
    >>> guarantee(WordPieceTrainer(), "tokbench").identical
    True
    >>> guarantee(WordPieceTrainer(), "tokenizers").identical
    False
    """
    model = spec.for_model
    if engine == "tokbench":
        by = "SentencePiece" if model == "Unigram" else "our own kernels"
        return Guarantee(
            identical=True,
            why=f"{model} is learned by {by} from counts, in which the order of documents is lost",
        )
    prefixed = isinstance(spec, BpeTrainer) and bool(spec.continuing_subword_prefix)
    if model == "WordLevel" or (model == "BPE" and not prefixed):
        return Guarantee(identical=True, why=f"the library's {model} gives the same every time")
    reasons = {
        "Unigram": "the library's Unigram drifts in the last digits of its scores",
        "WordPiece": "the library's WordPiece breaks ties by the order of a hash table",
        "BPE": "the library's BPE with a prefix breaks ties by the order of a hash table",
    }
    return Guarantee(identical=False, why=f"{reasons[model]}; --engine tokbench does not")
