"""Recipes: YAML in, frozen specs out, every mistake with its line and column."""

from tokbench.recipe.recipe import NAME, Recipe, load
from tokbench.recipe.schema import schema
from tokbench.recipe.templates import Template, templates

__all__ = ["NAME", "Recipe", "Template", "load", "schema", "templates"]
