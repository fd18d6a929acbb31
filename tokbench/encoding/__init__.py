"""Encode a corpus with several tokenizers at once: what every metric is computed from."""

from tokbench.encoding.differing import differing
from tokbench.encoding.encode import encode, encode_documents
from tokbench.encoding.entries import entries
from tokbench.encoding.ids import Differs, Encoder, Ids, bytes_of
from tokbench.encoding.lines import parallel
from tokbench.encoding.morphemes import Gold, morphology
from tokbench.encoding.samples import cut, samples
from tokbench.encoding.scripts import SCRIPTS, Lines, in_scripts, lines
from tokbench.encoding.subjects import Subject, from_folder, from_hub, from_tiktoken, subject
from tokbench.encoding.timing import time_all, timing_text
from tokbench.encoding.token_bytes import token_bytes

__all__ = [
    "SCRIPTS",
    "Differs",
    "Encoder",
    "Gold",
    "Ids",
    "Lines",
    "Subject",
    "bytes_of",
    "cut",
    "differing",
    "encode",
    "encode_documents",
    "entries",
    "from_folder",
    "from_hub",
    "from_tiktoken",
    "in_scripts",
    "lines",
    "morphology",
    "parallel",
    "samples",
    "subject",
    "time_all",
    "timing_text",
    "token_bytes",
]
