"""Ids of documents written for training: one file a format.

A `Writer` fills a folder and can be told to make what it has safe: `checkpoint` gives what
`restore` needs to go on from there after the process was killed.
"""

from tokbench.writing.reading import blocks
from tokbench.writing.writer import FORMATS, Rows, Writer, id_type, writer

__all__ = ["FORMATS", "Rows", "Writer", "blocks", "id_type", "writer"]
