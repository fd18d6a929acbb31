"""`tokbench rule`."""

from typing import TYPE_CHECKING, Any

import click

from tokbench.cli import options

if TYPE_CHECKING:
    from tokbench.rules import Rule


@click.command("rule")
@click.argument("name", metavar="RULE")
@options.json_out
def command(name: str, json_path: str | None) -> None:
    """Explain a rule of `check`, and show the harm: a broken recipe beside the mended one.

    Both are trained on a few lines as you wait; of rules about finished tokenizers, a small one is
    trained and then damaged. `tokbench list rules` names the rules.

    \b
    tokbench rule L08
    """
    from tokbench.cli.output import show, write_json
    from tokbench.rules import SETTLED, registry, rules_named

    name = name.upper()
    found, settled = rules_named(name), SETTLED.get(name)
    if not found and settled is None:
        raise registry.unknown(name, SETTLED)
    told = [_told(one) for one in found]
    if settled is not None:
        told.insert(0, _settled(name))
    if json_path:
        write_json(told[0] if len(told) == 1 else told, json_path)
    if json_path != "-":
        for position, one in enumerate(told):
            if position:
                click.echo()
            show(_shown(one))


def _told(rule: "Rule") -> dict[str, Any]:
    """Everything about a rule, its demonstration run."""
    from tokbench.workbench import demonstrate

    sides = zip(("broken", "mended"), demonstrate(rule), strict=True)
    return {
        "rule": rule.id,
        "about": rule.about,
        "severity": rule.severity,
        "title": rule.title,
        "family": rule.family,
        "explanation": rule.explanation,
        "demonstration": {
            label: {
                rule.about: side.snippet,
                "findings": [f"{one.rule} {one.severity}: {one.message}" for one in side.findings],
                "shows": [{"what": what, "is": shown} for what, shown in side.facts],
            }
            for label, side in sides
        },
    }


def _settled(name: str) -> dict[str, Any]:
    from tokbench.rules import SETTLED

    one = SETTLED[name]
    return {"rule": name, "about": "recipe", "state": one.state, "title": one.title, "why": one.why}


def _shown(told: dict[str, Any]) -> Any:
    from rich.console import Group
    from rich.text import Text

    title = Text(f"{told['rule']} ", style="bold")
    if "state" in told:
        state = {"impossible": "impossible in a recipe", "later": "waits for"}
        title.append(f"{told['title']}\n", style="bold")
        return Group(title, Text(f"{state.get(told['state'], told['state'])}: {told['why']}"))
    colour = {"error": "bold red", "warning": "yellow"}[told["severity"]]
    title.append(told["severity"], style=colour).append(
        f" of a {told['about']}: {told['title']}\n", style="bold"
    )
    parts = [title, Text(told["explanation"])]
    for label, side in told["demonstration"].items():
        style = "bold red" if label == "broken" else "bold green"
        findings = side["findings"] or ["no findings"]
        parts += [
            Text(f"\n{label}", style=style),
            _indented(Text(side[told["about"]], style="cyan")),
            *(_indented(Text(one, style="dim")) for one in findings),
            _indented(_table(side["shows"])),
        ]
    return Group(*parts)


def _indented(what: Any) -> Any:
    from rich.padding import Padding

    return Padding(what, (0, 0, 0, 4), expand=False)


def _table(facts: list[dict[str, str]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from tokbench.errors import printable

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for one in facts:
        table.add_row(one["what"], Text(printable(one["is"])))
    return table
