"""Run a function in a fresh Python process that can be killed and never outlives its parent.

Two stages need this: the training of `tokenizers` notices Ctrl-C only when its merging ends, and
a proof that a folder loads is worth something only in a process that knows nothing else. The
standard `multiprocessing` spawn imports the user's main script again, which breaks three-line
scripts without a main guard; this starts the interpreter directly.

The parent writes one pickle (import path of the function, its arguments) to the child's standard
input and keeps that pipe open: when it closes, the parent is gone and the child exits. The child
writes pickled messages to a pipe of its own: ("progress", ...), then ("result", ...) or
("error", ...).
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from tokbench.errors import TokbenchError

R = TypeVar("R")

_START = (
    "import sys; sys.path[:] = {path!r}; sys.modules.update(dict.fromkeys({without!r})); "
    "from tokbench.child import main; main({fd})"
)
_STDERR_KEPT = 4000


class ChildError(RuntimeError):
    """The child died without an answer: killed, out of memory, or a fault of ours.

    `last` is the last line that it wrote, for a sentence to end with.
    """

    @property
    def last(self) -> str:
        """The last line of what it said."""
        return str(self).strip().splitlines()[-1]


def run_in_child(
    function: Callable[..., R],
    *arguments: Any,
    watch: Callable[[Any], None] | None = None,
    environment: dict[str, str] | None = None,
    without: tuple[str, ...] = (),
) -> R:
    """Call `function(*arguments)` in a child process and return its result.

    Args:
        function: a module's top-level function; when `watch` is given it gets one more argument, a
            callable that carries a message to `watch` in this process.
        arguments: picklable values.
        watch: called here with each message.
        environment: variables set in the child beside the inherited ones.
        without: packages that the child takes for not installed: what others import if it is there
            and is not needed.

    Raises:
        TokbenchError, OSError: as raised in the child.
        ChildError: the child died without an answer; holds the end of its standard error.
    """
    read_fd, write_fd = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _START.format(path=sys.path, without=without, fd=write_fd)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[write_fd],
        start_new_session=True,
        env={**os.environ, **(environment or {})},
    )
    os.close(write_fd)
    _running.add(process)
    stderr = _Tail(process.stderr)
    try:
        if process.stdin is None:
            raise ChildError("the child has no standard input")
        name = (function.__module__, function.__qualname__)
        try:
            pickle.dump((name, arguments, watch is not None), process.stdin)
            process.stdin.flush()
        except BrokenPipeError:
            pass  # the child died at once; what it said on standard error is reported below
        with os.fdopen(read_fd, "rb") as messages:
            return _receive(messages, watch, process, stderr)  # type: ignore[no-any-return]
    finally:
        process.kill()
        process.wait()
        _running.discard(process)
        stderr.join()
        for pipe in (process.stdin, process.stderr):
            if pipe is not None:
                with _quiet_close():
                    pipe.close()


_running: set[subprocess.Popen[bytes]] = set()


def end_all() -> None:
    """Kill all children; whoever waits for one, in another thread, gets a `ChildError`."""
    for process in list(_running):
        process.kill()


def _receive(
    messages: Any,
    watch: Callable[[Any], None] | None,
    process: subprocess.Popen[bytes],
    stderr: "_Tail",
) -> Any:
    while True:
        try:
            kind, value = pickle.load(messages)
        except (EOFError, pickle.UnpicklingError):
            code = process.wait()
            stderr.join()
            raise ChildError(f"the child process ended with {code}: {stderr.text()}") from None
        if kind == "progress" and watch is not None:
            watch(value)
        elif kind == "result":
            return value
        elif kind == "error":
            raise value


class _quiet_close:  # noqa: N801 - reads as the function it is used as
    """Closing a pipe whose reader died raises BrokenPipeError; there is nothing left to lose."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, BrokenPipeError)


class _Tail(threading.Thread):
    """Reads a stream to its end and remembers the last part."""

    def __init__(self, stream: Any) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._kept = b""
        self.start()

    def run(self) -> None:
        while chunk := self._stream.read1(1 << 16):
            self._kept = (self._kept + chunk)[-_STDERR_KEPT:]

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace").strip() or "no message"


def main(fd: int) -> None:
    """The child's side: read the job from standard input, answer on the pipe `fd`."""
    with os.fdopen(fd, "wb") as messages:

        def send(kind: str, value: Any) -> None:
            pickle.dump((kind, value), messages)
            messages.flush()

        (module, name), arguments, watched = pickle.load(sys.stdin.buffer)
        threading.Thread(target=_leave_with_parent, daemon=True).start()
        try:
            function = getattr(import_module(module), name)
            extra = [lambda message: send("progress", message)] if watched else []
            send("result", function(*arguments, *extra))
        except (TokbenchError, OSError) as error:
            send("error", error)


def _leave_with_parent() -> None:
    """Wait for the end of standard input, unbuffered: a buffer's lock would outlive the thread."""
    while os.read(0, 1):
        pass
    os._exit(1)
