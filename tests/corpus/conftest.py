"""How the tests of the corpus open files in their own folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from corpus_files import Documents

from tokbench import corpus


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., corpus.OpenCorpus]:
    """Opens files in the test's folder; options go to the source."""

    def open_(*paths: str, held_out: float = 0.05, **options: object) -> corpus.OpenCorpus:
        source = {"type": "files", "paths": list(paths), **options}
        spec = corpus.CorpusSpec.model_validate({"sources": [source], "held_out": held_out})
        return corpus.open(spec, tmp_path)

    return open_


@pytest.fixture
def documents(opened: Callable[..., corpus.OpenCorpus]) -> Documents:
    """All documents of the files in the test's folder."""

    def read(*paths: str, **options: object) -> list[str]:
        batches = list(opened(*paths, **options).batches("all"))
        for batch in batches:
            batch.validate(full=True)
            assert batch.schema.names == ["text", "source"]
            assert batch.column("text").null_count == 0
        return [text for batch in batches for text in batch.column("text").to_pylist()]

    return read
