"""Vouchers: who is given one, and what one takes off a price."""

from typing import NamedTuple

from sim.behavior.purposes import VOUCHER
from sim.compiled import rule
from sim.ledger.money import PPM
from sim.streams import draw, uniform


class Campaign(NamedTuple):
    """What a region's shoppers are given in a window, as published.

    Attributes
    ----------
    number : how many campaigns have begun there, this one included; nobody takes two vouchers of one campaign
    amount : of a voucher, in minor units; 0 between campaigns
    share_ppm : of the shoppers who are given one
    """

    number: int
    amount: int
    share_ppm: int


NO_CAMPAIGN = Campaign(0, 0, 0)


@rule
def is_given(seed: int, viewer: int, share_ppm: int) -> bool:
    """Whether a shopper is among those who are given vouchers; a larger share holds the smaller, in every campaign."""
    return uniform(draw(seed, viewer, VOUCHER, 0)[0]) < share_ppm / PPM


@rule
def credit_of(amount: int, minimum: int, expires_us: int, price: int, at_us: int) -> int:
    """What a voucher takes off a price before tax, in minor units: all or nothing.

    Parameters
    ----------
    amount, minimum : what it is worth, 0 if there is none, and the least price that it pays for
    expires_us : from when on it is worth nothing; 0: never
    """
    has_passed = 0 < expires_us <= at_us
    return 0 if has_passed or price < minimum else amount
