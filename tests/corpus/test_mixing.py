"""Which documents come how often: shares in bytes, splits by source, groups, ledgers."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tokbench import corpus
from tokbench.corpus import CorpusSpec, OpenCorpus, documents
from tokbench.corpus.cleaning.step import JointStep, Tally
from tokbench.corpus.documents import array_of
from tokbench.corpus.ledgers import Ledger
from tokbench.corpus.mixing import choosing as dosing
from tokbench.corpus.mixing import measuring
from tokbench.corpus.mixing.choosing import Terms, chosen, start_of
from tokbench.corpus.mixing.doses import BUCKETS, WHOLE, Dose, Measured, Wish, key, portions, shares
from tokbench.corpus.mixing.spec import MixSpec
from tokbench.corpus.rows import Rows, Stream, rows_of, with_column
from tokbench.errors import CorpusError

Open = Callable[..., OpenCorpus]
Texts = dict[str, list[str]]


@pytest.fixture
def mixed(tmp_path: Path) -> Open:
    """Opens files of the test's folder, each a source with options of its own."""

    def open_(sources: dict[str, dict[str, Any]], **options: Any) -> OpenCorpus:
        listed = [{"type": "files", "paths": name, **said} for name, said in sources.items()]
        return corpus.open(CorpusSpec.model_validate({"sources": listed, **options}), tmp_path)

    return open_


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> Texts:
    """Short lines, lines with two thirds of them the same, and a few long documents."""
    chance = random.Random(5)

    def line(words: int) -> str:
        return " ".join(chance.choice(("low", "lower", "é", "새것", "x")) for _ in range(words))

    made = {
        "short.jsonl": [f"{number} {line(chance.randint(1, 30))}" for number in range(4000)],
        "same.jsonl": ["again and again"] * 9000 + [f"{n} {line(20)}" for n in range(1000)],
        "long.jsonl": [f"{number} {line(8000)}" for number in range(12)],
        "empty.jsonl": [],
    }
    for name, texts in made.items():
        lines = (json.dumps({"text": text}) + "\n" for text in texts)
        (tmp_path / name).write_text("".join(lines), "utf-8")
    return made


SOME = [" ".join(["abc"] * count) for count in (0, 1, 2, 3, 9)]
TEXT = st.sampled_from(SOME) | st.text(max_size=40)
BUCKET = st.integers(0, BUCKETS - 1) | st.sampled_from(
    [
        xxhash.xxh64_intdigest(text.encode(), seed=key(seed)) >> 48
        for text in SOME
        for seed in (0, 1)
    ]
)


def given_of(opened: OpenCorpus, split: str = "train") -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {name: Counter() for name in opened.sources}
    for one in opened.batches(split):  # type: ignore[arg-type]
        columns = (one.column(name).to_pylist() for name in ("text", "source"))
        for text, source in zip(*columns, strict=True):
            found[opened.sources[source]][text] += 1
    return found


def size(texts: Counter[str] | list[str]) -> int:
    return sum(len(text.encode()) * count for text, count in Counter(texts).items())


WEIGHTS = {"short.jsonl": {"weight": 1}, "same.jsonl": {"weight": 2}, "long.jsonl": {"weight": 1}}


@pytest.mark.parametrize(
    ("mix", "expected"),
    [
        ({}, None),
        ({"total": "300kB"}, 300_000),
        ({"total": "5MB", "max_repeats": 20}, 5_000_000),
        ({"max_repeats": 3.7}, None),
    ],
)
@pytest.mark.parametrize("held_out", [0, 0.1])
def test_shares_are_exact_in_bytes(
    mix: dict[str, Any], expected: int | None, held_out: float, mixed: Open
) -> None:
    opened = mixed(WEIGHTS, mix=mix, held_out=held_out)
    found = {name: size(texts) for name, texts in given_of(opened).items()}
    whole = sum(found.values())
    for name, wanted in (("short", 0.25), ("same", 0.5), ("long", 0.25)):
        assert found[f"{name}.jsonl"] / whole == pytest.approx(wanted, rel=0.005), name
    if expected:
        assert whole == pytest.approx(expected, rel=0.005)
    else:
        all_ = given_of(mixed(WEIGHTS, held_out=held_out).unmixed())
        most = max(found[name] / size(texts) for name, texts in all_.items())
        assert most == pytest.approx(mix.get("max_repeats", 1), rel=0.002)
    held = given_of(opened, "held_out")
    plain = given_of(mixed({name: {} for name in WEIGHTS}, held_out=held_out), "held_out")
    assert all(texts <= plain[name] for name, texts in held.items()), "never repeated"


