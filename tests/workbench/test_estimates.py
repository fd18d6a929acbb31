"""What a dry run says, against what is then done."""

import dataclasses
import itertools
import json
import random

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from tokbench import memory, pipeline
from tokbench.cli import group
from tokbench.corpus.rows import Rows, rows_of
from tokbench.counting import count, sample, sampling
from tokbench.counting.spilling import Bounded
from tokbench.recipe import load
from tokbench.reports import estimate as report
from tokbench.values import Growth, Sampled, WordCounts
from tokbench.workbench import estimate, estimates
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


def words_of(counts):
    words = pa.array(list(counts), pa.large_string())
    return WordCounts(words, np.array(list(counts.values()), np.int64), 1, 1)


def test_the_most_frequent_pair_is_counted_within_words():
    chance = random.Random(5)
    for _ in range(30):
        counts = {
            "".join(chance.choices("abc각é", k=chance.randint(1, 6))): chance.randint(1, 1 << 40)
            for _ in range(chance.randint(1, 8))
        }
        pairs: dict[str, int] = {}
        for word, times in counts.items():
            for pair in map("".join, itertools.pairwise(word)):
                pairs[pair] = pairs.get(pair, 0) + times
        assert sampling.most_frequent_pair(words_of(counts)) == max(pairs.values(), default=0)
        longest = sampling.longest(words_of(counts))
        assert longest[1] == max(map(len, counts))
        assert longest[0] in counts
    assert sampling.most_frequent_pair(words_of({})) == 0
    assert sampling.longest(words_of({})) == ("", 0)


def told(*options):
    made = run("train", *options, "--dry-run")
    plain = json.loads(run("train", *options, "--dry-run", "--json", "-").stdout)["estimates"][0]
    return " ".join(made.stdout.split()), plain


def test_pairs_that_the_library_cannot_count_are_told(recipe, monkeypatch):
    said, plain = told(recipe)
    assert "fits the 32 bits that tokenizers counts in" in said
    assert plain["library_would_overflow"] is False
    monkeypatch.setattr(report, "MOST_PAIRS", plain["most_frequent_pair"] - 1)
    said, plain = told(recipe)
    assert "too many for tokenizers, whose 32 bits overflow; not for tokbench" in said
    assert plain["library_would_overflow"] is True
    body = "pre_tokenizer: Whitespace\nmodel: WordLevel\ntrainer: {vocab_size: 400}\n"
    words = recipe.with_name("words.yaml")
    words.write_text(
        recipe.read_text().split("pre_tokenizer")[0]
        + body
        + "special_tokens: {unk: <u>}\nwrap: {model_max_length: 512}\n"
    )
    said, plain = told(words)
    assert "most frequent pair" not in said
    assert plain["most_frequent_pair"] is None


def test_a_word_that_is_left_out_is_told(write_recipe, corpus_file):
    with corpus_file.open("a") as file:
        file.write("각" * 200 + "\n")
    path = write_recipe(BODY.format(pre=BYTES))
    options = "--set", "corpus.held_out=0", "--set", "trainer.max_word_chars=500"
    said, plain = told(path, *options)
    assert "600 characters is left out: trainer.max_word_chars is 500" in said
    assert plain["longest_word"] == {"start": "각" * 13, "characters": 600}


@pytest.mark.usefixtures("in_process")
def test_what_is_there_before_is_told(write_recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_recipe(BODY.format(pre=BYTES))
    assert told(path)[1]["cached"] == "nothing"
    plan = Plan.of(load(path))
    count(plan.corpus, pipeline.assemble(plan.recipe.pipeline), max_word_chars=None)
    said, plain = told(path)
    assert plain["cached"] == "chunks"
    assert "chunks are in the cache: no document is read" in said
    count(plan.corpus, pipeline.assemble(plan.recipe.pipeline))
    said, plain = told(path)
    assert (plain["cached"], plain["counting_seconds"]) == ("words", 0)
    run("train", path, "--out", tmp_path / "out")
    said, plain = told(path)
    assert (plain["cached"], plain["training_seconds"]) == ("vocabulary", 0)
    assert "the vocabulary is in the cache" in said
    run("train", path)
    said, plain = told(path)
    assert plain["cached"] == "tokenizer"
    assert "is done, in runs" in said
    monkeypatch.setattr(estimates, "_HASHED", 10)
    said, plain = told(path)
    assert plain["cached"] is None
    assert "if it was not counted before" in said


def test_a_source_of_unknown_size_is_taken_for_what_was_read(recipe):
    corpus = Plan.of(load(recipe)).corpus
    [each] = corpus.opened

    class Endless:
        name, size = "endless", 0

        def read(self, *_, **__):
            for number in range(1, 1000):
                texts = pa.array([f"number {number} " * 1000], pa.large_string())
                yield Rows(rows_of(texts), 10_000 * number)

    both = dataclasses.replace(
        corpus, opened=(each, dataclasses.replace(each, source=Endless(), name="endless"))
    )
    blank = pipeline.assemble(load(recipe).pipeline)
    seen = sample(both.spread("all"), both.size, blank, most=6_000_000)
    assert seen.share <= 1
    places = [place for _, place in both.spread("all")]
    assert {number for number, _, _ in places[:3]} == {0, 1}
    assert all(share == 1 for number, _, share in places if number == 1)
    assert list(estimates._notes(both)) == [
        "endless: the size is not known; what was read is taken for all of it"
    ]


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
