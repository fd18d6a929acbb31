"""What the normalizer loses, and what it fails to do."""

import unicodedata

import regex

from tokbench.pipeline import normalizers as own
from tokbench.recipe import Insert
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject, letters, shown

_MARKED = regex.compile(
    r"(?V1)[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Devanagari}\p{Bengali}\p{Gurmukhi}"
    r"\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Hiragana}"
    r"\p{Katakana}]+"
)
"""Words of scripts in which a mark is part of the letter."""
_MARK = regex.compile(r"\p{M}")
_HANGUL = regex.compile("[가-힣]+")
_JAMO = regex.compile("[\u1100-\u11ff]")
_ENOUGH = 0.01
_HINDI = (
    "यह हिन्दी में लिखा हुआ एक वाक्य है",
    "मुझे हिन्दी और संस्कृत की किताबें पढ़नी हैं",
    "दिल्ली भारत की राजधानी है",
)


@rule(
    "L38",
    severity="error",
    title="StripAccents without NFD before it",
    broken="normalizer: StripAccents",
    mended="normalizer: [NFD, StripAccents]  # tokbench: allow L39 because accents are noise here",
    text=("café naïve low", "déjà vu lower", "the naïve café was low", "déjà lower, café wider"),
    probe="café",
)
def accents_stay(subject: RecipeSubject) -> list[Fault]:
    """StripAccents removes combining marks and finds none in composed text.

    `é` is one character (U+00E9) until NFD or NFKD takes it apart; an NFC in between puts it
    together again.
    """
    found = []
    for position, part in enumerate(subject.recipe.normalizer):
        if part.type != "StripAccents":
            continue
        built = own.build(subject.recipe.normalizer[: position + 1])
        if built is not None and built.normalize_str("é") == "é":
            path = ("normalizer", position)
            message = (
                "does nothing: letters still hold their accents where it stands; write NFD before "
                "it"
            )
            found.append(Fault(path, message, "'é' stays 'é'", (Insert(path, "NFD"),)))
    return found


@rule(
    "L39",
    severity="warning",
    title="the normalizer is lossy",
    broken="normalizer: Lowercase",
    mended="normalizer: Lowercase  # tokbench: allow L39 because case means nothing in our data",
    text=("Low Lower LOWEST", "The Lower shelf is low", "the LOW sea shore", "Lower is lower"),
    probe="Low LOWER",
)
def lossy(subject: RecipeSubject) -> list[Fault]:
    """Case, accents or compatibility characters are gone and no decoder brings them back.

    That may be what you want; say so, so that it is known: the reason that you write after
    `# tokbench: allow L39 because` is kept with the tokenizer.
    """
    probes = {"case": ("A", "A"), "accents": ("é", "é"), "characters such as ² and ﬁ": ("²", "²")}
    chain = subject.recipe.normalizer
    blamed: list[tuple[int, str]] = []
    for what, (probe, expected) in probes.items():
        for position in range(len(chain)):
            built = own.build(chain[: position + 1])
            made = built.normalize_str(probe) if built else probe
            if chain[position].type == "ByteLevel":
                break
            if expected not in unicodedata.normalize("NFC", made):
                blamed.append((position, what))
                break
    if not blamed:
        return []
    lost = " and ".join(dict.fromkeys(what for _, what in blamed))
    place = min(position for position, _ in blamed)
    lines = (line for text in subject.excerpts for line in text.splitlines())
    text = next((line for line in lines if subject.normalized(line) != line), "")
    example = f"{shown(text)} -> {shown(subject.normalized(text))}" if text else ""
    message = (
        f"{lost} cannot be decoded again; if that is meant, declare it: "
        "# tokbench: allow L39 because ..."
    )
    return [Fault(("normalizer", place), message, example)]


@rule(
    "L74",
    severity="error",
    title="the normalizer takes letters apart",
    broken=(
        "normalizer: [NFD, StripAccents]  # tokbench: allow L39 because accents are noise here\n"
    ),
    mended="normalizer: NFC",
    text=_HINDI,
    probe="हिन्दी",
    needs_text=True,
)
def letters_fall_apart(subject: RecipeSubject) -> list[Fault]:
    """In Thai, Indic scripts and kana a mark is part of the letter; NFD splits Korean syllables.

    Stripping marks makes `हनद` of `हिन्दी` and `かき` of `がぎ`: other words, or none. NFD
    without NFC after it writes every Korean syllable as two or three jamo: texts grow threefold.
    """
    if not subject.recipe.normalizer:
        return []
    text = "\n".join(subject.excerpts)
    enough = max(1.0, letters(text) * _ENOUGH)
    words = _MARKED.findall(text)
    if sum(map(letters, words)) >= enough:
        for word in words:
            made = subject.normalized(word)
            if _marks(made) < _marks(word):
                message = (
                    "marks that are part of letters are removed, which makes other words of them; "
                    "write NFC and leave accents alone"
                )
                return [Fault(("normalizer",), message, f"{word!r} -> {made!r}")]
    syllables = _HANGUL.findall(text)
    if sum(map(len, syllables)) >= enough:
        made = subject.normalized(syllables[0])
        if jamo := _JAMO.findall(made):
            message = "Korean syllables are taken apart into jamo; write NFC after it"
            example = f"{syllables[0]!r} ({len(syllables[0])}) -> {' '.join(jamo)} ({len(jamo)})"
            return [Fault(("normalizer",), message, example)]
    return []


def _marks(text: str) -> int:
    return len(_MARK.findall(unicodedata.normalize("NFD", text)))
