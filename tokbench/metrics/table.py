"""`docs/metrics.md`, made from the metrics themselves."""

import inspect
import re
import sys
from collections.abc import Iterator
from itertools import groupby

from tokbench.metrics.measuring import chosen
from tokbench.metrics.registry import ALL, Metric
from tokbench.metrics.resampling import FEWEST, GROUPS, RESAMPLES

_REASON = re.compile(r'NotApplicable\(\s*f?"([^"{]+)')
_HEAD = f"""# Metrics

Made from the code by `tokbench/metrics/table.py`; a test keeps it so. `tokbench list metrics` is
shorter.

A ratio is a ratio of totals over documents, never a mean of ratios. Texts are encoded without
special tokens. A metric that does not apply says n/a and why.

## Intervals

Numbers that are made from totals over documents have a 95% interval: {RESAMPLES:,} times, as many
documents as there are are drawn with replacement, and percentiles are taken of what comes out, a
little wider than 2.5 and 97.5 where documents are few (Hesterberg 2015). Every tokenizer gets the
same draws, so differences are paired: one is *seen* where the interval of the difference to the
baseline does not hold zero, otherwise the report says that no difference is seen. Nothing corrects
for many comparisons: of twenty differences that are none, one is seen.

Above {GROUPS:,} documents they are first gathered by chance in {GROUPS:,} groups of one size, and
groups are drawn: the spread is the same on average. Of fewer than {FEWEST} documents no interval is
told, nor where all agree; entropies, percentiles, distinct words, the vocabulary and speed have
none, and the JSON says why. `benchmarks/intervals.py` measures on simulated corpora how often the
truth is held.

Speed is measured on request (`--metric speed`): the same half megabyte, chosen by hash from all
over the text, in a fresh process, one round to warm up and five that go through all tokenizers in
turn. Shown are the median and the lowest and highest round; a difference is seen where the rounds
of two do not overlap. Every round must give the ids of the first, whose digest is in the JSON. A
byte-level BPE that `tiktoken` gives the same ids for is timed beside that.

Compression and entropies are not quality: Cognetta et al. 2024 raise Rényi efficiency while BLEU
falls, Schmidt et al. 2024 dispute that fewer tokens make better models.
"""


def table() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_families()])


def _families() -> Iterator[str]:
    every = sorted(chosen([ALL]), key=lambda one: (_module(one), one.order))
    for family, metrics in groupby(every, key=_module):
        module = sys.modules[family]
        some = list(metrics)
        yield f"## {some[0].family}\n"
        for one in some:
            better = f", {one.better} is better" if one.better else ""
            slow = (
                " Measured where it is asked for, by name or as one of `all`."
                if not one.shown()
                else ""
            )
            yield f"### `{one.name}`\n\n{_told(one)}\n\nIn {one.unit}{better}.{slow}\n"
        reasons = sorted(set(_REASON.findall(inspect.getsource(module))))
        if reasons:
            yield f"n/a where {'; or '.join(reasons)}.\n"


def _module(one: Metric) -> str:
    return one.function.__module__


def _told(one: Metric) -> str:
    """The docstring without its examples."""
    told = inspect.getdoc(one.function) or ""
    parts = told.split("\n\n")
    return "\n\n".join(part for part in parts if not part.startswith(">>>"))
