"""What lots of coins add up to."""

from typing import Final, NamedTuple

from sim.behavior.types import Int64Array

S_US: Final = 1_000_000


class Unspent(NamedTuple):
    """What lots add up to, by place on the asset axis.

    Attributes
    ----------
    cost, price : the money behind unspent coins, and what fans paid for them
    coins, seconds : these coins, and the sum over them of the second, from the start, in which each was bought
    """

    cost: Int64Array
    price: Int64Array
    coins: Int64Array
    seconds: Int64Array
