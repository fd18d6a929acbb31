"""The command line: one file a command. Only this package prints or exits."""

import io
import sys
from importlib import import_module
from pkgutil import iter_modules

import click

from tokbench.errors import TokbenchError, printable, sentence

_SHARED = ("described", "options", "progress", "output", "findings", "texts")


class _Commands(click.Group):
    """Finds commands by their files and imports only the one that runs."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        names = (module.name for module in iter_modules(__path__) if module.name not in _SHARED)
        return sorted(name.removesuffix("_").replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        module = f"{name}_" if name == "list" else name.replace("-", "_")
        command: click.Command = import_module(f"tokbench.cli.{module}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tokbench")
def group() -> None:
    """Build tokenizers from recipes; train, prove, measure and compare them.

    \b
    tokbench new my-tokenizer --like bert
    tokbench run my-tokenizer.yaml
    tokbench compare runs/my-tokenizer gpt2
    """


def main() -> None:
    """Run a command; a user's error is one sentence and exit 1, wrong usage exit 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character
    try:
        code = group.main(standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: finished stages are kept, nothing is half-written", err=True)
        code = 1
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (TokbenchError, OSError, MemoryError) as error:
        click.secho(printable(sentence(error)), fg="red", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
