"""What all tests share: no network, a cache of their own, a small corpus, the shared real data."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from few_lines import LINES
from hypothesis import settings
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench.chunks import classes
from tokbench.store import cache_dir
from tokbench.training import library

settings.register_profile("tokbench", deadline=None)  # machines are busy; time is no property
settings.load_profile("tokbench")
# A shell starts background jobs with Ctrl-C ignored; tests about it need it noticed.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ.setdefault("COLUMNS", "80")
# As many tests run at once as there are cores: threads of torch would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def python_docs() -> Path:
    """Python's own documentation is gathered once, where users keep it too: it takes seconds."""
    folder = cache_dir() / "python_docs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all workers: what they keep there is made by the code that is tested."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "of this run"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def classes_of_characters(of_this_run: Path) -> Path:
    """The table that every process needs that counts by chunks: it takes a second to build."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TOKBENCH_CACHE", str(of_this_run))
        classes.load()
    (path,) = of_this_run.glob("classes-*")
    return path


@pytest.fixture(autouse=True)
def own_cache(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    python_docs: Path,
    classes_of_characters: Path,
) -> None:
    """No test finds what another one counted or learned."""
    folder = tmp_path_factory.mktemp("cache")
    for given in (python_docs, classes_of_characters):
        (folder / given.name).symlink_to(given)
    monkeypatch.setenv("TOKBENCH_CACHE", str(folder))


@pytest.fixture
def converted(of_this_run: Path, own_cache: None) -> None:  # noqa: ARG001
    """What other libraries' files become is found by the next who reads them: it takes seconds."""
    (of_this_run / "converted").mkdir(exist_ok=True)
    (cache_dir() / "converted").symlink_to(of_this_run / "converted")


@pytest.fixture
def shared() -> Path:
    """The team's real data, which users do not have."""
    if not SHARED.is_dir():
        pytest.skip("the team's shared data is not beside this checkout")
    return SHARED


@pytest.fixture
def corpus_file(tmp_path: Path) -> Path:
    """Some hundred short lines in several scripts."""
    path = tmp_path / "corpus.txt"
    text = "".join(f"{line} {number % 37}\n" for number in range(40) for line in LINES)
    path.write_bytes(text.encode())
    return path


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrap and prove in this process: transformers is imported once, not twice a run.

    For tests that are about something else; tests/wrapping and tests/cli use real processes.
    """

    def call(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr("tokbench.wrapping.folder.run_in_child", call)
    monkeypatch.setattr("tokbench.wrapping.proof.run_in_child", call)


@pytest.fixture
def trainers_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `tokenizers` train in this process; tests/training and tests/cli use real ones."""

    def call(function: Callable[..., Any], *arguments: Any, watch: Any) -> Any:
        return function(*arguments, watch)

    monkeypatch.setattr(library, "run_in_child", call)


@pytest.fixture
def models_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train and ask models in this process: torch is imported once, not once a tokenizer."""

    def call(function: Callable[..., Any], *arguments: Any, watch: Any = None, **_: Any) -> Any:
        return function(*arguments, *([watch] if watch else []))

    monkeypatch.setattr("tokbench.downstream.processes.at_once", lambda: 1)
    for module in ("finetuning", "prediction", "rivals"):
        monkeypatch.setattr(f"tokbench.downstream.{module}.run_in_child", call)


SENTENCES = ("she sells {} shells", "a quick {} fox", "the {} dog sleeps", "low {} lower")


@pytest.fixture
def small_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: tokenizers `many` and `few`, tasks about sentences, pairs and words."""
    words = ["sea", "red", "blue", "old"]
    rows = [
        (SENTENCES[number % 4].format(words[number % 3]), words[number % 3]) for number in range(90)
    ]
    texts = [f"{text} {number % 9}" for number, (text, _) in enumerate(rows)]
    lines = [f"{text},{word}\n" for text, (_, word) in zip(texts, rows, strict=True)]
    (tmp_path / "colours.csv").write_text("text,label\n" + "".join(lines))
    head = "train: {type: files, paths: %s}\ntest: 0.3\nvalid: 0.2\n"
    (tmp_path / "colours.yaml").write_text("name: colours\n" + head % "colours.csv")
    pairs = [
        f"{text},it is {words[n % 2]},{int(words[n % 2] in text)}\n" for n, text in enumerate(texts)
    ]
    (tmp_path / "pairs.csv").write_text("text,second,label\n" + "".join(pairs))
    (tmp_path / "pairs.yaml").write_text("name: pairs\npair: second\n" + head % "pairs.csv")
    tagged = [
        {"words": text.split(), "label": ["B-C" if one in words else "O" for one in text.split()]}
        for text in texts
    ]
    (tmp_path / "spans.jsonl").write_text("".join(json.dumps(one) + "\n" for one in tagged))
    (tmp_path / "spans.yaml").write_text(
        "name: spans\nkind: tokens\nwords: words\nlabels: [O, B-C, I-C]\n" + head % "spans.jsonl"
    )
    every = sorted({one for text in texts for one in text.split()} | {"it", "is"})
    for name, known in (("many", every), ("few", every[::3])):
        vocabulary = {word: number for number, word in enumerate(["<unk>", *known])}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        (tmp_path / name).mkdir()
        tokenizer.save(str(tmp_path / name / "tokenizer.json"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write_recipe(tmp_path: Path, corpus_file: Path) -> Callable[..., Path]:
    """Writes a recipe over the small corpus; `body` is what follows name and corpus."""

    def write(body: str, *, name: str = "tiny", held_out: float = 0.1) -> Path:
        path = tmp_path / f"{name}.yaml"
        head = (
            f"name: {name}\n"
            f"corpus:\n  held_out: {held_out}\n"
            f"  sources: [{{type: files, paths: [{corpus_file.name}]}}]\n"
        )
        path.write_text(head + body, "utf-8")
        return path

    return write
