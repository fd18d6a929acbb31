"""What a stranger does with a card: reads its metadata, follows its links, runs its code."""

import contextlib
import io
import re
import shlex
from collections.abc import Iterator

import click
from huggingface_hub import ModelCard, ModelCardData
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results
from markdown_it import MarkdownIt

from tokbench.cli import group
from tokbench.publishing import languages, licenses

REQUIRED = ("license", "library_name", "tags", "language")
FILES = {"tokbench.json", "recipe.yaml"}
"""What every repository holds, and a card may link to."""


def parsed(text: str) -> list[tuple[str, str]]:
    """The blocks of code: language and text."""
    tokens = MarkdownIt().parse(text)
    return [(one.info, one.content) for one in tokens if one.type == "fence"]


def wrong_metadata(text: str) -> Iterator[str]:
    """What the Hub, or we, would not take of the front matter."""
    card = ModelCard(text)
    data = card.data
    for field in REQUIRED:
        if not data.get(field):
            yield f"no {field}"
    if why := licenses.problem(data.license, data.get("license_link"), data.get("license_name")):
        yield why
    yield from filter(None, map(languages.problem, data.language or ()))
    again = ModelCardData(**vars(data))
    if again.to_dict() != data.to_dict():
        yield "metadata changes in ModelCardData"
    if f"---\n{data.to_yaml()}\n---\n" != text[: text.index("\n# ")]:
        yield "front matter is not what ModelCardData writes"
    if data.eval_results:
        index = eval_results_to_model_index(data.model_name, data.eval_results)
        name, results = model_index_to_eval_results(index)
        if (name, results) != (data.model_name, data.eval_results):
            yield "results change in model-index"


def broken_links(text: str) -> Iterator[str]:
    """Links to headings that are not there, and to files that are not in a repository."""
    tokens = MarkdownIt().enable("table").parse(text[text.index("\n# ") :])
    titles = {
        re.sub(r"[^\w -]", "", tokens[k + 1].content.lower()).strip().replace(" ", "-")
        for k, one in enumerate(tokens)
        if one.type == "heading_open"
    }
    inline = [child for one in tokens for child in one.children or () if child.type == "link_open"]
    for one in inline:
        target = str(one.attrs["href"])
        if target.startswith("#") and target[1:] not in titles:
            yield target
        if not target.startswith(("#", "https://")) and target not in FILES:
            yield target


def wrong_commands(text: str) -> Iterator[str]:
    """Commands of tokbench that do not exist, or take other options."""
    blocks = [line for kind, code in parsed(text) if kind == "bash" for line in code.splitlines()]
    inline = re.findall(r"`(tokbench [^`]+)`", text)
    for line in [*blocks, *inline]:
        name, *words = shlex.split(line.replace("<name>", "python_area"))
        if name != "tokbench":
            if name != "pip":
                yield line
            continue
        context = click.Context(group)
        command = group.get_command(context, words[0])
        if command is None:
            yield line
            continue
        try:
            command.make_context(words[0], words[1:])
        except click.ClickException as error:
            yield f"{line}: {error.format_message()}"


def wrong_code(text: str) -> Iterator[str]:
    """Lines that print something else than the comment behind them says."""
    names: dict[str, object] = {}
    for kind, code in parsed(text):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - what the card says
        expected = [line[2:] for line in code.splitlines() if line.startswith("# ")]
        if printed.getvalue().splitlines() != expected:
            yield f"{code}\n-> {printed.getvalue()}"
