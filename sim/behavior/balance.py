"""The Balance page: who has it, and what changes for those who see all their coins and transactions in one place."""

from typing import Final, NamedTuple

from sim.behavior.purposes import OWN_LIMIT, REFUND_WISH, ROLLOUT
from sim.behavior.topup import TopupTerms
from sim.compiled import rule
from sim.streams import draw, uniform

MOST_COINS: Final = 1e15
DAYS_A_WEEK: Final = 7.0


class BalanceTerms(NamedTuple):
    """`page`, `limit_share` and `leftover_value` are shares; `limit_factor` is of a seventh of the weekly budget."""

    page: float
    limit_share: float
    limit_factor: float
    leftover_value: float


@rule
def has_page(seed: int, viewer: int, share: float) -> bool:
    """Whether a viewer is among the share who have the page; a larger share holds the smaller."""
    return share >= 1.0 or uniform(draw(seed, viewer, ROLLOUT, 0)[0]) < share


@rule
def sets_limit(seed: int, viewer: int, limit_share: float) -> bool:
    """Whether a giver who sees the page for the first time sets an own limit."""
    return uniform(draw(seed, viewer, OWN_LIMIT, 0)[0]) < limit_share


@rule
def asks_back(seed: int, viewer: int, occasion: int, refund_intent: float) -> bool:
    """Whether a viewer who sees coins that can be given back asks for the money."""
    return uniform(draw(seed, viewer, REFUND_WISH, occasion)[0]) < refund_intent


@rule
def own_limit(weekly_budget: int, limit_factor: float, coin_price: float) -> int:
    """The coins a day that a giver wants to give at most, at the price of a coin on the day it is set."""
    return int(min(weekly_budget / DAYS_A_WEEK * limit_factor / coin_price, MOST_COINS))


@rule
def valuing_leftovers(terms: TopupTerms, leftover_value: float) -> TopupTerms:
    """The same for somebody to whom left-over coins are worth something else."""
    return TopupTerms(
        terms.hesitation,
        terms.price_elasticity,
        leftover_value,
        terms.noise,
        terms.left_digit,
    )
