"""What is told of a corpus, against Python that looks at every character."""

import json
import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tokbench import corpus as corpora
from tokbench.corpus.looking import languages as looking_languages
from tokbench.corpus.looking import lengths, spoken
from tokbench.corpus.looking import scripts as looking_scripts
from tokbench.corpus.looking.found import START
from tokbench.corpus.looking.kernel import measure
from tokbench.corpus.looking.look import head, look

DOCUMENTS = st.lists(st.text(max_size=30), min_size=1, max_size=12)


def opened(folder, *sources, held_out=0.0, **options):
    described = [
        one if isinstance(one, dict) else {"type": "files", "paths": one} for one in sources
    ]
    spec = corpora.CorpusSpec.model_validate(
        {"sources": described, "held_out": held_out, **options}
    )
    return corpora.open(spec, folder)


def jsonl(path, documents):
    path.write_text("".join(json.dumps({"text": one}) + "\n" for one in documents))


@given(DOCUMENTS)
def test_characters_are_told_by_script(documents):
    data = [one.encode() for one in documents]
    starts = np.cumsum([0, *map(len, data)], dtype=np.int64)
    text = np.frombuffer(b"".join(data), np.uint8)
    characters, white, counts = np.zeros((3, len(data)), np.int64)
    counts, digits = np.zeros(2 * 256, np.int64), np.zeros(2, np.int64)
    sources = np.array([number % 2 for number in range(len(data))], np.int32)
    measure(text, starts, sources, looking_scripts.table(), characters, white, digits, counts)
    assert characters.tolist() == list(map(len, documents))
    blank = regex.compile(r"\p{White_Space}")
    assert white.tolist() == [len(blank.findall(one)) for one in documents]
    for source in (0, 1):
        own = "".join(documents[source::2])
        expected = Counter(map(script, own))
        names = looking_scripts.SCRIPTS
        found = {names[n]: int(c) for n, c in enumerate(counts[256 * source :][:256]) if c}
        assert found == dict(expected)
        assert digits[source] == sum(one in "0123456789" for one in own)


def script(character):
    if regex.match(r"\p{White_Space}", character):
        return "White_Space"
    names = [name for name in looking_scripts.SCRIPTS[:-1] if name != "White_Space"]
    for name in names:
        try:
            if regex.match(rf"\p{{Script={name}}}", character):
                return name
        except regex.error:
            continue
    return "Unknown"


def test_the_table_is_kept_and_a_damaged_one_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKBENCH_CACHE", str(tmp_path))
    looking_scripts.table.cache_clear()
    first = looking_scripts.table()
    [kept] = tmp_path.glob("scripts-*")
    kept.write_bytes(kept.read_bytes()[:-1])
    looking_scripts.table.cache_clear()
    assert (looking_scripts.table() == first).all()
    assert (looking_scripts._read(kept) == first).all()


