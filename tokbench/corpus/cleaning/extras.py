"""Libraries that only some steps and sources need."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tokbench.errors import CorpusError


def installed(module: str, extra: str, who: str) -> Any:
    """The module, imported.

    Args:
        module: its name.
        extra: the extra of tokbench that brings it.
        who: what asks for it.

    Raises:
        CorpusError: it is not there.

    >>> installed("json", "clean", "step x").loads("1")
    1
    >>> installed("no_such", "clean", "step x")
    Traceback (most recent call last):
    tokbench.errors.CorpusError: step x needs no_such; pip install 'tokbench[clean]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise CorpusError(f"{who} needs {module}; pip install 'tokbench[{extra}]'") from error


def version_of(package: str) -> str:
    """The version of a package, or nothing.

    >>> version_of("no_such")
    ''
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
