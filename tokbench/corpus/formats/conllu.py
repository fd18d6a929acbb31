"""CoNLL-U, the format of Universal Dependencies: ten fields a word, comments before sentences.

https://universaldependencies.org/format.html: words are numbered from 1; a range (`1-2`) is what
stands in the text for several words, and a decimal (`1.1`) a word that does not stand in it.
"""

import re
from collections.abc import Iterator

import pyarrow as pa

from tokbench.corpus.formats.columns import Wanted
from tokbench.corpus.formats.compression import Readable
from tokbench.corpus.formats.sentences import Sentences, lines
from tokbench.corpus.problems import refused

_COLUMNS = {"words": 1, "lemmas": 2, "upos": 3, "xpos": 4}
_FIELDS, _MISC = 10, 9
_TEXT = re.compile(r"#\s*text\s*=\s?")
_NUMBER = re.compile(r"(?P<word>\d+)(?:-(?P<last>\d+)|(?P<empty>\.\d+))?")
_NO_SPACE = "SpaceAfter=No"


def read(stream: Readable, shown: str, wanted: Wanted) -> Iterator[pa.RecordBatch]:
    r"""The sentences of a file, with their words, lemmas, and tags (`upos`, `xpos`) as lists.

    The text is what the comment `# text =` says, else the words, with spaces unless a word says
    `SpaceAfter=No`.

    Args:
        stream: the bytes of the file.
        shown: its name, for messages.
        wanted: `text`, or columns.

    Raises:
        CorpusError: a line is not of ten fields, or its number is none.

    >>> import io
    >>> rest = b"\t_\t_\t_\t_\t"
    >>> file = b"1-2\tau\t_\t_\t_" + rest + b"SpaceAfter=No\n" + b"".join(
    ...     b"%d\t%s\t_\t%s\t_%s_\n" % (number, word, tag, rest)
    ...     for number, (word, tag) in enumerate([(b"\xc3\xa0", b"ADP"), (b"le", b"DET")], 1)
    ... )
    >>> found = read(io.BytesIO(file), "a.conllu", Wanted(columns=("words", "upos")))
    >>> [batch.to_pylist() for batch in found]
    [[{'text': 'au', 'words': ['à', 'le'], 'upos': ['ADP', 'DET']}]]
    """
    gathered = Sentences(shown, wanted, list(_COLUMNS))
    sentence = _Sentence(shown)
    for number, line in lines(stream, shown):
        if line.strip():
            sentence.add(line, number)
            continue
        sentence.give(gathered)
        if gathered.is_full:
            yield from gathered.take()
    sentence.give(gathered)
    yield from gathered.take()


class _Sentence:
    """The lines of a sentence, one after the other."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._clear()

    def _clear(self) -> None:
        self._first = 0
        self._said: str | None = None
        self._words: list[list[str]] = []
        self._surface: list[str] = []
        self._covered = 0

    def add(self, line: str, number: int) -> None:
        """A comment or a word."""
        if line.startswith("#"):
            if match := _TEXT.match(line):
                self._said = line[match.end() :]
            return
        fields = line.split("\t")
        place = _NUMBER.fullmatch(fields[0])
        if len(fields) != _FIELDS or place is None:
            what = f"has {len(fields)} fields, the first {fields[0][:20]!r}"
            advice = "CoNLL-U has ten, between tabs, and the first is the number of the word"
            raise refused(self._shown, f"{what}; {advice}: mend it, or say `format: conll`", number)
        self._first = self._first or number
        if place["empty"]:
            return
        spaced = "" if _NO_SPACE in fields[_MISC].split("|") else " "
        if place["last"]:
            self._covered = int(place["last"])
            self._surface += fields[1], spaced
            return
        if int(place["word"]) > self._covered:
            self._surface += fields[1], spaced
        self._words.append(fields)

    def give(self, gathered: Sentences) -> None:
        """The sentence, if there is one; then begin anew."""
        if self._words:
            text = self._said
            if text is None:
                text = "".join(self._surface).removesuffix(" ")
            columns = {
                name: [fields[place] for fields in self._words] for name, place in _COLUMNS.items()
            }
            gathered.add(self._first, text, columns)
        self._clear()
