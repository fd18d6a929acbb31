"""Where text is cut: orders that do not work, and text that is lost on the way."""

import re
from collections.abc import Iterator

import regex
from tokenizers import Regex

from tokbench.pipeline.patterns import Pattern
from tokbench.pipeline.pre_tokenizers import Split
from tokbench.recipe import KeyPath, Put
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject, letters, shown

LIKE_REGEX = re.compile(
    r"\\[swdSWDpPbBnrtu]|\(\?|\[\^|\[[^\]]*\w-\w[^\]]*\]|\[[^\]]+\][+*?]|\.[+*]|\)[+*?]"
    r"| [+*]$|^\[[^\w\s]{2,}\]$|\w\|\w"
)
"""What a plain string hardly has unless it is meant as a regular expression."""
_DROP_SPACE = ("Whitespace", "WhitespaceSplit", "BertPreTokenizer")
_READ_CHARACTERS = (*_DROP_SPACE, "Punctuation", "Digits", "UnicodeScripts", "Split")
_LAYOUT = re.compile(r"[^\n]*(?:[\n\t]|  )[^\n]*")
_UNSEGMENTED = regex.compile(
    r"(?V1)[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{8,}"
)
"""A row of letters, of scripts without spaces, that is longer than words are."""
_LONG_LINE = 1000
_MOST = 0.5
_ENOUGH = 0.01
_WORD = 'model: WordPiece\nspecial_tokens: {unk: "[UNK]"}\n'
_WORD_TRAINER = "trainer: {vocab_size: 320, min_frequency: 2}\n"
_LLAMA3 = "{type: Split, pattern: {named: llama3}, behavior: isolated}"
_CODE = (
    "def low(x):\n    return x + 1",
    "for x in low:\n\tprint(x)\n\tlower(x)",
    "if lower:\n    low(x)\nelse:\n    lower(x)",
)
_THAI = (
    "ภาษาไทยเป็นภาษาที่ไม่มีช่องว่างระหว่างคำ",
    "ฉันชอบอ่านหนังสือภาษาไทยทุกวันในห้องสมุด",
    "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย",
)


def _patterns(subject: RecipeSubject) -> Iterator[tuple[KeyPath, Pattern]]:
    recipe = subject.recipe
    for section in ("normalizer", "pre_tokenizer", "decoder"):
        for position, part in enumerate(getattr(recipe, section)):
            if isinstance(pattern := getattr(part, "pattern", None), Pattern):
                yield (section, position, "pattern"), pattern


@rule(
    "L27",
    severity="error",
    title="a regular expression written as a plain string",
    broken=(
        'pre_tokenizer: {type: Split, pattern: "\\\\s+", behavior: isolated}\n'
        'special_tokens: {unk: "<unk>"}'
    ),
    mended=(
        'pre_tokenizer: {type: Split, pattern: {regex: "\\\\s+"}, behavior: isolated}\n'
        'special_tokens: {unk: "<unk>"}'
    ),
    probe="low lower",
    shows="words",
)
def literal_regex(subject: RecipeSubject) -> list[Fault]:
    r"""A plain string is matched letter by letter; a regular expression is `{regex: ...}`.

    `pattern: "\\s+"` looks for a backslash, an s and a plus, finds none, and cuts nothing. One that
    does occur in the text, or is written as `{literal: ...}`, is taken at its word.
    """
    found = []
    for path, pattern in _patterns(subject):
        text = pattern.literal
        if text is None or not LIKE_REGEX.search(text) or subject.written((*path, "literal")):
            continue
        if any(text in document for document in subject.sample.texts):
            continue
        message = (
            f"{text!r} is looked for letter by letter; write {{regex: ...}}, or {{literal: ...}} "
            "if that is meant"
        )
        fix = (Put(path, {"regex": text}),) if _compiles(text) else ()
        found.append(Fault(path, message, fix=fix))
    return found


