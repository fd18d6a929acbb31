"""What the tests of Hub datasets call in a process whose Hub is the one on this machine."""

import os
import pickle
import time
from pathlib import Path
from typing import Any

from tokbench import corpus
from tokbench.errors import CorpusError


def prepare(environment: dict[str, str]) -> None:
    """Begin the process: the clients read these variables when they are imported."""
    os.environ.update(environment)


def read(
    *sources: dict[str, Any],
    columns: tuple[str, ...] = (),
    token: str = "",
    hurry: bool = False,
    first: int = 0,
) -> dict[str, Any]:
    """What sources give, opened in a corpus, or the error."""
    os.environ["HF_TOKEN"] = token
    sleep = time.sleep
    if hurry:
        time.sleep = lambda _: None
    try:
        spec = corpus.CorpusSpec.model_validate({"sources": list(sources), "held_out": 0})
        opened = pickle.loads(pickle.dumps(corpus.open(spec, Path())))
        (cleaned, *_) = opened.opened
        if first:
            rows = list(cleaned.read(first=first))
            texts = [text for each in rows for text in each.texts.to_pylist()]
            return {"texts": texts, "pieces": [each.piece for each in rows]}
        done: list[int] = []
        batches = list(opened.batches("all", lambda each: done.append(each.done), columns))
        return {
            "texts": [text for batch in batches for text in batch.column("text").to_pylist()],
            "columns": [
                [value for batch in batches for value in batch.column(name).to_pylist()]
                for name in columns
            ],
            "name": cleaned.name,
            "size": opened.size,
            "done": done,
            "identity": opened.identity(),
            "fingerprint": str(opened.fingerprint()),
        }
    except CorpusError as error:
        return {"error": str(error)}
    finally:
        time.sleep = sleep
