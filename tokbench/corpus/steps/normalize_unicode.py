"""One spelling of what looks the same: `normalize_unicode`."""

import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("normalize_unicode")
class NormalizeUnicode(TextStep):
    r"""Bring each text into a normal form of Unicode.

    For what other steps compare, as `dedupe` does; a tokenizer that is to do the same to every
    text that it ever sees needs the recipe's `normalizer`.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(NormalizeUnicode(form="NFC"), ["e\u0301"]) == ["é"]
    True
    >>> after(NormalizeUnicode(form="NFKC"), ["ﬁ①"])
    ['fi1']
    """

    type: Literal["normalize_unicode"] = "normalize_unicode"

    form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFC"
    """The normal form; the ones with K also lose what is only a way of writing."""

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """Those that are not ASCII one by one."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import each_of  # noqa: PLC0415 - imports pyarrow.compute

        suspects = pc.invert(pc.string_is_ascii(texts))
        return each_of(texts, suspects, partial(unicodedata.normalize, self.form))

    def identity(self) -> Any:
        """With the version of Unicode."""
        return [super().identity(), unicodedata.unidata_version]
