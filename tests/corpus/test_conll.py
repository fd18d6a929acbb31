"""CoNLL and CoNLL-U: what is written comes back, whatever the words; what is damaged is told."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus_files import CODECS, Documents, in_zip
from hypothesis import given
from hypothesis import strategies as st

from tokbench.corpus import OpenCorpus
from tokbench.corpus.formats import conll, conllu
from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.sentences import lines
from tokbench.errors import CorpusError

Opened = Callable[..., OpenCorpus]
POSTS = b"# id = 1\nIn\tO\nOslo\tB-LOC\n\t\n#\tO\n##\tO\n\n\n-DOCSTART-\tO\n\nend\tO"
KLUE = "## 토큰, 레이블 : \\t\n## id\t<경:OG> a\n경\tB-OG\n \tO\n#\tO\na\tO\n\n## id\tb\nb\tO\n"
TREE = """# sent_id = a
# text_en = not this
# text = Vámonos al mar.
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\tv\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\tp\t_\t1\tobj\t_\t_
2.1\tghost\t_\tX\t_\t_\t_\t_\t_\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\ts\t_\t5\tcase\t_\t_
4\tel\tel\tDET\td\t_\t5\tdet\t_\t_
5\tmar\tmar\tNOUN\tn\t_\t1\tobl\t_\tGloss=sea|SpaceAfter=No
6\t.\t.\tPUNCT\tf\t_\t1\tpunct\t_\t_

