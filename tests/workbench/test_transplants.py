"""Checkpoints of every family get another vocabulary, and nothing else of them changes."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from few_lines import LINES
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from tokbench.errors import StoreError, SubjectError
from tokbench.workbench import transplanted

SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
DECODER = {"n_embd": 16, "n_layer": 1, "n_head": 2}
BOTH = {"d_model": 16, "d_ff": 16, "d_kv": 8, "num_heads": 2, "num_layers": 1}
BART = {
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
}  # fmt: skip
FAMILIES = {
    "BertForMaskedLM": SIZES | {"intermediate_size": 16, "max_position_embeddings": 40},
    "BertModel": SIZES | {"intermediate_size": 16},
    "RobertaForMaskedLM": SIZES
    | {"intermediate_size": 16, "max_position_embeddings": 34, "type_vocab_size": 1},
    "GPT2LMHeadModel": DECODER | {"n_positions": 32},
    "LlamaForCausalLM": SIZES | {"intermediate_size": 16, "tie_word_embeddings": False},
    "T5ForConditionalGeneration": BOTH,
    "BartForConditionalGeneration": BART,
}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr("tokbench.workbench.transplants.run_in_child", call)


def byte_level(size: int, special: list[str] = SPECIAL, lines: list[str] = LINES) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=special,
        show_progress=False,
    )
    made.train_from_iterator(lines, trainer)
    if special:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> $B </s>",
            special_tokens=[(one, made.token_to_id(one)) for one in ("<s>", "</s>")],
        )
    return made


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Saves a small model with random weights and a byte-level tokenizer."""

    def save(name: str, *, extra_rows: int = 0, **options: Any) -> Path:
        import torch
        import transformers

        torch.manual_seed(0)
        tokenizer = byte_level(330)
        made = getattr(transformers, name)
        ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
        config = made.config_class(
            **FAMILIES[name] | ids | {"vocab_size": 330 + extra_rows} | options
        )
        if config.is_encoder_decoder:
            config.decoder_start_token_id = 2
        model = made(config)
        for one in (*model.parameters(), *model.buffers()):
            if one.is_floating_point() and one.requires_grad:
                one.data.normal_()
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_()
        folder = tmp_path / "checkpoint"
        model.save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        return folder

    return save


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another tokenizer, without special tokens, whose vocabulary overlaps."""
    folder = tmp_path / "other"
    folder.mkdir()
    byte_level(300, [], ["the grey whale swims in the grey sea"] * 3).save(
        str(folder / "tokenizer.json")
    )
    return folder


def logits(folder: Path, ids: list[int]) -> Any:
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder)
    model = getattr(transformers, config.architectures[0]).from_pretrained(folder).eval()
    given = {"input_ids": torch.tensor([ids])}
    if config.is_encoder_decoder:
        given["decoder_input_ids"] = given["input_ids"]
    with torch.no_grad():
        return model(**given)[0]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("extra_rows", [0, 6])
def test_its_own_tokenizer_changes_no_logit(name, extra_rows, checkpoint, tmp_path):
    folder = checkpoint(name, extra_rows=extra_rows)
    made = transplanted(str(folder), str(folder), tmp_path / "out")
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(LINES[0]).ids
    assert made.rows == (330 + extra_rows, 330 + extra_rows)
    assert made.sources["pieces"] == made.sources["otherwise"] == 0
    before, after = logits(folder, ids), logits(tmp_path / "out", ids)
    assert before.equal(after)
    assert made.notes == ()


@pytest.mark.parametrize("name", FAMILIES)
def test_another_tokenizer(name, checkpoint, other, tmp_path):
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    folder = checkpoint(name)
    made = transplanted(str(folder), str(other), tmp_path / "out", multiple=8)
    old, new = (load_file(one / "model.safetensors") for one in (folder, tmp_path / "out"))
    assert old.keys() == new.keys()
    assert all(old[one].equal(new[one]) for one in old.keys() - made.tables.keys())
    assert made.untouched[0] == len(old) - len(made.tables)
    config = json.loads((tmp_path / "out/config.json").read_bytes())
    loaded = AutoTokenizer.from_pretrained(tmp_path / "out")
    size = len(loaded)
    assert config["vocab_size"] == made.rows[1] == -(-size // 8) * 8
    assert config["pad_token_id"] == loaded.pad_token_id
    assert config["eos_token_id"] == loaded.eos_token_id
    if "decoder_start_token_id" in config:
        assert config["decoder_start_token_id"] == loaded.eos_token_id
    was = Tokenizer.from_file(str(folder / "tokenizer.json"))
    known, vocabulary = was.get_vocab(), loaded.get_vocab()
    both = [one for one in known.keys() & vocabulary.keys() if not one.startswith("<")]
    pieced = [one for one in vocabulary.keys() - known.keys() if re.fullmatch("Ġ[a-z]{2,}", one)]
    assert len(both) > 250
    assert pieced
    for table, (before, after) in made.tables.items():
        place = next(at for at, n in enumerate(before) if n == 330)
        assert after[place] == made.rows[1]
        rows, were = new[table].movedim(place, 0), old[table].movedim(place, 0)
        for token in both:
            assert rows[vocabulary[token]].equal(were[known[token]])
        assert rows[loaded.eos_token_id].equal(were[2])
        assert rows[-1].allclose(were.mean(0), atol=1e-6)
        for token in pieced:
            ids = was.encode(token.replace("Ġ", " "), add_special_tokens=False).ids
            assert len(ids) > 1
            assert rows[vocabulary[token]].allclose(were[ids].mean(0), atol=1e-6)
    text = logits(tmp_path / "out", loaded("low " * 20).input_ids[:30])
    assert text.isfinite().all()
    if name.startswith("Roberta"):
        assert loaded.pad_token_id == 1
        assert made.longest == loaded.model_max_length == 32
    if name == "BertForMaskedLM":
        assert made.longest == 40
    assert "[CLS]" not in loaded.get_vocab()
    assert loaded("low").input_ids[0] == loaded.bos_token_id


def test_random_rows_have_the_mean_and_deviation_of_all(checkpoint, other, tmp_path):
    from safetensors.torch import load_file

    folder = checkpoint("BertModel")
    name = "embeddings.word_embeddings.weight"
    tables = []
    for seed, out in ((0, "a"), (0, "b"), (1, "c")):
        made = transplanted(
            str(folder), str(other), tmp_path / out, otherwise="random", seed=seed, multiple=2000
        )
        tables.append(load_file(tmp_path / out / "model.safetensors")[name])
    old = load_file(folder / "model.safetensors")[name]
    rest = tables[0][made.rows[0] :]
    assert tables[0].equal(tables[1])
    assert not tables[0].equal(tables[2])
    assert rest.mean(0).allclose(old.mean(0), atol=0.15)
    assert rest.std(0).allclose(old.std(0), atol=0.15)


def test_pickles_are_read_as_tensors_alone(checkpoint, tmp_path):
    import torch
    from safetensors.torch import load_file

    folder = checkpoint("GPT2LMHeadModel")
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"] = tensors["transformer.wte.weight"]
    torch.save(tensors, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    made = transplanted(str(folder), str(folder), tmp_path / "out")
    assert set(made.tables) == {"lm_head.weight", "transformer.wte.weight"}
    new = load_file(tmp_path / "out/model.safetensors")
    assert all(new[name].equal(one) for name, one in tensors.items())
    torch.save({"model": Path}, folder / "pytorch_model.bin")
    with pytest.raises(SubjectError, match=r"other things than tensors, which could run code"):
        transplanted(str(folder), str(folder), tmp_path / "out")


def test_weights_in_several_files(checkpoint, other, tmp_path):
    import transformers
    from safetensors.torch import load_file

    folder = checkpoint("GPT2LMHeadModel")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="8KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    transplanted(str(folder), str(other), tmp_path / "out")
    ids = Tokenizer.from_file(str(tmp_path / "out/tokenizer.json")).encode("the sea").ids
    assert logits(tmp_path / "out", ids).isfinite().all()
    index = json.loads((tmp_path / "out/model.safetensors.index.json").read_bytes())
    for name, file in index["weight_map"].items():
        assert name in load_file(tmp_path / "out" / file)


def test_settings_of_generation(checkpoint, other, tmp_path):
    folder = checkpoint("BartForConditionalGeneration")
    said = {"decoder_start_token_id": 2, "eos_token_id": [2], "suppress_tokens": [7], "top_p": 0.5}
    (folder / "generation_config.json").write_text(json.dumps(said))
    made = transplanted(str(folder), str(other), tmp_path / "out")
    now = json.loads((tmp_path / "out/generation_config.json").read_bytes())
    end = Tokenizer.from_file(str(tmp_path / "out/tokenizer.json")).token_to_id("</s>")
    assert now == {"decoder_start_token_id": end, "eos_token_id": [end], "top_p": 0.5}
    assert any("suppress_tokens: left out" in one for one in made.notes)


def test_shares_of_a_text(checkpoint, other, tmp_path):
    folder = checkpoint("BertModel")
    (tmp_path / "text.txt").write_text("low lower\nthe sea\n")
    made = transplanted(str(folder), str(other), tmp_path / "out", on=[str(tmp_path / "text.txt")])
    assert sum(made.shares.values()) == pytest.approx(1)
    assert made.shares["kept"] > 0.5
    manifest = json.loads((tmp_path / "out/tokbench.json").read_bytes())
    assert manifest["files"].keys() >= {"model.safetensors", "config.json", "tokenizer.json"}
    transplanted(str(folder), str(other), tmp_path / "out")  # ours to replace


def rewritten(folder: Path, **said: Any) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_bytes()) | said
    path.write_text(json.dumps({name: one for name, one in config.items() if one is not None}))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


BREAK: dict[str, Callable[[Path], Any]] = {
    "no config": lambda folder: (folder / "config.json").unlink(),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "cut": lambda folder: cut(folder / "model.safetensors"),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "tensorflow": lambda folder: (folder / "model.safetensors").rename(folder / "tf_model.h5"),
    "unknown": lambda folder: rewritten(folder, model_type="frobnicator"),
    "parts": lambda folder: rewritten(folder, vocab_size=None, text_config={"vocab_size": 330}),
    "other size": lambda folder: rewritten(folder, vocab_size=331),
    "pickle": lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
    "config": lambda folder: cut(folder / "config.json"),
}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no config", "holds no config.json, so it is no checkpoint"),
        ("no weights", "holds no weights, neither model.safetensors nor pytorch_model.bin"),
        ("cut", "model.safetensors: is damaged"),
        ("no tokenizer", "without a tokenizer that can be read"),
        ("tensorflow", "its weights are in tf_model.h5, which torch does not read"),
        ("unknown", "transformers knows no model of the type 'frobnicator'"),
        ("parts", r"does not say vocab_size, .* its parts \(text_config\) have their own"),
        ("other size", "none of its tensors is the table of embeddings with the 331 rows"),
        ("pickle", "pytorch_model.bin: is damaged"),
        ("config", "config.json: is damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(how, said, checkpoint, other, tmp_path):
    folder = checkpoint("BertModel")
    BREAK[how](folder)
    with pytest.raises(SubjectError, match=said) as raised:
        transplanted(str(folder), str(other), tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_strangers_are_refused(checkpoint, tmp_path):
    folder = checkpoint("BertModel")
    stranger = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    (tmp_path / "stranger").mkdir()
    stranger.save(str(tmp_path / "stranger/tokenizer.json"))
    with pytest.raises(SubjectError, match="there is nothing to transplant"):
        transplanted(str(folder), str(tmp_path / "stranger"), tmp_path / "out")
    shutil.copytree(tmp_path / "stranger", tmp_path / "mine")
    with pytest.raises(StoreError, match="which tokbench did not write"):
        transplanted(str(folder), str(folder), tmp_path / "mine")
    with pytest.raises(SubjectError, match=r"nowhere: is no folder of a model"):
        transplanted(str(tmp_path / "nowhere"), str(folder), tmp_path / "out")
