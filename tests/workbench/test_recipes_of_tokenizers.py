"""The recipe of a finished tokenizer builds the same pipeline anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from few_lines import LINES
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

from tokbench.cli import group
from tokbench.encoding import from_folder
from tokbench.pipeline.derived import derived, flat
from tokbench.workbench import train
from tokbench.workbench.deriving import recipe_from

STAGES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
PUBLISHED = (
    "gpt2", "bert-base-uncased", "kcbert-base", "phi3_mini", "qwen", "cl100k_base.tiktoken",
    "mistral_v1", "albert", "sentencepiece_ja_unigram.model",
)  # fmt: skip


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{line} {line}\n" for line in LINES), "utf-8")
    return str(path)


def pipeline(state: dict[str, Any]) -> dict[str, list[Any]]:
    """Every stage, sequences taken apart; ids, which training gives anew, left out."""
    found = {stage: [dict(part) for part in flat(state[stage])] for stage in STAGES}
    found["decoder"] = [  # that one writes settings that it does not read
        {"type": "ByteLevel"} if part["type"] == "ByteLevel" else part for part in found["decoder"]
    ]
    for part in found["post_processor"]:
        part.pop("special_tokens", None)
        for role in ("cls", "sep"):
            if role in part:
                part[role] = part[role][0]
    return found


def again(tokenizer: Path, text: str, *overrides: str) -> Tokenizer:
    """The recipe of a tokenizer, trained on a little text."""
    folder = Path(text).parent
    recipe_from(str(tokenizer), "again", folder / "again.yaml", on=[text])
    train(folder / "again.yaml", folder / "out", overrides=overrides)
    return Tokenizer.from_file(str(folder / "out" / "tokenizer.json"))


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_pipeline_comes_back(name: str, shared: Path, text: str) -> None:
    path = shared / "tokenizers" / name
    unigram = json.loads(from_folder(path).tokenizer.to_str())["model"]["type"] == "Unigram"
    made = again(path, text, f"trainer.vocab_size={200 if unigram else 700}")
    wanted = from_folder(path).tokenizer
    assert pipeline(json.loads(made.to_str())) == pipeline(json.loads(wanted.to_str()))


@pytest.mark.usefixtures("in_process")
def test_tokens_templates_and_how_it_is_loaded_come_back(tmp_path: Path, text: str) -> None:
    made = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "<x>": 2, "<y>": 3}, unk_token="[UNK]"))
    made.normalizer = normalizers.Sequence([normalizers.Strip(left=False), normalizers.NFC()])
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split("-", "merged_with_previous"),
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit()]),
        ]
    )
    made.post_processor = processors.TemplateProcessing(
        single="<x> $A <y>", pair="<x> $A <y>:1 $B:1", special_tokens=[("<x>", 2), ("<y>", 3)]
    )
    made.add_special_tokens(["[UNK]", "<x>", AddedToken("<y>", lstrip=True)])
    made.add_tokens([AddedToken("New York", single_word=True)])
    made.enable_truncation(7)
    folder = tmp_path / "made"
    folder.mkdir()
    made.save(str(folder / "tokenizer.json"))
    config = {"cls_token": "<x>", "model_max_length": 99, "chat_template": "{{ 'x' }}"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    new = again(folder, text)
    state = json.loads(new.to_str())
    assert pipeline(state) == pipeline(json.loads(made.to_str()))
    kept = {one["content"]: one for one in state["added_tokens"]}
    assert list(kept) == ["[UNK]", "<x>", "<y>", "New York"]
    assert kept["<y>"]["lstrip"]
    assert kept["New York"]["single_word"]
    saved = json.loads((tmp_path / "out" / "tokenizer_config.json").read_text())
    assert (saved["cls_token"], saved["model_max_length"]) == ("<x>", 99)
    assert (tmp_path / "again.jinja").read_text() == "{{ 'x' }}"
    assert "# - its saved truncation is left out" in (tmp_path / "again.yaml").read_text()


def test_what_a_recipe_cannot_say_is_told() -> None:
    state = json.loads(Tokenizer(models.BPE({"a": 0}, [])).to_str())
    state["normalizer"] = {"type": "Unheard", "x": 1}
    state["added_tokens"] = [
        {"id": 5, "content": "<|endoftext|>", "special": True, "normalized": False}
    ]
    told = "\n".join(
        derived(state, {"eos_token": "<|endoftext|>", "bos_token": "<|endoftext|>"}).notes
    )
    assert "normalizer: Unheard cannot be said in a recipe" in told
    assert "'<|endoftext|>' is bos and eos; a recipe gives a token one role" in told
    assert "its own is 5" in told
    assert "pre_tokenizer: it has none" in told


def test_nothing_is_written_over(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tokenizer = str(shared / "tokenizers" / "sentencepiece_ja_unigram.model")
    (tmp_path / "ja-2.charsmap").write_text("mine")
    result = CliRunner().invoke(group, ["new", "ja", "--from", tokenizer])
    assert "ja-2.charsmap: is there already" in str(result.exception)
    assert [one.name for one in tmp_path.iterdir()] == ["ja-2.charsmap"]
    result = CliRunner().invoke(group, ["new", "ja", "--from", tokenizer, "--like", "bert"])
    assert result.exit_code == 2
