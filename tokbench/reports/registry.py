"""Where reports are found."""

from collections.abc import Callable
from typing import Any

from tokbench.registry import Registry

REPORTS: Registry[Callable[..., Any]] = Registry("report", "tokbench.reports")
