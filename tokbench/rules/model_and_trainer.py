"""The model, its trainer and the size of the vocabulary."""

import regex

from tokbench.pipeline import BYTE_TOKENS
from tokbench.recipe import Remove
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject, shown
from tokbench.training import UnigramTrainer

_BYTE_CHARACTERS = 256
_SHORT_IN_BYTES = 16
_LONG_RUN = 32
_RUN = regex.compile(rf"([^\w\s])\1{{{_LONG_RUN - 1},}}")
_FITS_TENSOR_CORES = 64
_FITS_16_BITS = 1 << 16
_CHARACTER_BPE = 'pre_tokenizer: Whitespace\nmodel: BPE\nspecial_tokens: {unk: "<unk>"}\n'
_SMALL = "trainer: {vocab_size: 128, min_frequency: 2, max_token_length: 32}\n"


@rule(
    "L03",
    severity="error",
    title="characters that training did not see vanish",
    broken="pre_tokenizer: Whitespace\nmodel: BPE\n" + _SMALL,
    mended=_CHARACTER_BPE + _SMALL,
    probe="naïve 日本 low",
)
def unknown_characters_vanish(subject: RecipeSubject) -> list[Fault]:
    """A BPE of characters needs an unknown token or byte_fallback.

    Without either, `tokenizers` drops every character that is not in the vocabulary: no token, no
    warning. The text decodes shorter than it was, and a model trained on it never knows.
    """
    recipe = subject.recipe
    unknown = recipe.special_tokens.unk is not None or recipe.byte_fallback or recipe.byte_level
    if recipe.model.type != "BPE" or unknown:
        return []
    return [
        Fault(
            ("model",),
            "a BPE of characters without an unknown token drops every character that training "
            'did not see, without a trace; add unk: "<unk>" to special_tokens, set '
            "byte_fallback: true, or cut with ByteLevel",
        )
    ]


@rule(
    "L09",
    severity="error",
    title="limit_alphabet below the alphabet that is needed",
    broken="trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32, limit_alphabet: 60}",
    mended="trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}",
    probe="naïve 日本 low",
)
def alphabet_cut_short(subject: RecipeSubject) -> list[Fault]:
    """limit_alphabet must leave room for the 256 byte characters and for initial_alphabet.

    `ByteLevel` loses nothing because every byte has a character of its own in the vocabulary. A
    limit below 256 drops some of them, and their bytes vanish from every text.
    """
    recipe = subject.recipe
    limit = getattr(recipe.trainer, "limit_alphabet", None)
    if limit is None:
        return []
    path = ("trainer", "limit_alphabet")
    if recipe.byte_level and limit < _BYTE_CHARACTERS:
        message = (
            f"{limit} drops {_BYTE_CHARACTERS - limit} of the {_BYTE_CHARACTERS} characters that "
            "ByteLevel writes bytes with, and those bytes vanish from every text; leave it out"
        )
        return [Fault(path, message, fix=(Remove(path),))]
    wanted = len(set(getattr(recipe.trainer, "initial_alphabet", ())))
    if limit < wanted:
        message = f"{limit} drops characters of initial_alphabet, which has {wanted}; raise it"
        return [Fault(path, message)]
    return []


@rule(
    "L11",
    severity="error",
    title="WordPiece after ByteLevel",
    broken=(
        'model: WordPiece\nspecial_tokens: {unk: "[UNK]"}\n'
        "trainer: {vocab_size: 320, min_frequency: 2}"
    ),
    mended="model: BPE",
    probe="naïve 日本 low",
)
def wordpiece_of_bytes(subject: RecipeSubject) -> list[Fault]:
    """WordPiece cannot be cut from byte characters.

    The alphabet holds every byte as the first piece of a word, but a continuing piece (`##x`) only
    where training saw it. A word with an unseen byte inside becomes the unknown token as a whole.
    """
    if subject.recipe.model.type != "WordPiece" or not subject.recipe.byte_level:
        return []
    return [
        Fault(
            ("model",),
            "WordPiece after ByteLevel has continuing pieces only for the bytes that training saw "
            "inside words, so other words become the unknown token; use BPE, or cut with "
            "BertPreTokenizer",
        )
    ]


