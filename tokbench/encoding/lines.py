"""Only how many tokens each of some short texts has, in memory: for parallel text."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokbench.encoding.whole import Whole
from tokbench.values import Parallel

if TYPE_CHECKING:
    from tokbench.encoding.subjects import Subject


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
    names = (reference, *(name for name in languages if name != reference))
    whole = Whole(subject)
    columns, unknown = [], 0
    for name in names:
        ids = whole.encode(list(languages[name]))
        columns.append(list(map(len, ids)))
        if subject.unk_id is not None:
            unknown += sum(one.count(subject.unk_id) for one in ids)
    tokens = np.array(columns, np.int64).T
    return Parallel(names, tokens, unknown / max(1, int(tokens.sum())))
