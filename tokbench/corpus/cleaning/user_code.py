"""Functions of the user's, by `module:function`."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path
from traceback import walk_tb
from typing import Any

from tokbench.errors import CorpusError

SHOWN = 40
"""So many characters of a text say which it is."""


def imported(name: str) -> Callable[[Any], Any]:
    """The function; its module is imported, the working folder searched first.

    Raises:
        CorpusError: there is no such module or function, or importing it fails.

    >>> imported("textwrap:dedent")(" a")
    'a'
    >>> imported("textwrap:dent")
    Traceback (most recent call last):
    tokbench.errors.CorpusError: step map: textwrap has no function 'dent'
    """
    module, function = name.split(":")
    _search_here()
    try:
        with prints_aside():
            found = getattr(importlib.import_module(module), function, None)
    except (Exception, SystemExit) as error:
        raise _no_module(module, error) from error
    if not callable(found):
        raise CorpusError(f"step map: {module} has no function {function!r}")
    return found  # type: ignore[no-any-return] # any function at all


def source_of(name: str) -> bytes:
    """The source code of the module of a function; it is not imported.

    Raises:
        CorpusError: there is no such module, or it has no source code.
    """
    module = name.split(":", maxsplit=1)[0]
    _search_here()
    try:
        with prints_aside():
            spec = importlib.util.find_spec(module)
        return Path(spec.origin).read_bytes() if spec and spec.origin else _none(module)
    except OSError as error:
        raise CorpusError(f"step map: the source code of {module} cannot be read") from error
    except (Exception, SystemExit) as error:  # find_spec imports the packages around the module
        raise _no_module(module, error) from error


def prints_aside() -> AbstractContextManager[Any]:
    """While it is entered, what is printed goes to stderr: stdout is for what tokbench writes."""
    return redirect_stdout(sys.stderr)


def called(name: str, function: Callable[[Any], Any], given: Any, text: str) -> bytes | None:
    """What the function makes of a text, as UTF-8, or None.

    Args:
        name: what the user calls the function.
        function: what it is.
        given: its argument.
        text: for the message.

    Raises:
        CorpusError: the function failed, or returned something else than a text or None.
        BrokenPipeError: nobody reads what it prints any more.
    """
    try:
        made = function(given)
    except BrokenPipeError:
        raise
    except SystemExit as error:
        raise _wrong(name, f"calls sys.exit{_line(name, error)}", text) from error
    except Exception as error:
        raise _wrong(name, f"fails with {_said(error)}{_line(name, error)}", text) from error
    if made is None:
        return None
    if not isinstance(made, str):
        raise _wrong(name, f"returns {type(made).__name__}, not a str or None,", text)
    try:
        return made.encode()
    except UnicodeEncodeError as error:
        raise _wrong(name, "returns half of a surrogate pair", text) from error


def _said(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "sys.exit"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _line(name: str, error: BaseException) -> str:
    """The last line of the user's own file that an error came by, as ` (cleaning.py:12)`."""
    file = getattr(sys.modules.get(name.partition(":")[0]), "__file__", None)
    lines = [
        line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == file
    ]
    return f" ({Path(file).name}:{lines[-1]})" if file and lines else ""


def _wrong(name: str, what: str, text: str) -> CorpusError:
    start = text[:SHOWN] + "..." * (len(text) > SHOWN)
    return CorpusError(f"step map: {name} {what} on the text {start!r}; mend the function")


def _no_module(module: str, error: BaseException) -> CorpusError:
    package = module.partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and error.name in (module, package):
        return CorpusError(
            f"step map: there is no module {module!r}; it is searched for in {Path.cwd()}, then "
            "where Python does"
        )
    return CorpusError(f"step map: importing {module} fails with {_said(error)}; mend it")


def _none(module: str) -> bytes:
    raise ModuleNotFoundError(f"no module {module}", name=module)


def _search_here() -> None:
    here = os.getcwd()  # noqa: PTH109 - sys.path holds strings
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
