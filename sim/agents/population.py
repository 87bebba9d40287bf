"""The viewers: columns, one array a property.

    viewers = draw_viewers(scenario, seed, calendar, reach_of_creators)
    viewers.traits(17)          # one viewer as a small tuple, for the rules

A person's traits depend on the seed and the account alone, so the same people live in every scenario.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.behavior.identity import NOT_IDENTIFIED, tier_of
from sim.behavior.purposes import FAVOURITE, TRAITS
from sim.behavior.traits import Traits, TraitTerms, viewer_traits
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.watch import new_guide, pick, pick_by
from sim.compiled import rule
from sim.ledger import Kind, account_id
from sim.ledger.operations import NO_ITEM
from sim.scenario import Scenario
from sim.streams import draw

ATTEMPTS: Final = 8

BoolArray = npt.NDArray[np.bool_]


class Viewers(NamedTuple):
    """Arrays of shape (n_viewers,), but `favourites` (n_viewers, n_favourites): indices of creators."""

    account: Int64Array
    zone: Int64Array
    visits_per_day: Float64Array
    is_giver: BoolArray
    willingness: Float64Array
    weekly_budget: Int64Array
    buys_on_web: BoolArray
    is_shopper: BoolArray
    checks_in: BoolArray
    taps_first: BoolArray
    hunts: BoolArray
    favourites: Int64Array

    def traits(self, viewer: int) -> Traits:
        """One viewer's traits as plain numbers."""
        return Traits(
            float(self.visits_per_day[viewer]),
            bool(self.is_giver[viewer]),
            float(self.willingness[viewer]),
            int(self.weekly_budget[viewer]),
            bool(self.buys_on_web[viewer]),
            bool(self.is_shopper[viewer]),
            bool(self.checks_in[viewer]),
            bool(self.taps_first[viewer]),
            bool(self.hunts[viewer]),
        )


def trait_terms(scenario: Scenario) -> TraitTerms:
    """The distributions of traits that a scenario states."""
    audience, gifting, topup = scenario.audience, scenario.gifting, scenario.topup
    return TraitTerms(
        float(audience.visits_per_day),
        float(audience.visits_sigma),
        float(gifting.giver_share),
        float(gifting.willingness_median_cents),
        float(gifting.willingness_sigma),
        float(topup.weekly_budget_median_cents),
        float(topup.budget_sigma),
        float(topup.budget_link),
        float(topup.web_share),
        float(scenario.shopping.shopper_share),
        float(scenario.rewards.checkin_share),
        float(gifting.tap_first),
        float(scenario.rewards.hunter_share),
        float(scenario.rewards.hunter_visits),
    )


def draw_viewers(scenario: Scenario, seed: int, calendar: Calendar, creators_reach: Int64Array) -> Viewers:
    """Draw every viewer of a scenario."""
    n = scenario.viewers
    viewers = Viewers(
        account_id(Kind.VIEWER, 0) + np.arange(n, dtype=np.int64),
        np.zeros(n, np.int64),
        np.zeros(n),
        np.zeros(n, np.bool_),
        np.zeros(n),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros((n, int(scenario.audience.favourites)), np.int64),
    )
    means = np.array([scenario.regions[zone.region].means for zone in calendar.zones])
    zone_reach, guide = calendar.cumulative_shares(), new_guide(creators_reach)
    _fill(seed, viewers, trait_terms(scenario), means, zone_reach, creators_reach, guide)
    return viewers


@rule
def _fill(
    seed: int,
    viewers: Viewers,
    terms: TraitTerms,
    means: Float64Array,
    zone_reach: Int64Array,
    creators_reach: Int64Array,
    guide: npt.NDArray[np.int32],
) -> None:
    for index in range(viewers.account.shape[0]):
        account = viewers.account[index]
        viewers.zone[index] = pick(zone_reach, draw(seed, account, TRAITS, 1)[0])
        traits = viewer_traits(seed, account, terms, means[viewers.zone[index]])
        viewers.visits_per_day[index] = traits.visits_per_day
        viewers.is_giver[index] = traits.is_giver
        viewers.willingness[index] = traits.willingness
        viewers.weekly_budget[index] = traits.weekly_budget
        viewers.buys_on_web[index] = traits.buys_on_web
        viewers.is_shopper[index] = traits.is_shopper
        viewers.checks_in[index] = traits.checks_in
        viewers.taps_first[index] = traits.taps_first
        viewers.hunts[index] = traits.hunts
        follow(seed, account, viewers.favourites[index], creators_reach, guide)


@rule
def opening_item(seed: int, viewer: int, verified_share: float) -> int:
    """What the opening of an account says: the tier of identification, or nothing."""
    tier = tier_of(seed, viewer, verified_share)
    return NO_ITEM if tier == NOT_IDENTIFIED else tier


@rule
def follow(
    seed: int,
    viewer: int,
    favourites: npt.NDArray[np.integer],
    reach: Int64Array,
    guide: npt.NDArray[np.int32],
) -> None:
    """Draw favourites by popularity, again for one drawn before; among few creators a repeat may stay."""
    for place in range(favourites.shape[0]):
        for attempt in range(ATTEMPTS):
            favourites[place] = pick_by(reach, guide, draw(seed, viewer, FAVOURITE, place * ATTEMPTS + attempt)[0])
            if not (favourites[:place] == favourites[place]).any():
                break
