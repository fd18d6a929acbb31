"""What a dry run says, against what is then done."""

import json
import random

import pyarrow as pa
import pytest
from click.testing import CliRunner

from tokbench import memory, pipeline
from tokbench.cli import group
from tokbench.counting import count, sample, sampling
from tokbench.counting.spilling import Bounded
from tokbench.recipe import load
from tokbench.values import Growth, Sampled
from tokbench.workbench import estimate
from tokbench.workbench.plan import Plan

BODY = """pre_tokenizer: {pre}
model: BPE
trainer: {{vocab_size: 400, min_frequency: 2, max_token_length: 64}}
special_tokens: {{eos: <e>}}
wrap: {{model_max_length: 512}}
"""
BYTES = "{type: ByteLevel, add_prefix_space: false}"


@pytest.fixture
def recipe(write_recipe, tmp_path):
    """A corpus that takes a while: words by Zipf's law."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefgh", k=chance.randint(2, 9))) for _ in range(50_000)]
    with (tmp_path / "corpus.txt").open("w") as file:
        for _ in range(15_000):
            file.write(
                " ".join(words[int(50_000 ** chance.random()) - 1] for _ in range(12)) + "\n"
            )
    return write_recipe(BODY.format(pre=BYTES))


@pytest.mark.parametrize("pre", [BYTES, "Punctuation"])
def test_a_sample_of_all_is_the_truth(pre, write_recipe):
    found = estimate(write_recipe(BODY.format(pre=pre)))
    plan = Plan.of(load(write_recipe(BODY.format(pre=pre))))
    words = count(plan.corpus, pipeline.assemble(plan.recipe.pipeline))
    assert (found.share, found.documents, found.bytes) == (1.0, words.documents, words.bytes)
    assert found.words == len(words.counts)
    assert (found.chunks is None) == (pre == "Punctuation")
    assert not found.spilled
    assert not found.too_small


def test_a_part_tells_of_the_rest(recipe, tmp_path):
    lines = (tmp_path / "corpus.txt").read_text().splitlines(keepends=True)
    for part in range(10):
        (tmp_path / f"part{part}.txt").write_text("".join(lines[part::10]))
    files = "corpus.sources=[{type: files, paths: ['part*.txt']}]"
    plan = Plan.of(load(recipe, [files]))
    blank = pipeline.assemble(plan.recipe.pipeline)
    truth = count(plan.corpus, blank)
    seen = sample(plan.corpus.spread("train"), plan.corpus.size, blank, most=200_000)
    assert 0.05 < seen.share < 0.9
    assert seen.documents == pytest.approx(truth.documents, rel=0.2)
    assert seen.bytes == pytest.approx(truth.bytes, rel=0.2)
    assert seen.words.at(seen.times).pieces == pytest.approx(len(truth.counts), rel=0.35)


def test_what_finds_no_room_is_told(monkeypatch):
    growth = Growth(1e5, 1e6, 1e6, 0.7)
    seen = Sampled(0.01, 1e6, 1e9, 100, growth, growth, 1.0, 1.0, 1.0)
    monkeypatch.setattr(sampling, "cores", lambda: 2)
    needed = sampling.tables(seen)
    assert sampling.spilled(seen, needed) == 0
    little, less = sampling.spilled(seen, needed // 2), sampling.spilled(seen, needed // 20)
    distinct = growth.at(100)
    assert 16 * distinct.pieces < little < less < 100 * 30 * growth.pieces


def test_growth_slows_down_but_for_what_is_always_new():
    assert Growth(100, 1, 1, 0.98).at(1024).pieces == pytest.approx(100 * 1024**0.98)
    assert Growth(100, 1, 1, 0.6).at(1024).pieces < 100 * 1024**0.6
    assert Growth(100, 1, 1, 0.0).at(1 << 40).pieces == 100
    assert Growth(100, 1, 1, 0.5).at(0.25).pieces == 50


def test_an_empty_sample_has_no_growth():
    text = pa.array([], pa.large_string())
    empty = pa.record_batch({"text": text, "source": pa.array([], pa.int32())})
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    seen = sample([(empty, (0, 10, 1.0))], 10, tokenizer)
    assert (seen.documents, seen.words.pieces, seen.words.exponent) == (0, 0, 0.0)


def run(*arguments):
    made = CliRunner().invoke(group, [str(one) for one in arguments])
    if made.exception and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made


@pytest.mark.parametrize("command", ["train", "run"])
def test_a_dry_run_writes_nothing(command, recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    made = run(command, recipe, "--dry-run", "--memory", "1GB")
    assert "tiny: an estimate, from a sample of all of the corpus; nothing was written" in (
        made.stdout.replace("\n", " ")
    )
    assert "of 1.0 GB" in made.stdout
    assert "all finds room in memory" in made.stdout
    plain = json.loads(run(command, recipe, "--dry-run", "--json", "-").stdout)["estimates"][0]
    assert plain["estimate"] is True
    assert (plain["spills"], plain["training_fits"], plain["sampled_share"]) == (False, True, 1.0)
    assert plain["distinct_words"] > 10_000
    assert sorted(tmp_path.rglob("*")) == before


def test_what_would_not_fit_is_told(recipe, monkeypatch):
    monkeypatch.setattr(memory, "LEAST", 1)
    monkeypatch.setattr(memory, "RESERVED", 100_000)
    made = run("train", recipe, "--dry-run", "--memory", "300kB")
    assert "Training would be refused: it needs more memory." in made.stdout
    assert "tables outgrow the memory" in made.stdout


@pytest.mark.parametrize("option", [["--dry-run"], ["--memory", "1GB"]])
def test_the_library_is_not_bounded(option, recipe):
    made = CliRunner().invoke(group, ["train", str(recipe), "--engine", "tokenizers", *option])
    assert made.exception
    assert "is about tokbench's own counting: leave out --engine" in str(
        getattr(made.exception, "message", made.output)
    )


@pytest.mark.usefixtures("in_process")
def test_a_bound_changes_nothing_but_memory(recipe, tmp_path, monkeypatch):
    run("train", recipe, "--out", tmp_path / "free")
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(memory, "RESERVED", memory.LEAST - 12_000_000)
    spilled = []
    spill = Bounded.spill
    monkeypatch.setattr(
        Bounded, "spill", lambda self: (spilled.append(len(self.table)), spill(self))
    )
    made = run("train", recipe, "--out", tmp_path / "bounded", "--memory", "200MB")
    assert any(spilled)
    assert made.exit_code == 0, made.output
    assert list((tmp_path / "cache").glob("counts/chunks-*"))
    one, other = (tmp_path / name / "tokenizer.json" for name in ("free", "bounded"))
    assert one.read_bytes() == other.read_bytes()
