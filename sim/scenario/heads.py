"""How many creators or sellers there are for so many viewers: the numbers of a scenario are per head.

>>> head_count(per_thousand=20, pool_factor=0.5, viewers=1_000)
HeadCount(starting=20, all=30)
"""

from typing import NamedTuple


class HeadCount(NamedTuple):
    """How many hosts of a kind work at the start, and how many there are with those who may begin later."""

    starting: int
    all: int


def head_count(per_thousand: float, pool_factor: float, viewers: int) -> HeadCount:
    """Hosts of a kind. Whoever may begin later has an account, and a number after those who work."""
    starting = how_many(per_thousand, viewers)
    return HeadCount(starting, starting + int(starting * pool_factor))


def how_many(per_thousand: float, viewers: int) -> int:
    """Hosts for so many viewers: in proportion, at least one."""
    return max(round(per_thousand * viewers / 1000), 1)
