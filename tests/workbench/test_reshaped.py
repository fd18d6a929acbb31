"""Tokenizers extended, pruned and trained anew: folders as people get them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokbench.cli import group
from tokbench.encoding import from_folder
from tokbench.workbench import extended, find, pruned

OLD = "low lower lowest\nnew newer newest\nWidows slow, she sews\n" * 3
KOREAN = "안녕하세요 세계\n한국어 토크나이저를 만듭니다\n안녕 세계\n" * 4


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.txt").write_text(OLD, "utf-8")
    (tmp_path / "ko.txt").write_text(KOREAN, "utf-8")
    return tmp_path


def save(tokenizer: Tokenizer, **config: object) -> str:
    folder = Path("made")
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return str(folder)


def gpt(**config: object) -> str:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=275,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>"],
        show_progress=False,
    )
    made.train_from_iterator(OLD.splitlines(), trainer)
    made.add_tokens(["New York"])
    return save(made, eos_token="<|end|>", bos_token="<|end|>", **config)


def bert() -> str:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=90, special_tokens=["[UNK]", "[PAD]"], show_progress=False
    )
    made.train_from_iterator([*OLD.splitlines(), KOREAN[:6]], trainer)
    return save(made, unk_token="[UNK]", pad_token="[PAD]", model_max_length=64)


@pytest.mark.usefixtures("in_process")
def test_a_bpe_keeps_its_old_text(here: Path) -> None:
    made = extended(gpt(), ["ko.txt"], here / "out", add=20, keep=["old.txt"], multiple=8)
    before, now = (from_folder(Path(one)).tokenizer for one in ("made", "out"))
    assert made.sizes[1] % 8 == 0
    assert made.sizes[1] == now.get_vocab_size() == made.sizes[0] + len(made.added)
    assert now.encode(OLD).ids == before.encode(OLD).ids
    assert now.decode(now.encode(KOREAN).ids) == KOREAN
    assert len(now.encode(KOREAN).ids) < len(before.encode(KOREAN).ids) == made.new.tokens[0] + 12
    assert made.old is not None
    assert (made.old.differing, made.old.changes) == (0, None)
    config = json.loads(Path("out/tokenizer_config.json").read_text())
    assert (config["bos_token"], config["eos_token"]) == ("<|end|>", "<|end|>")
    assert find("out").subject.tokenizer.token_to_id("New York") == made.sizes[0] - 1


@pytest.mark.usefixtures("in_process")
def test_what_changes_is_told(here: Path) -> None:
    folder = gpt()
    text = ["old.txt"]
    made = extended(folder, text, here / "out", add=5, keep=text, refuse=False)
    assert made.old is not None
    assert made.old.changes is not None
    assert made.old.differing == made.old.changes.documents > 0
    kept = extended(folder, text, here / "out", add=5, keep=text)
    assert (kept.added, kept.merges, kept.old.differing if kept.old else 1) == ((), 0, 0)
    assert kept.refused > 0
    assert "no more to learn" in kept.notes[-1]


@pytest.mark.usefixtures("in_process")
def test_a_wordpiece_keeps_its_old_text(here: Path) -> None:
    (here / "ko.txt").write_text(KOREAN + "lowlow lowlow\n", "utf-8")
    made = extended(bert(), ["ko.txt"], here / "out", add=40, keep=["old.txt"])
    before, now = (from_folder(Path(one)).tokenizer for one in ("made", "out"))
    assert now.encode(OLD).ids == before.encode(OLD).ids
    assert "[UNK]" in before.encode(KOREAN).tokens
    assert "[UNK]" not in now.encode(KOREAN).tokens
    assert now.encode("안녕").ids[0] >= made.sizes[0]
    assert any("takes Hangul apart" in note for note in made.notes)


@pytest.mark.usefixtures("in_process")
def test_byte_fallback_learns_characters_not_bytes(here: Path) -> None:
    vocabulary = {f"<0x{byte:02X}>": byte for byte in range(256)} | {"▁": 256, "l": 257}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(), decoders.Fuse()]
    )
    made = extended(save(tokenizer), ["ko.txt"], here / "out", add=60)
    assert not any("<0x" in token for token in made.added)
    now = from_folder(here / "out").tokenizer
    assert now.decode(now.encode("안녕하세요 세계").ids) == "안녕하세요 세계"
    assert len(now.encode("안녕하세요").ids) < 5


@pytest.mark.usefixtures("in_process")
def test_prepended_spaces_are_no_jamo(here: Path) -> None:
    made = extended(sentencepiece(), ["ko.txt"], here / "out", add=5)
    assert not any("Hangul" in note for note in made.notes)


@pytest.mark.usefixtures("in_process")
def test_control_tokens_of_sentencepiece_stay(shared: Path, here: Path) -> None:
    model = shared / "tokenizers" / "sentencepiece_ja_unigram.model"
    (here / "ja.txt").write_text("吾輩は猫である。\n", "utf-8")
    pruned(str(model), ["ja.txt"], here / "out")
    said = json.loads(Path("out/old_ids.json").read_text())
    assert said["old_ids"][:3] == [0, 1, 2]


@pytest.mark.usefixtures("in_process")
def test_pruned_has_the_mapping(here: Path) -> None:
    (here / "few.txt").write_text("lower new\nslow New York\n")
    made = pruned(gpt(), ["few.txt"], here / "out")
    before, now = (from_folder(Path(one)).tokenizer for one in ("made", "out"))
    said = json.loads(Path("out/old_ids.json").read_text())
    assert said["new"] == now.get_vocab_size() == made.sizes[1] < said["old"] == made.sizes[0]
    for text in ("lower new", "slow New York<|end|>"):
        assert [said["old_ids"][one] for one in now.encode(text).ids] == before.encode(text).ids
    assert now.decode(now.encode(KOREAN).ids) == KOREAN
    larger = pruned("made", ["few.txt"], here / "out", size=made.sizes[1] + 1)
    assert (larger.sizes[1], larger.filled) == (made.sizes[1] + 1, 1)
    result = CliRunner().invoke(
        group, ["prune", "made", "--on", "few.txt", "--out", "x", "--keep-size", "9"]
    )
    assert "ask for" in str(result.exception)


def sentencepiece(*, added: tuple[str, ...] = (), split: bool = False) -> str:
    """Words from left to right, spaces as SentencePiece writes them."""
    pieces = {"<unk>": 0.0, "▁": -2.0, "▁low": -3.0, "er": -3.0, "est": -4.0, "new": -4.5}
    pieces |= dict.fromkeys("Winedoslwhrt,", -6.0) | {"▁slow": -9.0}
    made = Tokenizer(models.Unigram([*pieces.items()], unk_id=0))
    if split:
        made.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        made.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
    made.decoder = decoders.Metaspace()
    made.add_tokens(list(added))
    return save(made, unk_token="<unk>")


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("split", [False, True])
def test_a_unigram_keeps_its_old_text(here: Path, *, split: bool) -> None:
    (here / "ko.txt").write_text(KOREAN + "lower lower slows slows\n" * 3, "utf-8")
    folder = sentencepiece(added=("New York",), split=split)
    made = extended(folder, ["ko.txt"], here / "out", add=30, keep=["old.txt"])
    before, now = (from_folder(Path(one)).tokenizer for one in (folder, "out"))
    for text in (*OLD.splitlines(), "New York"):
        assert now.encode(text).ids == before.encode(text).ids
    assert made.new.unknown[0] > made.new.unknown[1] == 0
    assert not any("▁" in token[1:] for token in made.added)
    scores = dict(json.loads(now.to_str())["model"]["vocab"])
    assert scores["New York"] == min(scores.values()) == -9.0
    assert made.refused > 0
    assert any("'New York' stands in its vocabulary" in note for note in made.notes)
    free = extended(folder, ["ko.txt"], here / "out", add=30, keep=["old.txt"], refuse=False)
    assert free.old is not None
    assert free.old.changes is not None
    assert free.old.differing == free.old.changes.documents > 0


@pytest.mark.usefixtures("in_process")
def test_a_wordlevel_knows_more_words(here: Path) -> None:
    made = Tokenizer(models.WordLevel({"low": 0, "lower": 1, "<unk>": 2}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = save(made, unk_token="<unk>")
    (here / "ko.txt").write_text(KOREAN + "newest low\n" * 9, "utf-8")
    kept = extended(folder, ["ko.txt"], here / "out", add=3, keep=["old.txt"], multiple=4)
    assert kept.added == ("세계", "만듭니다", "안녕", "안녕하세요", "토크나이저를")
    assert (kept.sizes, kept.refused, kept.old.differing if kept.old else 1) == ((3, 8), 1, 0)
    told = extended(folder, ["ko.txt"], here / "out", add=1, keep=["old.txt"], refuse=False)
    assert told.added == ("newest",)
    assert told.old is not None
    assert told.old.changes is not None
    (place,) = told.old.changes.lost
    assert (place.text, place.cuts, place.unknown) == ("newest", (("<unk>",), ("newest",)), (3, 0))


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("make", [gpt, bert, lambda: sentencepiece(split=True)])
def test_old_words_beside_added_tokens_stay(here: Path, make: Callable[[], str]) -> None:
    """An added token cuts a pre-token in two, which counting does not see."""
    folder = make()
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.add_tokens(["<x>"])
    tokenizer.save(f"{folder}/tokenizer.json")
    (here / "kept.txt").write_text("l<x>hello<x>low\n", "utf-8")
    (here / "new.txt").write_text("hello hello ohello\n" * 9, "utf-8")
    made = extended(folder, ["new.txt"], here / "out", add=20, keep=["kept.txt"])
    assert made.old is not None
    assert made.old.differing == 0


@pytest.mark.parametrize("text", ["", "\n"])
def test_empty_text_is_refused(here: Path, text: str) -> None:
    (here / "none.txt").write_text(text)
    folder = gpt()
    extend = ["extend", folder, "--add", "5", "--out", "out"]
    for command, said in (
        ([*extend, "--on", "none.txt"], "no text to learn"),
        ([*extend, "--on", "ko.txt", "--keep", "none.txt"], "no text whose ids"),
        (["prune", folder, "--on", "none.txt", "--out", "out"], "no text that takes"),
    ):
        assert said in str(CliRunner().invoke(group, command).exception)
    assert not (here / "out").exists()


@pytest.mark.usefixtures("in_process")
def test_padding_tells_what_is_unused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (here / "few.txt").write_text("zz zz\n")
    command = ["extend", gpt(), "--on", "few.txt", "--add", "9", "--out", "out"]
    shown = CliRunner().invoke(group, [*command, "--pad-to-multiple-of", "128"]).output
    found = re.search(
        r"([\d,]+) now; ([\d,]+) rows are a multiple of 128, (\d+) of them unused", shown
    )
    assert found is not None
    now, rows, spare = map(int, found.groups())
    assert (rows - now, rows % 128) == (spare, 0)
    assert "9 tokens were to be learned" in shown


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("width", ["80", "120"])
def test_reports_fit(here: Path, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    said = ["extend", gpt(), "--on", "ko.txt", "--add", "20", "--out", "out"]
    shown = CliRunner().invoke(group, [*said, "--keep", "old.txt"]).output
    assert "the same ids" in " ".join(shown.split())
    again = ["extend", "made", "--on", "old.txt", "--add", "3", "--out", "out"]
    shown += CliRunner().invoke(group, [*again, "--keep", "old.txt", "--only-tell"]).output
    assert "what changes in the old text" in shown
    shown += CliRunner().invoke(group, ["prune", "made", "--on", "old.txt", "--out", "out"]).output
    assert "mapping" in shown
    assert max(map(len, shown.splitlines())) <= int(width)
    assert (here / "out" / "old_ids.json").is_file()


@pytest.mark.usefixtures("in_process")
def test_trained_like_another(here: Path) -> None:
    (here / "sub").mkdir()
    template = "{{ messages }}"
    command = ["train", "--like", gpt(), "--on", "ko.txt", "--out", "sub/new"]
    Path("made/chat_template.jinja").write_text(template)
    result = CliRunner().invoke(group, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    new = from_folder(Path("sub/new")).tokenizer
    added = {one.content for one in new.get_added_tokens_decoder().values()}
    assert added == {"<|end|>", "New York"}
    found = Path("sub/new/chat_template.jinja")
    config = json.loads(Path("sub/new/tokenizer_config.json").read_text())
    assert (found.read_text() if found.is_file() else config["chat_template"]) == template
    assert "eos_token is none, was <|end|>" in result.output
    again = CliRunner().invoke(group, command)
    assert "is there already" in str(again.exception)


@pytest.mark.usefixtures("in_process")
def test_what_is_switched_off_is_told(here: Path) -> None:
    folder = gpt()
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=20)
    tokenizer.model.dropout = 0.5
    tokenizer.save(f"{folder}/tokenizer.json")
    made = extended(folder, ["ko.txt"], here / "out", add=5)
    told = " ".join(made.notes)
    assert all(f"its {name} is left out" in told for name in ("truncation", "padding", "dropout"))
