r"""What the text of a row is: a column, a template of columns, words, or messages of a chat.

>>> import pyarrow as pa
>>> rows = pa.RecordBatch.from_pydict({"q": ["1 + 1", None], "a": [2, 3]})
>>> fields = TextFields(text="{q} = {a}\n")
>>> fields.columns(), fields.compose(rows, "a.parquet").to_pylist()
(('q', 'a'), ['1 + 1 = 2\n', None])
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from pydantic import ConfigDict, Field, field_validator, model_validator

from tokbench.corpus.problems import refused
from tokbench.spec import Spec, TextOrFile

if TYPE_CHECKING:
    import pyarrow as pa
    from jinja2 import Environment, nodes, parser

_PARTS = re.compile(
    r"(?P<brace>\{\{|\}\})|\{(?P<field>[^{}]+)\}|(?P<plain>[^{}]+)|(?P<lone>.)", re.DOTALL
)
_TODAY = "strftime_now"


class TextFields(Spec):
    """Mix into the spec of a source whose rows have columns."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    text: Annotated[str, Field(min_length=1)] = "text"
    r"""The column that is the text, or a nested field with dots: `data.text`; or a template of
    several in braces: `"{question}\n{answer}"`, where `{{` and `}}` stand for braces."""

    messages: Annotated[str, Field(min_length=1)] | None = None
    """The column that holds a list of `{role, content}`, in place of `text`."""

    chat_template: TextOrFile | None = None
    """The Jinja template that makes a text of `messages`, or `{file: chat_template.jinja}`."""

    words: Annotated[str, Field(min_length=1)] | None = None
    """The column that holds a list of words, in place of `text`, which is these joined."""

    joined_by: str = " "
    """What stands between the words."""

    @field_validator("text")
    @classmethod
    def _is_a_template(cls, value: str) -> str:
        named = [is_field for _, is_field in parts(value)]  # all of it, so that all is looked at
        if is_template(value) and not any(named):
            raise ValueError("a template that names a column: `{question}`, or the column alone")
        return value

    @field_validator("chat_template")
    @classmethod
    def _is_jinja(cls, value: str | None) -> str | None:
        from jinja2 import TemplateSyntaxError  # noqa: PLC0415 - only chats need it

        try:
            if value is not None:
                _environment().parse(value)
        except TemplateSyntaxError as error:
            raise ValueError(
                f"is no Jinja template: {error.message} (line {error.lineno})"
            ) from error
        return value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if self.messages is None and self.chat_template is not None:
            raise ValueError("`chat_template` needs `messages`, the column that it is applied to")
        if self.messages is not None and self.chat_template is None:
            raise ValueError("`messages` needs a `chat_template`, in Jinja, or {file: ...}")
        said = [name for name in ("messages", "words") if getattr(self, name) is not None]
        said += ["text"] if self.text != "text" else []
        if len(said) > 1:
            raise ValueError(f"`{said[-1]}` and `{said[0]}` exclude each other; leave one out")
        return self

    def of_texts(self) -> dict[str, Any]:
        """What the texts are made of, as plain values."""
        fields = set(TextFields.model_fields) - (set() if self.words else {"words", "joined_by"})
        return self.model_dump(mode="json", include=fields)

    @property
    def is_column(self) -> bool:
        """Whether the text is one column as it is."""
        return not self.holds_lists and not is_template(self.text)

    @property
    def holds_lists(self) -> bool:
        """Whether the text is made of a list."""
        return self.messages is not None or self.words is not None

    def columns(self) -> tuple[str, ...]:
        """The columns that the text is made of, each once."""
        if listed := self.messages or self.words:
            return (listed,)
        if not is_template(self.text):
            return (self.text,)
        return tuple(dict.fromkeys(part for part, is_field in parts(self.text) if is_field))

    def compose(
        self,
        batch: "pa.RecordBatch",
        shown: str,
        first_row: int = 1,
        numbers: Sequence[int] | None = None,
    ) -> "pa.LargeStringArray":
        """The text of each row, null where a column that it needs is null.

        Args:
            batch: has all `columns()`, of any type.
            shown: the file or data set, for messages.
            first_row: the number of the batch's first row in it, from 1.
            numbers: that of each row, where they do not follow each other.

        Raises:
            CorpusError: a column has values that cannot be written into a text, or the chat
                template refuses a conversation.
        """
        import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

        if self.messages is not None:
            numbered = numbers or range(first_row, first_row + len(batch))
            chats = zip(numbered, batch.column(self.messages).to_pylist(), strict=True)
            return _rendered(chats, self.messages, self.chat_template or "", shown)
        if self.words is not None:
            return _joined(batch.column(self.words), self, shown, numbers or first_row)
        if self.is_column:
            return _text_alone(batch.column(self.text), shown, self.text)
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only templates need

        joined: list[Any] = [
            as_text(batch.column(part), shown, part) if is_field else pa.scalar(part, _large())
            for part, is_field in parts(self.text)
        ]
        return cast("pa.LargeStringArray",
                    pc.binary_join_element_wise(*joined, pa.scalar("", _large())))  # fmt: skip


