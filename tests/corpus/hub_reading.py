"""What the tests of Hub datasets call in a process whose Hub is the one on this machine."""

import json
import os
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokbench import corpus
from tokbench.errors import CorpusError

HOW = ("columns", "token", "hurry", "first", "offline", "open_only")


def prepare(environment: dict[str, str]) -> None:
    """Begin the process: the clients read these variables when they are imported."""
    os.environ.update(environment)


def read(
    *sources: dict[str, Any],
    columns: tuple[str, ...] = (),
    token: str = "",
    hurry: bool = False,
    first: int = 0,
    offline: bool = False,
    open_only: bool = False,
) -> dict[str, Any]:
    """What sources give, opened in a corpus, or the error.

    Args:
        sources: as recipes write them.
        columns: to read beside the text.
        token: the user's.
        hurry: whether nobody waits before trying again.
        first: the piece to begin with.
        offline: whether the user said so.
        open_only: whether to read nothing.
    """
    os.environ["HF_TOKEN"] = token
    try:
        with _offline(offline), _hurry(hurry) as slept:
            spec = corpus.CorpusSpec.model_validate({"sources": list(sources), "held_out": 0})
            opened = pickle.loads(pickle.dumps(corpus.open(spec, Path())))
            if open_only:
                return {"identity": opened.identity()}
            if first:
                return _from(opened, first)
            return {**_all(opened, columns), "slept": len(slept)}
    except CorpusError as error:
        return {"error": str(error)}


def _from(opened: corpus.OpenCorpus, first: int) -> dict[str, Any]:
    rows = list(opened.opened[0].source.read(first=first))
    texts = [text for each in rows for text in each.texts.to_pylist()]
    return {"texts": texts, "pieces": [each.piece for each in rows]}


def _all(opened: corpus.OpenCorpus, columns: tuple[str, ...]) -> dict[str, Any]:
    done: list[int] = []
    batches = list(opened.batches("all", lambda each: done.append(each.done), columns))
    values = [
        [value for batch in batches for value in batch.column(name).to_pylist()]
        for name in ("text", *columns)
    ]
    return {
        "texts": values[0],
        "columns": values[1:],
        "name": opened.sources[0],
        "size": opened.size,
        "done": done,
        "identity": opened.identity(),
        "fingerprint": str(opened.fingerprint()),
        "origins": opened.origins,
    }


@contextmanager
def _hurry(hurry: bool) -> Iterator[list[float]]:
    """Waiting takes no time; how long each wait would have been."""
    sleep, slept = time.sleep, list[float]()
    if hurry:
        time.sleep = slept.append
    try:
        yield slept
    finally:
        time.sleep = sleep


@contextmanager
def _offline(offline: bool) -> Iterator[None]:
    """As HF_HUB_OFFLINE=1, which the clients read once."""
    import datasets
    from huggingface_hub import constants

    from tokbench.corpus.datasets import hub_tables

    constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = offline
    if offline:
        hub_tables._builder.cache_clear()
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = False


def trained(source: Any, folder: str, given: Any = None) -> tuple[str, int, str]:
    """A tokenizer from one source: fingerprint and number of its documents, and its JSON."""
    from tokbench import pipeline
    from tokbench.workbench.runs import learn

    os.environ["HF_TOKEN"] = ""  # that of a test before would be nobody's here
    plan = _plan(source, folder, given)
    found = learn(plan)
    made = pipeline.assemble(plan.recipe.pipeline, found)
    return found.fingerprint, found.documents, made.to_str()


def kept(source: Any, folder: str, token: str) -> list[bytes]:
    """All that a training with this token leaves: what the plan holds, and files of the cache."""
    from tokbench.workbench.runs import learn

    os.environ["HF_TOKEN"] = token
    plan = _plan(source, folder)
    trained = learn(plan)
    files = [path for path in Path(os.environ["TOKBENCH_CACHE"]).rglob("*") if path.is_file()]
    made = [pickle.dumps(one) for one in (plan, trained, plan.recipe.resolved(), plan.origins)]
    return [*made, *(path.read_bytes() for path in files)]


def _plan(source: Any, folder: str, given: Any = None) -> Any:
    from tokbench.recipe import load
    from tokbench.workbench.plan import Plan

    path = Path(folder) / "recipe.yaml"
    path.write_text(
        f"name: same\ncorpus: {{sources: [{json.dumps(source)}], held_out: 0.1}}\n"
        "pre_tokenizer: Whitespace\nmodel: BPE\ntrainer: {vocab_size: 120}\n"
        "special_tokens: {unk: <unk>}\n"
    )
    return Plan.of(load(path), given=given)


class _Breaking:
    """A stream of a hundred rows that breaks off in new places, so many times."""

    features = None

    def __init__(self, times: int) -> None:
        self.times = times
        self.began = 0

    def with_format(self, _: str) -> "_Breaking":
        return self

    def iter(self, limit: int) -> Iterator[Any]:
        import httpx2
        import pyarrow as pa
        from huggingface_hub.errors import HfHubHTTPError

        self.began += 1
        for start in range(0, 100, limit):
            if self.began <= self.times and start >= 20 * min(self.began, 3):
                request = httpx2.Request("GET", "http://hub")
                raise HfHubHTTPError("no", response=httpx2.Response(503, request=request))
            yield pa.table({"n": range(start, min(start + limit, 100))})


def broken_stream(times: int) -> Any:
    """The rows of a stream that breaks, and how often it was begun; or the error."""
    from tokbench.corpus.datasets.hub_tables import Shard

    dataset = _Breaking(times)
    found: list[int] = []
    try:
        with _hurry(hurry=True):
            for table, row in Shard("owner/data", dataset).tables(None, 7):
                assert row == len(found) + 1
                found += table.column("n").to_pylist()
    except CorpusError as error:
        return str(error)
    return found, dataset.began
