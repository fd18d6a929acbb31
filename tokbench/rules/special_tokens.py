"""Special and added tokens: what their texts do to ordinary text."""

import re
from collections.abc import Iterator

from tokbench.pipeline import BYTE_TOKENS
from tokbench.pipeline.special_tokens import SpecialToken
from tokbench.recipe import KeyPath
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject, shown

_FALLBACK = (
    "pre_tokenizer: Metaspace\nmodel: {type: BPE, byte_fallback: true}\n"
    "trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}\n"
)


def _tokens(subject: RecipeSubject) -> Iterator[tuple[KeyPath, SpecialToken, bool]]:
    """Every special or added token with its place, and whether it is special."""
    for path, token in subject.recipe.special_tokens.by_path():
        yield ("special_tokens", *path), token, True
    for position, added in enumerate(subject.recipe.added_tokens):
        yield ("added_tokens", position), added, added.special


def is_word(content: str) -> bool:
    """Whether a token's text is white space, or a word as texts have it."""
    return content.isspace() or re.fullmatch(r"\w+", content) is not None


@rule(
    "L13",
    severity="error",
    title="a byte token as an added token",
    broken=_FALLBACK + 'added_tokens: [{content: "<0x41>", special: true}]',
    mended=_FALLBACK,
    probe="low <0x41>",
)
def byte_tokens_added(subject: RecipeSubject) -> list[Fault]:
    """The tokens of byte_fallback must not be matched in text.

    As an added token, the six characters `<0x41>` in a text become the byte A; as a special one,
    skip_special_tokens deletes every A that was written in bytes. (Among special_tokens they are
    refused when the recipe is read.)
    """
    if not subject.recipe.byte_fallback:
        return []
    return [
        Fault(
            path,
            f"{token.content} is a byte token of byte_fallback: added, it matches those "
            "characters in text and turns them into a byte; leave it out",
        )
        for path, token, _ in _tokens(subject)
        if token.content in BYTE_TOKENS
    ]


@rule(
    "L47",
    severity="warning",
    title="white space or a plain word as a special token",
    broken='special_tokens: {sep: "low"}',
    mended='special_tokens: {sep: "<|sep|>"}',
    probe="a lowly fellow",
)
def ordinary_text(subject: RecipeSubject) -> list[Fault]:
    """A special token is matched wherever its text stands, inside words too.

    `low` as a special token cuts `fellow` in two, and skip_special_tokens deletes it when the text
    is decoded.
    """
    return [
        Fault(
            path,
            f"{token.content!r} is ordinary text and is matched wherever it stands, inside words "
            f"too; write it as no text has it, for example <|{token.content.strip() or 'sep'}|>",
        )
        for path, token, special in _tokens(subject)
        if special and is_word(token.content)
    ]


@rule(
    "L48",
    severity="warning",
    title="a special token's text occurs in the corpus",
    broken='special_tokens: {eos: "<eos>"}',
    mended='special_tokens: {eos: "<|endoftext|>"}',
    text=("she sells sea shells <eos> by the shore", "the low <eos> sea", "a quick fox <eos>"),
    probe="the sea <eos> low",
    needs_text=True,
)
def occurs_in_text(subject: RecipeSubject) -> list[Fault]:
    """Training reads the text of a special token as ordinary letters.

    Its pieces are learned and never used again, and text that mentions the token turns into the
    token: an end of text in the middle of a document.
    """
    found = []
    for path, token, special in _tokens(subject):
        if not special or is_word(token.content):
            continue
        hits = [text for text in subject.sample.texts if token.content in text]
        if hits:
            message = (
                f"{token.content} stands in {len(hits):,} of {len(subject.sample.texts):,} sampled "
                "documents: its pieces are learned, and mentioning it makes it the token; remove "
                "it from the text, or write another"
            )
            place = hits[0].index(token.content)
            found.append(Fault(path, message, shown(hits[0], place)))
    return found


@rule(
    "L49",
    severity="error",
    title="a special token after the vocabulary",
    broken=(
        "added_tokens: [{content: <|call|>, special: true}]\n"
        "trainer: {vocab_size: 319, min_frequency: 2, max_token_length: 32}"
    ),
    mended="special_tokens: {extra: [<|call|>]}",
    probe="low<|call|>",
    shows="vocabulary",
)
def beyond_the_vocabulary(subject: RecipeSubject) -> list[Fault]:
    """A special token among added_tokens gets an id beyond vocab_size.

    A model whose embedding has vocab_size rows fails on it, or reads memory that is not its own.
    Under special_tokens.extra it is part of the vocabulary.
    """
    known = BYTE_TOKENS if subject.recipe.byte_fallback else ()
    return [
        Fault(
            ("added_tokens", position),
            f"{token.content} is special and gets an id beyond vocab_size; write it under "
            "special_tokens: {extra: [...]}",
        )
        for position, token in enumerate(subject.recipe.added_tokens)
        if token.special and token.content not in known
    ]


@rule(
    "L50",
    severity="warning",
    title="an added token that the normalizer changes",
    broken=(
        "normalizer: Lowercase  # tokbench: allow L39 because case means nothing in our data\n"
        "added_tokens: [USA]\n"
        "trainer: {vocab_size: 319, min_frequency: 2, max_token_length: 32}"
    ),
    mended=(
        "normalizer: Lowercase  # tokbench: allow L39 because case means nothing in our data\n"
        "added_tokens: [{content: USA, normalized: false}]\n"
        "trainer: {vocab_size: 319, min_frequency: 2, max_token_length: 32}"
    ),
    probe="low usage in the USA",
)
def normalized_away(subject: RecipeSubject) -> list[Fault]:
    """An added token is looked for in normalized text unless it says normalized: false.

    Under Lowercase, `USA` is looked for as `usa`: it matches inside `usage` and comes back as
    `usa`.
    """
    found = []
    for path, token, special in _tokens(subject):
        normalized = not special if token.normalized is None else token.normalized
        made = subject.normalized(token.content)
        if normalized and made != token.content:
            message = (
                f"{token.content} is looked for in normalized text, as {made!r}; write "
                "normalized: false"
            )
            found.append(Fault(path, message))
    return found
