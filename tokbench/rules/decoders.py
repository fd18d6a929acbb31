"""Markers that leak into decoded text, and spaces that a decoder eats."""

from tokbench.pipeline import decoders as own
from tokbench.recipe import Put
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject

_AUTO = (Put(("decoder",), "auto"),)
_WORD = (
    'pre_tokenizer: BertPreTokenizer\nmodel: WordPiece\nspecial_tokens: {unk: "[UNK]"}\n'
    "trainer: {vocab_size: 128, min_frequency: 2}\n"
)
_SUFFIX = (
    'pre_tokenizer: Whitespace\nspecial_tokens: {unk: "<unk>"}\n'
    'trainer: {vocab_size: 128, min_frequency: 2, max_token_length: 32, end_of_word_suffix: "</w>"}'
)
_FALLBACK = (
    "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
    "trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}\n"
)


_HANGUL = ["<0xED>", "<0x95>", "<0x9C>", "a", "b"]


def _repaired(subject: RecipeSubject, tokens: list[str], text: str) -> tuple[Put, ...]:
    """`decoder: auto`, where that decodes as it should."""
    recipe = subject.recipe
    automatic = recipe.model_copy(update={"decoder": (own.Auto(),)})
    decoded = RecipeSubject(automatic, subject.sample).decoded(tokens)
    return _AUTO if decoded == text and not subject.decoder_is_auto else ()


@rule(
    "L02",
    severity="error",
    title="a prefix or suffix that decoding leaves in the text",
    broken=_SUFFIX + "\ndecoder: Fuse",
    mended=_SUFFIX + "\ndecoder: auto",
)
def marks_leak(subject: RecipeSubject) -> list[Fault]:
    """`##` and `</w>` are taken away by a decoder that knows them, and by no other.

    continuing_subword_prefix needs the decoder WordPiece with the same prefix, end_of_word_suffix
    the decoder BPEDecoder with the same suffix. No decoder of `tokenizers` takes away both.
    """
    recipe, found = subject.recipe, []
    if recipe.byte_level and recipe.model.type == "WordPiece":
        return []
    own_prefix = recipe.model.type == "WordPiece" and not _has(subject, "WordPiece")
    for option, mark in (
        ("continuing_subword_prefix", subject.prefix),
        ("end_of_word_suffix", subject.suffix),
    ):
        if mark is None or (own_prefix and mark == subject.prefix):
            continue
        before = option == "continuing_subword_prefix"
        tokens = ["ab", mark + "cd"] if before else ["ab" + mark, "cd" + mark]
        text = subject.decoded(tokens)
        if mark not in text:
            continue
        both = subject.prefix is not None and subject.suffix is not None
        instead = (
            "no decoder takes away a prefix and a suffix: use one of them"
            if both and subject.decoder_is_auto
            else "write decoder: auto"
            if not subject.decoder_is_auto
            else "leave it out"
        )
        path = ("trainer", option) if subject.decoder_is_auto else ("decoder",)
        message = f"the {option} {mark!r} stays in decoded text; {instead}"
        expected = "abcd" if before else "ab cd"
        fix = _repaired(subject, tokens, expected)
        found.append(Fault(path, message, f"{' '.join(tokens)} -> {text!r}", fix))
    return found


@rule(
    "L14",
    severity="error",
    title="byte_fallback without ByteFallback and Fuse",
    broken=_FALLBACK + "decoder: Metaspace",
    mended=_FALLBACK + "decoder: auto",
    probe="low 日本",
)
def bytes_leak(subject: RecipeSubject) -> list[Fault]:
    """The tokens `<0xED>` become bytes again in ByteFallback, and one text in Fuse.

    Without the first they stand in the text as they are. Without the second, what follows sees one
    token after the other: a Strip takes the space off every word and not off the text.
    """
    if not _bytes_stay(subject):
        return []
    text = subject.decoded(_HANGUL)
    missing = [name for name in ("ByteFallback", "Fuse") if not _has(subject, name)]
    without = f"without {' and '.join(missing)}" if missing else "in this order"
    message = f"the byte tokens of byte_fallback do not come back {without}; write decoder: auto"
    fix = _repaired(subject, _HANGUL, "한ab")
    return [Fault(("decoder",), message, f"{' '.join(_HANGUL)} -> {text!r}", fix)]


def _bytes_stay(subject: RecipeSubject) -> bool:
    """Whether a written decoder does not take byte tokens back."""
    recipe = subject.recipe
    if not recipe.byte_fallback or recipe.byte_level or subject.decoder_is_auto:
        return False
    both = _has(subject, "ByteFallback") and _has(subject, "Fuse")
    return not both or subject.decoded(_HANGUL).strip() != "한ab"


@rule(
    "L41",
    severity="error",
    title="markers that decoding leaves in the text",
    broken="decoder: Fuse",
    mended="decoder: auto",
    probe="naïve low",
)
def markers_leak(subject: RecipeSubject) -> list[Fault]:
    """ByteLevel, WordPiece and Metaspace each write marks that only their own decoder takes away.

    Without it decoded text reads `naÃ¯veĠlow`, `low ##er` or `▁low▁lower`.
    """
    recipe = subject.recipe
    if subject.decoder_is_auto or _bytes_stay(subject):
        return []
    if recipe.byte_level:
        written, tokens, text = "ByteLevel", ["na", "Ã¯", "ve", "Ġlow"], "naïve low"
    elif recipe.model.type == "WordPiece" and subject.prefix and not _has(subject, "WordPiece"):
        written, tokens, text = "WordPiece", ["low", subject.prefix + "er", "sea"], "lower sea"
    elif any(part.type == "Metaspace" for part in recipe.pre_tokenizer):
        part = next(part for part in recipe.pre_tokenizer if part.type == "Metaspace")
        mark = part.replacement
        written, tokens, text = "Metaspace", [f"{mark}low", f"{mark}sea"], "low sea"
    else:
        return []
    decoded = subject.decoded(tokens)
    if decoded.strip() == text:
        return []
    message = f"what {written} writes is not turned back into text; write decoder: auto"
    fix = _repaired(subject, tokens, text)
    return [Fault(("decoder",), message, f"{' '.join(tokens)} -> {decoded!r}", fix)]


@rule(
    "L42",
    severity="warning",
    title="WordPiece's cleanup eats spaces",
    broken=_WORD + "decoder: WordPiece",
    mended=_WORD + "decoder: {type: WordPiece, cleanup: false}",
    text=("low . lower !", "she sells . the sea shells !", "the low sea . low", "lower shells !"),
    probe="low . lower !",
)
def cleanup(subject: RecipeSubject) -> list[Fault]:
    """The WordPiece decoder tidies English unless cleanup is false.

    It deletes spaces before full stops, commas, `n't` and `'s`, whether the text had them or not.
    """
    for position, part in enumerate(subject.recipe.decoder):
        if part.type == "WordPiece" and part.cleanup:
            path = ("decoder", position, "cleanup")
            message = (
                "the decoder deletes spaces before punctuation, whether the text had them or not; "
                "write cleanup: false"
            )
            example = "'do', \"n't\", '.' -> " + repr(part.build().decode(["do", "n't", "."]))
            return [Fault(path, message, example, (Put(path, value=False),))]
    return []


def _has(subject: RecipeSubject, kind: str) -> bool:
    return any(part.type == kind for part in subject.recipe.decoder)
