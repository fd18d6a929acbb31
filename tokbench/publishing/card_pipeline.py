"""A pipeline in plain words: each component in a clause, with what was set of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tokbench.publishing.facts import Component, Facts
from tokbench.publishing.markup import code, listed, table

Clause = Callable[[Component], str]
_PATTERNS = {
    "gpt2": "GPT-2's published pattern",
    "cl100k": "GPT-4's published pattern (cl100k)",
    "o200k": "GPT-4o's published pattern (o200k)",
    "llama3": "Llama 3's published pattern",
    "qwen2": "Qwen 2's published pattern",
}
_BEHAVIORS = {
    "removed": "matches are dropped",
    "isolated": "each match stands alone",
    "merged_with_previous": "a match stays with what precedes it",
    "merged_with_next": "a match stays with what follows it",
    "contiguous": "neighbouring matches stand together",
}
_BYTES = "every byte of its UTF-8 is written as one of 256 visible characters"


def _pattern(part: Mapping[str, Any]) -> str:
    """A pattern as a recipe or a tokenizer.json says it."""
    if named := part.get("named"):
        return f"{_PATTERNS[named]}"
    said = part.get("literal") or part.get("String")
    return (
        _shown(said) if said else f"the pattern {code(part.get('regex') or part.get('Regex', ''))}"
    )


def _shown(text: str) -> str:
    """Text as code, a space by its name."""
    return "a space" if text == " " else code(text)


def _bert_normalizer(part: Component) -> str:
    accents = part["lowercase"] if part["strip_accents"] is None else part["strip_accents"]
    said = {
        "control characters are dropped and white space becomes spaces": part["clean_text"],
        "spaces are put around Chinese characters": part["handle_chinese_chars"],
        "accents are dropped": accents,
        "letters become lower case": part["lowercase"],
    }
    return listed([what for what, so in said.items() if so]) or "nothing is changed"


def _strip(part: Component) -> str:
    sides = [name for name, key in (("start", "left"), ("end", "right")) if part[key]]
    return f"white space at the {listed(sides)} of a text is dropped"


def _byte_level(part: Component) -> str:
    cut = "text is cut by GPT-2's pattern (words with the space before them, numbers, the rest), "
    prefix = "; a space is put before the text" if part["add_prefix_space"] else ""
    return f"{cut if part['use_regex'] else ''}{_BYTES}{prefix}"


def _split(part: Component) -> str:
    where = "around" if part["invert"] else "at"
    behavior = _BEHAVIORS[part["behavior"]]
    return f"text is cut {where} the matches of {_pattern(part['pattern'])}; {behavior}"


def _metaspace(part: Component) -> str:
    first = {
        "always": ", and one is put before each text that does not begin with one",
        "first": ", and one is put before a text, not behind a special token",
        "never": "",
    }[part["prepend_scheme"]]
    cut = "; text is cut before each" if part["split"] else ""
    return f"spaces become {code(part['replacement'])}{first}{cut}"


def _digits(part: Component) -> str:
    return "each digit stands alone" if part["individual_digits"] else "numbers are cut off whole"


def _bpe(part: Component) -> str:
    said = [
        (
            "a piece begins as single symbols, and pairs of neighbours are merged in the order in "
            "which training found them"
        )
    ]
    if part["ignore_merges"]:
        said.append("a piece that is a token as a whole is that token at once")
    if part["byte_fallback"]:
        said.append("a character that it does not know is written with tokens of bytes")
    if part["dropout"]:
        said.append(f"a merge is left out with probability {part['dropout']:g}")
    return "; ".join(said)


def _word_piece(part: Component) -> str:
    return (
        "the longest token that a word begins with is taken, then the longest that goes on from "
        f"there; a word that cannot be spelt so, or has more than "
        f"{part['max_input_chars_per_word']} characters, is one unknown token"
    )


def _unigram(part: Component) -> str:
    unknown = (
        "a character that it does not know is written with tokens of bytes"
        if part["byte_fallback"]
        else "a run of characters that it does not know is one unknown token"
    )
    return f"of all cuts of a piece the likeliest is taken, by the tokens' probabilities; {unknown}"


def _template(part: Component) -> str:
    single, pair = (" ".join(part[one]) for one in ("single", "pair"))
    return (
        f"a text becomes {code(single)}, a pair of texts {code(pair)} "
        "(`$A` and `$B` are the texts, `:1` is a type id)"
    )


def _word_piece_decoder(part: Component) -> str:
    tidy = ", and spaces before punctuation are dropped" if part.get("cleanup") else ""
    return f"tokens are joined by spaces, those that begin with {code(part['prefix'])} to what \
precedes them{tidy}"


def _decoder_strip(part: Component) -> str:
    left, right = (part.get(one) or part.get(two, 0) for one, two in _STRIPPED)
    sides = [f"{n} at the {s}" for n, s in ((left, "start"), (right, "end")) if n]
    return f"up to so many of {_shown(part['content'])} are dropped: {listed(sides) or 'none'}"


_STRIPPED = (("left", "start"), ("right", "stop"))
_OFFSETS: Clause = lambda part: (  # noqa: E731 - one line of a table
    "nothing is added"
    + ("; offsets leave out the space that a token begins with" if part["trim_offsets"] else "")
)

NORMALIZERS: dict[str, Clause] = {
    "NFC": lambda _: "characters are composed (Unicode NFC: `e` and `U+0301` become é)",
    "NFD": lambda _: "characters are decomposed (Unicode NFD: é becomes `e` and `U+0301`)",
    "NFKC": lambda _: (
        "characters are composed and variants unified (Unicode NFKC: ² becomes 2, ﬁ fi)"
    ),
    "NFKD": lambda _: "characters are decomposed and variants unified (Unicode NFKD)",
    "Lowercase": lambda _: "letters become lower case",
    "Strip": _strip,
    "StripAccents": lambda _: "combining marks, accents among them, are dropped",
    "Replace": lambda part: (
        f"{_pattern(part['pattern'])} becomes {_shown(part['content'])}"
        if part["content"]
        else f"{_pattern(part['pattern'])} is dropped"
    ),
    "Prepend": lambda part: f"{code(part['prepend'])} is put before each text that is not empty",
    "Nmt": lambda _: "control characters are dropped, and unusual spaces become plain ones",
    "BertNormalizer": _bert_normalizer,
    "ByteLevel": lambda _: _BYTES,
    "Precompiled": lambda _: "SentencePiece's own compiled rules are applied",
}
PRE_TOKENIZERS: dict[str, Clause] = {
    "ByteLevel": _byte_level,
    "Whitespace": lambda _: (
        "text is cut into runs of letters, digits and underscores and runs of the rest; white "
        "space is dropped"
    ),
    "WhitespaceSplit": lambda _: "text is cut at white space, which is dropped",
    "Punctuation": lambda part: f"text is cut at punctuation; {_BEHAVIORS[part['behavior']]}",
    "Digits": _digits,
    "Split": _split,
    "Metaspace": _metaspace,
    "BertPreTokenizer": lambda _: (
        "text is cut at white space, which is dropped, and around punctuation"
    ),
    "CharDelimiterSplit": lambda part: (
        f"text is cut at {code(part['delimiter'])}, which is dropped"
    ),
    "UnicodeScripts": lambda _: "text is cut where the script changes",
    "FixedLength": lambda part: f"text is cut into pieces of {part['length']} characters",
}
MODELS: dict[str, Clause] = {
    "BPE": _bpe,
    "WordPiece": _word_piece,
    "Unigram": _unigram,
    "WordLevel": lambda _: (
        "a piece that is in the vocabulary is a token, any other is one unknown token"
    ),
}
POST_PROCESSORS: dict[str, Clause] = {
    "TemplateProcessing": _template,
    "BertProcessing": lambda _: "BERT's frame: `[CLS] A [SEP] B [SEP]`, with type ids",
    "RobertaProcessing": lambda _: "RoBERTa's frame: `<s> A </s></s> B </s>`",
    "ByteLevel": _OFFSETS,
}
DECODERS: dict[str, Clause] = {
    "ByteLevel": lambda _: "visible characters become bytes again, and bytes text",
    "WordPiece": _word_piece_decoder,
    "BPEDecoder": lambda part: f"{code(part['suffix'])} becomes a space",
    "Metaspace": lambda part: f"{code(part['replacement'])} becomes a space",
    "ByteFallback": lambda _: "tokens of bytes become characters again",
    "Fuse": lambda _: "tokens are joined without spaces",
    "Replace": lambda part: f"{_pattern(part['pattern'])} becomes {_shown(part['content'])}",
    "Strip": _decoder_strip,
    "CTC": lambda _: "repeated tokens are one, as speech models write them",
}
PARTS: dict[str, tuple[str, dict[str, Clause], str]] = {
    "normalizer": ("Normalizer", NORMALIZERS, "text is taken as it is"),
    "pre_tokenizer": ("Pre-tokenizer", PRE_TOKENIZERS, "text is not cut beforehand"),
    "model": ("Model", MODELS, ""),
    "post_processor": ("Post-processor", POST_PROCESSORS, "nothing is put around a text"),
    "decoder": ("Decoder", DECODERS, "tokens are joined by spaces"),
}
"""Each part of a pipeline: its title, its clauses, and what is so where there is none."""


def section(facts: Facts) -> Iterator[str]:
    """What happens to a text, step by step, then special tokens."""
    yield "## How it works"
    yield ""
    yield "A text goes through these steps, in this order; the decoder leads back from ids to text."
    yield ""
    yield from table(["step", "component", "what it does"], _rows(facts))
    yield from _special(facts)


def _rows(facts: Facts) -> Iterator[list[str]]:
    number = 0
    for key, (title, clauses, nothing) in PARTS.items():
        parts = facts.pipeline.get(key, ())
        if not parts:
            yield [title, "none", f"{nothing}."]
        for part in parts:
            number += 1
            said = clauses[part["type"]](part).replace("|", "\\|")
            yield [title, code(part["type"]), f"{said[:1].upper()}{said[1:]}."]


def _special(facts: Facts) -> Iterator[str]:
    if not facts.special_tokens and not facts.added_tokens:
        yield "There are no special tokens."
        yield ""
        return
    named = [f"{code(token)} ({role})" for role, token in facts.special_tokens.items()]
    if named:
        yield f"Special tokens, in the order of their ids: {listed(named)}."
    if facts.added_tokens:
        yield f"Added behind the vocabulary: {listed([code(one) for one in facts.added_tokens])}."
    length = facts.wrap.get("model_max_length")
    pads, cuts = facts.wrap["padding_side"], facts.wrap["truncation_side"]
    side = f"Padding is at the {pads}, truncation {'too' if pads == cuts else f'at the {cuts}'}"
    cut = f"; texts are cut at {length:,} tokens where truncation is asked for" if length else ""
    yield f"{side}{cut}."
    yield ""
