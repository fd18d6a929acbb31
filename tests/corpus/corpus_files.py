"""Small corpora, written in every way that the corpus stage reads."""

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

Documents = Callable[..., list[str]]

TEXTS = ["plain", "", 'with "quotes", and commas', "두 줄\n셋째", "tab\tinside", "NA", "😀 é"]


def in_zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def in_zip(data: bytes, name: str = "inside") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return sink.getvalue()


CODECS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": in_zstd,
}


def as_csv(texts: list[str]) -> bytes:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(["id", "text"])
    writer.writerows(enumerate(texts))
    return sink.getvalue().encode()


def as_parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def as_arrow(table: pa.Table, kind: str) -> bytes:
    sink = pa.BufferOutputStream()
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def written(texts: list[str]) -> dict[str, bytes]:
    """The texts in each format that can hold every text, by file name."""
    rows = [{"id": number, "text": text} for number, text in enumerate(texts)]
    table = pa.table({"id": range(len(texts)), "text": pa.array(texts, pa.string())})
    return {
        "a.csv": as_csv(texts),
        "a.json": json.dumps(rows).encode(),
        "a.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "a.parquet": as_parquet(table),
        "a.arrow": as_arrow(table, "file"),
        "a.feather": as_arrow(table, "stream"),
    }
