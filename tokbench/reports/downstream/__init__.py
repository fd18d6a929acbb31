"""Reports of models: what `Downstream` holds as something to read. One file a format."""

from tokbench.reports.downstream.terminal import correlation_table, render

__all__ = ["correlation_table", "render"]
