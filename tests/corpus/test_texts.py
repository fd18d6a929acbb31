"""What the text of a row is made of: columns, templates, chats."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tokbench.corpus.texts import TextFields
from tokbench.errors import CorpusError

CHAT = [{"role": "user", "content": "hi <b>"}, {"role": "assistant", "content": None, "calls": [1]}]
TEMPLATE = """{% for m in messages %}
    {% if m.calls is defined %}
{{ m.calls | tojson }}{% continue %}
    {% endif %}
{{ m.role }}: {{ m.content | tojson }}
{% endfor %}
{% if add_generation_prompt %}prompt{% endif %}
"""


def composed(columns: dict[str, Any], **fields: Any) -> list[str | None]:
    return TextFields(**fields).compose(pa.RecordBatch.from_pydict(columns), "a.x", 5).to_pylist()


def test_column_as_it_is() -> None:
    assert composed({"b": ["x", None]}, text="b") == ["x", None]
    assert composed({"b": pa.array(["x", "x"]).dictionary_encode()}, text="b") == ["x", "x"]
    assert composed({"b": pa.nulls(2)}, text="b") == [None, None]
    with pytest.raises(CorpusError, match=r"^a.x: field 'b' is int64, not text; name a text field"):
        composed({"b": [1]}, text="b")


def test_template() -> None:
    columns = {"q": ["a", None, "c"], "n.m": [1.0, 2.5, None], "yes": [True, True, False]}
    assert composed(columns, text="{{{q}}}\n{q} {yes}") == ["{a}\na true", None, "{c}\nc false"]
    assert composed(columns, text="{n.m}|") == ["1|", "2.5|", None]
    assert TextFields(text="{q}{n.m}{q}").columns() == ("q", "n.m")
    with pytest.raises(
        CorpusError, match=r"^a.x: field 'l' is list<.*, neither text nor a number;"
    ):
        composed({"l": [[1]]}, text="{l}!")


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=5, max_size=5))
def test_template_as_str_format(between: list[str], values: list[str]) -> None:
    columns = {f"c{n}": [value] for n, value in enumerate(values)}
    escaped = [part.replace("{", "{{").replace("}", "}}") for part in between]
    template = "".join(f"{part}{{c{n}}}" for n, part in enumerate(escaped))
    assert composed(columns, text=template) == [
        template.format(**{key: value for key, (value,) in columns.items()})
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "{a"}, "a brace without its other at character 1"),
        ({"text": "{a} {b"}, "a brace without its other at character 5"),
        ({"text": "a}b{c}"}, "a brace without its other at character 2"),
        ({"text": "{}{a}"}, "a brace without its other at character 1"),
        ({"text": "{{a}}"}, "a template that names a column"),
        ({"chat_template": "x"}, "`chat_template` needs `messages`"),
        ({"messages": "m"}, "`messages` needs a `chat_template`"),
        ({"messages": "m", "chat_template": "x", "text": "t"}, "exclude each other"),
        ({"messages": "m", "chat_template": "{% if %}"}, "is no Jinja template: .* (line 1)"),
    ],
)
def test_wrong_fields(fields: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("(", r"\(").replace(")", r"\)")):
        TextFields(**fields)


def test_template_from_a_file(tmp_path) -> None:
    (tmp_path / "chat.jinja").write_text("{{ messages[0].content }}")
    fields = {"messages": "m", "chat_template": {"file": "chat.jinja"}}
    spec = TextFields.model_validate(fields, context={"base": tmp_path})
    assert spec.chat_template == "{{ messages[0].content }}"


def test_chat_as_transformers_renders_it() -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    chats = [CHAT, CHAT[:1], [{"role": "user", "content": "é\n"}]]
    expected, _ = render_jinja_template(chats, chat_template=TEMPLATE)
    written = [json.dumps(chat) for chat in chats]
    assert composed({"m": written}, messages="m", chat_template=TEMPLATE) == expected
    assert composed({"m": chats}, messages="m", chat_template=TEMPLATE) == expected


def test_rows_without_messages_are_null() -> None:
    chats = [None, [], CHAT[:1]]
    said = composed({"m": chats}, messages="m", chat_template="{{ messages[0].role }}")
    assert said == [None, None, "user"]
    assert composed({"m": ["", " ", None]}, messages="m", chat_template="x") == [None] * 3


def test_what_the_assistant_says_may_be_marked() -> None:
    template = "{% generation %}{% set x = 1 %}{{ messages[0].content }}{% endgeneration %}."
    assert composed({"m": [CHAT]}, messages="m", chat_template=template) == ["hi <b>."]


def test_today_is_refused_but_where_the_template_can_do_without() -> None:
    guarded = "{% if strftime_now is defined %}{{ strftime_now('%d') }}{% else %}then{% endif %}"
    assert composed({"m": [CHAT]}, messages="m", chat_template=guarded) == ["then"]
    with pytest.raises(CorpusError, match=r"^a.x: the chat template asks for today's date"):
        composed({"m": [CHAT]}, messages="m", chat_template="{{ strftime_now('%d') }}")


@pytest.mark.parametrize(
    ("value", "template", "said"),
    [
        (CHAT, "{{ raise_exception('roles must alternate') }}",
         r"the chat template refuses the messages \(roles must alternate\)"),
        (CHAT, "{{ messages[9].content }}", "the chat template refuses the messages"),
        (CHAT, "{{ messages[0].content + 1 }}", "the chat template refuses the messages"),
        (CHAT, "{{ ''.__class__.mro() }}", "the chat template refuses the messages"),
        (CHAT, "{{ messages.append(1) }}", "the chat template refuses the messages"),
        ("hi", "x", "field 'm' is no list of messages"),
        ('["hi"]', "x", "field 'm' is no list of messages"),
        ([{"from": "human", "value": "hi"}], "x",
         "field 'm' has a message without a `role`, whose keys are: from, value; rename"),
        (r'[{"role": "user", "content": "\ud800"}]', "{{ messages[0].content }}",
         "field 'm' holds a lone surrogate"),
    ],
)  # fmt: skip
def test_messages_that_are_refused(value: Any, template: str, said: str) -> None:
    with pytest.raises(CorpusError, match=f"^a.x: row 5: {said}"):
        composed({"m": [value]}, messages="m", chat_template=template)