def _compiles(pattern: str) -> bool:
    try:
        Regex(pattern)
    except Exception:  # noqa: BLE001 - tokenizers raises plain Exception
        return False
    return True


@rule(
    "L30",
    severity="error",
    title="nothing cuts long lines",
    broken='pre_tokenizer: null\nspecial_tokens: {unk: "<unk>"}',
    mended='pre_tokenizer: Metaspace\nspecial_tokens: {unk: "<unk>"}',
    text=tuple(f"{number} " + "the low lower lowest newer wider sea " * 40 for number in range(4)),
    probe="the low lower lowest sea",
    shows="words",
    needs_text=True,
)
def whole_lines(subject: RecipeSubject) -> list[Fault]:
    """Without a pre-tokenizer that cuts, a line is one word.

    Training looks at every pair of a word again and again and does not end on long lines
    (huggingface/tokenizers#497); what it learns are pieces of sentences.
    """
    for text in subject.excerpts:
        if len(text) < _LONG_LINE or not re.search(r"\s", text.strip()):
            continue
        words = [word for word in subject.words(text) if word]
        if len(words) == 1:
            message = (
                f"nothing cuts a line of {len(text):,} characters and more into words, so training "
                "does not end and learns pieces of sentences; add a pre_tokenizer that cuts, "
                "for example Metaspace or ByteLevel"
            )
            return [Fault(("pre_tokenizer",), message, shown(text))]
    return []


@rule(
    "L31",
    severity="error",
    title="ByteLevel before a splitter",
    broken="pre_tokenizer: [{type: ByteLevel, add_prefix_space: false}, Digits]",
    mended="pre_tokenizer: [Digits, {type: ByteLevel, add_prefix_space: false}]",
    probe="però 12",
    shows="words",
)
def splits_bytes(subject: RecipeSubject) -> list[Fault]:
    """After ByteLevel there are no characters left to split by.

    A space has become `Ġ`, `ò` has become `Ã²`: a splitter that looks for letters, digits, spaces
    or punctuation finds others than the text had and cuts between the bytes of one letter.
    """
    recipe = subject.recipe
    written = any(part.type == "ByteLevel" for part in recipe.normalizer)
    for position, part in enumerate(recipe.pre_tokenizer):
        exact = isinstance(part, Split) and part.pattern.literal
        if written and part.type in _READ_CHARACTERS and not exact:
            message = (
                f"{part.type} reads characters, and ByteLevel has already turned them into "
                "bytes; write ByteLevel after it"
            )
            return [Fault(("pre_tokenizer", position), message)]
        written |= part.type == "ByteLevel"
    return []


def _before_byte_level(subject: RecipeSubject) -> Iterator[tuple[int, list[str]]]:
    """The position of each ByteLevel, and what cuts before it."""
    before: list[str] = []
    for position, part in enumerate(subject.recipe.pre_tokenizer):
        if part.type == "ByteLevel":
            yield position, before
        before = [*before, part.type]


@rule(
    "L32",
    severity="error",
    title="a splitter before ByteLevel with add_prefix_space",
    broken="pre_tokenizer: [{type: Digits, individual_digits: true}, ByteLevel]",
    mended=(
        "pre_tokenizer: [{type: Digits, individual_digits: true}, "
        "{type: ByteLevel, add_prefix_space: false}]"
    ),
    probe="low12",
)
def spaces_inside_words(subject: RecipeSubject) -> list[Fault]:
    """add_prefix_space puts a space before every piece, not only before the text.

    After Digits, `12` becomes `Ġ1 Ġ2` and decodes to ` 1 2`. It is on unless you turn it off.
    """
    found = []
    for position, before in _before_byte_level(subject):
        part = subject.recipe.pre_tokenizer[position]
        if before and getattr(part, "add_prefix_space", False):
            path = ("pre_tokenizer", position, "add_prefix_space")
            message = (
                f"after {before[-1]}, a space is put before every piece, inside words too; "
                "write add_prefix_space: false"
            )
            pieces = subject.words("low12, lower")
            example = f"'low12, lower' -> {' '.join(pieces)}"
            found.append(Fault(path, message, example, (Put(path, value=False),)))
    return found