def test_what_cannot_be_had_is_not_given(mixed: Open, files: Texts) -> None:
    opened = mixed(WEIGHTS, mix={"total": "10MB"}, held_out=0)
    found = given_of(opened)
    everything = {name: Counter(files[name]) for name in WEIGHTS}
    assert found["short.jsonl"] == everything["short.jsonl"]
    assert found["same.jsonl"] == everything["same.jsonl"]
    assert opened.mixed().limited_by is None
    assert mixed(WEIGHTS).mixed().limited_by == 1


def test_at_most_is_a_choice_by_hash_from_all_over(mixed: Open, files: Texts) -> None:
    opened = mixed({"short.jsonl": {"at_most": "100kB"}, "same.jsonl": {}}, held_out=0)
    found = given_of(opened)
    assert size(found["short.jsonl"]) == pytest.approx(100_000, rel=0.002)
    assert found["same.jsonl"] == Counter(files["same.jsonl"])
    numbers = [int(text.split()[0]) for text in found["short.jsonl"]]
    assert np.mean(numbers) == pytest.approx(2000, rel=0.1)
    larger = given_of(mixed({"short.jsonl": {"at_most": "200kB"}}, held_out=0))
    lost = found["short.jsonl"] - larger["short.jsonl"]
    assert sum(lost.values()) <= 2, "a larger cap gives a superset, but for what was cut"
    others = given_of(mixed({"short.jsonl": {"at_most": "100kB"}}, held_out=0, seed=7))
    assert len(others["short.jsonl"] - found["short.jsonl"]) > 300


def test_sizes_to_the_power_of_alpha_over_languages(mixed: Open, files: Texts) -> None:
    english = {"groups": {"language": "en"}}
    sources = {
        "short.jsonl": english,
        "same.jsonl": english,
        "long.jsonl": {"groups": {"language": "x", "kind": "long"}},
        "empty.jsonl": {"groups": {"language": "none"}},
    }
    opened = mixed(sources, mix={"alpha": 0.3, "over": "language"}, held_out=0)
    sizes = {name: size(texts) for name, texts in files.items()}
    both = sizes["short.jsonl"] + sizes["same.jsonl"]
    parts = {"en": both**0.3, "x": sizes["long.jsonl"] ** 0.3}
    wanted = parts["en"] / sum(parts.values())
    expected = [wanted * sizes[name] / both for name in ("short.jsonl", "same.jsonl")]
    assert opened.mixed().shares == pytest.approx((*expected, 1 - wanted, 0))
    same = mixed(sources, mix={"temperature": 1 / 0.3, "over": "language"}, held_out=0)
    assert same.mixed().doses == opened.mixed().doses
    found = {name: size(texts) for name, texts in given_of(opened).items()}
    assert found["long.jsonl"] / sum(found.values()) == pytest.approx(1 - wanted, rel=0.005)


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=6),
    st.sampled_from([None, 0.0, 0.3, 1.0]),
    st.none() | st.integers(1, 10**10),
    st.floats(1, 8),
)
def test_portions_are_bounded(
    sizes: list[int], alpha: float | None, total: int | None, repeats: float
) -> None:
    wishes = [Wish(size, at_most=10**8 if size % 3 == 0 else None) for size in sizes]
    found = portions(wishes, MixSpec(alpha=alpha, total=total, max_repeats=repeats))
    assert sum(found.shares) == pytest.approx(1 if any(sizes) else 0)
    for wish, bytes_, share in zip(wishes, found.given, found.shares, strict=True):
        assert bytes_ <= wish.size * repeats
        assert wish.at_most is None or bytes_ <= wish.at_most
        if total is None:
            assert bytes_ == pytest.approx(share * sum(found.given), abs=len(sizes))
    assert shares(wishes, alpha) == found.shares


@given(
    st.dictionaries(st.integers(0, BUCKETS - 1), st.integers(1, 10**6), max_size=30),
    st.integers(0, 10**8),
)
def test_doses_give_the_bytes(found: dict[int, int], wanted: int) -> None:
    buckets = np.zeros(BUCKETS, np.int64)
    buckets[list(found)] = list(found.values())
    measured = Measured(buckets)
    dose = measured.dose(wanted)
    assert 0 <= dose.bucket < BUCKETS
    assert 0 <= dose.part < 1
    if found:
        cut = int(buckets[dose.bucket] * dose.part)
        given_ = dose.copies * measured.size + int(buckets[: dose.bucket].sum()) + cut
        assert given_ == pytest.approx(wanted, rel=0.001, abs=1)
    else:
        assert dose == WHOLE


