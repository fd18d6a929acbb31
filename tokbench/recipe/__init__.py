"""Recipes: YAML in, frozen specs out, every mistake with its line and column."""

from tokbench.recipe.document import Document, KeyPath, parse
from tokbench.recipe.editing import Edit, Insert, Put, Remove, edited
from tokbench.recipe.explain import as_written, dotted
from tokbench.recipe.recipe import NAME, Recipe, load, validate
from tokbench.recipe.schema import schema
from tokbench.recipe.templates import Template, templates

__all__ = [
    "NAME",
    "Document",
    "Edit",
    "Insert",
    "KeyPath",
    "Put",
    "Recipe",
    "Remove",
    "Template",
    "as_written",
    "dotted",
    "edited",
    "load",
    "parse",
    "schema",
    "templates",
    "validate",
]
