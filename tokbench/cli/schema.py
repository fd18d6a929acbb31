"""`tokbench schema`."""

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of recipes, for editors to complete from.

    \b
    tokbench schema > recipe.schema.json
    and in a recipe's first line:
    # yaml-language-server: $schema=recipe.schema.json
    """
    from tokbench.cli.output import write_json
    from tokbench.recipe import schema

    write_json(schema(), "-")
