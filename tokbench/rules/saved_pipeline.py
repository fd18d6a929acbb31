"""Finished tokenizers: what is lost or left over between text and text."""

import re

import regex
from tokenizers import Regex
from tokenizers import normalizers as library

from tokbench.recipe import KeyPath
from tokbench.rules.pre_tokenizers import LIKE_REGEX
from tokbench.rules.registry import Fault, rule
from tokbench.rules.saved import TokenizerSubject
from tokbench.rules.saved_examples import instead_of_last, put
from tokbench.rules.subjects import shown

_CUTTERS = (
    "Split", "Digits", "Punctuation", "Whitespace", "WhitespaceSplit", "BertPreTokenizer",
    "UnicodeScripts", "Metaspace", "CharDelimiterSplit", "FixedLength",
)  # fmt: skip
_READ_CHARACTERS = ("Split", "Digits", "Punctuation", "UnicodeScripts")
_ASCII = "".join(map(chr, range(33, 127)))
_JOINED_LINES = re.compile(r"\S[\n\t]+\S")
_MARK = regex.compile(r"\p{M}")
_JAMO = regex.compile("[\u1100-\u11ff]")
_CLEANED = ("do", "n't", ".")
_BYTES_OF_HANGUL = ("<0xED>", "<0x95>", "<0x9C>")
_BYTE_LEVEL = {
    "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True,
}  # fmt: skip
_DIGITS = {"type": "Digits", "individual_digits": True}
_WORDS = {
    "type": "Split", "pattern": {"Regex": "[^ ]+"}, "behavior": "Isolated", "invert": False,
}  # fmt: skip


def _sequence(*parts: dict[str, object]) -> dict[str, object]:
    return {"type": "Sequence", "pretokenizers": list(parts)}


@rule(
    "L02",
    severity="error",
    title="a prefix or suffix that decoding leaves in the text",
    about="tokenizer",
    like="characters",
    damage=put("model", "end_of_word_suffix", value="r"),
    probe="low lower",
)
def marks_leak(subject: TokenizerSubject) -> list[Fault]:
    """The prefix or suffix of a BPE must be taken away by its decoder.

    end_of_word_suffix needs the decoder BPEDecoder with the same suffix, continuing_subword_prefix
    the decoder WordPiece with the same prefix.
    """
    if subject.model["type"] != "BPE":
        return []
    found = []
    for key, before in (("continuing_subword_prefix", True), ("end_of_word_suffix", False)):
        mark = subject.model.get(key)
        if not mark:
            continue
        tokens = _marked(subject, mark, before=before)
        ids = [subject.vocabulary[token] for token in tokens]
        back = subject.tokenizer.decode(ids, skip_special_tokens=False)
        if tokens and mark in back:
            decoder = "WordPiece" if before else "BPEDecoder"
            message = f"the {key} {mark!r} stays in decoded text; use the decoder {decoder} with it"
            found.append(Fault(("decoder",), message, f"{' '.join(tokens)} -> {back!r}"))
    return found


def _marked(subject: TokenizerSubject, mark: str, *, before: bool) -> list[str]:
    """A token that bears a mark, after one that may stand before it."""
    bears = str.startswith if before else str.endswith
    plain = {one["content"] for one in subject.added}
    words = [token for token in subject.vocabulary if token.isalpha() and token not in plain]
    marked = [
        token
        for token in subject.vocabulary
        if len(token) > len(mark) and bears(token, mark) and token not in plain
    ]
    return [*words[:1], marked[0]] if words and marked else marked[:1]


