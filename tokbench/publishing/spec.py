"""What a recipe says about publishing its tokenizer.

>>> PublishSpec(repo="someone/some-tokenizer", license="apache-2.0", language="ko").language
('ko',)
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from tokbench.spec import OneOrMany, Spec

Strings = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]
REPO = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"


class PublishSpec(Spec):
    """Where a tokenizer goes, and what its author says of it that no measurement can."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    repo: Annotated[str, Field(pattern=REPO)] | None = None
    """The repository, `user/name`; `--repo` wins over it."""

    private: bool = False
    """Whether a new repository is to be private."""

    license: Annotated[str, Field(min_length=1)] | None = None
    """The licence of the tokenizer, as the Hub writes it: `apache-2.0`, `cc-by-sa-4.0`."""

    license_name: Annotated[str, Field(min_length=1)] | None = None
    """What terms of your own are called, where `license` is `other`."""

    license_link: Annotated[str, Field(min_length=1)] | None = None
    """Where these terms are: an address, or a file of the repository."""

    language: Annotated[Strings, OneOrMany()] = ()
    """Languages that it is for, as BCP 47 tags: `ko`, `zh-Hant`."""

    tags: Annotated[Strings, OneOrMany()] = ()
    """Of the model card, beside those that follow from the run."""

    authors: Annotated[Strings, OneOrMany()] = ()
    """Who made it, for the citation."""

    sections: str | None = None
    """A Markdown file, relative to the recipe, whose sections stand in the card as they are."""

    export: Annotated[
        tuple[Literal["tiktoken", "sentencepiece"], ...], Field(strict=False), OneOrMany()
    ] = ()
    """Formats of other libraries that go up as well, where they give the very same ids."""

    report: bool = False
    """Whether the page with all measurements goes up as well."""

    models: bool = False
    """Whether the models that were fine-tuned with it go up as well."""
