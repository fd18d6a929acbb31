"""A tokenizer as files of other libraries, where these give the very same ids.

One file a format. Each says in a sentence why a tokenizer cannot be written so; that the files do
what they should is proven by whoever asks for them, on texts, with the library itself.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from tokbench.publishing.exports import sentencepiece, tiktoken
from tokbench.publishing.exports.exported import Encoder, Exported

Format = Literal["tiktoken", "sentencepiece"]
FORMATS: Mapping[str, Callable[[Mapping[str, Any], str], Exported]] = {
    "tiktoken": tiktoken.export,
    "sentencepiece": sentencepiece.export,
}
"""Makers of files by format: from the tokenizer.json, parsed, and a name."""
ENCODERS: Mapping[str, Callable[[Exported], Encoder]] = {
    "tiktoken": tiktoken.encoder,
    "sentencepiece": sentencepiece.encoder,
}
"""Who encodes by such files: the library itself."""

__all__ = ["ENCODERS", "FORMATS", "Encoder", "Exported", "Format"]