@rule(
    "L15",
    severity="warning",
    title="byte_fallback beside ByteLevel",
    broken="model: {type: BPE, byte_fallback: true}\ntrainer: {vocab_size: 640, min_frequency: 2}",
    mended="model: BPE\ntrainer: {vocab_size: 640, min_frequency: 2}",
    shows="vocabulary",
)
def bytes_twice(subject: RecipeSubject) -> list[Fault]:
    """byte_fallback does nothing where ByteLevel already writes every byte.

    Its 256 tokens take their place in the vocabulary and in the embedding and are never used.
    """
    if not (subject.recipe.byte_fallback and subject.recipe.byte_level):
        return []
    path = ("model", "byte_fallback")
    message = (
        "ByteLevel already writes every byte, so the 256 tokens of byte_fallback are never used; "
        "leave it out"
    )
    return [Fault(path, message, fix=(Remove(path),))]


@rule(
    "L16",
    severity="error",
    title="vocab_size below the characters of the text",
    broken=_CHARACTER_BPE + "trainer: {vocab_size: 64, min_frequency: 2, max_token_length: 32}",
    mended=_CHARACTER_BPE + "trainer: {vocab_size: 128, min_frequency: 2, max_token_length: 32}",
    text=(
        *("".join(chr(0x3B1 + 16 * row + column) for column in range(16)) for row in range(6)),
        "low lower lowest",
    ),
    shows="vocabulary",
    needs_text=True,
)
def more_characters_than_tokens(subject: RecipeSubject) -> list[Fault]:
    """Every character of the text becomes a token before anything is learned.

    Where there are more of them than vocab_size, the vocabulary of BPE and WordPiece grows beyond
    what was asked for and no merge is learned; Unigram's training fails. (Special tokens, byte
    tokens and byte characters alone are counted when the recipe is read.)
    """
    recipe = subject.recipe
    limited = getattr(recipe.trainer, "limit_alphabet", None) is not None
    if recipe.byte_level or recipe.byte_fallback or limited or recipe.model.type == "WordLevel":
        return []
    seen = {char for words in subject.words_of_excerpts for word in words for char in word}
    special, asked = len(recipe.special_tokens.contents()), recipe.trainer.vocab_size
    if len(seen) + special <= asked:
        return []
    result = (
        "training fails" if isinstance(recipe.trainer, UnigramTrainer) else "nothing is learned"
    )
    instead = "ask for more, cut with ByteLevel" + (
        ", or set limit_alphabet" if hasattr(recipe.trainer, "limit_alphabet") else ""
    )
    message = (
        f"the first documents alone have {len(seen):,} different characters, more than {asked:,} "
        f"tokens have room for, so {result}; {instead}"
    )
    return [Fault(("trainer", "vocab_size"), message)]


@rule(
    "L18",
    severity="warning",
    title="min_frequency below 2",
    broken="trainer: {vocab_size: 512, max_token_length: 32}",
    mended="trainer: {vocab_size: 512, min_frequency: 2, max_token_length: 32}",
    shows="vocabulary",
    times=1,
)
def merges_seen_once(subject: RecipeSubject) -> list[Fault]:
    """min_frequency below 2 learns merges of pairs that occur once.

    Where the text has fewer repeated pairs than vocab_size has room for, the vocabulary fills up
    with pieces of single words, which never occur again. It filters pairs, not words.
    """
    least = getattr(subject.recipe.trainer, "min_frequency", None)
    if subject.recipe.model.type not in ("BPE", "WordPiece") or least is None or least > 1:
        return []
    message = (
        f"{least} also learns merges of pairs that occur once in the whole text; "
        "write min_frequency: 2 or more"
    )
    return [Fault(("trainer", "min_frequency"), message)]


@rule(
    "L19",
    severity="warning",
    title="a short max_token_length counts bytes",
    broken="trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 4}",
    mended="trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 48}",
    text=tuple(f"日本語の文章 {number} 日本語の本" for number in range(8)),
    probe="日本語",
)
def length_in_bytes(subject: RecipeSubject) -> list[Fault]:
    """After ByteLevel, max_token_length counts bytes and not characters.

    A Chinese, Japanese or Korean character takes three bytes, a Cyrillic or Arabic one two: 4
    allows a token of four English letters, or of one Chinese character.
    """
    most = getattr(subject.recipe.trainer, "max_token_length", None)
    if not subject.recipe.byte_level or most is None or most >= _SHORT_IN_BYTES:
        return []
    message = (
        f"after ByteLevel it counts bytes, so no token is longer than {max(1, most // 3)} Chinese "
        f"or Korean character{'s' * (most // 3 > 1)}; write {_SHORT_IN_BYTES} or more"
    )
    return [Fault(("trainer", "max_token_length"), message)]


