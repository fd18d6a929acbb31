import os
import threading
import time

import pytest

from tokbench.child import run_in_child
from tokbench.workbench.together import done


def asleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_results_come_in_order_and_so_many_run_at_once(at_once: int) -> None:
    running, most, lock = [0], [0], threading.Lock()

    def work(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.02 * (3 - number % 3))
        with lock:
            running[0] -= 1
        return number

    works = [lambda number=number: work(number) for number in range(7)]
    assert list(done(works, at_once)) == list(range(7))
    assert most[0] <= at_once


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_end_is_one_of_all_children_and_nothing_begins_anymore(error: type) -> None:
    begun = []

    def waits(number: int) -> int:
        begun.append(number)
        return run_in_child(asleep, 60.0)

    def fails() -> int:
        time.sleep(0.5)
        raise error

    start = time.monotonic()
    with pytest.raises(error):
        list(done([fails, *(lambda number=number: waits(number) for number in range(3))], 2))
    assert time.monotonic() - start < 40  # else it waited for a child
    assert begun in ([0], [0, 1])