def is_template(text: str) -> bool:
    """Whether it names columns in braces, and is no column itself."""
    return "{" in text or "}" in text


def parts(template: str) -> Iterator[tuple[str, bool]]:
    """What a template is made of, in order: its own text, and names of columns (True).

    >>> list(parts("{{{a.b}}}"))
    [('{', False), ('a.b', True), ('}', False)]
    """
    for match in _PARTS.finditer(template):
        if match["lone"]:
            what = f"a brace without its other at character {match.start() + 1}"
            raise ValueError(
                f"{what}: write a column as {{name}} and a brace itself as {{{{ or }}}}"
            )
        if match["field"]:
            yield match["field"], True
        else:
            yield match["plain"] or match["brace"][0], False


def _large() -> "pa.DataType":
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    return pa.large_string()


def _text_alone(column: "pa.Array[Any]", shown: str, field: str) -> "pa.LargeStringArray":
    from tokbench.corpus.formats.columns import is_text, not_text  # noqa: PLC0415 - imports pyarrow

    if not is_text(column.type) and column.null_count < len(column):
        raise not_text(shown, field, str(column.type))
    return as_text(column, shown, field)


def as_text(column: "pa.Array[Any]", shown: str, field: str) -> "pa.LargeStringArray":
    """Text as it is, numbers and booleans as JSON writes them; a whole number has no fraction.

    Raises:
        CorpusError: the column is of something else.

    >>> import pyarrow as pa
    >>> as_text(pa.array([1.0, 0.5, None]), "a.parquet", "score").to_pylist()
    ['1', '0.5', None]
    """
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s to import

    kind, types = column.type, pa.types
    if types.is_dictionary(kind):
        return as_text(column.cast(kind.value_type), shown, field)
    if types.is_float16(kind):
        column = column.cast(pa.float32())
    elif not (
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
        or types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        or types.is_boolean(kind) or types.is_null(kind)
    ):  # fmt: skip
        what = f"field {field!r} is {kind}, neither text nor a number"
        raise refused(shown, f"{what}; name another field in `text:`")
    return cast("pa.LargeStringArray", column.cast(pa.large_string()))


