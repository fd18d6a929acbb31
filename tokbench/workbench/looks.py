"""What a corpus is, before anything is trained on it."""

from collections.abc import Sequence
from pathlib import Path

from tokbench import corpus as corpora
from tokbench import kernels
from tokbench.errors import CorpusError
from tokbench.recipe import is_corpus_alone, load_all
from tokbench.values import CorpusFacts, HeadDocument, Progress, Split, Watch, ignore
from tokbench.workbench.comparisons import named_corpus
from tokbench.workbench.find import RECIPES


def look(
    names: Sequence[str],
    *,
    overrides: Sequence[str] = (),
    text: str | None = None,
    split: Split = "all",
    against: Sequence[str] = (),
    against_text: str | None = None,
    overlaps: bool = True,
    watch: Watch = ignore,
) -> CorpusFacts:
    """Read a corpus and say what it is.

    Args:
        names: a recipe, or files (or the name of a built-in source) of which nothing is held out.
        overrides: `key.path=value` assignments that win over the recipe's file.
        text: the column or field that is the text, for files that have some.
        split: which documents to tell about.
        against: other files and recipes, read whole, whose documents are looked for in this corpus.
        against_text: the column or field of those files that is the text.
        overlaps: whether to look for held-out documents among those to train on, for which these
            are read a second time.
        watch: told how far it has come.

    Raises:
        CorpusError: something cannot be read.
    """
    from tokbench.corpus.looking import languages as looking_languages  # noqa: PLC0415 - slow to import
    from tokbench.corpus.looking import look as looking  # noqa: PLC0415 - slow to import

    name, corpus = opened(names, overrides, text)
    others = dict(opened([each], (), against_text) for each in against)
    if not kernels.compiled_before():
        watch(Progress("compiling", 0, None, "kernels"))
    return looking.look(
        corpus,
        name,
        split=split,
        against=others,
        overlaps=overlaps,
        detect=looking_languages.detector(),
        watch=watch,
    )


def head(
    names: Sequence[str],
    count: int,
    *,
    overrides: Sequence[str] = (),
    text: str | None = None,
    split: Split = "all",
) -> list[HeadDocument]:
    """The first documents of each source behind all steps; arguments as for `look`."""
    from tokbench.corpus.looking import look as looking  # noqa: PLC0415 - as above

    return looking.head(opened(names, overrides, text)[1], count, split)


def opened(
    names: Sequence[str], overrides: Sequence[str], text: str | None
) -> tuple[str, corpora.OpenCorpus]:
    """What to call a corpus, and the corpus that a recipe or files mean.

    Raises:
        CorpusError: a recipe is named among other things, or its variants have several corpora.
    """
    recipes = [name for name in names if Path(name).suffix in RECIPES]
    if not recipes or (len(names) == 1 and is_corpus_alone(Path(recipes[0]))):
        corpus = named_corpus(names, text)
        return ", ".join(corpora.redacted(name) for name in names), corpus
    if len(names) > 1:
        raise CorpusError(
            f"{recipes[0]}: is a recipe, which is looked at alone: name one, or files"
        )
    first, *others = load_all(recipes[0], overrides)
    if any(one.corpus != first.corpus for one in others):
        raise CorpusError(
            f"{recipes[0]}: its variants have corpora that differ; choose one with --set"
        )
    return first.family, corpora.open(first.corpus, first.base)
