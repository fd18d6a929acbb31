"""`tokbench list`."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

import click

if TYPE_CHECKING:
    from tokbench.registry import Registry
    from tokbench.spec import Spec

Rows = list[tuple[str, str]]


@click.command("list")
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option("--json", "json_path", metavar="PATH", help="Write it as JSON; - is stdout.")
def command(kind: str | None, name: str | None, json_path: str | None) -> None:
    """What recipes can name: components, trainers, metrics, sources, steps, templates and more.

    With the NAME of a step or a source, its options; with that of a task, what its file says.

    \b
    tokbench list
    tokbench list metrics
    tokbench list steps dedupe
    tokbench list tasks glue_sst2
    """
    from tokbench.cli.output import show, write_json
    from tokbench.errors import UnknownNameError, nearest

    if kind is not None and kind not in KINDS and kind != "components":
        raise UnknownNameError(f"unknown list {kind!r}: {nearest(kind, [*KINDS, 'components'])}")
    if kind == "tasks" and name is not None:
        _list_task(name, json_path)
        return
    if kind is not None and name is not None:
        _list_options(kind, name, json_path)
        return
    chosen = [kind] if kind in KINDS else list(COMPONENTS if kind else KINDS)
    found = {one: KINDS[one]() for one in chosen}
    if json_path:
        plain = {
            one: [{"name": name, "summary": said} for name, said in rows]
            for one, rows in found.items()
        }
        write_json(plain, json_path)
    if json_path == "-":
        return
    from rich.table import Table
    from rich.text import Text

    for one, rows in found.items():
        table = Table(box=None, pad_edge=False, title=one, title_justify="left", expand=False)
        table.add_column(no_wrap=True, style="bold", min_width=20)
        table.add_column()
        table.show_header = False
        for member, said in rows:
            table.add_row(Text(member), Text(said))
        show(table)
        click.echo()


def _list_options(kind: str, name: str, json_path: str | None) -> None:
    """What one step or source can be told."""
    from tokbench.cli.described import options, summary
    from tokbench.cli.output import show, write_json
    from tokbench.errors import UnknownNameError

    if kind not in ("steps", "sources"):
        raise UnknownNameError(
            f"`tokbench list {kind}` takes no name; only steps, sources and tasks tell more"
        )
    spec, last = _spec(kind, name)
    found = options(spec, last)
    if json_path:
        plain = {"name": name, "summary": summary(spec), "options": [asdict(one) for one in found]}
        write_json(plain, json_path)
    if json_path == "-":
        return
    from rich.padding import Padding
    from rich.text import Text

    show(Text.assemble((name, "bold"), f": {summary(spec)}"))
    for one in found:
        default = "must be given" if one.default is None else f"default: {one.default}"
        show(Text.assemble("\n", (one.name, "bold"), f"  {one.type}; {default}"))
        if one.meaning:
            show(Padding(Text(one.meaning), (0, 0, 0, 4), expand=False))


def _list_task(name: str, json_path: str | None) -> None:
    """What a known task says."""
    from tokbench.cli.output import show, write_json
    from tokbench.recipe import tasks

    spec = tasks.task(name)
    if json_path:
        write_json(spec.model_dump(mode="json"), json_path)
    if json_path == "-":
        return
    from rich.text import Text

    show(Text.assemble((spec.name, "bold"), f": {spec.description}\n"))
    show(Text(tasks.written(name)))


def _spec(kind: str, name: str) -> "tuple[type[Spec], frozenset[str]]":
    """The spec of that name, and which of its options are every source's."""
    from tokbench.corpus import SOURCES, STEPS, SourceSpec

    registry: Registry[Any] = STEPS if kind == "steps" else SOURCES
    return registry[name], SourceSpec.BESIDE if kind == "sources" else frozenset()


def _component(module: str, union: str) -> Callable[[], Rows]:
    def rows() -> Rows:
        from importlib import import_module

        annotated = getattr(import_module(f"tokbench.pipeline.{module}"), union)
        members = get_args(get_args(annotated)[0])
        return [(one.model_fields["type"].default, _described(one)) for one in members]

    return rows


def _described(spec: type) -> str:
    """The first sentence of a spec and the parameters that it takes."""
    first = (spec.__doc__ or "").strip().split("\n", maxsplit=1)[0]
    fields = getattr(spec, "model_fields", {})
    named = [name for name in fields if name not in ("type", "for_model")]
    return f"{first} [{', '.join(named)}]" if named else first


def _trainers() -> Rows:
    from tokbench.training import TRAINERS

    return [(f"of {model}", _described(trainer)) for model, trainer in TRAINERS.items()]


def _metrics() -> Rows:
    from tokbench.metrics import chosen

    return [
        (one.name, f"{(one.function.__doc__ or '').strip().splitlines()[0]} ({one.unit})")
        for one in chosen(["all"])
    ]


def _sources() -> Rows:
    from tokbench.corpus import SOURCES

    return [(name, _described(spec)) for name, spec in SOURCES.items()]


def _steps() -> Rows:
    from tokbench.corpus import STEPS

    return [(name, _described(step)) for name, step in STEPS.items()]


def _templates() -> Rows:
    from tokbench.recipe import templates

    return [(one.name, one.summary) for one in templates().values()]


def _tasks() -> Rows:
    from tokbench.recipe.tasks import known_tasks

    return list(known_tasks().items())


def _reports() -> Rows:
    from tokbench.reports import REPORTS

    return [(name, (one.__doc__ or "").splitlines()[0]) for name, one in REPORTS.items()]


def _rules() -> Rows:
    from tokbench.rules import RULES

    return [
        (one.id, f"{one.about}, {one.severity}: {one.title} ({one.family})")
        for _, one in RULES.items()
    ]


COMPONENTS: dict[str, Callable[[], Rows]] = {
    "normalizers": _component("normalizers", "Normalizer"),
    "pre_tokenizers": _component("pre_tokenizers", "PreTokenizer"),
    "models": _component("models", "Model"),
    "post_processors": _component("post_processors", "PostProcessor"),
    "decoders": _component("decoders", "Decoder"),
}
KINDS: dict[str, Callable[[], Rows]] = {
    **COMPONENTS,
    "trainers": _trainers,
    "metrics": _metrics,
    "sources": _sources,
    "steps": _steps,
    "tasks": _tasks,
    "templates": _templates,
    "reports": _reports,
    "rules": _rules,
}