@rule(
    "L33",
    severity="error",
    title="Split before ByteLevel with use_regex",
    broken=f"pre_tokenizer: [{_LLAMA3}, {{type: ByteLevel, add_prefix_space: false}}]",
    mended=(
        f"pre_tokenizer: [{_LLAMA3}, "
        "{type: ByteLevel, add_prefix_space: false, use_regex: false}]"
    ),
    probe="low_lower(12)",
    shows="words",
)
def split_twice(subject: RecipeSubject) -> list[Fault]:
    """ByteLevel cuts by GPT-2's pattern unless use_regex is false.

    Pieces that your own Split made are cut once more by a pattern that you did not choose.
    """
    found = []
    for position, before in _before_byte_level(subject):
        part = subject.recipe.pre_tokenizer[position]
        if "Split" in before and getattr(part, "use_regex", False):
            path = ("pre_tokenizer", position, "use_regex")
            message = "what Split has cut is cut again by GPT-2's pattern; write use_regex: false"
            found.append(Fault(path, message, fix=(Put(path, value=False),)))
    return found


@rule(
    "L34",
    severity="warning",
    title="ByteLevel's default add_prefix_space",
    broken="pre_tokenizer: ByteLevel",
    mended="pre_tokenizer: {type: ByteLevel, add_prefix_space: false}",
)
def gains_a_space(subject: RecipeSubject) -> list[Fault]:
    """By default ByteLevel puts a space before the text, and decoding keeps it.

    `low` comes back as ` low`. Turn it off, or write add_prefix_space: true to say that it is
    meant: models for pre-split words need it.
    """
    for position, before in _before_byte_level(subject):
        path = ("pre_tokenizer", position, "add_prefix_space")
        part = subject.recipe.pre_tokenizer[position]
        default = getattr(part, "add_prefix_space", False) and not subject.written(path)
        if not before and default and subject.decoded(["Ġa"]) == " a":
            message = (
                "is true unless you say otherwise, and decoded text gains a space; write "
                "add_prefix_space: false, or true if that is meant"
            )
            return [Fault(path, message, "'a' -> 'Ġa' -> ' a'")]
    return []


@rule(
    "L35",
    severity="warning",
    title="line ends and indentation are lost",
    broken="pre_tokenizer: WhitespaceSplit\n" + _WORD + _WORD_TRAINER,
    mended="pre_tokenizer: {type: ByteLevel, add_prefix_space: false}",
    text=_CODE,
    probe="if low:\n    return x",
    needs_text=True,
)
def layout_is_lost(subject: RecipeSubject) -> list[Fault]:
    """Whitespace, WhitespaceSplit and BertPreTokenizer drop white space of every kind.

    The decoder puts one space between words: line ends, indentation and runs of spaces are gone,
    and with them the meaning of code, tables and verse.
    """
    chain = subject.recipe.pre_tokenizer
    written = any(part.type == "ByteLevel" for part in subject.recipe.normalizer)
    for position, part in enumerate(chain):
        written |= part.type == "ByteLevel"  # after it there is no white space to drop
        if written or part.type not in _DROP_SPACE:
            continue
        for text in subject.excerpts:
            if match := _LAYOUT.search(text.strip()):
                message = (
                    f"{part.type} drops line ends, tabs and runs of spaces, which this text has; "
                    "cut with ByteLevel or Metaspace, or allow it"
                )
                line = text.strip()[match.start() :][:40]
                example = f"{shown(line, width=40)} -> {' '.join(subject.words(line))!r}"
                return [Fault(("pre_tokenizer", position), message, example)]
    return []