@given(
    st.lists(st.tuples(TEXT, st.integers(0, 1)), max_size=30),
    st.tuples(*[st.integers(0, 3), BUCKET, st.floats(0, 1)] * 2),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.integers(0, 9),
)
def test_every_row_by_the_rule(
    texts: list[tuple[str, int]],
    numbers: tuple[Any, ...],
    held_out: tuple[float, float],
    seed: int,
) -> None:
    terms = [Terms(held_out[0], Dose(*numbers[:3])), Terms(held_out[1], Dose(*numbers[3:]))]
    short: Counter[tuple[str, int]] = Counter()
    expected: dict[str, Counter[tuple[str, int]]] = {"train": Counter(), "held_out": Counter()}
    for text, source in texts:
        bound, (copies, bucket, part) = terms[source].held_out, terms[source].dose
        own = xxhash.xxh64_intdigest(text.encode(), seed=key(seed)) >> 48
        edge = own == bucket and part > 0
        if xxhash.xxh64_intdigest(text.encode()) < bound * 2**64 or bound == 1:
            expected["held_out"][text, source] += min(1, copies + (own < bucket) + edge)
        else:
            expected["train"][text, source] += copies + (own < bucket)
            if edge and len(text.encode()) < 8:
                short[text, source] += 1
            elif edge and (cut := start_of(text.encode(), part).decode()):
                expected["train"][cut, source] += 1
    for (text, source), count in short.items():
        expected["train"][text, source] += int(terms[source].dose.part * count)
    rows = rows_of(array_of([text.encode() for text, _ in texts]))
    sources = documents.integers(np.array([source for _, source in texts], np.int32))
    rows = with_column(rows, "source", sources)
    for split in ("train", "held_out", "all"):
        found: Counter[tuple[str, int]] = Counter()
        edges: dosing.Edges = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dosing, "SHORT", 8)
            halves = rows[: len(rows) // 2], rows[len(rows) // 2 :]
            for one in (
                one
                for half in halves
                for one in chosen(half, split, terms, seed, edges)  # type: ignore[arg-type]
            ):
                assert len(one)
                found.update(zip(one["text"].to_pylist(), one["source"].to_pylist(), strict=True))
        both = expected["train"] + expected["held_out"]
        assert found == (both if split == "all" else +expected[split])


@given(st.text(), st.floats(0, 1, exclude_max=True))
def test_documents_are_cut_between_characters(text: str, part: float) -> None:
    encoded = text.encode()
    cut = start_of(encoded, part)
    assert encoded.startswith(cut)
    assert cut.decode() == text[: len(cut.decode())]
    assert len(cut) <= part * len(encoded)


def test_two_processes_give_the_same(mixed: Open, tmp_path: Path) -> None:
    sources = [{"type": "files", "paths": name, **said} for name, said in WEIGHTS.items()]
    code = """if True:
        import json, pathlib, sys
        from tokbench import corpus
        spec = corpus.CorpusSpec.model_validate(json.loads(sys.argv[1]))
        print(corpus.open(spec, pathlib.Path(sys.argv[2])).fingerprint("train"))
    """
    said = json.dumps({"sources": sources, "mix": {"max_repeats": 2}, "seed": 3})
    prints = {
        subprocess.run(
            [sys.executable, "-c", code, said, str(tmp_path)],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for _ in range(2)
    }  # fmt: skip
    assert prints == {str(mixed(WEIGHTS, mix={"max_repeats": 2}, seed=3).fingerprint("train"))}


def test_the_cut_into_batches_changes_nothing(mixed: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = mixed(WEIGHTS, mix={"max_repeats": 2.5}, held_out=0.1)
    before = given_of(opened)
    monkeypatch.setattr(documents.gather, "__defaults__", (3000,))
    assert given_of(opened) == before


def test_sizes_are_measured_once(mixed: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = mixed(WEIGHTS)
    first = [part.identity() for part in opened.parts()]
    reads: list[str] = []
    read = measuring.Walk.rows

    def noted(walk: measuring.Walk) -> Stream:
        reads.append(walk.corpus.sources[0])
        return read(walk)

    monkeypatch.setattr(measuring.Walk, "rows", noted)
    other = {**WEIGHTS, "short.jsonl": {"weight": 5}}
    assert mixed(other).identity() != opened.identity()
    second = [part.identity() for part in mixed(other).parts()]
    assert [part.identity() for part in mixed(WEIGHTS).parts()] == first
    assert set(second) & set(first) == set()
    assert mixed({"short.jsonl": {"weight": 2}}).parts()[0].identity() == (
        mixed({"short.jsonl": {}}).parts()[0].identity()
    ), "all of a source is all of it, whatever its weight"
    assert reads == []
    mixed(WEIGHTS, held_out=0.2).parts()
    assert reads == list(WEIGHTS)
    for path in measuring._place(opened).parent.iterdir():
        path.write_bytes(path.read_bytes()[:-30])
    assert [part.identity() for part in mixed(WEIGHTS).parts()] == first


def test_a_source_has_a_split_of_its_own(mixed: Open, files: Texts) -> None:
    sources = {"short.jsonl": {}, "long.jsonl": {"held_out": 1}, "same.jsonl": {"held_out": 0.5}}
    opened = mixed(sources, held_out=0)
    assert opened.held_out == 1
    train, held = given_of(opened), given_of(opened, "held_out")
    assert train["short.jsonl"] == Counter(files["short.jsonl"])
    assert held["short.jsonl"] == train["long.jsonl"] == Counter()
    assert held["long.jsonl"] == Counter(files["long.jsonl"])
    assert train["same.jsonl"] + held["same.jsonl"] == Counter(files["same.jsonl"])
    assert train["same.jsonl"]
    assert held["same.jsonl"]
    parts = {part.sources[0]: part for part in opened.parts()}
    assert given_of(parts["same.jsonl"])["same.jsonl"] == train["same.jsonl"]
    assert len({part.identity() for part in parts.values()}) == 3
    assert mixed({"short.jsonl": {}}, held_out=0).parts()[0].identity() == (
        parts["short.jsonl"].identity()
    )


class Sorted(JointStep):
    """All documents of all sources, in the order of their hashes: in one batch."""

    type: str = "sorted"

    def apply(self, rows: Stream, tally: Tally) -> Stream:  # noqa: ARG002 - drops nothing
        all_ = list(rows)
        if all_:
            table = pa.Table.from_batches([each.batch for each in all_]).combine_chunks()
            (joined,) = table.to_batches()
            order = np.argsort(dosing.hashes_of(joined.column("text"), 1), kind="stable")
            yield all_[-1]._replace(batch=joined.take(pa.array(order)), piece=0)


def test_joint_steps_come_before_the_split_and_the_mix(mixed: Open, files: Texts) -> None:
    sources = {**WEIGHTS, "empty.jsonl": {"weight": 1, "held_out": 1}}
    sources["short.jsonl"] = {"weight": 1, "held_out": 0.3, "groups": {"language": "en"}}
    plain = mixed(sources, mix={"max_repeats": 2})
    joint = OpenCorpus(plain.spec, plain.opened, (Sorted(),))
    assert joint.mixed() == plain.mixed()
    for split in ("train", "held_out", "all"):
        assert given_of(joint, split) == given_of(plain, split)
    (whole,) = joint.parts()
    assert whole is joint
    assert joint.identity() != plain.identity()
    ledger = Ledger()
    grouped = pa.Table.from_batches(list(joint.batches("all", ledger=ledger, groups=True)))
    pairs = (grouped[name].to_pylist() for name in ("source", "language"))
    assert set(zip(*pairs, strict=True)) == {(0, "en"), (1, None), (2, None)}
    (step,) = ledger.together
    assert step.documents_in == sum(map(len, files.values()))


def test_groups_are_constants_or_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.txt").write_text("three\nfour\n")
    said = [
        {"type": "files", "paths": "a.txt", "groups": {"language": "ko", "domain": "{meta.kind}"}},
        {"type": "files", "paths": "b.txt", "groups": {"year": "{year}"}},
    ]
    opened = corpus.open(CorpusSpec.model_validate({"sources": said, "held_out": 0}), tmp_path)
    assert opened.groups == ("language", "domain", "year")
    asked: list[tuple[str, ...]] = []

    def read(source: Any, columns: tuple[str, ...] = (), **_: object) -> Stream:
        asked.append(tuple(columns))
        kinds = {"meta.kind": pa.array(["news", None]), "year": pa.array([1999, 2001])}
        rows = rows_of(array_of([source.name.encode()] * 2))
        for name in columns:
            rows = with_column(rows, name, kinds[name])
        yield Rows(rows, 1)

    monkeypatch.setattr(type(opened.opened[0].source), "read", read)
    table = pa.Table.from_batches(list(opened.batches(groups=True)))
    assert asked == [("meta.kind",), ("year",)]
    assert table["language"].to_pylist() == ["ko", "ko", None, None]
    assert table["domain"].to_pylist() == ["news", None, None, None]
    assert table["year"].to_pylist() == [None, None, "1999", "2001"]
    asked.clear()
    assert next(opened.batches()).schema.names == ["text", "source"]
    assert asked == [("meta.kind",)]  # read all the same, so that it must be there


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"sources": [{"weight": 1}, {}]}, "source 2 has no weight and others do"),
        ({"sources": [{"weight": 1}, {"weight": 2}], "mix": {"alpha": 1}}, "both say the shares"),
        ({"sources": [{}], "mix": {"alpha": 1, "temperature": 2}}, "alpha and temperature say"),
        ({"sources": [{}], "mix": {"over": "language"}}, "add one of them"),
        ({"sources": [{}], "mix": {"alpha": 0, "over": "x"}}, "source 1 has no 'x' of its own"),
        (
            {"sources": [{"groups": {"x": "{x}"}}], "mix": {"alpha": 0, "over": "x"}},
            "source 1 has no 'x' of its own",
        ),
        ({"sources": [{"at_most": "5 potatoes"}]}, "no unit of size"),
        ({"sources": [{"at_most": "0MB"}]}, "greater than or equal to 1"),
        ({"sources": [{"held_out": 1.1}]}, "less than or equal to 1"),
        ({"sources": [{"groups": {"text": "ko"}}]}, "'text' cannot name a group"),
        ({"sources": [{"groups": {"domain": "a {b}"}}]}, "no value of a group"),
    ],
)
def test_contradictions_are_refused(said: dict[str, Any], message: str) -> None:
    sources = [{"type": "python_docs", **one} for one in said["sources"]]
    with pytest.raises(ValidationError, match=message):
        CorpusSpec.model_validate({**said, "sources": sources})
    fine = [{"type": "python_docs", "weight": 1}, {"type": "python_docs", "held_out": 1}]
    assert CorpusSpec.model_validate({"sources": fine}).mixing == MixSpec()


