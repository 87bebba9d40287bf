"""The crowd: viewers as columns, one array a property, sized by what it needs.

Most viewers never hold a coin. Those who may (givers, and takers of the check-in) have a purse; what a giver's gifts
are worth is drawn again where it is needed, for a draw costs less than eight bytes a viewer.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.agents.population import follow, opening_item, trait_terms
from sim.behavior.purposes import TRAITS
from sim.behavior.traits import TraitTerms, everyday_traits
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.watch import new_guide, pick
from sim.compiled import rule
from sim.ledger import Kind, account_id
from sim.scenario import Scenario
from sim.streams import draw

# Habits, a bit each
GIVER: Final = 1
ON_WEB: Final = 2
SHOPPER: Final = 4
CHECKS_IN: Final = 8
TAPS_FIRST: Final = 16
# What else is known of a viewer without looking at the purse: these two come and go
HAS_REWARDS: Final = 32
CAME_TODAY: Final = 64  # and collected rewards
# Comes for rewards alone
HUNTS: Final = 128

NO_PURSE: Final = -1
FIRST_VIEWER: Final = account_id(Kind.VIEWER, 0)
BUSY: Final = 2**62  # `free_us` of a viewer in the middle of a visit


class Crowd(NamedTuple):
    """Arrays of shape (n_viewers,), but `favourites` (n_viewers, n_favourites): numbers of creators.

    `first` is the account of the first viewer, and `free_us` the end of each viewer's last visit.
    """

    first: int
    zone: npt.NDArray[np.uint8]
    habits: npt.NDArray[np.uint8]
    visits_per_day: Float64Array
    favourites: npt.NDArray[np.int32]
    free_us: Int64Array
    purse: npt.NDArray[np.int32]


def draw_crowd(
    scenario: Scenario, seed: int, calendar: Calendar, creators_reach: Int64Array, begin: int, end: int
) -> Crowd:
    """Draw the viewers `begin` to `end` of a scenario: the same people however they are divided."""
    n = end - begin
    crowd = Crowd(
        account_id(Kind.VIEWER, begin),
        np.zeros(n, np.uint8),
        np.zeros(n, np.uint8),
        np.zeros(n),
        np.zeros((n, int(scenario.audience.favourites)), np.int32),
        np.zeros(n, np.int64),
        np.full(n, NO_PURSE, np.int32),
    )
    _fill(seed, crowd, trait_terms(scenario), calendar.cumulative_shares(), creators_reach, new_guide(creators_reach))
    return crowd


@rule
def _fill(
    seed: int,
    crowd: Crowd,
    terms: TraitTerms,
    zone_reach: Int64Array,
    creators_reach: Int64Array,
    guide: npt.NDArray[np.int32],
) -> None:
    purses = 0
    for viewer in range(crowd.zone.shape[0]):
        account = crowd.first + viewer
        traits = everyday_traits(seed, account, terms)
        crowd.zone[viewer] = _zone(seed, account, zone_reach)
        crowd.visits_per_day[viewer] = traits.visits_per_day
        crowd.habits[viewer] = (
            traits.is_giver * GIVER
            + traits.buys_on_web * ON_WEB
            + traits.is_shopper * SHOPPER
            + traits.checks_in * CHECKS_IN
            + traits.taps_first * TAPS_FIRST
            + traits.hunts * HUNTS
        )
        if traits.is_giver or traits.checks_in:
            crowd.purse[viewer] = purses
            purses += 1
        follow(seed, account, crowd.favourites[viewer], creators_reach, guide)


@rule
def _zone(seed: int, viewer: int, zone_reach: Int64Array) -> int:
    return pick(zone_reach, draw(seed, viewer, TRAITS, 1)[0])


@rule
def home_regions(
    seed: int, zone_reach: Int64Array, zone_code: Int64Array, begin: int, end: int
) -> npt.NDArray[np.uint16]:
    """The region codes of the viewers `begin` to `end`, who need not be at hand."""
    codes = np.empty(end - begin, np.uint16)
    for viewer in range(begin, end):
        codes[viewer - begin] = zone_code[_zone(seed, FIRST_VIEWER + viewer, zone_reach)]
    return codes


@rule
def opening_items(
    seed: int, zone_reach: Int64Array, zone_verified: Float64Array, begin: int, end: int
) -> npt.NDArray[np.int32]:
    """What the openings of the viewers `begin` to `end` say of their identification."""
    items = np.empty(end - begin, np.int32)
    for viewer in range(begin, end):
        account = FIRST_VIEWER + viewer
        items[viewer - begin] = opening_item(seed, account, zone_verified[_zone(seed, account, zone_reach)])
    return items


@rule
def has(habits: int, habit: int) -> bool:
    """Whether a viewer has a habit."""
    return (habits & habit) != 0
