"""The gate: lossy is told, wrong is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tokenizers import Tokenizer, normalizers

from tokbench.errors import WrappingError
from tokbench.pipeline import byte_alphabet
from tokbench.rules.saved_examples import (
    SMALL,
    TOKENIZER,
    Damage,
    all_of,
    put,
    without_tokens,
)
from tokbench.store import MANIFEST, read_json
from tokbench.workbench import small_tokenizer, train
from tokbench.wrapping import gate, judge, probes

DOCUMENTS = ["low lower lowest\r\nnewer wider", "한국어 문장입니다", "def f(x):\n\treturn  x"]


pytestmark = pytest.mark.usefixtures("trainers_in_process")


def small(like: str, damage: Damage | None = None) -> Tokenizer:
    files = small_tokenizer(like)
    return Tokenizer.from_str(json.dumps((damage.to(files) if damage else files)[TOKENIZER]))


def test_the_probes_have_every_byte_that_text_can_have() -> None:
    used = {byte for text in probes.BYTES for byte in text.encode()}
    assert set(range(256)) - used == {0xC0, 0xC1, *range(0xF5, 0x100)}


def test_a_byte_level_one_is_lossless() -> None:
    verdict = judge(small("byte_level"), DOCUMENTS)
    assert verdict.kind == "lossless"
    assert verdict.differing == 0
    assert verdict.differences == ()
    assert verdict.scripts == ("Latin", "Hangul")
    assert verdict.texts == len({*probes.TEXTS, *probes.BYTES, *DOCUMENTS})


@pytest.mark.parametrize("like", sorted(SMALL))
def test_the_others_are_lossy_by_design_and_pass(like: str) -> None:
    verdict = judge(small(like), DOCUMENTS)
    assert (verdict.kind == "lossless") == (like == "byte_level")
    assert len(verdict.differences) == (0 if like == "byte_level" else 3)


def test_equal_after_normalizing() -> None:
    tokenizer = small("byte_level")
    tokenizer.normalizer = normalizers.NFC()
    verdict = judge(tokenizer, DOCUMENTS)
    assert verdict.kind == "equal after normalizing"
    (was, came), *_ = verdict.differences
    assert came.startswith(normalizers.NFC().normalize_str(was))
    tokenizer.normalizer = normalizers.Lowercase()
    assert judge(tokenizer, DOCUMENTS).kind == "equal after normalizing"


REFUSED: dict[str, tuple[str, Damage, str]] = {
    "bytes without their characters": (
        "byte_level",
        without_tokens("bytes from 0x80", lambda token: token in byte_alphabet()[94:]),
        "bytes are lost that a byte-level pipeline should keep: ",
    ),
    "bytes that do not come back": (
        "byte_level",
        put("decoder", value=None),
        "bytes are lost that a byte-level pipeline should keep: ",
    ),
    "a pair that nothing parts": (
        "wordpiece",
        put(
            "post_processor",
            "pair",
            value=[{"Sequence": {"id": one, "type_id": 0}} for one in "AB"],
        ),
        "one text gets special tokens and two get none",
    ),
    "another id in the template": (
        "wordpiece",
        put("post_processor", "special_tokens", "[CLS]", "ids", value=[7]),
        "'[CLS]' is put around texts as id 7, which is ",
    ),
    "an error where a word is unknown": (
        "wordpiece",
        put("model", "unk_token", value="<unknown>"),
        "cannot be encoded: ",
    ),
    "characters that vanish and shift the rest": (
        "characters",
        put("model", "unk_token", value=None),
        "; characters that it does not know vanish, as it has no unknown token",
    ),
    "a special token that is not found": (
        "byte_level",
        all_of(
            put("added_tokens", 0, "normalized", value=True),
            put(
                "normalizer",
                value={"type": "Replace", "pattern": {"Regex": "<[^>]*>"}, "content": ""},
            ),
        ),
        "the token '<|end|>' is not read as itself but as ''",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused(case: tuple[str, Damage, str]) -> None:
    like, damage, said = case
    with pytest.raises(WrappingError) as told:
        judge(small(like, damage), DOCUMENTS)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


WRONG_OFFSETS = {
    "another place": [(1, 4), (4, 9)],
    "beyond the end": [(0, 3), (3, 10)],
    "backwards": [(4, 9), (0, 3)],
    "ends before it starts": [(3, 0), (3, 9)],
}


@pytest.mark.parametrize("offsets", WRONG_OFFSETS.values(), ids=WRONG_OFFSETS)
def test_offsets_that_cut_elsewhere_are_refused(offsets: list[tuple[int, int]]) -> None:
    tried = gate._Gate(small("byte_level"))
    right = SimpleNamespace(tokens=["low", "Ġlower"], ids=[10, 11], offsets=[(0, 3), (3, 9)])
    tried.offsets("low lower", right)
    right.offsets = [(0, 3), (4, 9)]  # trimmed
    tried.offsets("low lower", right)
    right.offsets = offsets
    with pytest.raises(WrappingError, match=r"the token '.*' has the offsets "):
        tried.offsets("low lower", right)


@pytest.mark.usefixtures("in_process")
def test_training_keeps_nothing_that_the_gate_refuses(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = write_recipe(
        "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\ndecoder: Fuse\nmodel: BPE\n"
        "trainer: {vocab_size: 320}\n"
    )
    with pytest.raises(WrappingError, match=r"tiny\.yaml: is trained and not kept: bytes are lost"):
        train(recipe, tmp_path / "out", runs=tmp_path / "runs")
    assert not (tmp_path / "out").exists()
    with pytest.raises(WrappingError):
        train(recipe, runs=tmp_path / "runs")
    assert not list((tmp_path / "runs").rglob("*.json"))


@pytest.mark.usefixtures("in_process")
def test_the_verdict_is_kept(write_recipe: Callable[..., Path], tmp_path: Path) -> None:
    recipe = write_recipe(
        "normalizer: Lowercase\npre_tokenizer: {type: ByteLevel, add_prefix_space: false}\n"
        "model: BPE\ntrainer: {vocab_size: 320}\n"
    )
    made = train(recipe, runs=tmp_path / "runs")
    assert made.verdict.kind == "equal after normalizing"
    kept = read_json(made.tokenizer / MANIFEST)["verdict"]
    assert kept["kind"] == made.verdict.kind
    assert kept["differing"] == made.verdict.differing > 0
    again = train(recipe, runs=tmp_path / "runs")
    assert again.done_before == ("train", "wrap")
    assert again.verdict.differing == made.verdict.differing
