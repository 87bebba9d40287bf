"""Viewers: everything that a division of them owns and writes to, and their visits in progress.

A visit is a chain of acts, cut where a window ends (see `chain`); what its acts share is here.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.balance import has_page
from sim.behavior.identity import tier_of
from sim.behavior.topup import WEEK_US
from sim.behavior.traits import Traits, viewer_traits
from sim.behavior.types import Int64Array
from sim.behavior.watch import Live
from sim.compiled import inner
from sim.engines.columns.codes import ACCEPTED
from sim.engines.columns.crowd import Crowd
from sim.engines.columns.purses import Grants, Lots
from sim.engines.columns.rates import N_TIERS
from sim.engines.columns.rows import Rows, Struct, Structs, Tickets, note
from sim.engines.columns.scene import Scene, World
from sim.engines.columns.totals import Totals
from sim.engines.columns.vouchers import Vouchers
from sim.ledger.accounts import NOBODY
from sim.ledger.operations import NO_ITEM

# What comes next in a chain
SEE_BALANCE: Final = 0
CHOOSE: Final = 1
GIVE_FIRST: Final = 2
ORDER_NOW: Final = 3
GIVE: Final = 4
PAY: Final = 5
PAID: Final = 6
BROWSE_NOW: Final = 7
RING: Final = 9  # serve a fraud ring
SPEND: Final = 10  # give whatever is left
END: Final = 8

# Places in `Chains.state`
COUNT: Final = 0
NEXT: Final = 1
KEPT: Final = 2
BEGUN: Final = 3

# A visit in progress; what its stage doesn't need holds anything:
#   hour, at_us         in which hour since the start it began, and the instant of its next act
#   coins               how many a pack by amount is to bring
#   host, until_us      whose stream is watched (creators first, then sellers), and when that stream ends
CHAIN: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            "viewer",
            "hour",
            "stage",
            "at_us",
            "host",
            "until_us",
            "gift",
            "step",
            "pack",
            "packs",
            "paid",
            "coins",
            "serves_ring",
        )
    ]
)
# A topup that will be charged back at the boundary `due`: what of it was not returned. Without coins none is left.
DISPUTE: Final = np.dtype(
    [(name, np.int64) for name in ("coins", "price", "fee", "tax", "serial", "ticket", "item", "viewer", "due")]
)


class Chains(NamedTuple):
    """Visits in progress: an array of `CHAIN`. `state` is [COUNT, NEXT, KEPT, BEGUN].

    In a window those before KEPT have been followed to its end, those from NEXT to COUNT are still to be followed.
    BEGUN counts the visits that have begun in this hour of the window.
    """

    state: Int64Array
    chain: Structs


class Deeds(NamedTuple):
    """What the other side must hear: arrays of `GIVEN` and of `ORDERED`. `used` is [gifts, orders]."""

    used: Int64Array
    gift: Structs
    order: Structs


class Disputes(NamedTuple):
    """Topups that will be charged back, in the order in which they were bought: an array of `DISPUTE`."""

    state: Int64Array  # [how many]
    dispute: Structs


class Viewers(NamedTuple):
    """Everything that a division of the viewers owns and writes to."""

    crowd: Crowd
    purses: Structs
    spending: Structs
    lots: Lots
    grants: Grants
    vouchers: Vouchers
    collectors: Structs  # by viewer
    disputes: Disputes
    tickets: Tickets
    rows: Rows
    deeds: Deeds
    totals: Totals
    visits: Int64Array  # [so far]
    elsewhere: Int64Array  # of this window, see `sim.metrics.elsewhere`


class Audience(NamedTuple):
    """Who is live, and a guide to them (see `sim.behavior.watch.fill_guide`)."""

    live: Live
    guide: npt.NDArray[np.int32]


@inner
def occasion_of(world: World, chain: Struct) -> int:
    """The hour of a visit, since 1970."""
    return int(world.epoch_hour + chain.hour)


@inner
def region_of(world: World, crowd: Crowd, viewer: int) -> int:
    """A viewer's region, by its place in the scenario."""
    return int(world.zones[crowd.zone[viewer]].region)


@inner
def traits_of(world: World, crowd: Crowd, viewer: int) -> Traits:
    """What is drawn again where it is needed."""
    return viewer_traits(world.seed, crowd.first + viewer, world.traits, world.zones[crowd.zone[viewer]].means)


@inner
def limits_of(world: World, scene: Scene, crowd: Crowd, viewer: int) -> Struct:
    """The limits of a viewer's tier of identification."""
    zone = world.zones[crowd.zone[viewer]]
    tier = tier_of(world.seed, crowd.first + viewer, zone.verified_share)
    return scene.rates.tiers[zone.region * N_TIERS + tier]


@inner
def leave(chain: Struct) -> None:
    """End a visit, unless its stage is set again."""
    chain.stage = END


@inner
def read(world: World, crowd: Crowd, rows: Rows, chain: Struct, op: int) -> None:
    """Look at the balance or at the history."""
    account, code = crowd.first + chain.viewer, world.zones[crowd.zone[chain.viewer]].code
    note(rows, chain.at_us, op, account, NOBODY, NO_ITEM, 0, 0, ACCEPTED, code)


@inner
def sees_page(world: World, scene: Scene, crowd: Crowd, viewer: int) -> bool:
    """Whether a viewer has the Balance page."""
    return has_page(world.seed, crowd.first + viewer, scene.balance_share[region_of(world, crowd, viewer)])


@inner
def budget_left(world: World, crowd: Crowd, viewer: int, at_us: int, mine: Struct) -> int:
    """What may still be spent this week, in minor units."""
    week = at_us // WEEK_US
    if week != mine.week:
        mine.week = week
        mine.spent = 0
    return int(traits_of(world, crowd, viewer).weekly_budget - mine.spent)
