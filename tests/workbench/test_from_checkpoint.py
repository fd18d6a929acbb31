"""Models that go on from a checkpoint, whatever their tokenizer."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tokbench.downstream import TrainingSpec, pretrained
from tokbench.errors import SubjectError
from tokbench.recipe.settings import training
from tokbench.workbench import finetune, tried
from tokbench.workbench.entrants import begun, entrants
from tokbench.workbench.find import find

pytestmark = pytest.mark.usefixtures("in_process", "models_in_process")

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
FAMILIES = {
    "BertForMaskedLM": {"intermediate_size": 16, "max_position_embeddings": 24},
    "RobertaModel": {
        "intermediate_size": 16,
        "max_position_embeddings": 30,
        "type_vocab_size": 1,
        "pad_token_id": 3,
    },
    "GPT2LMHeadModel": {"n_positions": 24},
}


def saved(folder: Path, name: str = "BertForMaskedLM") -> Path:
    import torch
    import transformers

    words = [
        "she",
        "sells",
        "sea",
        "red",
        "blue",
        "old",
        "shells",
        "quick",
        "fox",
        "the",
        "dog",
        "it",
    ]
    every = [*SPECIAL, *words, *"abcdefghijklmnopqrstuvwxyz", *(f"##{c}" for c in "acdeklorsuwxyz")]
    vocabulary = {word: n for n, word in enumerate(dict.fromkeys([*every, *"0123456789"]))}
    if name.startswith("Roberta"):  # counts positions from its padding
        vocabulary["[PAD]"], vocabulary["[SEP]"] = 3, 0
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL)
    if not name.startswith("GPT2"):
        second = 0 if name.startswith("Roberta") else 1
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair=f"[CLS] $A [SEP] $B:{second} [SEP]:{second}",
            special_tokens=[(one, vocabulary[one]) for one in ("[CLS]", "[SEP]")],
        )
    torch.manual_seed(0)
    made = getattr(transformers, name)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = made.config_class(**{"vocab_size": len(vocabulary), **sizes, **FAMILIES[name]})
    made(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    roles = {f"{one[1:-1].lower()}_token": one for one in SPECIAL}
    roles["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(roles))
    return folder


def quick(**more: Any) -> TrainingSpec:
    said = {"seeds": 1, "epochs": 1, "batch_size": 16, "max_length": 16, "learning_rate": (1e-2,)}
    return TrainingSpec.model_validate(said | more, strict=False)


def test_rivals_stand_side_by_side(small_tasks: Path) -> None:
    folder = saved(small_tasks / "teacher")
    spec = quick(model="./teacher")
    made = finetune(["many", "few"], ["colours.yaml"], spec)
    assert made.downstream is not None
    assert made.downstream.tokenizers == (
        "many",
        "few",
        "teacher's own",
        "many, random embeddings",
        "few, random embeddings",
    )
    assert made.downstream.model.startswith("teacher@")
    outcomes = made.downstream.tasks[0].outcomes
    heads = "begins from {} with a new head (classifier, pooler), without its cls"
    for one in outcomes:
        assert one is not None
        assert one.notes[0] == heads.format(made.downstream.model)
    said = [one.notes for one in outcomes if one]
    assert any("of its tokens have the checkpoint's embeddings" in note for note in said[0])
    assert said[2][-1] == "its embeddings are the checkpoint's own"
    assert any("but those of special tokens are random" in note for note in said[3])
    assert len({one.body for one in outcomes if one}) == 1
    assert len({one.head for one in outcomes if one}) == 1
    assert finetune(["many", "few"], ["colours.yaml"], spec).done_before == 5
    assert finetune(["few"], ["colours.yaml"], quick(model=str(folder))).done_before == 3
    moved = shutil.copytree(folder, small_tasks / "moved" / "teacher")
    assert finetune(["few"], ["colours.yaml"], quick(model=str(moved))).done_before == 3
    again = saved(folder, "BertForMaskedLM")
    weights = again / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    assert finetune(["few"], ["colours.yaml"], spec).done_before == 0


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("task", ["pairs", "spans"])
def test_every_kind_and_family(name: str, task: str, small_tasks: Path) -> None:
    saved(small_tasks / "teacher", name)
    spec = quick(model="./teacher", embeddings="transplant", max_length=64)
    made = finetune(["few"], [f"{task}.yaml"], spec)
    assert not made.failed
    assert made.downstream is not None
    assert made.downstream.tokenizers == ("few", "teacher's own")
    longest = {"RobertaModel": 26}.get(name, 24)
    for one in made.downstream.tasks[0].outcomes:
        assert one is not None
        assert any(f"takes {longest} tokens at most, not 64" in note for note in one.notes)
        saved_config = json.loads((Path(one.model) / "config.json").read_bytes())
        tokenizer = json.loads((Path(one.model) / "tokenizer_config.json").read_bytes())
        vocabulary = Tokenizer.from_file(str(Path(one.model) / "tokenizer.json")).get_vocab()
        assert saved_config["vocab_size"] == one.vocabulary == max(vocabulary.values()) + 1
        assert saved_config["pad_token_id"] == vocabulary[tokenizer["pad_token"]]
        assert tokenizer["model_max_length"] == longest


def opened(names: list[str], start: Any, out: Path, *, random: bool = False) -> list[Any]:
    every = []
    for number, name in enumerate(names):
        state = find(name).subject.state
        config: dict[str, Any] = {}
        folder = out / f"{number}-{random}"
        every.append(
            pretrained.opened(start, state, config, folder, random=random, max_length=16)[1]
        )
    return every


def test_models_differ_in_their_embeddings_alone(small_tasks: Path) -> None:
    import transformers

    folder = saved(small_tasks / "teacher")
    start, _ = begun("./teacher")
    table = "bert.embeddings.word_embeddings.weight"
    whole = dict(transformers.AutoModel.from_pretrained(folder).named_parameters())
    many, few, own = opened(["many", "few", "teacher"], start, small_tasks / "out")
    assert own.plan.identical
    assert not many.plan.identical
    made = [
        dict(one.model("classification", ("a", "b"), seed).named_parameters())
        for one, seed in ((many, 0), (few, 0), (own, 0), (own, 1))
    ]
    for name, parameter in made[0].items():
        if name != table:
            assert parameter.equal(made[1][name]), name
            assert parameter.equal(made[2][name]), name
        if name.removeprefix("bert.") in whole and "pooler" not in name and name != table:
            assert parameter.equal(whole[name.removeprefix("bert.")]), name
    assert made[2][table].equal(whole["embeddings.word_embeddings.weight"])
    assert not made[2]["classifier.weight"].equal(made[3]["classifier.weight"])
    kept = [(new, ids[0]) for new, (why, ids) in many.plan.rows.items() if why == "kept"]
    assert len(kept) > 5
    for new, old in kept:
        assert made[0][table][new].equal(made[2][table][old])


def test_random_embeddings_keep_special_tokens(small_tasks: Path) -> None:
    saved(small_tasks / "teacher")
    start, _ = begun("./teacher")
    (random,) = opened(["many"], start, small_tasks / "out", random=True)
    table = "bert.embeddings.word_embeddings.weight"
    own = opened(["teacher"], start, small_tasks / "own")[0]
    old = dict(own.model("classification", ("a", "b"), 0).named_parameters())[table]
    one, again, other = (
        dict(random.model("classification", ("a", "b"), seed).named_parameters())[table]
        for seed in (0, 0, 1)
    )
    assert one.equal(again)
    special = dict.fromkeys(
        number for number, (why, _) in random.plan.rows.items() if why == "special"
    )
    assert len(special) == 5
    for number, (_, ids) in random.plan.rows.items():
        assert one[number].equal(other[number]) == (number in special)
        if number in special:
            assert one[number].equal(old[ids[0]])


def test_a_typo_is_no_checkpoint() -> None:
    with pytest.raises(ValidationError, match=r"no model 'tinny': did you mean 'tiny'\? known"):
        TrainingSpec(model="tinny")
    with pytest.raises(ValidationError, match="tiny is trained from scratch"):
        TrainingSpec(embeddings="random")
    given = {"model": "./teacher", "embeddings": "random"}
    assert training(given, {name: f"--{name}" for name in given}).learning_rates[0] == 2e-5
    assert TrainingSpec(model="owner/name", learning_rate=1e-3).learning_rates == (1e-3,)


def test_checkpoints_that_are_none(small_tasks: Path) -> None:
    with pytest.raises(SubjectError, match=r"^\./nowhere: is no folder of a model$"):
        finetune(["many"], ["colours.yaml"], quick(model="./nowhere"))
    with pytest.raises(SubjectError, match=r"holds no config\.json"):
        finetune(["many"], ["colours.yaml"], quick(model="./many"))
    (small_tasks / "teacher").mkdir()
    folder = saved(small_tasks / "teacher")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(SubjectError, match="lies without a tokenizer"):
        tried(["many"], [], quick(model="./teacher"))


def test_its_own_tokenizer_is_no_rival_of_itself(small_tasks: Path) -> None:
    saved(small_tasks / "teacher")
    found = [find("teacher"), find("many")]
    spec, every = entrants(found, ["teacher", "many"], quick(model="./teacher"))
    assert [one.name for one in every] == ["teacher", "many", "many, random embeddings"]
    assert [one.spec.embeddings for one in every] == ["transplant", "transplant", "random"]
    assert spec.embeddings == "both"
