"""Names and colours of what studies measure."""

from typing import Final

from sim.experiments.evidence.windows import BY_VIEWERS
from sim.experiments.evidence.windows import PEAKS as PEAK_NAMES
from sim.metrics import METRIC
from sim.report.style import BASE, CREATORS, PLATFORM, SELLERS, VIEWERS

PEAKS: Final = {
    "peak_in_a_second": "Peak on an account, 1 s",
    "peak_in_a_minute": "Peak on an account, 60 s",
    BY_VIEWERS: "Peak by viewers, 1 s",
}
COLORS: Final = {
    "revenue": PLATFORM,
    "platform_margin": PLATFORM,
    "take_rate": PLATFORM,
    "commission": PLATFORM,
    "creator_income": CREATORS,
    "gmv": SELLERS,
    "orders": SELLERS,
}


def title_of(metric: str) -> str:
    """A metric's title, or a peak's."""
    return PEAKS.get(metric) or METRIC[metric].title


def color_of(metric: str) -> str:
    """The colour of whom a metric concerns; fans' unless told otherwise."""
    return BASE if metric in PEAK_NAMES else COLORS.get(metric, VIEWERS)
