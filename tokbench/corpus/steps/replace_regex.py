"""Replace by a regular expression: `replace_regex`."""

from typing import TYPE_CHECKING, Literal, Self

import regex
from pydantic import model_validator

from tokbench.corpus.cleaning.options import Pattern
from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("replace_regex")
class ReplaceRegex(TextStep):
    r"""Put something else in place of each match of a pattern; the library is `regex`.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(ReplaceRegex(pattern=r"https?://\S+", replacement="URL"), ["see http://a.b/c now"])
    ['see URL now']
    >>> after(ReplaceRegex(pattern=r"(\d+),(\d{3})", replacement=r"\1\2"), ["12,345"])
    ['12345']
    """

    type: Literal["replace_regex"] = "replace_regex"

    pattern: Pattern
    """What is replaced, wherever it is found."""

    replacement: str = ""
    r"""What is put in its place; `\1` and `\g<name>` are what a group matched."""

    @model_validator(mode="after")
    def _replacement_fits(self) -> Self:
        try:
            # A pattern that matches nothing, with the same groups: so the template is read.
            regex.compile(f"(?:{self.pattern})|(?=)").sub(self.replacement, "")
        except (regex.error, IndexError) as error:
            raise ValueError(
                f"the replacement {self.replacement!r} does not fit the pattern: {error}; "
                "a backslash that is meant is written twice"
            ) from error
        return self

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """All one by one."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import each_of  # noqa: PLC0415 - imports pyarrow.compute

        compiled = regex.compile(self.pattern)
        return each_of(texts, pc.is_valid(texts), lambda text: compiled.sub(self.replacement, text))
