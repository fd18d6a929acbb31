"""`tokbench explain` as people use it."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tokbench.cli import group
from tokbench.reports import explanation
from tokbench.workbench import explain

TEXTS = [
    "naïve café",
    "안녕하세요 세계",
    "مرحبا بالعالم",
    "สวัสดีชาวโลก",
    "漢字かな",
    "👩‍👩‍👧 👍🏽 🇩🇪",
    "def f(x):\n\treturn x",
    "e\u0301 <s> x\u202ey \x1b[31m",
]


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """A tokenizer that shows something at every stage."""
    vocabulary = {
        one: number for number, one in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))
    }
    vocabulary |= {"ca": 256, "fe": 257, "cafe": 258, "<s>": 259}
    made = Tokenizer(models.BPE(vocabulary, [("c", "a"), ("f", "e"), ("ca", "fe")]))
    made.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(["<s>"])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 259)]
    )
    path = tmp_path / "tokenizer.json"
    made.save(str(path))
    return str(path)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("text", TEXTS)
def test_fits_and_stays_harmless(saved: str, text: str, width: int) -> None:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(explanation.render(explain(saved, text, "x")))
    lines = console.file.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert not any(sign in line for line in lines for sign in "\x1b\u202e")


def test_every_stage_is_told(saved: str) -> None:
    told = " ".join(CliRunner().invoke(group, ["explain", saved, "café <s>"]).output.split())
    for said in (
        "8 characters, 9 bytes",
        "'é' is decomposed",
        "is dropped",
        "cafe │<s>",
        "c+a 0 f+e 1 ca+fe 2",
        "first at character 3: 'é <s>' came back as 'e <s>'",
    ):
        assert said in told


def test_for_scripts(saved: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes("café\r\n".encode())
    options = ["--file", str(tmp_path / "text.txt"), "--pair", "x", "--json", "-"]
    made = json.loads(CliRunner().invoke(group, ["explain", saved, *options]).output)
    assert [one["type_id"] for one in made["inputs"]] == [0, 0, 1, 1]
    assert made["texts"][0]["words"][0]["merges"][2]["made"] == "cafe"
    assert made["decoded"] == ["cafe", "x"]


def test_a_recipe_that_is_not_trained_goes_as_far_as_it_can(tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        "name: r\ncorpus: {sources: [{type: files, paths: absent.txt}]}\nnormalizer: NFC\n"
        "pre_tokenizer: WhitespaceSplit\nmodel: BPE\nspecial_tokens: {unk: <u>}\n"
        "trainer: {vocab_size: 320}\n"
    )
    result = CliRunner().invoke(group, ["explain", str(recipe), "a b <u>c"])
    assert result.exit_code == 0
    told = " ".join(result.output.split())
    assert "a│b│<u>│c" in told
    assert "is not trained as it stands" in told
    assert "decoded" not in told
