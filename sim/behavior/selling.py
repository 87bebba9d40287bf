"""Whether selling here is worth it: live, at all, and beside a shop in the street.

Money is in minor units, a week's if not said otherwise.
"""

from typing import Final

from sim.behavior.shelf import rate_of
from sim.behavior.visit import HOUR_US
from sim.compiled import rule
from sim.ledger import money
from sim.streams import uniform

UNKNOWN: Final = -1.0  # what an hour brings where nobody was live
DAYS_A_WEEK: Final = 7

commission_of = rule(money.commission_of)


@rule
def an_hour_earns(margin: int, live_us: int) -> float:
    """What an hour live left over the goods' cost; `UNKNOWN` where nobody was live or all was sold at a loss."""
    return max(margin * (HOUR_US / live_us), UNKNOWN) if live_us > 0 else UNKNOWN


@rule
def changes_live(word: int, sells_live: bool, earned: float, hour_cost: float, take_up_share: float) -> bool:
    """Whether a seller takes up selling live, or gives it up.

    Parameters
    ----------
    earned : what an hour earned last week: the seller's own who was live, else the mean in the region
    take_up_share : of those for whom it would be better, so many change in a week
    """
    if sells_live == (earned > hour_cost):
        return False
    return uniform(word) < take_up_share


@rule
def profit_of(income: int, week_cost: int, hour_cost: int, live_us: int) -> int:
    """What a week here leaves: income, less the cost of being there and of the hours live."""
    return income - week_cost - int(hour_cost * (live_us / HOUR_US))


@rule
def offline_income(base: int, imported_sales: int, displacement_ppm: int, diverted: int, shops: int) -> int:
    """What a domestic seller's own shop earns.

    Parameters
    ----------
    base : without the app
    imported_sales : of imported goods in the app, in the whole region
    displacement_ppm : what all shops of the region lose for a unit of these
    diverted : what buyers wanted in the app and bought offline, in the whole region
    shops : that share in both
    """
    return max(base + diverted // shops - rate_of(imported_sales // shops, displacement_ppm), 0)


@rule
def promotion_saves(
    sellers: int,
    orders: int,
    sales: int,
    commissions: int,
    rate_ppm: int,
    flat: int,
    days: int,
    horizon_weeks: float,
) -> float:
    """What a promotion of new sellers saves one of them in a week, averaged over the weeks that she looks ahead.

    Parameters
    ----------
    sellers, orders, sales, commissions : how many sold last week, and what all of them together sold and paid
    rate_ppm, flat, days : what a new seller pays, and for how long

    Notes
    -----
    She expects as many orders as the others had, each of the mean size. So with n orders a seller of mean size a, and
    commissions of C a seller, a promotion of D days saves (C - n min(a, r a + f)) min(D / 7, H) / H.
    """
    if sellers == 0 or orders == 0:
        return 0.0
    offered = orders * commission_of(sales // orders, rate_ppm, flat)
    weeks = min(days / DAYS_A_WEEK, horizon_weeks)
    return (commissions - offered) / sellers * (weeks / horizon_weeks)
