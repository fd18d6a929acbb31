"""How long to wait for a server that does not answer as it should."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_LOG = logging.getLogger("tokbench")
_SHORT = 10.0
"""Fewer seconds than these are told with a fraction."""


@dataclass(frozen=True)
class Patience:
    """How often and when to try again.

    Attributes:
        attempts: so many faults in a row, with less than `progress` bytes between them, are one
            too many.
        progress: bytes after which a fault counts as the first again.
        first: seconds to wait after the first fault; each later one doubles them.
        longest: seconds that are not exceeded by doubling.
        obeyed: seconds that a server can ask for with Retry-After; for more nobody waits.
        connect: seconds for a connection to be made.
        read: seconds without a byte that count as a stall.
        chance: gives numbers from 0 to 1, so that not all come back at the same moment.
        sleep: waits.
    """

    attempts: int = 6
    progress: int = 1 << 20
    first: float = 0.5
    longest: float = 30.0
    obeyed: float = 120.0
    connect: float = 15.0
    read: float = 60.0
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def wait(self, faults: int, asked: float = 0.0, why: str = "") -> None:
        """Wait after so many faults in a row, as long as the server asked at least, and say so.

        Args:
            faults: how many there were.
            asked: seconds that the server asked for.
            why: for whom, and what the fault is, for whoever waits along.

        >>> Patience(first=1, chance=lambda: 1.0, sleep=print).wait(3)
        4.0
        >>> Patience(first=1, chance=lambda: 0.0, sleep=print).wait(3)
        2.0
        >>> Patience(first=1, chance=lambda: 0.0, sleep=print).wait(1, asked=90)
        90
        """
        doubled = min(self.longest, self.first * 2.0 ** (faults - 1))
        seconds = max(doubled * (0.5 + self.chance() / 2), asked)
        if why:
            told = f"{seconds:.1f}" if seconds < _SHORT else f"{seconds:,.0f}"
            _LOG.warning("waiting %s s for %s (%d of %d)", told, why, faults, self.attempts)
        self.sleep(seconds)


PATIENCE = Patience()
"""What reading goes by; tests put another here."""
