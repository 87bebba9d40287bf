"""The trivial rule, one for all engines, so that only the engines differ.

In each hour a viewer opens the app with one and the same chance, at an instant drawn evenly. It wants one of ten gifts
for one of the creators: it gives it when it has the coins, and else buys a pack. Every act is recorded.

    >>> acts(coins=0, price=99), acts(coins=500, price=99)
    ((500, False), (401, True))

Plain SimPy and Mesa draw as their users do, one after the other from `random.Random`; the columns draw by key. So the
engines agree as two replications do, within the error of chance (`agree`); with the same chances they agree exactly,
which a test shows.
"""

from math import sqrt
from random import Random
from typing import Final, NamedTuple

from sim.ledger import Kind, Op, account_id
from sim.ledger.accounts import NOBODY
from sim.ledger.operations import NO_ITEM

HOUR_US: Final = 3_600_000_000
VISITS_PER_DAY: Final = 3.0
CHANCE: Final = VISITS_PER_DAY / 24
GIFTS: Final = (1, 5, 10, 20, 30, 50, 99, 199, 299, 500)  # coins
PACK: Final = 500  # coins
ERRORS: Final = 5.0  # standard errors that two replications may lie apart: once in a million

FIRST_VIEWER: Final = account_id(Kind.VIEWER, 0)
FIRST_CREATOR: Final = account_id(Kind.CREATOR, 0)

Record = tuple[int, int, int, int, int, int]  # instant, operation, actor, peer, item, amount


class Population(NamedTuple):
    """Who takes part, for how long."""

    viewers: int
    days: int
    seed: int = 1

    @property
    def hours(self) -> int:
        """How long, in hours."""
        return 24 * self.days

    @property
    def creators(self) -> int:
        """How many creators there are: twenty a thousand viewers, as in us-baseline."""
        return max(self.viewers // 50, 1)


class Counts(NamedTuple):
    """What happened. `gifts` and `packs` are operations; `coins` were given."""

    visits: int
    gifts: int
    packs: int
    coins: int

    @property
    def operations(self) -> int:
        """Gifts and topups."""
        return self.gifts + self.packs


def acts(coins: int, price: int) -> tuple[int, bool]:
    """What a visit does to a viewer's coins, and whether the gift was given."""
    return (coins - price, True) if coins >= price else (coins + PACK, False)


def gift_record(at_us: int, viewer: int, creator: int, gift: int) -> Record:
    """The record of a gift."""
    return at_us, int(Op.GIFT), FIRST_VIEWER + viewer, FIRST_CREATOR + creator, gift, GIFTS[gift]


def topup_record(at_us: int, viewer: int) -> Record:
    """The record of a topup."""
    return at_us, int(Op.TOPUP), FIRST_VIEWER + viewer, NOBODY, NO_ITEM, PACK


def counts_of(visits: int, records: list[Record]) -> Counts:
    """What a record of Python tuples says."""
    amounts = [record[5] for record in records if record[1] == Op.GIFT]
    return Counts(visits, len(amounts), len(records) - len(amounts), sum(amounts))


def agree(one: Counts, other: Counts, population: Population) -> bool:
    """Whether two independent replications of the rule lie as near to each other as chance lets them.

    Notes
    -----
    Visits are binomial. The coins given have at most the variance of as many independent gifts at this chance.
    """
    n = population.viewers * population.hours
    visits_error = sqrt(2 * n * CHANCE * (1 - CHANCE))
    square = sum(price * price for price in GIFTS) / len(GIFTS)
    coins_error = sqrt(2 * n * CHANCE * square)
    return (
        one.visits == one.operations
        and other.visits == other.operations
        and abs(one.visits - other.visits) <= ERRORS * visits_error
        and abs(one.coins - other.coins) <= ERRORS * coins_error
    )


def generator(population: Population) -> Random:
    """The usual source of chance."""
    return Random(population.seed)  # noqa: S311  a simulation, no secrets