@pytest.mark.parametrize("split", ["all", "train", "held_out"])
def test_what_is_told_is_so(tmp_path, split):
    chance = random.Random(7)
    words = ["one", "zwei", "три", "네", "五", " ", "\n", "é", "42"]
    documents = ["".join(chance.choices(words, k=chance.choice([0, 1, 3, 60]))) for _ in range(800)]
    jsonl(tmp_path / "a.jsonl", documents[:500])
    jsonl(tmp_path / "b.jsonl", documents[500:])
    corpus = opened(tmp_path, "a.jsonl", "b.jsonl", held_out=0.3)
    facts = look(corpus, "mine", split=split)
    held = {
        text for batch in corpus.batches("held_out") for text in batch.column("text").to_pylist()
    }
    seen: set[str] = set()
    for index, (source, own) in enumerate(
        zip(facts.sources, (documents[:500], documents[500:]), strict=True)
    ):
        chosen = [one for one in own if split == "all" or (one in held) == (split == "held_out")]
        copies = []
        for one in chosen:
            if one in seen:
                copies.append(one)
            seen.add(one)
        text = source.text
        assert text.documents == len(chosen)
        assert text.bytes == sum(len(one.encode()) for one in chosen)
        assert text.characters == sum(map(len, chosen))
        assert text.blank == sum(not one.strip() for one in chosen)
        assert text.copies == len(copies)
        assert text.copied_bytes == sum(len(one.encode()) for one in copies)
        assert text.held_out == sum(one in held for one in chosen)
        assert text.held_out_bytes == sum(len(one.encode()) for one in chosen if one in held)
        longest = max(chosen, key=len)
        assert text.longest is not None
        assert text.longest.characters == len(longest)
        assert text.longest.start == own[text.longest.number - 1][:START]
        doublings = Counter(len(one).bit_length() for one in chosen)
        assert dict(enumerate(text.lengths)) == {n: doublings[n] for n in range(max(doublings) + 1)}
        ordered = sorted(map(len, chosen))
        for percent, length in text.percentiles.items():
            exact = ordered[max(1, -(-len(ordered) * percent // 100)) - 1]
            assert length == pytest.approx(exact, rel=0.02 if exact >= 256 else 0)
        assert source.read == (len(own), sum(len(one.encode()) for one in own)), index
    assert facts.text.documents == sum(one.text.documents for one in facts.sources)
    assert facts.fingerprint == str(corpus.fingerprint(split))
    assert facts.training == str(corpus.fingerprint("train"))


def test_percentiles_of_long_documents_are_near():
    some = np.array([3, 300, 4321, 123_456, 98_765_432], np.int64)
    binned = np.bincount(lengths.bins(some), minlength=lengths.BINS)
    found = lengths.percentiles(binned)
    assert found[1] == 3
    assert found[50] == pytest.approx(4321, rel=0.02)
    assert found[99] == pytest.approx(98_765_432, rel=0.02)
    edges = lengths._edges()
    assert lengths.bins(edges).tolist() == list(range(lengths.BINS))
    assert lengths.bins(edges[1:] - 1).tolist() == list(range(lengths.BINS - 1))


def test_steps_are_accounted_for(tmp_path):
    (tmp_path / "a.txt").write_text("one\n\n  \ntwo\n")
    (tmp_path / "b.txt").write_text("three\n")
    facts = look(opened(tmp_path, "a.txt", "b.txt", steps=["drop_empty"]), "mine")
    [step] = facts.sources[0].steps
    assert (step.step, step.documents_in, step.documents_out) == ("drop_empty", 4, 2)
    assert (step.bytes_in, step.bytes_out, step.reasons) == (8, 6, {"blank": 2})
    assert facts.sources[1].steps[0].reasons == {}
    assert facts.sources[0].read == (4, 8)
    assert facts.text.documents == 3


def test_held_out_passages_are_looked_for(tmp_path):
    chance = random.Random(3)

    def sentence():
        return " ".join("".join(chance.choices("abcdefgh", k=6)) for _ in range(60))

    documents = [sentence() for _ in range(60)]
    corpus_of = ["\n".join(documents)]
    (tmp_path / "a.txt").write_text(corpus_of[0] + "\n")
    corpus = opened(tmp_path, "a.txt", held_out=0.3)
    facts = look(corpus, "mine")
    assert [(one.partly, one.same, one.common) for one in facts.overlaps] == [(0, 0, 0)]
    held = facts.overlaps[0].documents
    assert held == facts.text.held_out > 5
    quoting = [f"{one[:150]} and {number}" for number, one in enumerate(documents)]
    (tmp_path / "b.txt").write_text("\n".join(quoting) + "\n")
    facts = look(opened(tmp_path, "a.txt", "b.txt", held_out=0.3), "mine")
    [found] = facts.overlaps
    assert found.same == 0
    assert held // 2 < found.partly <= found.documents
    first = found.examples[0]
    both = (tmp_path / first.document.source).read_text().splitlines()[first.document.number - 1]
    other = (tmp_path / first.other[0]).read_text().splitlines()[first.other[1] - 1]
    assert first.passage[:60] in both
    assert first.passage[:60] in other
    assert look(opened(tmp_path, "a.txt", held_out=0.3), "mine", overlaps=False).overlaps == ()


def test_other_texts_are_looked_for_in_both_splits(tmp_path):
    documents = [f"document number {number} " + "x" * (number % 7) for number in range(300)]
    (tmp_path / "a.txt").write_text("\n".join(documents) + "\n")
    (tmp_path / "test.txt").write_text("\n".join([*documents[10:40], "elsewhere"]) + "\n")
    corpus = opened(tmp_path, "a.txt", held_out=0.5)
    test = opened(tmp_path, "test.txt")
    facts = look(corpus, "mine", against={"test.txt": test}, overlaps=False)
    training, held = facts.overlaps
    assert (training.text, training.within, held.within) == ("test.txt", "training", "held out")
    assert (training.documents, held.documents) == (31, 31)
    assert training.same + held.same == 30
    assert 0 < training.same < 30
    example = training.examples[0]
    assert example.whole
    assert example.document.number + 10 == example.other[1]
    nothing_held = look(opened(tmp_path, "a.txt"), "mine", against={"test.txt": test})
    assert [(one.within, one.same) for one in nothing_held.overlaps] == [("training", 30)]


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ([str(1_000_000 + number) for number in range(50)], "ids or paths?"),
        ([f"docs/guide/keras-{chr(97 + n % 26)}{chr(97 + n // 26)}.md" for n in range(50)], "ids"),
        (["positive", "negative"] * 60, "only 2 different texts among 120: labels?"),
        (["positive"] * 120, "only 1 different text among 120: labels?"),
        (
            ["", " "] * 999 + ["one", "two"],
            "99.9% of the documents are blank: add the step drop_empty",
        ),
        ([""] * 120, "all of the documents are blank: add the step drop_empty"),
        ([chr(0x4E00 + number) * 9 for number in range(50)], ""),
        ([f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(50)], ""),
        ([f"a sentence with number {number}" for number in range(200)], ""),
    ],
)
def test_columns_that_are_no_text_are_warned_of(tmp_path, values, warned):
    pq.write_table(pa.table({"text": values}), tmp_path / "a.parquet")
    warnings = look(opened(tmp_path, "a.parquet"), "mine").sources[0].warnings
    assert len(warnings) == bool(warned)
    assert warned in "".join(warnings)


def test_rows_without_a_text_are_counted(tmp_path):
    jsonl(tmp_path / "a.jsonl", ["one", "two"])
    corpus = opened(tmp_path, "a.jsonl")
    source = corpus.opened[0].source

    class Nulls:
        name, size = "nulls", 10

        def read(self, columns=(), *, nulls=False, first=0):
            assert nulls
            for rows in source.read(columns, first=first):
                texts = pa.array([None, "one", "two", None], pa.large_string())
                yield rows._replace(batch=pa.record_batch({"text": texts}))

    from dataclasses import replace

    facts = look(replace(corpus, opened=(replace(corpus.opened[0], source=Nulls()),)), "mine")
    [told] = facts.sources
    assert (told.nulls, told.text.documents) == (2, 2)
    assert told.warnings == ("2 rows without a text, at which a run would stop: add the step "
                             "drop_empty",)  # fmt: skip
    cleaned = opened(tmp_path, "a.jsonl", steps=["drop_empty"])
    facts = look(replace(cleaned, opened=(replace(cleaned.opened[0], source=Nulls()),)), "mine")
    [told] = facts.sources
    assert (told.nulls, told.text.documents, told.warnings) == (2, 2, ())
    assert told.steps[0].reasons == {"null": 2}


def test_languages_come_from_a_detector_where_the_recipe_says_none(tmp_path):
    (tmp_path / "a.txt").write_text("a long enough document in English\nshort\n" * 400)
    shown = []

    def detect(texts):
        shown.extend(texts)
        return ["en" for _ in texts]

    facts = look(opened(tmp_path, "a.txt"), "mine", detect=detect)
    assert facts.sources[0].languages == {"en": len(shown)}
    assert set(shown) == {"a long enough document in English"}
    assert len(shown) <= spoken._DETECTED
    assert look(opened(tmp_path, "a.txt"), "mine").sources[0].languages == {}


def test_the_detector_of_the_step_is_used_where_it_is_installed(monkeypatch):
    looking_languages.detector.cache_clear()
    monkeypatch.setattr(looking_languages, "find_spec", lambda _: None)
    assert looking_languages.detector() is None
    monkeypatch.undo()
    looking_languages.detector.cache_clear()
    pytest.importorskip("py3langid")
    detect = looking_languages.detector()
    assert detect is not None
    assert detect(["This is a sentence in English.", "이것은 한국어 문장입니다."]) == ["en", "ko"]


@pytest.mark.parametrize("split", ["all", "train", "held_out"])
def test_the_first_documents_of_each_source(tmp_path, split):
    lines = [f"line {number}" for number in range(100)]
    (tmp_path / "a.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "b.txt").write_text("only\n\none\n")
    corpus = opened(tmp_path, "a.txt", "b.txt", held_out=0.3, steps=["drop_empty"])
    found = head(corpus, 4, split)
    expected = []
    for part in corpus.parts():
        own = [t for batch in part.batches(split) for t in batch.column("text").to_pylist()]
        expected += own[:4]
    assert [one.text for one in found] == expected
    for one in found:
        if one.source == "a.txt":
            assert lines[one.number - 1] == one.text


def test_a_file_named_twice_is_two_sources(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    seen = look(opened(tmp_path, "a.txt", "a.txt"), "mine")
    assert [one.name for one in seen.sources] == ["a.txt", "a.txt (2)"]
