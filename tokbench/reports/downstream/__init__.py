"""Reports of models: what `Downstream` holds as something to read. One file a format."""

from tokbench.reports.downstream.json import holds_models, read
from tokbench.reports.downstream.terminal import render
from tokbench.reports.downstream.written import written

__all__ = ["holds_models", "read", "render", "written"]
