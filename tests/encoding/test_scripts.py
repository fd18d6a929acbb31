"""Sample texts in every script."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench import corpus as corpora
from tokbench.encoding import in_scripts, lines, subject
from tokbench.encoding.scripts import OURS, script
from tokbench.values import Corpus

GREEK = "Αυτή είναι μια αρκετά μεγάλη πρόταση."


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    lines = [GREEK, *(f"a line of Latin letters, long enough, {number}" for number in range(9))]
    (tmp_path / "a.txt").write_text("\n".join(lines), "utf-8")
    spec = {"sources": [{"type": "files", "paths": ["a.txt"]}], "held_out": 0.0}
    return corpora.open(corpora.CorpusSpec.model_validate(spec), tmp_path)


def test_each_script_has_one_text_of_the_corpus_or_ours(corpus: Corpus) -> None:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    one = subject("one", tokenizer.to_str(), "x")
    thai = "บรรทัดภาษาไทยที่ยาวพอ"
    in_text = lines(corpus, "all").scripts
    found = in_scripts([one, one], in_text, more=[thai])
    assert [sample.script for sample in found] == list(OURS)
    texts = {sample.script: sample.text for sample in found if not sample.ours}
    assert texts.keys() == {"Latin", "Greek", "Thai"}
    assert texts["Greek"] == GREEK
    assert texts["Thai"] == thai
    assert all(len(sample.cuts) == 2 for sample in found)
    assert {cut.id for sample in found for cuts in sample.cuts for cut in cuts} == {0}
    assert in_scripts([one], in_text) == in_scripts([one], in_text, more=[GREEK])


def test_our_sentences_are_of_their_scripts() -> None:
    named = {name: script(text) for name, text in OURS.items() if name not in ("Emoji", "Code")}
    assert named == {name: name for name in named}
