"""Published values, each recomputed by the code that measures."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tokbench.encoding import Gold, from_folder, subject, token_bytes
from tokbench.encoding import morphology as boundaries_of
from tokbench.errors import SubjectError
from tokbench.metrics.efficiency import efficiency, middle
from tokbench.metrics.morphology import boundary_f1
from tokbench.metrics.parity import gini_of
from tokbench.metrics.registry import Ratio
from tokbench.training import train_bpe
from tokbench.values import Encoded, Recomputed, WordCounts

_TEXTS: dict[str, dict[float | str, float]] = {
    "pick @@ed pick @@l @@ed pick @@les": {
        2.5: 0.826506, 3.0: 0.803153, 1.0: 0.921185, "percentile": 0.857143,
    },
    "pick @@e @@d pick @@l @@e @@d pick @@l @@e @@s": {
        2.5: 0.920484, 3.0: 0.910568, 1.0: 0.960956, "percentile": 0.909091,
    },
}  # fmt: skip
_HUGS = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
_MERGES = "u-g u-n h-ug p-un p-ug hug-s b-un"
_BROKEN = {"gpt2": (344, 216), "cl100k": (773, 645)}
_DIGITS = 6


def verify(gpt2: Path | None = None, cl100k: Path | None = None) -> tuple[Recomputed, ...]:
    """Published values beside ours.

    Args:
        gpt2: the tokenizer.json of GPT-2, for what is known of its vocabulary.
        cl100k: the cl100k_base.tiktoken file, likewise.

    Raises:
        SubjectError: a file cannot be read.
    """
    return (
        *_entropies(),
        _told("Gini of [1, 3]", "Meister et al.", 0.25, float(gini_of(np.array([1.0, 3.0])))),
        _told("boundary F1, g/a/t/h/e/r/e/d for gather|ed", "by definition", 0.25, _f1("")),
        _told("boundary F1, the gold cut itself", "by definition", 1.0, _f1("gather", "ed")),
        _told(
            "BPE merges, hug 10 pug 5 pun 12 bun 4 hugs 5",
            "the words of the Hugging Face course, chapter 6",
            _MERGES,
            _merges(),
        ),
        *_vocabulary("gpt2", gpt2, "tokenizer.json", _of_tokenizer),
        *_vocabulary("cl100k", cl100k, "cl100k_base.tiktoken", _of_tiktoken),
    )


def _zouhar() -> str:
    """Where the entropies come from, and of which texts."""
    texts = "; ".join(f"{number}: {text}" for number, text in enumerate(_TEXTS, 1))
    return f"Zouhar et al. 2023 and their tokenization-scorer, of the texts {texts}"


def _told(name: str, source: str, published: Any, ours: Any) -> Recomputed:
    if isinstance(ours, float):
        ours = round(ours, _DIGITS)
    return Recomputed(name, source, published, ours)


def _entropies() -> Iterator[Recomputed]:
    for number, (text, published) in enumerate(_TEXTS.items(), 1):
        counts = np.unique(text.split(), return_counts=True)[1]
        for kind, value in published.items():
            if isinstance(kind, str):
                yield _told(
                    f"percentile frequency, text {number}", _zouhar(), value, middle(counts)
                )
            else:
                name = "Shannon efficiency" if kind == 1 else f"Rényi efficiency, alpha {kind:g}"
                ours = efficiency(counts, kind, len(counts))
                yield _told(f"{name}, text {number}", _zouhar(), value, ours)


def _f1(*pieces: str) -> float:
    """Of a tokenizer that knows these pieces and all letters, on `gather|ed`."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - only to verify

    every = dict.fromkeys([*filter(None, pieces), *"gathered"])
    ids = {one: number for number, one in enumerate(["[UNK]", *every])}
    ids |= {f"##{one}": len(ids) + number for number, one in enumerate(every)}
    made = Tokenizer(models.WordPiece(ids, unk_token=next(iter(ids))))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    cut = boundaries_of(subject("x", made.to_str(), "x"), Gold.of([("gathered", "gather @@ed")]))
    found = boundary_f1(replace(Encoded.of(["gathered"], [["gathered"]]), morphology=cut))
    assert isinstance(found, Ratio)  # noqa: S101 - there is a gold segmentation
    return found.value


def _merges() -> str:
    import pyarrow as pa  # noqa: PLC0415 - heavy

    words = WordCounts(
        pa.array(list(_HUGS), pa.large_string()),
        np.array(list(_HUGS.values()), np.int64),
        documents=1,
        bytes=sum(len(word) * count for word, count in _HUGS.items()),
    )
    found = train_bpe(words, vocab_size=len(set("".join(_HUGS))) + len(_MERGES.split()))
    return " ".join("-".join(pair) for pair in found.merges)


def _vocabulary(
    name: str, path: Path | None, wanted: str, read: Callable[[Path], list[bytes]]
) -> Iterator[Recomputed]:
    titles = (f"{name}: entries that are not UTF-8", f"{name}: of these, more than one byte")
    ours: tuple[int | None, int | None] = (None, None)
    why = f"needs its vocabulary: --{name} {wanted}"
    if path is not None:
        broken = [one for one in read(path) if not _is_text(one)]
        ours, why = (len(broken), sum(len(one) > 1 for one in broken)), ""
    for title, published, mine in zip(titles, _BROKEN[name], ours, strict=True):
        yield Recomputed(title, "counted from its published file", published, mine, why)


def _of_tokenizer(path: Path) -> list[bytes]:
    return [one for one in token_bytes(from_folder(path).tokenizer) if one is not None]


def _of_tiktoken(path: Path) -> list[bytes]:
    try:
        lines = path.read_bytes().splitlines()
        return [base64.b64decode(line.split()[0], validate=True) for line in lines if line]
    except (OSError, ValueError, IndexError) as error:
        raise SubjectError(f"{path}: is no tiktoken file: {error}") from error


def _is_text(token: bytes) -> bool:
    try:
        token.decode()
    except UnicodeDecodeError:
        return False
    return True
