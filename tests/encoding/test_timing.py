"""Every tokenizer is timed for the same work, and that it was done is proven."""

import json
from pathlib import Path
from typing import get_args

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tokbench import corpus as corpora
from tokbench.encoding import from_folder, subject, time_all, timing_text
from tokbench.encoding.rival import pattern_and_ranks
from tokbench.errors import SubjectError
from tokbench.values import Progress, Speed, Work

TEXTS = ["low lower lowest newer wider", "안녕하세요 é 12", "", "  def f(x):\n\treturn x\n"] * 20
WORK = get_args(Work)


def _bytes(size: int = 300) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=["<|end|>"], show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    return made


def _words() -> Tokenizer:
    made = Tokenizer(models.WordLevel({"low": 0, "[UNK]": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


@pytest.fixture(scope="module")
def speeds() -> list[Speed]:
    pytest.importorskip("tiktoken", reason="tiktoken is an extra")
    subjects = [subject("bytes", _bytes().to_str(), "x"), subject("words", _words().to_str(), "x")]
    told: list[Progress] = []
    found = time_all([*subjects, subjects[0]], TEXTS, told.append, rounds=2)
    assert [(one.stage, one.done, one.total) for one in told] == [
        ("timing", done, 3) for done in range(3)
    ]
    return found


def test_all_work_is_timed_in_every_round_on_the_same_bytes(speeds: list[Speed]) -> None:
    for one in speeds:
        assert (one.bytes, one.documents) == (sum(len(text.encode()) for text in TEXTS), len(TEXTS))
        assert tuple(one.rounds) == WORK
        assert all(len(found) == 2 and min(found) > 0 for found in (*one.rounds.values(), one.load))
        assert one.threads >= 1


def test_equal_ids_have_equal_digests_and_others_have_not(speeds: list[Speed]) -> None:
    assert speeds[0].ids == speeds[2].ids != speeds[1].ids


def test_tiktoken_is_timed_beside_what_it_gives_the_ids_of(speeds: list[Speed]) -> None:
    assert tuple(speeds[0].rival.rounds) == WORK
    assert speeds[0].rival.name.startswith("tiktoken ")
    assert (speeds[1].rival.rounds, speeds[1].rival.why) == ({}, "tiktoken has no WordLevel")


def test_memory_is_that_of_a_process_which_only_loads(speeds: list[Speed]) -> None:
    large = subject("large", _words_of(60_000), "x")
    (one,) = time_all([large], ["word1"], rounds=1)
    if one.peak is None:
        pytest.skip("this system does not say what memory a process took")
    assert one.peak >= (one.kept or 0)
    assert one.peak > (speeds[1].peak or 0) + 60_000 * 16  # a map of as many words is not free


def _words_of(count: int) -> str:
    vocab = {f"word{number}": number for number in range(count)} | {"[UNK]": count}
    return Tokenizer(models.WordLevel(vocab, unk_token="[UNK]")).to_str()


def test_other_ids_are_no_rival() -> None:
    pytest.importorskip("tiktoken", reason="tiktoken is an extra")
    state = json.loads(_bytes().to_str())
    state["model"]["merges"].reverse()  # tiktoken merges by id, this no longer does
    (one,) = time_all([subject("odd", json.dumps(state), "x")], TEXTS, rounds=1)
    assert one.rival.why == "tiktoken gives other ids for this text"


def test_work_that_gives_something_else_is_refused() -> None:
    class Tossing:
        """Encodes otherwise each time, as dropout does."""

        calls = 0

        def encode(self, texts: list[str]) -> list[list[int]]:
            self.calls += 1
            return [[self.calls] for _ in texts]

        def decode(self, ids: list[list[int]]) -> list[str]:
            return ["" for _ in ids]

        def load(self) -> None: ...

        encode_batch = decode_batch = lambda self, some, threads: self.encode(some)  # noqa: ARG005 - as the others have it

    from tokbench.encoding.stopwatch import Runner

    runner = Runner("x", Tossing(), ["a"], 2)  # type: ignore[arg-type]
    with pytest.raises(SubjectError, match="x: encoding or decoding the same texts again"):
        runner.run("encode", counted=True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"normalizer": {"type": "NFC"}}, "tiktoken does not normalize"),
        ({"pre_tokenizer": None}, "one regular expression"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "one regular"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}}}, "a token for every byte"),
    ],
)
def test_what_tiktoken_does_not_know(change: dict[str, object], why: str) -> None:
    state = {**json.loads(_bytes().to_str()), **change}
    found = pattern_and_ranks(state)
    assert isinstance(found, str)
    assert why in found


def test_the_text_is_from_all_over_and_no_order_changes_it(tmp_path: Path) -> None:
    lines = [f"{number} " + "text " * 20 for number in range(20_000)]
    chosen = []
    for name, order in (("a.txt", lines), ("b.txt", lines[::-1])):
        (tmp_path / name).write_text("\n".join(order))
        spec = {"sources": [{"type": "files", "paths": [name]}], "held_out": 0.0}
        opened = corpora.open(corpora.CorpusSpec.model_validate(spec), tmp_path)
        chosen.append(timing_text(opened, "all"))
    assert chosen[0] == chosen[1]
    assert 500_000 <= sum(map(len, chosen[0])) < 500_200
    numbers = [int(text.split()[0]) for text in chosen[0]]
    assert min(numbers) < 1_000
    assert max(numbers) > 19_000


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("name", ["gpt2", "cl100k_base.tiktoken", "qwen"])
def test_real_ones_have_the_ids_of_tiktoken(shared: Path, name: str) -> None:
    pytest.importorskip("tiktoken", reason="tiktoken is an extra")
    from tokbench.encoding import stopwatch

    texts = [*TEXTS, "It's 12345 o'clock.\r\n\r\n  다음 文字 \t x"]
    ours = stopwatch._Tokenizers(name, from_folder(shared / "tokenizers" / name).state)
    runner = stopwatch.Runner(name, ours, texts, threads=1)
    rival = stopwatch._rival(ours.plain, runner, texts, threads=1)
    assert isinstance(rival, stopwatch.Runner), rival.why
    assert rival.digest == runner.digest
