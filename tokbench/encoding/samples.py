"""A few short texts from the corpus, and how each tokenizer cuts them, for people to look at."""

import heapq
from collections.abc import Iterable, Sequence

import xxhash
from tokenizers import Encoding, Tokenizer

from tokbench.encoding.subjects import Subject
from tokbench.spelling import BYTES
from tokbench.values import Corpus, Cut, Sample, Split, texts

_SHORTEST, _LONGEST = 30, 160
_READ = 20_000
_SPACE = "\u2581"


def samples(subjects: Sequence[Subject], chosen: Sequence[str]) -> tuple[Sample, ...]:
    """Each of these texts as each tokenizer cuts it."""
    return tuple(Sample(text, tuple(cut(subject, text) for subject in subjects)) for text in chosen)


def chosen_of(some: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """A few lines, chosen by their hash, so that the order of documents does not matter."""
    return tuple(heapq.nsmallest(count, set(some), key=hash_of))


def lines_of(corpus: Corpus, split: Split) -> Iterable[str]:
    """A line of each document that is long enough, of the first 20,000."""
    seen = 0
    for batch in corpus.batches(split):
        for text in texts(batch):
            line = next((one for one in text[:2000].splitlines() if len(one) >= _SHORTEST), "")
            if line:
                yield line[:_LONGEST]
            seen += 1
            if seen >= _READ:
                return


def hash_of(text: str) -> int:
    """The same in every process."""
    return xxhash.xxh64_intdigest(text.encode())


def cut(subject: Subject, text: str) -> tuple[Cut, ...]:
    """The text as the tokenizer's tokens see it, in order, nothing left out but white space."""
    encoding = subject.tokenizer.encode(text, add_special_tokens=False)
    cuts: list[Cut] = []
    reached = 0
    for position, (token_id, (start, end)) in enumerate(
        zip(encoding.ids, encoding.offsets, strict=True)
    ):
        if lost := text[reached:start].strip():
            cuts.append(Cut(lost, "lost"))
        if token_id == subject.unk_id:
            cuts.append(Cut(text[start:end], "unk", token_id))
        elif _is_added(encoding, position):
            cuts.append(Cut(encoding.tokens[position], id=token_id))
        elif _is_part(encoding, position):
            cuts.append(Cut(_bytes_of(subject.tokenizer, token_id), "byte", token_id))
        else:
            cuts.append(Cut(text[start:end] or encoding.tokens[position], id=token_id))
        reached = max(reached, end)
    if lost := text[reached:].strip():
        cuts.append(Cut(lost, "lost"))
    return tuple(cuts)


def _is_part(encoding: Encoding, position: int) -> bool:
    """Whether a token shares its characters with a neighbour, as parts of one character do.

    A space that Metaspace puts before a text has the place of the first character, and is no part.
    """
    start, end = encoding.offsets[position]
    if _is_space(encoding, position):
        return False
    return any(
        start < encoding.offsets[other][1]
        and encoding.offsets[other][0] < end
        and not _is_space(encoding, other)
        for other in (position - 1, position + 1)
        if 0 <= other < len(encoding.offsets)
    )


def _is_space(encoding: Encoding, position: int) -> bool:
    """Whether a token is nothing but Metaspace's mark."""
    return set(encoding.tokens[position]) == {_SPACE}


def _is_added(encoding: Encoding, position: int) -> bool:
    """Whether it is such a mark that stands for nothing in the text."""
    if not _is_space(encoding, position) or position + 1 == len(encoding.offsets):
        return False
    return encoding.offsets[position + 1][0] < encoding.offsets[position][1]


def _bytes_of(tokenizer: Tokenizer, token_id: int) -> str:
    """A part of a character by its bytes, as far as the token tells them."""
    token = tokenizer.id_to_token(token_id) or ""
    if token.startswith("<0x"):
        return token[3:-1].lower()
    spelled = (BYTES.get(char) for char in token)
    shown = "".join(
        " " if byte == ord(" ") else f"{byte:02x}" for byte in spelled if byte is not None
    )
    return shown or token
