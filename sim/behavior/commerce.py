"""What a law says about commerce: what may be sold, at what price, and how much of it.

A ban forbids to pay, not to advertise, unless it says so. A floor binds merchants from abroad: what they sell costs at
least so much. A quota counts orders of imported goods, whoever sells them.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.behavior.elsewhere import BAN, FLOOR, LIMIT, QUOTA, STOCK, SUSPENDED
from sim.behavior.shop import TAB
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.ledger import Outcome

NO_REASON: Final = -1
NO_QUOTA: Final = -1
_SUSPENDED, _OVER_LIMIT = int(Outcome.SUSPENDED), int(Outcome.OVER_LIMIT)


class Commerce(NamedTuple):
    """The law in force.

    Attributes
    ----------
    banned : array of shape (n_regions,): channels through which nothing may be sold, one bit for each
    advertised : array of shape (n_regions,): 1 where banned channels may show goods all the same
    floor : array of shape (n_goods,): the least price of each for which a foreign merchant may sell it
    quota : array of shape (n_regions,): orders of imported goods in a day, NO_QUOTA if there is none
    left : array of shape (n_regions,): the same for the rest of this day
    """

    banned: Int64Array
    advertised: Int64Array
    floor: Int64Array
    quota: Int64Array
    left: Int64Array


def no_law(n_regions: int, n_goods: int) -> Commerce:
    """Everything may be sold."""
    nowhere, unlimited = np.zeros(n_regions, np.int64), np.full(n_regions, NO_QUOTA, np.int64)
    return Commerce(nowhere, nowhere.copy(), np.zeros(n_goods, np.int64), unlimited, unlimited.copy())


@rule
def is_banned(commerce: Commerce, region: int, channel: int) -> bool:
    """Whether nothing may be sold through a channel."""
    return bool((commerce.banned[region] >> channel) & 1)


@rule
def is_hidden(commerce: Commerce, region: int, channel: int) -> bool:
    """Whether a channel shows no goods either. To the shop tab people come by themselves."""
    return channel != TAB and is_banned(commerce, region, channel) and not commerce.advertised[region]


@rule
def legal_price(commerce: Commerce, good: int, price: int, is_foreign: bool) -> int:
    """What a piece costs once the floor holds."""
    return max(price, int(commerce.floor[good])) if is_foreign else price


@rule
def may_import(commerce: Commerce, region: int, is_imported: bool) -> bool:
    """Whether one more order is within the day's quota."""
    return not is_imported or commerce.left[region] != 0


@rule
def obstacle(
    commerce: Commerce, region: int, channel: int, is_imported: bool, legal: int, worth: float, stock: int
) -> int:
    """Why someone to whom a good is worth its own price doesn't buy it here, or NO_REASON.

    Parameters
    ----------
    legal, worth : what it costs once the floor holds, and what it is worth to her
    """
    if is_banned(commerce, region, channel):
        return BAN
    if worth < legal:
        return FLOOR
    if not may_import(commerce, region, is_imported):
        return QUOTA
    return STOCK if stock <= 0 else NO_REASON


@rule
def refusal(outcome: int) -> int:
    """Why an order that the wallet has answered can't be made here: it is off, or beyond a limit; else NO_REASON."""
    if outcome == _SUSPENDED:
        return SUSPENDED
    return LIMIT if outcome == _OVER_LIMIT else NO_REASON
