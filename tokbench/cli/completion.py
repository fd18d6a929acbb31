"""`tokbench completion`."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes tokbench's commands in a shell.

    \b
    tokbench completion bash >> ~/.bashrc
    """
    from click.shell_completion import get_completion_class

    from tokbench.cli import group

    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(group, {}, "tokbench", "_TOKBENCH_COMPLETE").source())
