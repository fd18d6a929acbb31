"""Work that waits for child processes, some of it at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tokbench import child

T = TypeVar("T")
_AGAIN = 0.05
"""Seconds until it is looked again whether a child has begun meanwhile."""


def done(works: Sequence[Callable[[], T]], at_once: int) -> Iterator[T]:
    """What these give, in their order; so many run at a time, each in a thread.

    An error or Ctrl-C ends all child processes, and what has not begun does not begin.

    >>> list(done([lambda: 1, lambda: 2, lambda: 3], 2))
    [1, 2, 3]
    """
    if at_once == 1:
        for work in works:
            yield work()
        return
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(work) for work in works]
        try:
            for future in futures:
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in futures):
                child.end_all()
                time.sleep(_AGAIN)
            raise
