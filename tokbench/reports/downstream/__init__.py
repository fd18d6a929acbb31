"""Reports of models: what `Downstream` holds as something to read. One file a format.

`render` gives what the terminal shows, `plain` what JSON holds and `read` reads back, `written` a
file of the format that its name asks for.
"""

from tokbench.reports.downstream.json import holds_models, read
from tokbench.reports.downstream.json import render as plain
from tokbench.reports.downstream.terminal import render
from tokbench.reports.downstream.written import written

__all__ = ["holds_models", "plain", "read", "render", "written"]