def test_what_was_read_whole_is_on_record(mixed: Open) -> None:
    sources = {
        "short.jsonl": {"weight": 1, "steps": ["drop_empty"]}, "same.jsonl": {"weight": 1},
    }  # fmt: skip
    opened = mixed(sources, held_out=0.1)
    assert [one.read for one in opened.composition().sources] == [None, None]
    opened.identity()
    next(opened.batches())
    assert opened.composition().sources[0].read is None, "not read to the end"
    found = given_of(opened)
    short, same = mixed(sources, held_out=0.1).composition().sources
    assert (short.read, same.read) == (4000, 10_000)
    assert (short.wanted, same.wanted) == (0.5, 0.5)
    for one in (short, same):
        assert one.documents == found[one.name].total()
        assert one.bytes == size(found[one.name])
    assert short.share == pytest.approx(0.5, rel=0.005)
    assert [(step.step, step.documents_out) for step in short.steps] == [("drop_empty", 4000)]
    assert (
        mixed({**sources, "same.jsonl": {"weight": 3}}, held_out=0.1).composition().sources[0].read
        is None
    )
    for part in opened.parts():
        given_of(part)
    assert opened.composition() == mixed(sources, held_out=0.1).composition()
    for path in (measuring.store.cache_dir() / "ledgers").iterdir():
        path.write_text(path.read_text().replace('"changed": 0', '"changed": 1'))
    assert opened.composition().sources[0].read is None


def test_a_file_that_changes_while_it_is_read_is_refused(
    mixed: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents.gather, "__defaults__", (3000,))
    path = tmp_path / "short.jsonl"
    for identified in (False, True):
        opened = mixed({"short.jsonl": {}})
        if identified:
            opened.identity()
        batches = opened.batches()
        if not identified:
            next(batches)
        path.write_bytes(path.read_bytes() + b'{"text": "late"}\n')
        with pytest.raises(CorpusError, match=r"short\.jsonl: changed since it was looked at"):
            list(batches)