"""


def of(opened: OpenCorpus, *columns: str) -> list[dict[str, Any]]:
    batches = list(opened.batches("all", columns=columns))
    for batch in batches:
        batch.validate(full=True)
    rows = [row for batch in batches for row in batch.to_pylist()]
    return [{key: value for key, value in row.items() if key != "source"} for row in rows]


def test_conll(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.conll").write_bytes(POSTS)
    assert of(opened("a.conll"), "tags", "words") == [
        {"text": "In Oslo", "tags": ["O", "B-LOC"], "words": ["In", "Oslo"]},
        {"text": "# ##", "tags": ["O", "O"], "words": ["#", "##"]},
        {"text": "end", "tags": ["O"], "words": ["end"]},
    ]


@pytest.mark.parametrize("codec", [*CODECS, ".zip"])
@pytest.mark.parametrize(("name", "data", "text"), [
    ("a.conll", POSTS, ["In Oslo", "# ##", "end"]),
    ("a.conllu", TREE.encode(), ["Vámonos al mar."]),
])  # fmt: skip
def test_compressed(
    name: str, data: bytes, text: list[str], codec: str, tmp_path: Path, documents: Documents
) -> None:
    packed = in_zip(data, name) if codec == ".zip" else CODECS[codec](data)
    (tmp_path / f"{name}{codec}").write_bytes(packed)
    assert documents(f"{name}{codec}") == text


def test_characters(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.tsv").write_text(KLUE, "utf-8")
    found = of(opened("a.tsv", format="conll", joined_by=""), "tags")
    assert found[0] == {"text": "경 #a", "tags": ["B-OG", "O", "O", "O"]}
    assert [row["text"] for row in found] == ["경 #a", "b"]


def test_named_fields_between_spaces(tmp_path: Path, opened: Opened) -> None:
    text = (
        "-DOCSTART- -X- -X- O\n\nEU NNP  B-NP B-ORG\n# # I-NP O\n\n# # B-NP O\n\n# a b c\nx N O O"
    )
    (tmp_path / "a.conll").write_text(text)
    names = ["words", "pos", "_", "tags"]
    assert of(opened("a.conll", column_names=names), "pos", "tags", "words") == [
        {"text": "EU #", "pos": ["NNP", "#"], "tags": ["B-ORG", "O"], "words": ["EU", "#"]},
        {"text": "#", "pos": ["#"], "tags": ["O"], "words": ["#"]},
        {"text": "x", "pos": ["N"], "tags": ["O"], "words": ["x"]},
    ]
    assert of(opened("a.conll"), "tags")[0] == {"text": "EU #", "tags": ["B-ORG", "O"]}


def test_tree(tmp_path: Path, opened: Opened) -> None:
    said = TREE + TREE.replace("# text =", "# no =")
    (tmp_path / "a.conllu").write_bytes(said.replace("\n", "\r\n").encode("utf-8-sig"))
    row = {
        "text": "Vámonos al mar.",
        "words": ["Vamos", "nos", "a", "el", "mar", "."],
        "lemmas": ["ir", "nosotros", "a", "el", "mar", "."],
        "upos": ["VERB", "PRON", "ADP", "DET", "NOUN", "PUNCT"],
        "xpos": ["v", "p", "s", "d", "n", "f"],
    }
    assert of(opened("a.conllu"), "words", "lemmas", "upos", "xpos") == [row, row]


def test_other_encodings(tmp_path: Path, documents: Documents) -> None:
    (tmp_path / "a.conll").write_bytes("Zoë\tO\n".encode("utf-16"))
    assert documents("a.conll", encoding="utf-16") == ["Zoë"]


WRONG: dict[str, tuple[str, bytes, dict[str, Any], str]] = {
    "a word without a tag": ("a.conll", b"a\tO\n\nb\nc\tO\n", {},
        "a.conll: row 3: has 1 field where 2 are expected"),
    "no tags at all": ("a.conll", b"a\nb\n", {},
        "a.conll: row 1: has 1 field where a word has a tag"),
    "too many": ("a.conll", b"a\tO\nb\tX\tO\n", {}, "row 2: has 3 fields where 2 are expected"),
    "an empty tag": ("a.conll", b"a\tO\nb\t\n", {}, "row 2: has an empty field"),
    "other names": ("a.conll", b"a\tO\n", {"column_names": ["words", "pos", "tags"]},
        "row 1: has 2 fields where 3 are expected"),
    "not UTF-8": ("a.conll", b"a\tO\n\nb\xff\tO\n", {},
        "a.conll: row 3: is not valid UTF-8 (byte 2)"),
    "five fields": ("a.conllu", b"1\ta\ta\tX\t_\n", {}, "row 1: has 5 fields, the first '1'"),
    "no number": ("a.conllu", b"a\ta\ta\tX\t_\t_\t_\t_\t_\t_\n", {}, "first 'a'; CoNLL-U has ten"),
    "options of others": ("a.conllu", b"", {"column_names": ["words"]},
        "option 'column_names' does nothing for conllu; it is for csv, tsv, conll: leave it out"),
    "nothing to join": ("a.conllu", b"", {"joined_by": ""}, "option 'joined_by' is about words"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_damage(case: str, tmp_path: Path, opened: Opened) -> None:
    name, data, options, said = WRONG[case]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CorpusError) as caught:
        of(opened(name, **options), "words")
    assert said in str(caught.value)


@pytest.mark.parametrize(("name", "known"), [
    ("a.conll", "did you mean 'tags'? known: text, words, tags"),
    ("a.conllu", "known: text, words, lemmas, upos, xpos"),
])  # fmt: skip
def test_no_such_column(name: str, known: str, tmp_path: Path, opened: Opened) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(CorpusError, match="no field 'tag'") as caught:
        of(opened(name), "tag")
    assert known in str(caught.value)


def test_words_need_a_name(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "a.conll").write_bytes(b"a\tO\n")
    with pytest.raises(CorpusError, match="none of the names is 'words'"):
        of(opened("a.conll", column_names=["form", "tags"]))


WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\x00"), min_size=1
).filter(lambda word: not word.startswith(("# ", "## ", "-DOCSTART-", "\ufeff")))
TAGGED = st.tuples(WORDS, st.sampled_from(["O", "B-X", "I-X"]))


@given(st.lists(st.lists(TAGGED, min_size=1), max_size=5), st.integers(1, 9))
def test_what_is_written_comes_back(sentences: list[list[tuple[str, str]]], size: int) -> None:
    said = ["".join(f"{word}\t{tag}\n" for word, tag in one) + "\n" for one in sentences]
    wanted = Wanted(columns=("words", "tags"))
    data = "# first\n" + "".join(said)
    found = [row for batch in conll.read(io.BytesIO(data.encode()), "a", wanted)
             for row in batch.to_pylist()]  # fmt: skip
    assert [list(zip(row["words"], row["tags"], strict=True)) for row in found] == sentences
    read = [line for _, line in lines(io.BytesIO(data.encode()), "a", size)]
    assert read == data.split("\n")[:-1]


@given(st.lists(st.tuples(WORDS, st.booleans()), min_size=1))
def test_text_of_words(words: list[tuple[str, bool]]) -> None:
    rest = "\t_\tX\t_\t_\t_\t_\t_\t"
    data = "".join(
        f"{number}\t{word}{rest}{'_' if spaced else 'SpaceAfter=No'}\n"
        for number, (word, spaced) in enumerate(words, 1)
    )
    (batch,) = conllu.read(io.BytesIO(data.encode()), "a", Wanted(columns=("words",)))
    expected = "".join(word + " " * spaced for word, spaced in words)
    if words[-1][1]:
        expected = expected[:-1]
    assert batch.to_pylist() == [{"text": expected, "words": [word for word, _ in words]}]


def test_steps_keep_lists(tmp_path: Path, opened: Opened) -> None:
    text = "".join(f"w{number}\tO\nx\tB-{number}\n\n" for number in range(50))
    (tmp_path / "a.conll").write_text(text)
    for step in ({"type": "sample", "documents": 5}, {"type": "shuffle"},
                 {"type": "filter_regex", "keep": "1"}, {"type": "dedupe"}):  # fmt: skip
        found = of(opened("a.conll", steps=[step]), "words", "tags")
        assert found
        for row in found:
            assert row["text"] == " ".join(row["words"])
            assert row["tags"] == ["O", f"B-{row['words'][0][1:]}"]
