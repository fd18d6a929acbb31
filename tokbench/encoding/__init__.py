"""Encode a corpus with several tokenizers at once: what every metric is computed from."""

from tokbench.encoding.encode import encode
from tokbench.encoding.entries import entries
from tokbench.encoding.samples import cut, samples
from tokbench.encoding.subjects import Subject, from_folder, from_hub, from_tiktoken, subject
from tokbench.encoding.timing import time_all, timing_text

__all__ = [
    "Subject",
    "cut",
    "encode",
    "entries",
    "from_folder",
    "from_hub",
    "from_tiktoken",
    "samples",
    "subject",
    "time_all",
    "timing_text",
]
