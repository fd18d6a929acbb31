"""The library's merges at 32k on real text, through the five pipelines everybody uses."""

import gzip
import json
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from oracles import library_bpe_from, word_counts
from tokenizers import Regex, pre_tokenizers

from tokbench.training import train_bpe

TEXTS = Path(__file__).parents[2].parent / "shared" / "data" / "text"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
PIPELINES = {
    "ByteLevel": BYTES,
    "cl100k": pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CL100K), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    ),
    "BERT": pre_tokenizers.BertPreTokenizer(),
    "Metaspace": pre_tokenizers.Metaspace(),
    "Whitespace": pre_tokenizers.Whitespace(),
}


@cache
def texts(name):
    path = TEXTS / name
    if not path.exists():
        pytest.skip(f"no {path}")
    if name.endswith(".gz"):
        return gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    if name.endswith(".jsonl.zst"):
        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
            return [json.loads(line)["text"] for line in stream.read().splitlines()]
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize(
    "name", ["en_alice.txt", "sw_bible_nt.txt.gz", "hi_libreoffice_help.jsonl.zst"]
)
def test_real_text(name, pipeline):
    chosen = {"vocab_size": 32_000, "special_tokens": ["<|endoftext|>"]}
    if pipeline in {"ByteLevel", "cl100k"}:
        chosen["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
    tokens, merges, words = library_bpe_from(texts(name), PIPELINES[pipeline], **chosen)
    trained = train_bpe(word_counts(words), **chosen)
    assert list(trained.tokens) == tokens
    assert list(trained.merges) == merges
    assert len(merges) > 1000
