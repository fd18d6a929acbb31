"""Repair text that was decoded wrongly: `fix_text`."""

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from tokbench.corpus.cleaning.extras import installed, version_of
from tokbench.corpus.cleaning.step import STEPS, TextStep

if TYPE_CHECKING:
    import pyarrow as pa


@STEPS.register("fix_text")
class FixText(TextStep):
    """Repair mojibake and the like with ftfy; options and their defaults are ftfy's own.

    Needs `pip install 'tokbench[clean]'`. Options that are on by default and change text that was
    not broken, too: `uncurl_quotes`, `fix_latin_ligatures`, `fix_character_width`.

    >>> from tokbench.corpus.cleaning.trying import after
    >>> after(FixText(uncurl_quotes=False), ["schÃ¶n", "“schön”"])
    ['schön', '“schön”']
    """

    type: Literal["fix_text"] = "fix_text"

    unescape_html: Literal["auto", True, False] = "auto"
    """Whether to read HTML's character references; by default in texts without a `<`."""

    fix_encoding: bool = True
    """Whether to repair text that was decoded with a wrong encoding."""

    fix_latin_ligatures: bool = True
    """Whether to write ligatures as letters: `ﬁ` as `fi`."""

    fix_character_width: bool = True
    """Whether to write full-width Latin and half-width kana at their usual width."""

    uncurl_quotes: bool = True
    """Whether to write curled quotation marks as straight ones."""

    fix_line_breaks: bool = True
    r"""Whether to write all line ends, Unicode's too, as `\n`."""

    remove_terminal_escapes: bool = True
    """Whether to remove the terminal's sequences of colour."""

    remove_control_chars: bool = True
    """Whether to remove control characters and the like."""

    normalization: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = "NFC"
    """The normal form of Unicode that comes last; null for none."""

    def of_texts(self, texts: "pa.LargeStringArray") -> "pa.LargeStringArray":
        """Those with more in them than plain ASCII one by one."""
        import pyarrow.compute as pc  # noqa: PLC0415 - 0.05 s that only steps need

        from tokbench.corpus.cleaning.rows_kept import each_of  # noqa: PLC0415 - imports pyarrow.compute

        ftfy = installed("ftfy", "clean", "step fix_text")
        options = self.model_dump(exclude={"type"})
        fix = partial(ftfy.fix_text, config=ftfy.TextFixerConfig(**options, explain=False))
        # Nothing of ASCII is broken but references, controls and their sequences.
        suspects = pc.match_substring_regex(texts, r"[^\n\t -%'-~]")
        return each_of(texts, suspects, fix)

    def identity(self) -> Any:
        """With ftfy's version, where it is there."""
        return [super().identity(), version_of("ftfy")]
