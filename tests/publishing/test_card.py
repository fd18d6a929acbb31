"""Cards of five runs: valid, true to the run, and what they tell to do works."""

import getpass
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from card_reading import broken_links, wrong_code, wrong_commands, wrong_metadata
from few_lines import LINES
from loopback_hub import LoopbackHub

from tokbench import recipe
from tokbench.errors import PublishingError, SubjectError
from tokbench.pipeline import decoders, models, normalizers, post_processors, pre_tokenizers
from tokbench.publishing import card_pipeline
from tokbench.publishing.card import Card
from tokbench.publishing.card import card as write
from tokbench.values import Downstream, Score, TaskKind, TaskResult
from tokbench.workbench import Run, cards, run

PUBLISH = "publish: {repo: someone/%s, license: cc-by-sa-4.0, language: [en, ko]%s}\n"
WRAP = "wrap: {model_max_length: 512, model_input_names: [input_ids, attention_mask]}\n"
BODIES = {
    "bytes": (
        "pre_tokenizer: {type: ByteLevel, add_prefix_space: false}\nmodel: BPE\n"
        "trainer: {vocab_size: 384}\nspecial_tokens: {eos: '<e>', pad: '<p>'}\n"
        "benchmark: {parallel: parallel.csv}\n"
        "wrap:\n  model_max_length: 512\n  model_input_names: [input_ids, attention_mask]\n"
        '  chat_template: "{% for m in messages %}{{ m.role }}: {{ m.content }}\\n{% endfor %}"\n',
        ", export: tiktoken, sections: about.md, authors: [Ada L.]",
    ),
    "pieces": (
        "normalizer: [NFD, Lowercase, StripAccents]\n"
        "pre_tokenizer: [WhitespaceSplit, Punctuation]\nmodel: WordPiece\n"
        "trainer: {vocab_size: 256}\n"
        "special_tokens: {pad: '[PAD]', unk: '[UNK]', cls: '[CLS]', sep: '[SEP]'}\n"
        "post_processor: {type: TemplateProcessing, single: '[CLS] $A [SEP]', "
        "pair: '[CLS] $A [SEP] $B:1 [SEP]:1'}\nwrap: {model_max_length: 512}\n",
        "",
    ),
    "likely": (
        "normalizer: [Nmt, NFKC]\npre_tokenizer: Metaspace\n"
        "model: {type: Unigram, byte_fallback: true}\ntrainer: {vocab_size: 420}\n"
        "special_tokens: {unk: '<unk>', eos: '</s>'}\n" + WRAP,
        "",
    ),
    "spaces": (
        "pre_tokenizer: [{type: Metaspace, prepend_scheme: first}, "
        "{type: Digits, individual_digits: true}]\n"
        "model: {type: BPE, byte_fallback: true, fuse_unk: true}\ntrainer: {vocab_size: 512}\n"
        "special_tokens: {unk: '<unk>', bos: '<s>'}\n"
        "post_processor: {type: TemplateProcessing, single: '<s> $A', pair: '<s> $A <s> $B:1'}\n"
        + WRAP,
        ", export: [sentencepiece]",
    ),
    "characters": (
        "pre_tokenizer: {type: Split, pattern: {regex: '[\\s\\S]'}, behavior: isolated}\n"
        "model: WordLevel\ntrainer: {vocab_size: 128}\nspecial_tokens: {unk: '<unk>'}\n" + WRAP,
        "",
    ),
}
ABOUT = "For a *test*.\n\n## Intended use\n\nTo be read.\n\n## Thanks\n\nTo nobody.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cards")
    lines = [f"{line} {number % 37}" for number in range(40) for line in LINES]
    (made / "corpus.txt").write_text("\n".join(lines), "utf-8")
    (made / "parallel.csv").write_text("en,ko\nI see the sea.,바다를 봅니다.\nYes.,네.\n", "utf-8")
    (made / "about.md").write_text(ABOUT)
    for name, (body, more) in BODIES.items():
        head = (
            f"name: {name}\ndescription: The {name} of a test.\ncorpus:\n  held_out: 0.1\n"
            "  sources: [{type: files, paths: [corpus.txt], license: cc-by-4.0, "
            "groups: {language: ko}, steps: [{type: filter_regex, drop: café}]}]\n"
            "  steps: [{type: dedupe}]\n"
        )
        (made / f"{name}.yaml").write_text(head + body + PUBLISH % (name, more), "utf-8")
    return made


