"""The scene: what compiled viewers see in one window, and the world that never changes.

A scene is small and whole, so that it can be sent to viewers in another process.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

import numpy as np

from sim.agents.population import trait_terms
from sim.agents.stage import Stage
from sim.behavior.commerce import Commerce
from sim.behavior.fraud import Ring
from sim.behavior.reward import RewardOffer, draws_hunters, gives_anything
from sim.behavior.rival import RivalOffer
from sim.behavior.topup import Packs, coin_price
from sim.behavior.traits import TraitTerms
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.voucher import Campaign
from sim.compiled import inner
from sim.engines.columns.counter import Counter
from sim.engines.columns.counterparties import Shown
from sim.engines.columns.rates import Rates
from sim.engines.columns.rows import Structs
from sim.engines.market import Terms, considerations_of, terms_of
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Item, item_id
from sim.scenario import Scenario

# A time zone:
#   region, code           its region by its place in the scenario and by its code
#   asset, currency        its currency's place on the asset axis, and its code
#   first_good, end_good   which goods are sold there
#   means                  what a reference minor unit of budget or willingness comes to
#   reference_price        of a coin, where the hesitation was measured
#   verified_share         of the viewers who are identified
ZONE: Final = np.dtype(
    [(name, np.int64) for name in ("region", "code", "asset", "currency", "first_good", "end_good")]
    + [(name, np.float64) for name in ("means", "reference_price", "verified_share")]
)


# Who collects rewards, see `Scene`
NOBODY: Final = 0
FIRST: Final = 1
ALWAYS: Final = 2


class World(NamedTuple):
    """What holds for a whole run.

    Attributes
    ----------
    zones : an array of `ZONE`
    gift_prices, gift_items : arrays of shape (n_gifts,), by ascending price
    usual_prices : array of shape (n_goods,)
    considerations : array of shape (n_regions, n_channels): the chance that a shopper looks closely
    visit_weights, shopping, local_day : arrays of shape (n_zones, n_hours), see `sim.agents.calendar`
    """

    seed: int
    epoch_hour: int
    window_us: int
    n_creators: int
    terms: Terms
    traits: TraitTerms
    chargeback_rate: float
    chargeback_days: float
    zones: Structs
    gift_prices: Int64Array
    gift_items: Int64Array
    usual_prices: Int64Array
    considerations: Float64Array
    visit_weights: Float64Array
    shopping: Float64Array
    local_day: Int64Array


class Scene(NamedTuple):
    """What is published for a window, and the terms in force. Arrays of packs have shape (n_packs,), region by region.

    Attributes
    ----------
    collect : who collects rewards: NOBODY, those who come for the FIRST time of a day, or ALWAYS, at every visit
    offers : array of shape (n_regions, 5): the numbers of `RewardOffer`, and whether it brings those who hunt for it
    campaigns : array of shape (n_regions, 3): the numbers of `Campaign`
    pull : array of shape (n_regions,): what supply does to the chance of a visit, see `sim.agents.supply`
    coin_price : array of shape (n_regions, 2): the least price of a coin, in the app alone and with the web
    balance_share : array of shape (n_regions,): of the viewers who have the Balance page
    returned : coins that come back from the shop at this boundary, an array of `RETURNED`
    """

    begin_us: int
    end_us: int
    collect: int
    offers: Int64Array
    campaigns: Int64Array
    pull: Float64Array
    shown: Shown
    counter: Counter
    commerce: Commerce
    packs: Packs
    coin_price: Float64Array
    balance_share: Float64Array
    rival: RivalOffer
    ring: Ring
    rates: Rates
    returned: Structs


def world_of(stage: Stage, assets: Sequence[int], n_creators: int) -> World:
    """The world of a scenario."""

    scenario, calendar = stage.scenario, stage.calendar
    gifts = sorted((gift.coins, n) for n, gift in enumerate(scenario.catalogs.gifts.gifts))
    return World(
        seed=stage.seed,
        epoch_hour=calendar.epoch_hour,
        window_us=scenario.window_us,
        n_creators=n_creators,
        terms=terms_of(scenario),
        traits=trait_terms(scenario),
        chargeback_rate=float(scenario.platform.chargeback_rate),
        chargeback_days=float(scenario.platform.chargeback_delay_days),
        zones=np.array([_zone(scenario, zone.region, assets) for zone in calendar.zones], ZONE),
        gift_prices=np.array([coins for coins, _ in gifts], np.int64),
        gift_items=np.array([item_id(Item.GIFT, n) for _, n in gifts], np.int64),
        usual_prices=np.array([good.price_cents for good in scenario.all_goods], np.int64),
        considerations=np.array([considerations_of(scenario, region) for region in scenario.regions]),
        visit_weights=calendar.visit_weights,
        shopping=calendar.shopping,
        local_day=calendar.local_day,
    )


def _zone(scenario: Scenario, name: str, assets: Sequence[int]) -> tuple[float, ...]:
    region, first_good = scenario.regions[name], scenario.first_good[name]
    return (
        list(scenario.regions).index(name),
        REGION_BY_NAME[name],
        assets.index(CURRENCY_BY_NAME[region.currency].code),
        CURRENCY_BY_NAME[region.currency].code,
        first_good,
        first_good + len(scenario.goods(name)),
        region.means,
        region.each(scenario.topup.reference_cents_per_coin),
        float(region.verified_share),
    )


class Scenes:
    """Makes scenes; prices are arranged again only when they have changed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._on_sale: list[Packs] = []
        self._packs = Packs(*(np.zeros(0, np.int64) for _ in Packs._fields))
        self._coin_price: Float64Array = np.zeros((0, 2))
        self._shares: tuple[list[Campaign], list[float]] = ([], [])
        self._campaigns: Int64Array = np.zeros((0, 3), np.int64)
        self._balance_share: Float64Array = np.zeros(0)
        self._rewards: list[RewardOffer] = []
        self._offers: Int64Array = np.zeros((0, 5), np.int64)
        self._threshold = int(stage.scenario.rewards.hunter_threshold_coins)
        self._collect = NOBODY

    def __repr__(self) -> str:
        return f"<Scenes packs={len(self._packs.coins)}>"

    def now(self, shown: Shown, counter: Counter, rates: Rates, returned: Structs) -> Scene:
        """What viewers see from this boundary to the next."""
        stage = self._stage
        on_sale = [stage.packs[name] for name in stage.scenario.regions]
        if any(new is not old for new, old in zip_longest(on_sale, self._on_sale)):
            self._on_sale = on_sale
            self._packs = Packs(*(np.concatenate(column) for column in zip(*on_sale, strict=True)))
            self._coin_price = np.array([[coin_price(packs, on_web) for on_web in (False, True)] for packs in on_sale])
        self._look_at_shares([*stage.campaigns.values()], [*stage.balance_share.values()])
        self._look_at_rewards([stage.rewards[name] for name in stage.scenario.regions])
        now_us = stage.now_us
        return Scene(
            now_us,
            now_us + stage.windows.window_us,
            self._collect,
            self._offers,
            self._campaigns,
            stage.supply.pull,
            shown,
            counter,
            stage.commerce,
            self._packs,
            self._coin_price,
            self._balance_share,
            stage.rival,
            stage.ring,
            rates,
            returned,
        )

    def _look_at_shares(self, campaigns: list[Campaign], balance_share: list[float]) -> None:
        if (campaigns, balance_share) != self._shares:
            self._shares = campaigns, balance_share
            self._campaigns, self._balance_share = np.array(campaigns, np.int64), np.array(balance_share)

    def _look_at_rewards(self, rewards: list[RewardOffer]) -> None:
        if rewards == self._rewards:
            return
        self._rewards = rewards
        self._offers = np.array([(*offer, draws_hunters(offer, self._threshold)) for offer in rewards], np.int64)
        given = FIRST if any(map(gives_anything, rewards)) else NOBODY
        self._collect = ALWAYS if any(offer.watch for offer in rewards) else given


