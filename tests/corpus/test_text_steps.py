"""Steps that change texts or choose by what they say."""

import html
import re
import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tokbench.corpus.cleaning.trying import after, tried
from tokbench.corpus.steps.drop_empty import DropEmpty
from tokbench.corpus.steps.filter_regex import FilterRegex
from tokbench.corpus.steps.fix_text import FixText
from tokbench.corpus.steps.language import Language
from tokbench.corpus.steps.lowercase import Lowercase
from tokbench.corpus.steps.max_chars import MaxChars
from tokbench.corpus.steps.min_chars import MinChars
from tokbench.corpus.steps.normalize_newlines import NormalizeNewlines
from tokbench.corpus.steps.normalize_unicode import NormalizeUnicode
from tokbench.corpus.steps.replace_regex import ReplaceRegex
from tokbench.corpus.steps.strip_html import StripHtml
from tokbench.corpus.steps.unescape_html import UnescapeHtml
from tokbench.errors import CorpusError

EVERY = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x110000))]
LISTS = st.lists(st.text(), max_size=5)
SPACED = st.lists(
    st.sampled_from(["word", "é", "e\u0301", "한국", "👩‍👩‍👧", "🇰🇷", " ", "\n", "\r\n"])
)


def test_blank_is_what_python_calls_space() -> None:
    kept = after(DropEmpty(), EVERY)
    assert kept == [character for character in EVERY if not character.isspace()]


def test_dropped_documents_are_counted_by_reason() -> None:
    out, tally = tried(DropEmpty(), {"text": [None, "", "a", " ", None, "\n", "\t"]})
    assert out["text"] == ["a"]
    assert tally.reasons == {"null": 2, "blank": 4}
    assert tally.examples == [("", None), (" ", None), ("\n", None)]


def test_lowercase_of_every_character() -> None:
    assert after(Lowercase(), EVERY) == [character.lower() for character in EVERY]


@given(LISTS | st.lists(st.text("aΣσσΑ.İI'", max_size=6)))
def test_lowercase_is_pythons(texts: list[str]) -> None:
    assert after(Lowercase(), texts) == [text.lower() for text in texts]


@given(LISTS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_normalize_unicode(texts: list[str], form: str) -> None:
    step = NormalizeUnicode.model_validate({"form": form})
    assert after(step, texts) == [unicodedata.normalize(form, text) for text in texts]


@given(st.lists(st.text("a\r\n", max_size=8)))
def test_normalize_newlines(texts: list[str]) -> None:
    assert after(NormalizeNewlines(), texts) == [re.sub("\r\n?", "\n", text) for text in texts]


@given(st.lists(st.text("&ampltg;#x6 ", max_size=8)))
def test_unescape_html(texts: list[str]) -> None:
    assert after(UnescapeHtml(), texts) == [html.unescape(text) for text in texts]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one<p>two</p>\n<p>three</p>", "one\ntwo\nthree"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<td>1</td><td>2</td>", "1\n2"),
        ("a<br/>b<hr>c", "a\nb\nc"),
        ("in<b>side</b> a word", "inside a word"),
        ("<style>p > a {}</style>x<SCRIPT>if (a<b) {'</p>'}</SCRIPT>y", "xy"),
        ("<template><p>no</p></template>yes", "yes"),
        ("<title>T</title><body class='<'>x", "T\nx"),
        ("&lt;b&gt; &copy; AT&T", "<b> © AT&T"),
        ("1 < 2 > 0, a <- b", "1 < 2 > 0, a <- b"),
        ("<!doctype html><!-- <p>no --><?xml no?>yes", "yes"),
        ("</p></div>", ""),
        ("no tags & no references\r\n", "no tags & no references\r\n"),
    ],
)
def test_strip_html(page: str, text: str) -> None:
    assert after(StripHtml(), [page, None, page]) == [text, None, text]


@given(st.text("<>/p!-&;sty=' \n"))
def test_strip_html_takes_anything(page: str) -> None:
    (text,) = after(StripHtml(), [page])
    assert text is not None


@given(st.lists(st.text(st.characters(max_codepoint=0x7F))))
def test_fix_text_looks_at_all_that_ftfy_would_change(texts: list[str]) -> None:
    import ftfy

    assert after(FixText(), texts) == [ftfy.fix_text(text) for text in texts]


