"""Where two tokenizers cut a text otherwise, and what that costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A piece of text that two tokenizers cut otherwise, or that one of them does not know.

    It reaches from one place where both begin a token to the next; white space in front of a word
    belongs to it, whether a token begins with it or not.

    Attributes:
        text: the piece.
        times: how often they cut it otherwise.
        tokens: how many tokens it took of the first and of the second, all times together.
        cuts: how each cuts it, where it was first seen; an unknown token by its name.
        before: what stands in front of it there.
        after: what stands behind it.
        unknown: how many of the tokens of each are unknown.
    """

    text: str
    times: int
    tokens: tuple[int, int]
    cuts: tuple[tuple[str, ...], tuple[str, ...]]
    before: str = ""
    after: str = ""
    unknown: tuple[int, int] = (0, 0)

    @property
    def cost(self) -> int:
        """How many more tokens the first takes."""
        return self.tokens[0] - self.tokens[1]


@dataclass(frozen=True)
class OwnToken:
    """A token that only one of two vocabularies has.

    Attributes:
        token: as the vocabulary writes it.
        text: what it stands for, bytes as hexadecimal numbers where they are a part of a character.
        times: how often the text takes it.
        instead: the other's tokens for the same text, where it was first seen.
    """

    token: str
    text: str
    times: int
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabularies:
    """What two vocabularies share, by what tokens mean, not by how they are written.

    Attributes:
        sizes: learned tokens of each.
        shared: how many of each stand for text that the other has a token for as well; two tokens
            of one vocabulary may mean the same.
        used: the share of the text's tokens, of each, that the other vocabulary has too.
        own: the tokens of each that the other lacks, those that the text takes most often.
    """

    sizes: tuple[int, int]
    shared: tuple[int, int]
    used: tuple[float, float]
    own: tuple[tuple[OwnToken, ...], tuple[OwnToken, ...]]


@dataclass(frozen=True)
class Differing:
    """Two tokenizers on one text.

    Attributes:
        names: of the tokenizers.
        settings: what their pipelines have otherwise: the stage, then what each says.
        documents: how many were read.
        bytes: of them, in UTF-8.
        tokens: of all of them, for each tokenizer.
        alike: the share of the text's characters, white space left out, that both cut alike.
        dearer: pieces that take more tokens of the first, by what that costs in all.
        cheaper: pieces that take more tokens of the second.
        costs: tokens that the first takes more in all dearer pieces, and the second in all
            cheaper ones.
        otherwise: how often a piece is cut otherwise into as many tokens.
        lost: pieces that have unknown tokens of one of the two alone, by how often.
        blank: tokens of each that stand for white space alone, which no piece counts.
        unknown: unknown tokens of each, whose text is lost.
        vocabularies: what they share.
        notes: what users should know, a sentence each.
    """

    names: tuple[str, str]
    settings: tuple[tuple[str, str, str], ...]
    documents: int
    bytes: int
    tokens: tuple[int, int]
    alike: float
    dearer: tuple[Place, ...]
    cheaper: tuple[Place, ...]
    costs: tuple[int, int]
    otherwise: int
    lost: tuple[Place, ...]
    blank: tuple[int, int]
    unknown: tuple[int, int]
    vocabularies: Vocabularies
    notes: tuple[str, ...] = ()