@rule(
    "L36",
    severity="error",
    title="words are cut at spaces in scripts without spaces",
    broken="pre_tokenizer: WhitespaceSplit\n" + _WORD + _WORD_TRAINER,
    mended="pre_tokenizer: {type: ByteLevel, add_prefix_space: false}",
    text=_THAI,
    probe=_THAI[0],
    shows="words",
    needs_text=True,
)
def sentences_are_words(subject: RecipeSubject) -> list[Fault]:
    """Thai, Lao, Khmer, Burmese, Chinese and Japanese are written without spaces.

    Cut at spaces, a sentence is one word: it is learned or unknown as a whole, and WordPiece
    answers a word of more than 100 characters with the unknown token. An error where most letters
    of the sample are of such scripts, a warning where some are. Chinese that BertNormalizer puts
    spaces around is fine.
    """
    cutters = [
        (position, part.type)
        for position, part in enumerate(subject.recipe.pre_tokenizer)
        if part.type in _DROP_SPACE
    ]
    if not cutters:
        return []
    words = [word for words in subject.words_of_excerpts for word in words]
    long = [word for word in words if _UNSEGMENTED.search(word)]
    share = sum(map(letters, long)) / max(1, sum(map(letters, words)))
    if share < _ENOUGH:
        return []
    position, name = cutters[0]
    message = (
        f"{name} cuts at spaces, and {share:.0%} of the letters are of scripts without them: "
        "whole sentences are words; use ByteLevel, or a Unigram after Metaspace"
    )
    longest = max(long, key=len)
    return [
        Fault(
            ("pre_tokenizer", position),
            message,
            f"one word of {len(longest)} characters: {shown(longest, width=24)}",
            severity="error" if share > _MOST else "warning",
        )
    ]


@rule(
    "L37",
    severity="warning",
    title="Metaspace keeps line ends inside words",
    broken='pre_tokenizer: Metaspace\nspecial_tokens: {unk: "<unk>"}',
    mended=(
        'pre_tokenizer: [{type: Split, pattern: {regex: "[\\\\n\\\\t]"}, behavior: isolated}, '
        '{type: Metaspace, prepend_scheme: first}]\nspecial_tokens: {unk: "<unk>"}'
    ),
    text=_CODE,
    probe="low\n\tlower low",
    shows="words",
    needs_text=True,
)
def line_ends_in_words(subject: RecipeSubject) -> list[Fault]:
    r"""Metaspace knows only the space: `end\n\tfor` is one word to it.

    Tokens are learned that join the end of a line with the beginning of the next.
    """
    for position, part in enumerate(subject.recipe.pre_tokenizer):
        if part.type != "Metaspace":
            continue
        for words in subject.words_of_excerpts:
            for word in words:
                if re.search(r"\S[\n\t]+\S", word):
                    message = (
                        "cuts at spaces only, so line ends and tabs stand inside words; "
                        'put a Split at {regex: "[\\n\\t]"} before it, or Nmt in the normalizer'
                    )
                    return [Fault(("pre_tokenizer", position), message, shown(word))]
    return []


@rule(
    "L40",
    severity="warning",
    title="a splitter that deletes text",
    broken=(
        "pre_tokenizer: [{type: Punctuation, behavior: removed}, "
        "{type: ByteLevel, add_prefix_space: false}]"
    ),
    mended="pre_tokenizer: [Punctuation, {type: ByteLevel, add_prefix_space: false}]",
    probe="low, lower!",
)
def deletes_text(subject: RecipeSubject) -> list[Fault]:
    """behavior: removed deletes what the pattern matches, and nothing brings it back.

    CharDelimiterSplit deletes its delimiter in the same way.
    """
    found = []
    for position, part in enumerate(subject.recipe.pre_tokenizer):
        removed = getattr(part, "behavior", None) == "removed"
        if removed or part.type == "CharDelimiterSplit":
            what = "removed deletes what it matches" if removed else "deletes its delimiter"
            message = f"{what} from the text for good; use isolated, or allow it"
            if not removed:
                message = f"{what} from the text for good; use Split with isolated, or allow it"
            path: KeyPath = ("pre_tokenizer", position)
            found.append(Fault((*path, "behavior") if removed else path, message))
    return found