@inner
def offer_in(scene: Scene, region: int) -> RewardOffer:
    """The rewards on offer in a region."""
    offers = scene.offers
    return RewardOffer(offers[region, 0], offers[region, 1], offers[region, 2], offers[region, 3])


@inner
def has_campaign(scene: Scene) -> bool:
    """Whether anybody is given vouchers."""
    found = False
    for region in range(scene.campaigns.shape[0]):
        found |= scene.campaigns[region, 1] > 0
    return found


@inner
def campaign_in(scene: Scene, region: int) -> Campaign:
    """The vouchers that a region's shoppers are given."""
    campaigns = scene.campaigns
    return Campaign(campaigns[region, 0], campaigns[region, 1], campaigns[region, 2])


@inner
def is_hunted(scene: Scene, region: int) -> bool:
    """Whether a region's rewards bring those who come for them alone."""
    return bool(scene.offers[region, 4])


@inner
def packs_of(scene: Scene, region: int) -> Packs:
    """The packs on sale in a region."""
    begin, end = scene.rates.of[region].first_pack, scene.rates.of[region].end_pack
    packs = scene.packs
    return Packs(
        packs.coins[begin:end],
        packs.price[begin:end],
        packs.on_web[begin:end],
        packs.on_sale[begin:end],
        packs.each[begin:end],
    )