def _joined(
    column: "pa.Array[Any]", fields: TextFields, shown: str, numbers: Sequence[int] | int
) -> "pa.LargeStringArray":
    """Lists of words, or these written as JSON, as texts."""
    from tokbench.corpus.documents import array_with_nulls  # noqa: PLC0415 - pyarrow is slow

    texts: list[bytes | None] = []
    for at, value in enumerate(column.to_pylist()):
        words = value
        if isinstance(value, str):
            with suppress(ValueError, RecursionError):
                words = json.loads(value)
        row = numbers + at if isinstance(numbers, int) else numbers[at]
        if words is not None and not _is_words(words):
            what = f"field {fields.words!r} is no list of words"
            raise refused(shown, f'{what}; write ["one", "two"], or name a text with `text:`', row)
        try:
            texts.append(None if words is None else fields.joined_by.join(words).encode())
        except UnicodeEncodeError as error:
            what = f"field {fields.words!r} holds a lone surrogate"
            raise refused(shown, f"{what}; mend or remove the row", row) from error
    return array_with_nulls(texts)


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _rendered(
    chats: Iterable[tuple[int, Any]], field: str, template: str, shown: str
) -> "pa.LargeStringArray":
    from tokbench.corpus.documents import array_with_nulls  # noqa: PLC0415 - pyarrow is slow

    texts: list[bytes | None] = []
    render = _renderer(template)
    for row, value in chats:
        chat = _chat(value, shown, field, row)
        text = render(chat, shown, row) if chat else None
        try:
            texts.append(None if text is None else text.encode())
        except UnicodeEncodeError as error:
            what = f"field {field!r} holds a lone surrogate"
            raise refused(shown, f"{what}; mend or remove the row", row) from error
    return array_with_nulls(texts)


def _chat(value: Any, shown: str, field: str, row: int) -> list[dict[str, Any]]:
    """The messages of a row, from a list or from one written as JSON; none for null."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None if not value.strip() else value
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        what = f"field {field!r} is no list of messages; write [{{role: ..., content: ...}}, ...]"
        raise refused(shown, what, row)
    return [_message(message, shown, field, row) for message in value]


def _message(message: dict[str, Any], shown: str, field: str, row: int) -> dict[str, Any]:
    """A message with its role and content; other keys only where they say something.

    Tables fill in null where a message lacks a key that others have. JSON does not, and both are
    to give the same text.
    """
    if not isinstance(message.get("role"), str):
        keys = ", ".join(map(str, message)) or "none"
        what = f"field {field!r} has a message without a `role`, whose keys are: {keys}"
        raise refused(shown, f"{what}; rename them to role and content", row)
    return {**_said(message), "content": _said(message.get("content"))}


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _said(inner) for key, inner in value.items() if inner is not None}
    return [_said(inner) for inner in value] if isinstance(value, list) else value


@lru_cache(maxsize=8)
def _renderer(template: str) -> Callable[[list[dict[str, Any]], str, int], str]:
    """A function from messages, file and row to the text."""
    from jinja2 import TemplateError, UndefinedError  # noqa: PLC0415 - only chats need it

    compiled = _environment().from_string(template)

    def render(messages: list[dict[str, Any]], shown: str, row: int) -> str:
        try:
            return compiled.render(messages=messages, tools=None, documents=None,
                                   add_generation_prompt=False)  # fmt: skip
        except UndefinedError as error:
            if _TODAY not in str(error):
                raise _refusal(shown, error, row) from error
            what = f"the chat template asks for today's date ({_TODAY}), so that the corpus would"
            advice = "be another tomorrow; write a date into the template"
            raise refused(shown, f"{what} {advice}") from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise _refusal(shown, error, row) from error

    return render


def _refusal(shown: str, error: Exception, row: int) -> Exception:
    what = f"the chat template refuses the messages ({error})"
    return refused(shown, f"{what}; mend the row or the template", row)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    """Jinja as transformers sets it up, but for `strftime_now`, which no rerun would repeat.

    Not defined, it lets a template that asks first (`is defined`) go on with a date of its own.
    """
    from jinja2 import TemplateError, nodes  # noqa: PLC0415 - only chats need it
    from jinja2.ext import Extension  # noqa: PLC0415 - as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - as above

    class Generation(Extension):
        """`{% generation %}`, in which transformers marks what the assistant says."""

        tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

        def parse(self, parser: "parser.Parser") -> "nodes.Node | list[nodes.Node]":
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(  # what transformers' filter takes; Jinja's own escapes HTML
        value: Any, ensure_ascii: bool = False, indent: int | None = None,  # noqa: FBT001, FBT002
        separators: tuple[str, str] | None = None, sort_keys: bool = False,  # noqa: FBT001, FBT002
    ) -> str:  # fmt: skip
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)  # fmt: skip

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    return environment
