"""Real text of many scripts, a little of each file, against the library."""

import gzip
import itertools
import json
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile import NORMALIZERS, PRE_TOKENIZERS, tokenizer

from tokbench.counting import count

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "text"
FILES = sorted(DATA.glob("*")) if DATA.is_dir() else []
PIPELINES = [
    ("byte_level", "none"), ("digits_byte_level", "NFC"), ("cl100k", "none"), ("qwen2", "NFC"),
    ("o200k", "lowercase"), ("bert", "bert"), ("whitespace", "none"), ("whitespace_split", "NFKC"),
    ("metaspace", "nmt_NFKC"), ("byte_level", "NFD"), ("punctuation", "none"),
]  # fmt: skip


def documents_of(path):
    """The documents of a file: lines of text, or the field `text`."""
    name = path.name.removesuffix(".xz").removesuffix(".gz").removesuffix(".zst")
    if name.endswith(".parquet"):
        return pq.read_table(path).column("text").to_pylist()
    if path.suffix == ".xz":
        data = lzma.decompress(path.read_bytes())
    elif path.suffix == ".gz":
        data = gzip.decompress(path.read_bytes())
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd").read()
    else:
        data = path.read_bytes()
    lines = data.decode().splitlines(keepends=True)
    return [json.loads(line)["text"] for line in lines] if name.endswith(".jsonl") else lines


@pytest.mark.skipif(not FILES, reason=f"the shared data are not at {DATA}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_words_of_real_text(path, corpus, library_words, as_dict, tmp_path, limit=20_000):
    sizes = itertools.accumulate(
        documents := documents_of(path), lambda n, text: n + len(text), initial=0
    )
    documents = [text for text, size in zip(documents, sizes, strict=False) if size < limit]
    memory = corpus([text[: 2 * limit] for text in documents])
    for pre_name, name in PIPELINES:
        made = tokenizer(PRE_TOKENIZERS[pre_name], NORMALIZERS[name])
        counted = count(memory, made, cache=tmp_path, max_word_chars=None)
        assert as_dict(counted) == library_words(made, memory.documents), (pre_name, name)
        assert counted.exact_by == ("documents" if pre_name == "punctuation" else "chunks")
