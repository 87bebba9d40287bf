"""Reward coins: for a day's first visit, for watching, for friends who come; and those who come for them alone."""

from typing import NamedTuple

from sim.behavior.purposes import INVITE
from sim.compiled import rule
from sim.streams import draw, uniform


class RewardOffer(NamedTuple):
    """What a region's collectors are given, in coins, as published.

    Attributes
    ----------
    checkin : for a local day's first visit
    watch, watch_cap : for each visit, and at most in a local day
    invite : for a friend who joins
    """

    checkin: int
    watch: int
    watch_cap: int
    invite: int


@rule
def gives_anything(offer: RewardOffer) -> bool:
    """Whether there is anything to collect."""
    return offer.checkin > 0 or offer.watch > 0 or offer.invite > 0


@rule
def coins_for_watching(offer: RewardOffer, earned: int) -> int:
    """What a visit brings someone who has `earned` so many coins by watching on this day."""
    return max(min(offer.watch, offer.watch_cap - earned), 0)


@rule
def friend_joins(seed: int, viewer: int, day: int, invite_rate: float) -> bool:
    """Whether a friend whom a collector invited joins on a day."""
    return uniform(draw(seed, viewer, INVITE, day)[0]) < invite_rate


@rule
def draws_hunters(offer: RewardOffer, threshold: int) -> bool:
    """Whether what a day of watching brings at most is enough for those who come for it alone."""
    in_a_day = offer.checkin + (offer.watch_cap if offer.watch > 0 else 0)
    return in_a_day > 0 and in_a_day >= threshold
