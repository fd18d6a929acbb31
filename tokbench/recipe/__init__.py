"""Recipes: YAML in, frozen specs out, every mistake with its line and column."""

from tokbench.recipe.extends import compose
from tokbench.recipe.recipe import NAME, Recipe, load, load_all
from tokbench.recipe.resolved import DEFAULT, annotated, origins
from tokbench.recipe.schema import schema
from tokbench.recipe.templates import Template, templates

__all__ = [
    "DEFAULT",
    "NAME",
    "Recipe",
    "Template",
    "annotated",
    "compose",
    "load",
    "load_all",
    "origins",
    "schema",
    "templates",
]
