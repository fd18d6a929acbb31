"""Unigram from word counts: SentencePiece's trainer, in a child process."""

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tokbench.child import ChildError, run_in_child
from tokbench.errors import TrainingError
from tokbench.values import Progress, Trained, Watch, WordCounts, ignore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHRINKING = (0.5, 0.95)
ITERATIONS = (1, 10)
PIECE_LENGTH = (1, 512)
"""What SentencePiece takes, both ends included."""


def train_unigram(
    words: WordCounts,
    *,
    vocab_size: int,
    special_tokens: Sequence[str] = (),
    initial_alphabet: Sequence[str] = (),
    shrinking_factor: float = 0.75,
    max_piece_length: int = 16,
    n_sub_iterations: int = 2,
    watch: Watch = ignore,
) -> Trained:
    """Learn pieces and their log-probabilities, as `UnigramTrainer` does from the words' text.

    The result is not the library's, whose own scores change from run to run: it starts from
    substrings counted as often as they occur, 8 for each token asked for, 16 where words are long
    (`UnigramTrainer`: a million, each distinct word counted once), and ends with one more estimate
    of all scores, from how often the best cut of the words uses each piece. It is the same in every
    run, on every machine with the same version of `sentencepiece`, whatever the order of the words.

    Args:
        words: the distinct pre-tokens and how often each occurs; no piece reaches from one into
            another, and no character is treated as white space.
        vocab_size: how many tokens there may be. Fewer come back where the words hold no more
            pieces; more where the characters alone are more, for all of them are kept.
        special_tokens: get the first ids; a piece that reads like one is left out.
        initial_alphabet: characters that are kept even if they are never seen.
        shrinking_factor: the share of pieces that each round of pruning keeps, 0.5 to 0.95.
        max_piece_length: in characters, 1 to 512.
        n_sub_iterations: estimates of all probabilities before each pruning, 1 to 10.
        watch: told how many pieces are pruned.

    Returns:
        Special tokens (score 0), then pieces by falling score.

    Raises:
        TrainingError: a parameter that SentencePiece does not take, or the trainer died.

    >>> import numpy as np, pyarrow as pa
    >>> words = pa.array(["low", "lower", "newest"], pa.large_string())
    >>> counts = WordCounts(words, np.array([5, 2, 6]), documents=1, bytes=60)
    >>> trained = train_unigram(counts, vocab_size=12, special_tokens=["<unk>"])
    >>> trained.tokens[:4]
    ('<unk>', 'newest', 'low', 'lower')
    """
    _check("shrinking_factor", shrinking_factor, SHRINKING)
    _check("n_sub_iterations", n_sub_iterations, ITERATIONS)
    _check("max_piece_length", max_piece_length, PIECE_LENGTH)
    special = tuple(dict.fromkeys(special_tokens))
    asked = Asked(
        room=max(0, vocab_size - len(special)),
        reserved=special,
        alphabet=tuple(text[0] for text in initial_alphabet),
        shrinking_factor=shrinking_factor,
        longest=max_piece_length,
        iterations=n_sub_iterations,
    )
    with tempfile.TemporaryDirectory(prefix="tokbench-") as folder:
        log = Path(folder) / "log"
        try:
            found = run_in_child(_learn, words.words, words.counts, asked, folder, watch=watch)
        except ChildError as error:
            raise TrainingError(
                f"the Unigram trainer of sentencepiece died ({_last_line(log) or error.last}); "
                "the usual reason is memory: use less text or a smaller vocabulary"
            ) from error
    pieces = sorted(found, key=lambda piece: (-piece[1], piece[0]))
    return Trained(
        model="Unigram",
        tokens=(*special, *(text for text, _ in pieces)),
        scores=(*(0.0 for _ in special), *(score for _, score in pieces)),
        documents=words.documents,
        fingerprint=words.fingerprint,
    )


def _check(name: str, value: float, limits: tuple[float, float]) -> None:
    least, most = limits
    if not least <= value <= most:
        raise TrainingError(
            f"trainer.{name} is {value:g}: sentencepiece takes {least:g} to {most:g}; "
            "write one of these, or train with --engine tokenizers"
        )


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else ""


@dataclass(frozen=True)
class Asked:
    """What the child is to learn.

    Attributes:
        room: how many pieces there may be.
        reserved: texts that may not be pieces.
        alphabet: characters that must be.
        shrinking_factor: see `train_unigram`.
        longest: piece, in characters.
        iterations: before each pruning.
    """

    room: int
    reserved: tuple[str, ...] = ()
    alphabet: tuple[str, ...] = ()
    shrinking_factor: float = 0.75
    longest: int = 16
    iterations: int = 2


def _learn(
    words: object,
    counts: "NDArray[np.int64]",
    asked: Asked,
    folder: str,
    send: Callable[[Progress], None],
) -> list[tuple[str, float]]:
    """Pieces and scores, in no order; runs in the child."""
    from tokbench.training import pieces  # noqa: PLC0415 - imports sentencepiece

    texts: list[str] = cast("Any", words).to_pylist()
    ordered = sorted(zip(texts, counts.tolist(), strict=True))
    try:
        return pieces.learn(ordered, asked, Path(folder), send)
    except RuntimeError as error:
        said = re.sub(r"^[A-Z_]+: \S+\(\d+\) (\[.*?\] )?", "", str(error)).strip()
        raise TrainingError(
            f"the Unigram trainer of sentencepiece gave up: {said or error}; "
            "--engine tokenizers trains with the library's own"
        ) from error
