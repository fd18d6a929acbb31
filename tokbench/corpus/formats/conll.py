"""CoNLL: a word and its tags a line, an empty line between sentences.

There is no standard but what shared tasks have published. Fields stand between tabs, and then
everything else is part of them: a space can be a word. Where a line has no tab they stand between
spaces. A line of white space alone ends a sentence. `-DOCSTART-` lines say nothing here.
"""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.formats.sentences import Sentences, lines
from tokbench.corpus.problems import refused

WORDS, TAGS = "words", "tags"
_COMMENT = re.compile(r"#+( |$)")
_NEW_DOCUMENT = "-DOCSTART-"
_TWO = 2


def read(
    stream: Readable, shown: str, wanted: Wanted, columns: Sequence[str] = (), joined_by: str = " "
) -> Iterator[pa.RecordBatch]:
    r"""The sentences of a file; comments stand before the first word of one.

    Args:
        stream: the bytes of the file.
        shown: its name, for messages.
        wanted: `text`, or columns, which are lists of strings.
        columns: what each field is called, first to last, `words` among them; by default the first
            is `words`, the last `tags`, and what stands between has no name.
        joined_by: what stands between words in the text.

    Raises:
        CorpusError: a line has another number of fields than those before it, or an empty one.

    >>> import io
    >>> file = io.BytesIO(b"# a comment\nIn\tO\nOslo\tB-LOC\n\n#\tO\n1\tO\n")
    >>> [batch.to_pydict() for batch in read(file, "a.conll", Wanted(columns=("tags",)))]
    [{'text': ['In Oslo', '# 1'], 'tags': [['O', 'B-LOC'], ['O', 'O']]}]
    """
    if columns and WORDS not in columns:
        said = ", ".join(columns)
        what = f"none of the names is {WORDS!r} ({said})"
        raise refused(shown, f"{what}; call the words so in `column_names:`")
    gathered = Sentences(shown, wanted, list(columns) or [WORDS, TAGS])
    fields = _Fields(shown, columns)
    rows: list[list[str]] = []
    first = 0
    for number, line in lines(stream, shown):
        if not line.strip():
            if rows:
                _add(gathered, first, rows, fields.names, joined_by)
                rows = []
            if gathered.is_full:
                yield from gathered.take()
        elif rows or not fields.is_comment(line):
            first = first if rows else number
            rows.append(fields.of(line, number))
    if rows:
        _add(gathered, first, rows, fields.names, joined_by)
    yield from gathered.take()


def _add(
    gathered: Sentences, row: int, rows: list[list[str]], names: Sequence[str], joined_by: str
) -> None:
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    gathered.add(row, joined_by.join(columns[WORDS]), columns)


class _Fields:
    """The fields of the lines of one file, as many in each.

    Attributes:
        names: what each is called; `_` where it has no name.
    """

    def __init__(self, shown: str, names: Sequence[str]) -> None:
        self.names = list(names)
        self._shown = shown
        self._tags = {"O"}

    def is_comment(self, line: str) -> bool:
        """Whether a line before the first word of a sentence has none.

        `# O` may be a word and its tag: it is, where there are as many fields as elsewhere and the
        last was a tag before.
        """
        if line.startswith(_NEW_DOCUMENT):
            return True
        if not _COMMENT.match(line):
            return False
        fields = _split(line)
        return len(fields) != len(self.names) or fields[-1] not in self._tags

    def of(self, line: str, number: int) -> list[str]:
        """The fields of a line."""
        fields = _split(line)
        if not self.names and len(fields) >= _TWO:
            self.names = [WORDS, *["_"] * (len(fields) - _TWO), TAGS]
        if len(fields) != len(self.names) or not self.names:
            there = f"{len(fields)} field" if len(fields) == 1 else f"{len(fields)} fields"
            wanted = f"{len(self.names)} are expected" if self.names else "a word has a tag"
            what = f"has {there} where {wanted}"
            advice = "a tab, or spaces where there is none, stands between fields"
            raise refused(self._shown, f"{what}; {advice}: mend the line", number)
        if not all(fields):
            what = "has an empty field; write a tag for each word"
            raise refused(self._shown, what, number)
        self._tags.add(fields[-1])
        return fields


def _split(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else [one for one in line.split(" ") if one]
