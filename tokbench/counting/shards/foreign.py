"""Counts that other tools made: Parquet with columns `text` and `count`, and nothing else known.

Their texts are whole documents, or pieces of documents cut nowhere but where the cut set cuts; they
are cut by it here. Since pieces tile documents, their bytes sum up to those of all documents: who
says how many there are is told of a part that is missing or there twice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from tokbench.chunks import CUT_SETS
from tokbench.chunks.arrow import raw_strings
from tokbench.counting.chunk_pass import Cutter, told
from tokbench.counting.parts import ChunkParts
from tokbench.counting.shards.joining import bytes_of, held
from tokbench.counting.shards.part import damaged, strings_of
from tokbench.counting.spilling import Bounded, Bounds
from tokbench.errors import CountsError
from tokbench.values import Corpus, Split

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = 1 << 20
_TEXTS = (pa.string(), pa.large_string())
"""What a column of text may be; strings of a dictionary are read as such."""


def added(
    paths: Sequence[Path],
    corpus: Corpus,
    cut_set: str,
    bounds: Bounds,
    *,
    documents: int,
    size: int,
    split: Split = "train",
) -> ChunkParts:
    """The counts in these files as those of a source, added up within bounds, to be read once.

    The same text in several rows, or in several files, counts as often as all of them say.

    Args:
        paths: Parquet files.
        corpus: the source that they are of, for a few documents to check rules on.
        cut_set: the name of the cut set.
        bounds: what may be held in memory.
        documents: how many documents were counted.
        size: their UTF-8 bytes.
        split: which documents they are.

    Raises:
        CountsError: a file is there twice, or is not what it should be, or one is missing.
        StoreError: what finds no room in memory finds none on disk.
        CorpusError: the corpus cannot be read.
    """
    _refuse_twice(paths)
    cutter = Cutter(CUT_SETS[cut_set], Bounded(bounds))
    found = 0
    for path in paths:
        _refuse_columns(path)
        for text, offsets, counts in strings_of(path):
            found += bytes_of((text, offsets, counts))
            cutter.add_counted(text, offsets, counts)
    if found != size:
        much = "more: one is there twice" if found > size else "less: one is missing"
        raise CountsError(
            f"{paths[0].parent}: these parts hold {found:,} bytes of text, --bytes says {size:,}; "
            f"that is {much}, or text was changed or left out on the way"
        )
    whole = told(
        documents=documents,
        bytes=size,
        characters=cutter.characters,
        cut_set=cut_set,
        fingerprint="",
        sample=_sample(corpus, cut_set, split),
    )
    return ChunkParts(whole, lambda: held(cutter.table))


def _refuse_twice(paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        digest = _digest(path)
        if digest in seen:
            raise CountsError(f"{path}: holds the same as {seen[digest]}; leave one of them out")
        seen[digest] = path


def _digest(path: Path) -> str:
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _refuse_columns(path: Path) -> None:
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error
    kinds: dict[str, tuple[Callable[[pa.DataType], bool], str]] = {
        "text": (_is_text, "strings in UTF-8"),
        "count": (pa.types.is_integer, "whole numbers"),
    }
    for name, (fits, wanted) in kinds.items():
        if name not in schema.names:
            known = ", ".join(schema.names)
            raise CountsError(f"{path}: has no column {name!r} of {wanted}; it has {known}")
        kind = schema.field(name).type
        if not fits(kind):
            raise CountsError(f"{path}: column {name!r} is {kind}; it should be {wanted}")


def _is_text(kind: pa.DataType) -> bool:
    return (kind.value_type if pa.types.is_dictionary(kind) else kind) in _TEXTS


def _sample(corpus: Corpus, cut_set: str, split: Split) -> list[str]:
    """A few documents from the beginning of a source."""
    cutter = Cutter(CUT_SETS[cut_set])
    for batch in corpus.batches(split):
        cutter.add(*raw_strings(batch.column("text")))
        break
    return cutter.sample
