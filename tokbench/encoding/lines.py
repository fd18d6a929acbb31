"""Only how many tokens each of some short texts has, in memory: for parallel text."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tokbench import kernels
from tokbench.encoding.ids import Differs, Encoder, Ids
from tokbench.values import Parallel

if TYPE_CHECKING:
    from tokbench.encoding.subjects import Subject

_LONG = 1 << 19
"""Bytes of text from which chunks are quicker."""


def parallel(
    subject: "Subject", languages: Mapping[str, Sequence[str]], reference: str
) -> Parallel:
    """The tokens of the same lines in every language.

    Args:
        subject: the tokenizer.
        languages: by name, as many lines each.
        reference: which of them the others are compared with.

    Raises:
        SubjectError: the tokenizer cannot encode a line.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only where lines are measured

    names = (reference, *(name for name in languages if name != reference))
    texts = [pa.array(list(languages[name]), pa.large_string()) for name in names]
    chunks = kernels.compiled_before() and sum(one.nbytes for one in texts) >= _LONG
    try:
        found = _encoded(Encoder(subject, special=False, chunks=chunks), texts)
    except Differs:
        found = _encoded(Encoder(subject, special=False, chunks=False), texts)
    tokens = np.array([one.lengths for one in found], np.int64).T
    unknown = sum(
        int((one.flat == subject.unk_id).sum()) for one in found if subject.unk_id is not None
    )
    return Parallel(names, tokens, unknown / max(1, int(tokens.sum())))


def _encoded(encoder: Encoder, texts: "Sequence[Any]") -> list[Ids]:
    return [encoder.encode(one) for one in texts]
