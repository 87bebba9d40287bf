"""What a seller does about a good once a week: ask more for what sold out, less for what hardly sold, stock what sells.

Rates are in parts per million, prices in minor units.
"""

from typing import Final

from sim.compiled import rule
from sim.ledger.money import PPM

MOST_PIECES: Final = 10**9


@rule
def rate_of(amount: int, rate_ppm: int) -> int:
    """A rate of an amount, rounded half up; of a loss as of a gain."""
    return (amount * rate_ppm + PPM // 2) // PPM


@rule
def reprice(price: int, cost: int, most: int, step_ppm: int, sold_out: bool, slow: bool) -> int:
    """Next week's price: a step up for what sold out, to `most`; a step down for what was slow, to its cost.

    Notes
    -----
    A price that is beyond its bound already stays: nobody gives a good away dearer because it didn't sell.
    """
    if sold_out:
        return max(price, min(rate_of(price, PPM + step_ppm), most))
    if slow:
        return min(price, max(rate_of(price, PPM - step_ppm), cost, 1))
    return price


@rule
def is_slow(sold: int, level: int, slow_ppm: int) -> bool:
    """Whether less was sold in a week than a rate of what is stocked for a day."""
    return sold * PPM < level * slow_ppm


@rule
def restock(level: int, busiest: int, sold_out: bool, weight_ppm: int, cover_ppm: int) -> int:
    """To how many pieces a shelf is filled every day of the next week.

    Parameters
    ----------
    level : the same in the week that is over
    busiest : pieces sold on its busiest day
    sold_out : then more was wanted than is known, and `level` stands for it
    weight_ppm : how far the level follows what was wanted; 0: not at all
    cover_ppm : pieces kept for a piece wanted
    """
    if not weight_ppm:
        return level
    wanted = min(rate_of(max(level, busiest) if sold_out else busiest, cover_ppm), MOST_PIECES)
    return max(level + rate_of(wanted - level, weight_ppm), 1)
