"""The corpus: sources of real text, read again and again as one stream of Arrow batches.

`CorpusSpec` is what a recipe says, `open` looks at every file without reading it and gives an
`OpenCorpus`, whose `batches` stream the documents of one split.
"""

from tokbench.corpus.cleaning.step import STEPS, StepSpec
from tokbench.corpus.datasets.objects import instead, of
from tokbench.corpus.opening import Ledger, OpenCorpus, open  # noqa: A004 - read as corpus.open
from tokbench.corpus.places.credentials import redacted
from tokbench.corpus.source import SOURCES, OpenSource, SourceSpec
from tokbench.corpus.spec import CorpusSpec
from tokbench.fingerprint import Fingerprint

__all__ = [
    "SOURCES",
    "STEPS",
    "CorpusSpec",
    "Fingerprint",
    "Ledger",
    "OpenCorpus",
    "OpenSource",
    "SourceSpec",
    "StepSpec",
    "instead",
    "of",
    "open",
    "redacted",
]
