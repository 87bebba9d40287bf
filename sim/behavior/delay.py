"""How long the world takes: deliveries, refunds, chargebacks, payments."""

from typing import Final

from sim.compiled import rule
from sim.elementary import exponential
from sim.streams import uniform

DAY_US: Final = 86_400_000_000


@rule
def around(word: int, mean_days: float) -> int:
    """Microseconds, even between half and one and a half times the mean."""
    return int(mean_days * (0.5 + uniform(word)) * DAY_US)


@rule
def memoryless(word: int, mean_days: float) -> int:
    """Microseconds, exponential with the given mean."""
    return int(mean_days * exponential(uniform(word)) * DAY_US)


@rule
def refunds_end_us(delivered_us: int, mean_days: float, window_us: int) -> int:
    """When no refund can come any more, which takes `around` so many days from the delivery."""
    return delivered_us + int(mean_days * 1.5 * DAY_US) + window_us + 1
