"""How long to wait for a server that does not answer as it should."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How often and when to try again.

    Attributes:
        attempts: so many faults in a row, with less than `progress` bytes between them, are one
            too many.
        progress: bytes after which a fault counts as the first again.
        first: seconds to wait after the first fault; each later one doubles them.
        longest: seconds that are not exceeded by doubling.
        obeyed: seconds that a server can ask for with Retry-After; of more, so many are waited.
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

    def wait(self, faults: int, asked: float = 0.0) -> None:
        """Wait after so many faults in a row, as long as the server asked at least.

        >>> Patience(first=1, chance=lambda: 1.0, sleep=print).wait(3)
        4.0
        >>> Patience(first=1, chance=lambda: 0.0, sleep=print).wait(3)
        2.0
        >>> Patience(first=1, chance=lambda: 0.0, sleep=print).wait(1, asked=1e9)
        120.0
        """
        doubled = min(self.longest, self.first * 2.0 ** (faults - 1))
        self.sleep(max(doubled * (0.5 + self.chance() / 2), min(asked, self.obeyed)))


PATIENCE = Patience()
"""What reading goes by; tests put another here."""
