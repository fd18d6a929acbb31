"""Every recipe in `recipes/` trains as it stands, on a part of its text, and comes back."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tokbench import corpus as corpora
from tokbench.recipe import load
from tokbench.workbench import train

pytestmark = pytest.mark.usefixtures("in_process")

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
LOSSLESS = {
    "demo",
    "gpt2",
    "llama3",
    "characters",
    "qwen",
    "gpt4o",
    "roberta",
    "llama2",
    "code",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first hundred kilobytes of Python's documentation."""
    spec = corpora.CorpusSpec.model_validate({"sources": ["python_docs"]})
    texts: list[str] = []
    for batch in corpora.open(spec, Path()).batches("train"):
        texts += batch.column("text").to_pylist()
        break
    folder = tmp_path_factory.mktemp("small")
    for number, text in enumerate(texts[:400]):
        (folder / f"{number:03}.txt").write_bytes(
            text.encode()[:2000].decode("utf-8", "ignore").encode()
        )
    return folder


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_trains_and_loads(path: Path, small: Path, tmp_path: Path) -> None:
    overrides = []
    if path.stem != "korean":
        source = f"{{type: files, paths: ['{small}/*.txt'], sample_by: document}}"
        overrides = [f"corpus.sources=[{source}]", "trainer.vocab_size=700"]
    made = train(path, tmp_path / "out", overrides=overrides)
    assert made.proof.probes >= 30
    assert made.vocab_size <= load(path, overrides).trainer.vocab_size
    tokenizer = Tokenizer.from_file(str(tmp_path / "out/tokenizer.json"))
    text = "def f(x):\n    return x  # the value"
    if path.stem in LOSSLESS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_korean_keeps_syllables_composed(tmp_path: Path) -> None:
    path = next(one for one in RECIPES if one.stem == "korean")
    train(path, tmp_path / "out")
    tokenizer = Tokenizer.from_file(str(tmp_path / "out/tokenizer.json"))
    decomposed = "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165"
    assert tokenizer.encode(decomposed).ids == tokenizer.encode("한국어").ids
