"""Elsewhere: what people wanted here and do somewhere else, for what reason, and where."""

from typing import Final, NamedTuple

from sim.compiled import rule
from sim.streams import uniform

# What was wanted
WHATS: Final = ("order", "gift")
ORDER: Final = 0
GIFT: Final = 1

# Why it isn't done here
REASONS: Final = ("ban", "floor", "quota", "stock", "rival", "suspended", "limit")
BAN: Final = 0
FLOOR: Final = 1
QUOTA: Final = 2
STOCK: Final = 3
RIVAL: Final = 4  # a better offer
SUSPENDED: Final = 5
LIMIT: Final = 6

# Where it is done
ROUTES: Final = ("nothing", "rival", "offline", "link_out")
NOWHERE: Final = 0
AT_RIVAL: Final = 1
OFFLINE: Final = 2
LINK_OUT: Final = 3

# Two origins: of the merchant, and of the goods; a gift has neither, and is domestic
MERCHANTS: Final = ("domestic", "foreign")
GOODS: Final = ("domestic", "imported")


class ElsewhereTerms(NamedTuple):
    """Shares of the orders that can't be made here which go there; the rest goes nowhere."""

    rival: float
    offline: float
    link_out: float


@rule
def route_of(word: int, terms: ElsewhereTerms, has_links: bool) -> int:
    """Where an order goes that can't be made here. Without links, those who would follow one go nowhere."""
    u = uniform(word)
    if u < terms.rival:
        return AT_RIVAL
    if u < terms.rival + terms.offline:
        return OFFLINE
    return LINK_OUT if has_links and u < terms.rival + terms.offline + terms.link_out else NOWHERE
