"""What several things done in one go may end with, beside what they gave."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """Something that gave nothing, and why."""

    name: str
    why: str