def test_fix_text_options() -> None:
    broken = "l’humanitÃ© ﬁ Ａ “q”\r\n"
    assert after(FixText(), [broken]) == ['l\'humanité fi A "q"\n']
    gentle = FixText(
        fix_latin_ligatures=False, fix_character_width=False, uncurl_quotes=False,
        fix_line_breaks=False,
    )  # fmt: skip
    assert after(gentle, [broken]) == ["l’humanité ﬁ Ａ “q”\r\n"]
    assert after(FixText(fix_encoding=False), ["humanitÃ©"]) == ["humanitÃ©"]


@pytest.mark.parametrize(
    ("step", "module", "said"),
    [
        (FixText(), "ftfy", "step fix_text needs ftfy; pip install 'tokbench[clean]'"),
        (
            Language(keep=["en"]),
            "py3langid",
            "step language needs py3langid; pip install 'tokbench[language]'",
        ),
    ],
)
def test_a_missing_library(
    step: FixText | Language, module: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tokbench.corpus.steps import language

    for name in (module, f"{module}.langid"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    language._detector.cache_clear()
    with pytest.raises(CorpusError) as error:
        after(step, ["é"])
    assert str(error.value) == said


@given(LISTS, st.integers(1, 5))
def test_min_chars(texts: list[str], chars: int) -> None:
    assert after(MinChars(chars=chars), texts) == [text for text in texts if len(text) >= chars]


@given(st.lists(SPACED.map("".join) | st.text(), max_size=4), st.integers(1, 12))
def test_max_chars(texts: list[str], chars: int) -> None:
    out, tally = tried(MaxChars(chars=chars), {"text": texts, "number": list(range(len(texts)))})
    whole = [""] * len(texts)
    for text, number in zip(out["text"], out["number"], strict=True):
        assert len(text) <= chars
        assert text or not texts[number]
        whole[number] += text
    assert whole == texts
    assert tally.changed == sum(len(text) > chars for text in texts)
    firsts = {
        number: text
        for text, number in reversed(list(zip(out["text"], out["number"], strict=True)))
    }
    assert after(MaxChars(chars=chars, too_long="cut"), texts) == list(
        dict(sorted(firsts.items())).values()
    )
    short = [text for text in texts if len(text) <= chars]
    assert after(MaxChars(chars=chars, too_long="drop"), texts) == short


@given(SPACED.map("".join))
def test_max_chars_keeps_graphemes_whole(text: str) -> None:
    cut = after(MaxChars(chars=8), [text])
    graphemes = [regex.findall(r"\X", piece or "") for piece in cut]
    assert sum(graphemes, []) == regex.findall(r"\X", text)  # noqa: RUF017 - a few pieces


def test_max_chars_of_one_long_line() -> None:
    text = "x" * 3_000_000
    (*full, last) = after(MaxChars(chars=1000), [text])
    assert {len(piece or "") for piece in full} == {1000}
    assert len(full) * 1000 + len(last or "") == len(text)


def test_regex_steps_are_those_of_the_library() -> None:
    assert after(FilterRegex(keep=r"^\p{Lu}", drop="no"), ["Éa", "é", "A no", None]) == ["Éa", None]
    swapped = ReplaceRegex(pattern=r"(?P<a>\w+) (?P<b>\w+)", replacement=r"\g<b> \g<a>")
    assert after(swapped, ["one two", None, "x"]) == ["two one", None, "x"]


def test_languages_are_detected() -> None:
    said = {
        "en": "The committee will meet again on Thursday to discuss the budget.",
        "de": "Der Ausschuss trifft sich am Donnerstag wieder, um den Haushalt zu beraten.",
        "ko": "위원회는 목요일에 다시 만나 예산을 논의할 것이다.",
    }
    out, tally = tried(Language(keep=["en", "ko"]), {"text": list(said.values())})
    assert out["text"] == [said["en"], said["ko"]]
    assert tally.reasons == {"in another language": 1}
    _, unsure = tried(Language(keep="en", min_confidence=0.9), {"text": ["ok", said["en"]]})
    assert sum(unsure.reasons.values()) == 1
    with pytest.raises(
        CorpusError, match=r"^step language: the detector knows no 'english': did you mean 'en'"
    ):
        after(Language(keep=["english"]), ["x"])


def test_examples_are_short_and_show_the_difference() -> None:
    text = "a" * 10_000 + "B" + "a" * 10_000
    _, tally = tried(Lowercase(), {"text": [text]})
    ((old, new),) = tally.examples
    assert len(old) == len(new or "") == 200
    assert old.lower() == new
    assert old != new
    _, tally = tried(ReplaceRegex(pattern="x+$"), {"text": ["a" * 500 + "x"]})
    assert tally.examples == [("a" * 50 + "x", "a" * 50)]