@pytest.fixture(scope="module")
def runs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """Every recipe run once, in this process."""

    def call(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tokbench.wrapping.folder.run_in_child", call)
        patch.setattr("tokbench.wrapping.proof.run_in_child", call)
        patch.setenv("TOKBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield {
            name: run(folder / f"{name}.yaml", runs=folder / "runs", models=False)
            for name in BODIES
        }


@pytest.fixture(params=list(BODIES))
def made(request: pytest.FixtureRequest, runs: dict[str, Run]) -> tuple[Run, Card]:
    one = runs[request.param]
    return one, cards.card(one.folder)


def models_of(name: str) -> Downstream:
    """What models with a tokenizer might have learned."""
    score = {"accuracy": Score(0.75, (0.7, 0.8), (0.74, 0.76))}
    task = TaskResult(
        "small_talk", "classification", "accuracy", (80, 10, 10), 2, (None,), (score,),
        rivals={"majority": {"accuracy": 0.5}}, titles={"accuracy": "accuracy"},
    )  # fmt: skip
    return Downstream((name,), (task,), model="tiny", settings="1 epoch", signature="tested")


def test_metadata_is_valid_and_survives_the_client(made: tuple[Run, Card]) -> None:
    assert made[1].problems == ()
    assert list(wrong_metadata(made[1].text)) == []


def test_links_lead_somewhere_and_commands_exist(made: tuple[Run, Card]) -> None:
    assert list(broken_links(made[1].text)) == []
    assert list(wrong_commands(made[1].text)) == []


def test_code_prints_what_the_card_says(
    made: tuple[Run, Card], hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block, as it stands: it names the repository, and the client asks the Hub."""
    one, card = made
    wanted = recipe.load(one.folder.parents[2] / f"{one.name}.yaml").publish
    assert wanted
    files = {path.name: path.read_bytes() for path in one.tokenizer.iterdir()}
    hub.model(f"someone/{one.name}", files | cards.exports(one.folder, wanted.export))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    assert list(wrong_code(card.text)) == []
    assert [one for one in hub.asked if one[1].endswith("/resolve/main/tokenizer.json")]


def test_no_path_of_this_machine_stands_in_it(made: tuple[Run, Card], folder: Path) -> None:
    text = made[1].text
    assert str(folder) not in text
    assert str(Path.home()) not in text
    assert not re.search(rf"\b{re.escape(getpass.getuser())}\b", text.replace("root of", ""))
    assert not re.search(r"(?<![\w/<])/(home|tmp|Users|root|work)/", text)


def test_it_answers_what_a_stranger_asks(runs: dict[str, Run]) -> None:
    text = cards.card(runs["bytes"].folder).text
    assert "corpus.txt (Korean, cc-by-4.0)" in text
    assert "Yes, under CC BY-SA 4.0 (`cc-by-sa-4.0`)" in text
    assert "`tokbench pull someone/bytes --retrain`, byte for byte" in text
    assert "dropped" in text
    assert "| Korean |" in text  # parity
    assert "learned nothing of" in text
    assert "1 epoch" not in text
    assert "Not measured: no model was trained with it" in text


def test_parts_of_characters_are_letters_of_no_script(
    folder: Path, runs: dict[str, Run], in_process: None
) -> None:
    """The bytes of 바다 are written with Latin letters in a byte-level vocabulary."""
    del runs, in_process
    (folder / "korean.txt").write_text("바다를 봅니다 하늘을 봅니다\n" * 300, "utf-8")
    said = (folder / "bytes.yaml").read_text("utf-8").replace("name: bytes", "name: sea")
    said = said.replace("corpus.txt", "korean.txt").replace(
        "benchmark: {parallel: parallel.csv}", ""
    )
    (folder / "sea.yaml").write_text(said, "utf-8")
    facts = cards.facts(run(folder / "sea.yaml", runs=folder / "runs", models=False).folder)
    assert facts.vocabulary.scripts["Latin"] == 52
    assert facts.vocabulary.scripts["Hangul"] > 0
    assert not any("ë" in one or "ì" in one for one in facts.vocabulary.longest)


def test_models_stand_in_it_where_there_are_some(runs: dict[str, Run]) -> None:
    facts = cards.facts(runs["pieces"].folder)
    assert facts.comparison
    told = replace(facts, comparison=replace(facts.comparison, downstream=models_of("pieces")))
    card = write(told)
    assert "| pieces | 0.750 [0.700, 0.800] |" in card.text
    assert "text-classification" in card.text
    assert list(wrong_metadata(card.text)) == []


@pytest.mark.parametrize("kind", get_args(TaskKind))
def test_models_of_every_kind_stand_in_it(kind: TaskKind, runs: dict[str, Run]) -> None:
    facts = cards.facts(runs["pieces"].folder)
    assert facts.comparison
    models = models_of("pieces")
    task = replace(models.tasks[0], kind=kind, lower=("accuracy",))
    models = replace(models, tasks=(task,), model="./bert")
    card = write(replace(facts, comparison=replace(facts.comparison, downstream=models)))
    assert list(wrong_metadata(card.text)) == []
    assert "Models that go on from a checkpoint" in card.text
    assert "| accuracy ↓ |" in card.text
    assert "Its models do not pass majority:" in card.text


def test_the_authors_sections_survive(runs: dict[str, Run]) -> None:
    text = cards.card(runs["bytes"].folder).text
    places = [
        text.index(one)
        for one in ("For a *test*.", "## Intended use", "## How to use it", "## Thanks", "## Lic")
    ]
    assert places == sorted(places)
    assert text == cards.card(runs["bytes"].folder).text


def test_sections_that_are_gone_are_missed(runs: dict[str, Run], folder: Path) -> None:
    (folder / "about.md").rename(folder / "gone.md")
    try:
        with pytest.raises(PublishingError, match=r"publish.sections: about.md cannot be read"):
            cards.card(runs["bytes"].folder)
    finally:
        (folder / "gone.md").rename(folder / "about.md")


@pytest.mark.parametrize(
    ("license_", "why"),
    [
        ("mit", ""),
        ("cc0-1.0", "looser than that of the source corpus.txt: cc-by-4.0 asks to name"),
        ("apache2", "'apache2' is no licence of the Hub: did you mean 'apache-2.0'?"),
        ("other", "the licence is 'other', which says nothing"),
        ("unknown", "'unknown' is no licence of the Hub"),
    ],
)
def test_licences_that_do_not_fit_are_problems(
    runs: dict[str, Run], license_: str, why: str
) -> None:
    found = cards.card(runs["pieces"].folder, license=license_).problems
    assert len(found) == (1 if why else 0)
    assert all(why in one for one in found)


def test_languages_that_are_none_are_problems(runs: dict[str, Run]) -> None:
    facts = cards.facts(runs["pieces"].folder)
    unsaid = write(replace(facts, languages=()))
    assert "language:\n- ko\n" in unsaid.text
    assert "The recipe says that its text is in Korean." in unsaid.text
    facts = replace(facts, languages=("korean",), license=None)
    assert [one.split(":")[0] for one in write(facts).problems] == [
        "pieces",
        "publish.language",
    ]


@pytest.mark.usefixtures("runs")
def test_what_is_said_of_publishing_follows_the_recipe(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "pieces.yaml"
    before = path.read_text("utf-8")
    monkeypatch.setattr("tokbench.workbench.runs.learned", pytest.fail)
    try:
        path.write_text(before.replace("cc-by-sa-4.0", "gpl-3.0"), "utf-8")
        again = run(path, runs=folder / "runs", models=False)
        assert "train" in again.done_before
        assert cards.facts(again.folder).license == "gpl-3.0"
    finally:
        path.write_text(before, "utf-8")
        run(path, runs=folder / "runs", models=False)


def test_without_held_out_text_it_says_what_is_not_measured(
    runs: dict[str, Run], folder: Path, in_process: None
) -> None:
    del runs, in_process
    path = folder / "unmeasured.yaml"
    said = (folder / "bytes.yaml").read_text("utf-8").replace("name: bytes", "name: unmeasured")
    path.write_text(said.replace("held_out: 0.1", "held_out: 0"), "utf-8")
    made = run(path, runs=folder / "runs", models=False)
    card = cards.card(made.folder)
    (problem,) = card.problems
    assert "nothing is held out that could prove its tiktoken files" in problem
    assert "Not measured. This measures it: `tokbench compare someone/bytes --on" in card.text
    assert list(wrong_metadata(card.text)) == []
    assert list(broken_links(card.text)) == []


def test_a_repository_that_is_none_is_refused(runs: dict[str, Run]) -> None:
    with pytest.raises(PublishingError, match="'x y' is no repository: write user/name"):
        cards.card(runs["pieces"].folder, repo="x y")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="is no run folder"):
        cards.card(tmp_path)


@pytest.mark.parametrize(
    ("clauses", "known"),
    [
        (card_pipeline.NORMALIZERS, normalizers.Normalizer),
        (card_pipeline.PRE_TOKENIZERS, pre_tokenizers.PreTokenizer),
        (card_pipeline.MODELS, models.Model),
        (card_pipeline.POST_PROCESSORS, post_processors.PostProcessor),
        (card_pipeline.DECODERS, decoders.Decoder),
    ],
)
def test_every_component_is_explained(clauses: dict[str, Any], known: Any) -> None:
    """Each by a clause that reads the settings of a component with its defaults."""
    specs = get_args(get_args(known)[0])
    assert len(specs) >= len(clauses)
    for spec in specs:
        name = spec.model_fields["type"].default
        if name == "auto":
            continue  # stands for another
        given: dict[str, Any] = {
            key: {"literal": "x"} if key == "pattern" else 5 if key == "length" else "x"
            for key, field in spec.model_fields.items()
            if field.is_required()
        }
        given |= {"behavior": "isolated"} if "behavior" in given else {}
        made = spec.model_validate(given) if name != "Precompiled" else None
        part = made.model_dump(mode="json") if made else {"type": name}
        assert clauses[name](part)


def test_reading_a_recipe_needs_no_cards() -> None:
    script = (
        "import sys, tokbench.recipe\n"
        "print(*sorted(one for one in sys.modules if one.startswith('tokbench.publishing')))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert made.stdout.split() == ["tokbench.publishing", "tokbench.publishing.spec"]
