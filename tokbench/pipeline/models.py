"""Models: what cuts a pre-token into tokens, built from what training gave."""

from typing import Annotated, Any, Literal

from pydantic import Field
from tokenizers import models

from tokbench.spec import Named, Spec
from tokbench.values import Trained

Share = Annotated[float, Field(ge=0, le=1)]


class BPE(Spec):
    """Byte-pair encoding. Prefix and suffix belong to the trainer."""

    type: Literal["BPE"] = "BPE"
    cache_capacity: Annotated[int, Field(ge=0)] | None = None
    dropout: Share | None = None
    fuse_unk: bool = False
    byte_fallback: bool = False
    ignore_merges: bool = False

    def build(self, trained: Trained | None, unk: str | None) -> models.Model:
        """The `tokenizers` model, empty when nothing is trained yet."""
        options = {
            "cache_capacity": self.cache_capacity,
            "dropout": self.dropout,
            "unk_token": unk,
            "continuing_subword_prefix": trained.continuing_subword_prefix if trained else None,
            "end_of_word_suffix": trained.end_of_word_suffix if trained else None,
            "vocab": ids(trained) if trained else None,
            "merges": list(trained.merges) if trained else None,
        }
        return models.BPE(
            **given(options),
            fuse_unk=self.fuse_unk,
            byte_fallback=self.byte_fallback,
            ignore_merges=self.ignore_merges,
        )


class WordPiece(Spec):
    """Longest match first, as BERT's. The prefix belongs to the trainer."""

    type: Literal["WordPiece"] = "WordPiece"
    max_input_chars_per_word: Annotated[int, Field(ge=1)] = 100

    def build(self, trained: Trained | None, unk: str | None) -> models.Model:
        """The `tokenizers` model, empty when nothing is trained yet."""
        prefix = trained.continuing_subword_prefix if trained else None
        return models.WordPiece(
            **given({"vocab": ids(trained) if trained else None}),
            unk_token=unk or "[UNK]",
            max_input_chars_per_word=self.max_input_chars_per_word,
            continuing_subword_prefix="##" if prefix is None else prefix,
        )


class Unigram(Spec):
    """The likeliest cut by a unigram language model, as SentencePiece's.

    `alpha` and `nbest_size` make encoding random; `tokenizers` does not save them.
    """

    type: Literal["Unigram"] = "Unigram"
    byte_fallback: bool = False
    alpha: Annotated[float, Field(gt=0)] | None = None
    nbest_size: Annotated[int, Field(ge=0)] | None = None

    def build(self, trained: Trained | None, unk: str | None) -> models.Model:
        """The `tokenizers` model, empty when nothing is trained yet."""
        if trained is None:
            return models.Unigram()
        options = {
            "unk_id": trained.tokens.index(unk) if unk in trained.tokens else None,
            "alpha": self.alpha,
            "nbest_size": self.nbest_size,
        }
        return models.Unigram(
            vocab=list(zip(trained.tokens, trained.scores, strict=True)),
            byte_fallback=self.byte_fallback,
            **given(options),
        )


class WordLevel(Spec):
    """A pre-token is a token or unknown."""

    type: Literal["WordLevel"] = "WordLevel"

    def build(self, trained: Trained | None, unk: str | None) -> models.Model:
        """The `tokenizers` model, empty when nothing is trained yet."""
        vocabulary = {"vocab": ids(trained) if trained else None}
        return models.WordLevel(**given(vocabulary), unk_token=unk or "<unk>")


Model = Annotated[BPE | WordPiece | Unigram | WordLevel, Field(discriminator="type"), Named()]

BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""The tokens that `byte_fallback` writes bytes with."""


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are set: the library takes an option that is left out, but not None."""
    return {name: value for name, value in options.items() if value is not None}


def ids(trained: Trained) -> dict[str, int]:
    """Token to id."""
    return {token: index for index, token in enumerate(trained.tokens)}
