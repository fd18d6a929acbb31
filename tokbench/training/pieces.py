"""SentencePiece's Unigram trainer, fed with counts of words in which nothing is special."""

import io
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from tokbench.training.seeds import seeds
from tokbench.values import Progress

if TYPE_CHECKING:
    from tokbench.training.unigram import Asked

MISHANDLED = "\0\t\n\r\x1f \u2581\u2585"
"""Characters that the trainer reserves, cuts lines at or reads as white space.

The trainer was given every code point there is: it loses U+0000, U+001F and U+2585, its own format
uses tab and line feed. A space is turned into U+2581, and pieces may not end with that.
"""
_PRIVATE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
_SEEDS_PER_PIECE = 8
_SEEDS_OF_LONG_WORDS = 16
_LONG = 16  # characters: in scripts without spaces a word is a clause
_FEWEST_SEEDS = 10_000
_THREADS = 2  # the order of sums, and so the result, depends on it: never the machine's cores
_UNSEEN = 0.1  # what every piece's count is raised by before the logarithm, so that none is 0
_AT_ONCE = 50_000
_WAIT = 0.2

Tell = Callable[[Progress], None]


def learn(
    words: Sequence[tuple[str, int]], asked: "Asked", folder: Path, send: Tell
) -> list[tuple[str, float]]:
    """Pieces and their log-probabilities.

    Args:
        words: distinct, in order, with their counts.
        asked: what to learn.
        folder: an empty one, for the trainer's files; its log is `log`.
        send: told when it begins and how many pieces are pruned.

    Raises:
        RuntimeError: as the trainer raises it.
    """
    send(Progress("seeding", 0, None, "words"))
    counts = np.array([count for _, count in words], np.int64)
    joined = "\n".join(text for text, _ in words)
    seen = set(joined) - {"\n"} | {"\n" for text, _ in words if "\n" in text}
    required = seen | set(asked.alphabet)
    table, unknown = escapes(required)
    texts = [text.translate(table) for text, _ in words]
    clashes = sum(text in joined for text in asked.reserved)
    room = asked.room + clashes
    start = seeds(texts, counts, _how_many(texts, room), asked.longest)
    back = {ord(escaped): chr(char) for char, escaped in table.items()}
    if not start or len(required) >= room:
        return _characters(words, required - set(asked.reserved))
    model = train(
        list(zip(texts, counts.tolist(), strict=True)),
        start,
        {
            "vocab_size": room + 1,
            "unk_piece": unknown,
            "required_chars": "".join(sorted(char.translate(table) for char in required)),
            "shrinking_factor": asked.shrinking_factor,
            "max_sentencepiece_length": asked.longest,
            "num_sub_iterations": asked.iterations,
        },
        folder,
        send,
    )
    uses = _uses(model, texts, counts)
    found = {text.translate(back): count for text, count in uses.items()}
    found = {text: count for text, count in found.items() if text not in asked.reserved}
    found |= dict.fromkeys(required - found.keys() - set(asked.reserved), 0)
    extra = sorted(found.keys() - required, key=lambda text: (-found[text], text))
    kept = required.union(extra[: max(0, asked.room - len(found.keys() & required))])
    return _scored({text: count for text, count in found.items() if text in kept})


def _how_many(texts: Sequence[str], room: int) -> int:
    """How many seeds are worth their time: long words have more ways to be cut."""
    long = sum(map(len, texts)) > _LONG * len(texts)
    return max((_SEEDS_OF_LONG_WORDS if long else _SEEDS_PER_PIECE) * room, _FEWEST_SEEDS)


def escapes(used: set[str]) -> tuple[dict[int, str], str]:
    r"""What mishandled characters are written as, and one more: private-use ones not in use.

    >>> escapes({"a", " ", "\ue000"})
    ({32: '\ue001'}, '\ue002')
    """
    present = sorted(used.intersection(MISHANDLED))
    free = (chr(code) for code in chain(*_PRIVATE) if chr(code) not in used)
    *chosen, unknown = islice(free, len(present) + 1)
    return dict(zip(map(ord, present), chosen, strict=True)), unknown


def train(
    words: Sequence[tuple[str, int]],
    start: Sequence[tuple[str, int]],
    options: dict[str, Any],
    folder: Path,
    send: Tell,
) -> bytes:
    """The trainer's model, a serialized `ModelProto`; nothing is cut, joined or normalized."""
    _write(folder / "words.tsv", words)
    _write(folder / "seeds.tsv", start)
    model = io.BytesIO()
    with (
        (folder / "log").open("wb") as log,
        _told(folder / "log", len(start), options["vocab_size"], send),
    ):
        sentencepiece.SentencePieceTrainer.Train(
            logstream=log,
            input=str(folder / "words.tsv"),
            input_format="tsv",
            seed_sentencepieces_file=str(folder / "seeds.tsv"),
            seed_sentencepiece_size=len(start) + 0x110000,  # none of the seeds is to be cut off
            model_writer=model,
            model_type="unigram",
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            split_by_whitespace=False,
            split_by_unicode_script=False,
            split_by_number=False,
            split_digits=False,
            max_sentence_length=1 << 30,
            shuffle_input_sentence=False,
            num_threads=_THREADS,
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            **options,
        )
    return model.getvalue()


def _write(path: Path, rows: Sequence[tuple[str, int]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{text}\t{count}\n" for text, count in rows)


@contextmanager
def _told(log: Path, start: int, end: int, send: Tell) -> Iterator[None]:
    """Reads from the log how many pieces are left, while the trainer runs and when it has ended."""
    done = threading.Event()

    def tell() -> None:
        left = re.findall(rb"EM sub_iter=\d+ size=(\d+)", log.read_bytes())
        if left and start > end:
            send(Progress("pruning", max(0, start - int(left[-1])), start - end, "pieces"))

    def look() -> None:
        while not done.wait(_WAIT):
            tell()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    tell()


def _uses(model: bytes, texts: list[str], counts: NDArray[np.int64]) -> dict[str, int]:
    """How often the best cut of the words uses each piece, the unknown one left out."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    uses = np.zeros(len(processor), np.int64)
    for at in range(0, len(texts), _AT_ONCE):
        cuts = processor.encode(texts[at : at + _AT_ONCE], out_type=int, num_threads=_THREADS)
        lengths = [len(cut) for cut in cuts]
        ids = np.fromiter(chain.from_iterable(cuts), np.int64, sum(lengths))
        np.add.at(uses, ids, np.repeat(counts[at : at + _AT_ONCE], lengths))
    pieces = [processor.id_to_piece(i) for i in range(1, len(processor))]
    return dict(zip(pieces, uses[1:].tolist(), strict=True))


def _characters(words: Sequence[tuple[str, int]], required: set[str]) -> list[tuple[str, float]]:
    """The vocabulary that has room for characters only."""
    uses = dict.fromkeys(required, 0)
    for text, count in words:
        for char in text:
            if char in uses:
                uses[char] += count
    return _scored(uses)


def _scored(uses: dict[str, int]) -> list[tuple[str, float]]:
    if not uses:
        return []
    total = sum(uses.values()) + _UNSEEN * len(uses)
    scores = np.log((np.array(list(uses.values()), np.float64) + _UNSEEN) / total)
    return list(zip(uses, scores.tolist(), strict=True))