@rule(
    "L20",
    severity="warning",
    title="no max_token_length on text with long rulers",
    broken="trainer: {vocab_size: 320, min_frequency: 2}",
    mended="trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 16}",
    text=tuple(f"low {'=' * 80} lower {number}" for number in range(8)),
    probe="low " + "=" * 80,
    needs_text=True,
)
def rulers_become_tokens(subject: RecipeSubject) -> list[Fault]:
    """Without max_token_length, the rulers of raw text become tokens of their own.

    `====` in every length from 2 to 80, `----` and `####` likewise: each is a row of the embedding
    that is trained on nothing but rulers.
    """
    recipe = subject.recipe
    if recipe.model.type != "BPE" or getattr(recipe.trainer, "max_token_length", None):
        return []
    runs = (match for text in subject.sample.texts for match in _RUN.finditer(text))
    found = [run for run in runs if any(_RUN.search(word) for word in subject.words(run[0]))]
    if len(found) < max(2, recipe.trainer.min_frequency):  # type: ignore[union-attr]
        return []
    longest = max(found, key=lambda run: len(run[0]))[0]
    message = (
        f"the first documents have {len(found)} rulers of up to {len(longest)} characters, which "
        "become tokens; write max_token_length: 16, for example"
    )
    return [Fault(("trainer", "max_token_length"), message, shown(longest, width=40))]


@rule(
    "L23",
    severity="error",
    title="randomness saved with the tokenizer",
    broken="model: {type: BPE, dropout: 0.5}",
    mended="model: BPE",
    probe="the newest shells",
    shows="twice",
)
def random_encoding(subject: RecipeSubject) -> list[Fault]:
    """dropout, and Unigram's alpha, make the same text encode differently each time.

    dropout is saved in tokenizer.json and so is on wherever it is loaded, in evaluation too; alpha
    is not saved at all. Subword regularisation belongs to the training of the model: set
    `tokenizer.backend_tokenizer.model.dropout` there.
    """
    model = subject.recipe.model
    if getattr(model, "dropout", None):
        path = ("model", "dropout")
        message = (
            "is saved with the tokenizer, so the same text is cut differently each time, in "
            "evaluation too; leave it out and set it on the loaded tokenizer while a model trains"
        )
        return [Fault(path, message, fix=(Remove(path),))]
    if getattr(model, "alpha", None) is not None:
        path = ("model", "alpha")
        also = ("model", "nbest_size")
        fix = (Remove(path), *([Remove(also)] if subject.written(also) else []))
        message = (
            "cuts the same text differently each time and is not even saved with the tokenizer; "
            "leave it out"
        )
        return [Fault(path, message, fix=fix)]
    return []


@rule(
    "L25",
    severity="warning",
    title="a vocabulary size that hardware dislikes",
    broken="trainer: {vocab_size: 300, min_frequency: 2, max_token_length: 32}",
    mended="trainer: {vocab_size: 320, min_frequency: 2, max_token_length: 32}",
    shows="vocabulary",
)
def awkward_size(subject: RecipeSubject) -> list[Fault]:
    """The vocabulary, added tokens included, should be a multiple of 64, and at most 65,536.

    Matrix products with the embedding are fastest in multiples of 64, and frameworks pad to one
    anyway. Above 65,536 an id no longer fits the 16 bits in which training data is often kept.
    """
    recipe = subject.recipe
    own = [token for token in recipe.added_tokens if token.content not in BYTE_TOKENS]
    added, asked = len(own), recipe.trainer.vocab_size
    total = asked + added
    with_added = f" with {added} added tokens" if added else ""
    path = ("trainer", "vocab_size")
    if total > _FITS_16_BITS:
        message = (
            f"{total:,} ids{with_added} do not fit 16 bits, in which training data is often kept: "
            f"write at most {_FITS_16_BITS - added}, or keep ids in 32 bits"
        )
        return [Fault(path, message)]
    if total % _FITS_TENSOR_CORES == 0:
        return []
    better = -(-total // _FITS_TENSOR_CORES) * _FITS_TENSOR_CORES - added
    message = (
        f"{total:,} tokens{with_added} are no multiple of {_FITS_TENSOR_CORES}, which slows down "
        f"the embedding or is padded away; write {better}"
    )
    return [Fault(path, message)]
