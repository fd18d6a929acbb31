"""Columns beside the text become groups."""

import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench import corpus
from tokbench.encoding import encode, subject
from tokbench.errors import CorpusError
from tokbench.metrics import measure
from tokbench.values import ignore


class Labelled:
    """Documents with a language."""

    sources = ("here", "there")
    held_out = 0.0

    def batches(self, split="all", watch=ignore):  # noqa: ARG002
        for number, language in enumerate(("en", "ko", "en", None)):
            yield pa.record_batch(
                {
                    "text": pa.array(["a b", "a b c"] * 6, pa.large_string()),
                    "source": pa.array([number % 2] * 12, pa.int32()),
                    "language": pa.array([language] * 12, pa.string()),
                }
            )


@pytest.fixture
def words():
    made = Tokenizer(models.WordLevel({"<u>": 0, "a": 1}, unk_token="<u>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return subject("x", made.to_str(), "x")


def test_an_extra_column_is_a_group(words):
    (made,) = encode([words], Labelled(), "all", by=["language", "source"])
    found = made.documents.groups["language"]
    assert found.labels == ("(none)", "en", "ko")
    assert found.index.tolist() == [1] * 12 + [2] * 12 + [1] * 12 + [0] * 12
    assert made.documents.groups["source"].labels == ("here", "there")
    (measured,) = measure([made], ["tokens"])
    by = measured.measurements["tokens"].by
    assert [(one.label, one.value, one.n) for one in by["language"].groups] == [
        ("(none)", 30, 12), ("en", 60, 24), ("ko", 30, 12),
    ]  # fmt: skip
    assert by["language"].macro == 40
    assert by["source"].worst == "here"


def test_a_column_that_is_not_there(words):
    with pytest.raises(
        CorpusError, match="here, there: has no 'domain' to group documents by: it has source, lang"
    ):
        encode([words], Labelled(), "all", by=["domain"])


def test_without_groups_there_are_none(words):
    (made,) = encode([words], Labelled(), "all")
    assert made.documents.groups == {}


def test_groups_of_a_recipe_and_columns_of_its_files(words, tmp_path):
    (tmp_path / "a.csv").write_text("text,kind\na b,one\nb,two\n")
    (tmp_path / "b.csv").write_text("text,kind\na,one\n")
    sources = [
        {"type": "files", "paths": "a.csv", "groups": {"language": "en"}},
        {"type": "files", "paths": "b.csv"},
    ]
    spec = corpus.CorpusSpec.model_validate({"sources": sources, "held_out": 0})
    opened = corpus.open(spec, tmp_path)
    (made,) = encode([words], opened, "all", by=["language", "kind", "source"])
    groups = made.documents.groups
    told = {name: [one.labels[number] for number in one.index] for name, one in groups.items()}
    assert told == {
        "language": ["en", "en", "(none)"],
        "kind": ["one", "two", "one"],
        "source": ["a.csv", "a.csv", "b.csv"],
    }
    with pytest.raises(CorpusError, match="no field 'domain'"):
        encode([words], opened, "all", by=["domain"])
