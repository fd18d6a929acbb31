"""Recipes: YAML in, frozen specs out, every mistake with its line and column."""

from tokbench.recipe.corpus_file import is_corpus_alone, load_corpus
from tokbench.recipe.document import Document, KeyPath
from tokbench.recipe.editing import Edit, Insert, Put, Remove, edited
from tokbench.recipe.explain import as_written, dotted, told_once
from tokbench.recipe.extends import compose
from tokbench.recipe.recipe import NAME, Recipe, load, load_all, parsed_all
from tokbench.recipe.resolved import DEFAULT, annotated, as_yaml, origins
from tokbench.recipe.schema import schema
from tokbench.recipe.templates import Template, templates

__all__ = [
    "DEFAULT",
    "NAME",
    "Document",
    "Edit",
    "Insert",
    "KeyPath",
    "Put",
    "Recipe",
    "Remove",
    "Template",
    "annotated",
    "as_written",
    "as_yaml",
    "compose",
    "dotted",
    "edited",
    "is_corpus_alone",
    "load",
    "load_all",
    "load_corpus",
    "origins",
    "parsed_all",
    "schema",
    "templates",
    "told_once",
]