@rule(
    "L14",
    severity="error",
    title="byte_fallback without ByteFallback and Fuse",
    about="tokenizer",
    like="byte_fallback",
    damage=put(
        "decoder",
        value={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    ),
    probe="low 日本",
)
def bytes_leak(subject: TokenizerSubject) -> list[Fault]:
    """The tokens `<0xED>` become bytes again in ByteFallback, and one text in Fuse.

    Without the first they stand in the text as they are; without the second, what follows sees
    each token alone, and a Strip takes the space off every word.
    """
    if not subject.byte_fallback or subject.byte_level:
        return []
    ids = [subject.vocabulary.get(token) for token in _BYTES_OF_HANGUL]
    numbers = [one for one in ids if one is not None]
    back = subject.tokenizer.decode(numbers, skip_special_tokens=False)
    if len(numbers) == len(ids) and "한" not in back:
        message = "byte tokens do not come back as text; put ByteFallback and Fuse into the decoder"
        return [Fault(("decoder",), message, f"{' '.join(_BYTES_OF_HANGUL)} -> {back!r}")]
    text = "low sea low"
    joined = subject.decoded(text) or ""
    if joined == text.replace(" ", ""):
        message = "the spaces between words are taken away; put Fuse before Strip"
        return [Fault(("decoder",), message, f"{text!r} -> {joined!r}")]
    return []


def _patterns(subject: TokenizerSubject) -> list[tuple[KeyPath, dict[str, str]]]:
    return [
        ((*path, "pattern"), part["pattern"])
        for section in ("normalizer", "pre_tokenizer", "decoder")
        for path, part in subject.parts(section)
        if isinstance(part.get("pattern"), dict)
    ]


@rule(
    "L27",
    severity="error",
    title="a regular expression written as a plain string",
    about="tokenizer",
    like="byte_level",
    damage=put(
        "normalizer", value={"type": "Replace", "pattern": {"String": "\\s+"}, "content": " "}
    ),
    shows="nothing",
)
def literal_regex(subject: TokenizerSubject) -> list[Fault]:
    """A pattern `{String: ...}` is matched letter by letter, `{Regex: ...}` as an expression.

    One that reads like a regular expression matches nothing that a text has.
    """
    found = []
    for path, pattern in _patterns(subject):
        text = pattern.get("String", "")
        if LIKE_REGEX.search(text) and not any(text in one for one in subject.sample.texts):
            message = f"{text!r} is looked for letter by letter; write {{Regex: ...}}"
            found.append(Fault(path, message))
    return found


@rule(
    "L28",
    severity="error",
    title="a regular expression that the library cannot compile",
    about="tokenizer",
    like="byte_level",
    damage=put(
        "normalizer", value={"type": "Replace", "pattern": {"Regex": "(?P<a>x)"}, "content": ""}
    ),
)
def no_regex(subject: TokenizerSubject) -> list[Fault]:
    """Patterns are compiled by Oniguruma, which does not know all of Python's syntax.

    A named group is `(?<name>...)`, not `(?P<name>...)`. The file cannot be loaded at all.
    """
    found = []
    for path, pattern in _patterns(subject):
        if "Regex" not in pattern:
            continue
        try:
            Regex(pattern["Regex"])
        except Exception as error:  # noqa: BLE001 - tokenizers raises plain Exception
            said = str(error).strip()
            found.append(Fault(path, f"{pattern['Regex']!r} does not compile: {said}"))
    return found


@rule(
    "L31",
    severity="warning",
    title="ByteLevel before a splitter",
    about="tokenizer",
    like="byte_level",
    damage=put("pre_tokenizer", value=_sequence(_BYTE_LEVEL, _DIGITS)),
    probe="però 12²",
    shows="words",
)
def splits_bytes(subject: TokenizerSubject) -> list[Fault]:
    """After ByteLevel there are no characters left to split by.

    A splitter that looks for letters, digits or punctuation finds others than the text had and cuts
    between the bytes of one letter: `ò` is `Ã²`, and `²` counts as a digit. No text is lost.
    """
    written = subject.has("normalizer", "ByteLevel")
    for path, part in subject.parts("pre_tokenizer"):
        literal = "String" in part.get("pattern", {})
        if written and part["type"] in _READ_CHARACTERS and not literal:
            words = subject.words("però, 12² ½")
            message = (
                f"{part['type']} reads characters, and ByteLevel has already turned them into "
                "bytes; it should stand before ByteLevel, and the vocabulary be trained so"
            )
            return [Fault(path, message, f"'però, 12² ½' -> {' '.join(words)}")]
        written |= part["type"] == "ByteLevel"
    return []


def _byte_level_after(subject: TokenizerSubject) -> list[tuple[KeyPath, dict[str, object], str]]:
    """Each ByteLevel that a cutter stands before, with that cutter."""
    before, found = "", []
    for path, part in subject.parts("pre_tokenizer"):
        if part["type"] == "ByteLevel" and before:
            found.append((path, part, before))
        before = part["type"] if part["type"] in _CUTTERS else before
    return found


@rule(
    "L32",
    severity="error",
    title="a splitter before ByteLevel with add_prefix_space",
    about="tokenizer",
    like="byte_level",
    damage=put(
        "pre_tokenizer", value=_sequence(_DIGITS, {**_BYTE_LEVEL, "add_prefix_space": True})
    ),
    probe="low12",
)
def spaces_inside_words(subject: TokenizerSubject) -> list[Fault]:
    """add_prefix_space puts a space before every piece, not only before the text.

    After Digits, `12` becomes `Ġ1 Ġ2` and decodes to ` 1 2`.
    """
    found = []
    for path, part, before in _byte_level_after(subject):
        for text in ("low12", "low,lower", "low\nlower", "low lower"):
            back = subject.decoded(text)
            if part.get("add_prefix_space") and back is not None and back.strip() != text:
                message = (
                    f"after {before}, a space is put before every piece, inside words too; set "
                    "it to false"
                )
                place = (*path, "add_prefix_space")
                found.append(Fault(place, message, f"{text!r} -> {back!r}"))
                break
    return found


@rule(
    "L33",
    severity="warning",
    title="Split before ByteLevel with use_regex",
    about="tokenizer",
    like="byte_level",
    damage=put("pre_tokenizer", value=_sequence(_WORDS, _BYTE_LEVEL)),
    probe="low lower(12)",
    shows="words",
)
def split_twice(subject: TokenizerSubject) -> list[Fault]:
    """ByteLevel cuts by GPT-2's pattern unless use_regex is false.

    Pieces that a Split made are cut once more by a pattern that was hardly chosen. No text is lost.
    """
    found = []
    for path, part, _ in _byte_level_after(subject):
        split = subject.has("pre_tokenizer", "Split")
        if split and part.get("use_regex", True):
            message = (
                "what Split has cut is cut again by GPT-2's pattern; write use_regex: false and "
                "train again"
            )
            words = " ".join(subject.words("low_lower(12)"))
            found.append(Fault((*path, "use_regex"), message, f"'low_lower(12)' -> {words}"))
    return found


@rule(
    "L34",
    severity="warning",
    title="decoded text gains a space",
    about="tokenizer",
    like="byte_level",
    damage=put("pre_tokenizer", "add_prefix_space", value=True),
)
def gains_a_space(subject: TokenizerSubject) -> list[Fault]:
    """With add_prefix_space ByteLevel puts a space before the text, and decoding keeps it.

    `low` comes back as ` low`. Models for pre-split words need it; others do not.
    """
    if _byte_level_after(subject):
        return []
    for path, part in subject.parts("pre_tokenizer"):
        back = subject.decoded("low")
        if part["type"] == "ByteLevel" and part.get("add_prefix_space") and back == " low":
            message = "decoded text begins with a space that the text did not have"
            return [Fault((*path, "add_prefix_space"), message, f"'low' -> {back!r}")]
    return []


@rule(
    "L35",
    severity="warning",
    title="line ends and indentation are lost",
    about="tokenizer",
    like="characters",
    damage=put("pre_tokenizer", value={"type": "WhitespaceSplit"}),
    probe="if low:\n    return x",
    shows="words",
)
def layout_is_lost(subject: TokenizerSubject) -> list[Fault]:
    """Where white space of every kind is dropped, decoding puts one space between words.

    Line ends, indentation and runs of spaces are gone, and with them the meaning of code and verse.
    """
    text = "if x:\n    y"
    back, words = subject.decoded(text), "".join(subject.words(text))
    if back is None or any(one in back + words for one in ("\n", "Ċ")):
        return []
    blamed = "pre_tokenizer" if "\n" in subject.normalized(text) else "normalizer"
    runs = any(one * 4 in words for one in " Ġ▁")
    what = "line ends" if runs else "line ends, tabs and runs of spaces"
    message = f"{what} are lost, so code and verse do not come back"
    return [Fault((blamed,), message, f"{text!r} -> {back!r}")]


@rule(
    "L37",
    severity="warning",
    title="tokens that join the end of a line with the next",
    about="tokenizer",
    like="characters",
    damage=instead_of_last("w\nl"),
    shows="vocabulary",
)
def line_ends_in_words(subject: TokenizerSubject) -> list[Fault]:
    r"""Metaspace knows only the space: `end\n\tfor` is one word to it.

    Where the text had line ends, tokens are learned that join the end of a line with the beginning
    of the next.
    """
    if subject.byte_level:
        return []
    plain = {one["content"] for one in subject.added}
    found = [one for one in subject.vocabulary if _JOINED_LINES.search(one) and one not in plain]
    if not found:
        return []
    message = (
        f"{len(found)} tokens reach over line ends or tabs; cut there before training, with Split"
    )
    return [Fault(("model", "vocab"), message, shown(found[0]))]


@rule(
    "L38",
    severity="error",
    title="StripAccents without NFD before it",
    about="tokenizer",
    like="byte_level",
    damage=put("normalizer", value={"type": "StripAccents"}),
    shows="nothing",
)
def accents_stay(subject: TokenizerSubject) -> list[Fault]:
    """StripAccents removes combining marks and finds none in composed text.

    `é` is one character (U+00E9) until NFD or NFKD takes it apart.
    """
    if not subject.has("normalizer", "StripAccents") or subject.has("normalizer", "ByteLevel"):
        return []
    if "é" not in subject.normalized("é"):
        return []
    path = next(at for at, part in subject.parts("normalizer") if part["type"] == "StripAccents")
    message = "does nothing: letters still hold their accents where it stands; put NFD before it"
    return [Fault(path, message, "'é' stays 'é'")]


@rule(
    "L39",
    severity="warning",
    title="the normalizer is lossy",
    about="tokenizer",
    like="byte_level",
    damage=put("normalizer", value={"type": "Lowercase"}),
    probe="Low LOWER",
)
def lossy(subject: TokenizerSubject) -> list[Fault]:
    """Case, accents or compatibility characters are gone, and no decoder brings them back.

    That may be meant; whoever uses the tokenizer should know.
    """
    if not subject.state.get("normalizer") or subject.has("normalizer", "ByteLevel"):
        return []
    probes = {"case": "A", "accents": "é", "compatibility characters": "²"}
    lost = {what: one for what, one in probes.items() if not _kept(subject, one)}
    if not lost:
        return []
    text = "Café A²"
    message = f"{', '.join(lost)} cannot be decoded again"
    example = f"{text!r} -> {subject.normalized(text)!r}"
    return [Fault(("normalizer",), message, example)]


def _kept(subject: TokenizerSubject, character: str) -> bool:
    composed = library.NFC().normalize_str(subject.normalized(character))
    return character in composed


@rule(
    "L40",
    severity="warning",
    title="a splitter that deletes text",
    about="tokenizer",
    like="byte_level",
    damage=put(
        "pre_tokenizer",
        value=_sequence({"type": "Punctuation", "behavior": "Removed"}, _BYTE_LEVEL),
    ),
    probe="low, lower!",
)
def deletes_text(subject: TokenizerSubject) -> list[Fault]:
    """behavior: Removed deletes what the pattern matches, and nothing brings it back.

    CharDelimiterSplit deletes its delimiter in the same way. White space is rule L35's.
    """
    cutters = [
        path
        for path, part in subject.parts("pre_tokenizer")
        if part.get("behavior") == "Removed" or part["type"] == "CharDelimiterSplit"
    ]
    if not cutters:
        return []
    text = " ".join(_ASCII)
    there, left = subject.normalized(text), "".join(subject.words(text))
    gone = [one for one in dict.fromkeys(there) if not one.isspace() and one not in left]
    if not gone:
        return []
    some = "".join(gone)
    message = f"{len(gone)} of the 94 visible ASCII characters are deleted from every text"
    return [Fault(cutters[0], message, f"{some!r} is lost")]


@rule(
    "L41",
    severity="error",
    title="markers that decoding leaves in the text",
    about="tokenizer",
    like="byte_level",
    damage=put("decoder", value=None),
    probe="naïve low",
)
def markers_leak(subject: TokenizerSubject) -> list[Fault]:
    """ByteLevel, WordPiece and Metaspace each write marks that only their own decoder takes away.

    Without it decoded text reads `naÃ¯veĠlow`, `low ##er` or `▁low▁lower`.
    """
    if subject.model["type"] == "WordPiece" and not subject.byte_level:
        prefix = subject.model.get("continuing_subword_prefix") or ""
        tokens = _marked(subject, prefix, before=True) if prefix else []
        ids = [subject.vocabulary[token] for token in tokens]
        joined = subject.tokenizer.decode(ids, skip_special_tokens=False)
        leaks = bool(prefix) and prefix in joined
        return [_leak("WordPiece", " ".join(tokens), joined)] if leaks else []
    text = "low sea naïve"
    encoding, back = subject.encode(text), subject.decoded(text)
    if encoding is None or back is None:
        return []
    if subject.byte_level:
        leaks = "Ġ" in back or "Ã" in back
        return [_leak("ByteLevel", " ".join(encoding.tokens), back)] if leaks else []
    marks = {part.get("replacement") for _, part in subject.parts("pre_tokenizer")} | {"▁"}
    for mark in sorted(one for one in marks if isinstance(one, str)):
        if mark in back and any(mark in token for token in encoding.tokens):
            return [_leak("Metaspace", " ".join(encoding.tokens), back)]
    return []


def _leak(written: str, tokens: str, back: str) -> Fault:
    message = f"what {written} writes is not turned back into text; use the decoder {written}"
    return Fault(("decoder",), message, f"{tokens} -> {back!r}")


@rule(
    "L42",
    severity="warning",
    title="WordPiece's cleanup eats spaces",
    about="tokenizer",
    like="wordpiece",
    damage=put("decoder", "cleanup", value=True),
    probe="low . lower !",
    shows="nothing",
)
def cleanup(subject: TokenizerSubject) -> list[Fault]:
    """The WordPiece decoder tidies English unless cleanup is false.

    It deletes spaces before full stops, commas, `n't` and `'s`, whether the text had them or not.
    """
    for path, part in subject.parts("decoder"):
        if part["type"] != "WordPiece" or not part.get("cleanup", True):
            continue
        decoder = subject.tokenizer.decoder
        back = str(decoder.decode(list(_CLEANED))) if decoder else ""
        message = "spaces before punctuation are deleted, whether the text had them or not"
        return [Fault((*path, "cleanup"), message, f"{' '.join(_CLEANED)!r} -> {back!r}")]
    return []


@rule(
    "L74",
    severity="warning",
    title="the normalizer takes letters apart",
    about="tokenizer",
    like="byte_level",
    damage=put("normalizer", value={"type": "NFD"}),
    probe="한국어",
)
def letters_fall_apart(subject: TokenizerSubject) -> list[Fault]:
    """In Thai, Indic scripts and kana a mark is part of the letter; NFD splits Korean syllables.

    Stripping marks makes `हनद` of `हिन्दी` and `かき` of `がぎ`: other words, or none. NFD without
    NFC after it writes every Korean syllable as two or three jamo.
    """
    if not subject.state.get("normalizer") or subject.has("normalizer", "ByteLevel"):
        return []
    if accents_stay(subject):
        return []
    apart = library.NFD().normalize_str
    for word in ("हिन्दी", "がぎ", "ที่นี่"):
        made = subject.normalized(word)
        if len(_MARK.findall(apart(made))) < len(_MARK.findall(apart(word))):
            message = "marks that are part of letters are removed, which makes other words of them"
            return [Fault(("normalizer",), message, f"{word!r} -> {made!r}")]
    made = subject.normalized("한국")
    if jamo := _JAMO.findall(made):
        message = "Korean syllables are taken apart into jamo, so texts take many times the tokens"
        return [Fault(("normalizer",), message, f"'한국' -> {' '.join(jamo)}")]
    return []
