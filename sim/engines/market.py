"""The market: what all viewers of an engine share, and the scenario's numbers as rules want them."""

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.agents.boards import most_eager_in
from sim.agents.flash import keenest
from sim.agents.merchants import foreign_sellers, goods_of
from sim.agents.population import Viewers
from sim.agents.terms import pack_items
from sim.behavior.balance import BalanceTerms
from sim.behavior.elsewhere import ElsewhereTerms
from sim.behavior.gift import GiftTerms
from sim.behavior.rival import RivalTerms
from sim.behavior.shop import ShopTerms
from sim.behavior.topup import TopupTerms
from sim.behavior.types import Int64Array
from sim.ledger import Item, item_id
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.engines.reference import ReferenceEngine

MINUTES_A_DAY: Final = 1440


class Terms(NamedTuple):
    """The numbers that rules need, as plain floats."""

    gift: GiftTerms
    topup: TopupTerms
    shop: ShopTerms
    keenest_ppm: int  # what no seller's stream exceeds
    elsewhere: ElsewhereTerms
    favourite_share: float
    watch_days: float
    refund_intent: float
    balance: BalanceTerms
    rival: RivalTerms
    invite_rate: float


def terms_of(scenario: Scenario) -> Terms:
    """The behavioural numbers of a scenario."""
    gifting, topup, shopping = scenario.gifting, scenario.topup, scenario.shopping
    return Terms(
        GiftTerms(
            float(gifting.intent),
            float(gifting.reward_intent),
            float(gifting.favourite_boost),
            float(gifting.mood_sigma),
            float(gifting.combo),
            most_eager_in(scenario),
        ),
        TopupTerms(
            float(topup.hesitation),
            float(gifting.price_elasticity),
            float(topup.leftover_value),
            float(topup.noise),
            float(topup.left_digit),
        ),
        ShopTerms(*(float(getattr(shopping, name)) for name in ShopTerms._fields)),
        keenest(scenario),
        ElsewhereTerms(
            float(scenario.elsewhere.rival_share),
            float(scenario.elsewhere.offline_share),
            float(scenario.elsewhere.link_out_share),
        ),
        float(scenario.audience.favourite_share),
        float(scenario.audience.watch_minutes) / MINUTES_A_DAY,
        float(topup.refund_intent),
        BalanceTerms(*(float(getattr(scenario.balance, name)) for name in BalanceTerms._fields)),
        RivalTerms(float(scenario.rival.creator_share), float(scenario.rival.sensitivity)),
        float(scenario.rewards.invite_rate),
    )


def considerations_of(scenario: Scenario, region: str) -> tuple[float, ...]:
    """By channel, the chance that a shopper in a region looks closely at what she sees there.

    At the usual price half of those who do buy; conversions are stated over all visits.
    """
    shopping, taste = scenario.shopping, float(scenario.regions[region].live_taste)
    conversions = (
        float(shopping.live_conversion) * taste,
        float(shopping.tab_conversion),
        float(shopping.video_conversion),
    )
    return tuple(min(2.0 * conversion, 1.0) for conversion in conversions)


class Market:
    """What all viewers share: the engine's clock, what is published, and tables made once."""

    def __init__(self, engine: "ReferenceEngine") -> None:
        self.engine = engine
        self.env = engine.env
        self.scenario = engine.economy.scenario
        self.seed = engine.economy.seed
        self.calendar = engine.economy.calendar
        self.viewers: Viewers = engine.viewers
        self.terms = terms_of(self.scenario)
        gifts = sorted((gift.coins, n) for n, gift in enumerate(self.scenario.catalogs.gifts.gifts))
        self.gift_prices: Int64Array = np.array([coins for coins, _ in gifts], np.int64)
        self.gift_items = [item_id(Item.GIFT, n) for _, n in gifts]
        self.usual_prices = [good.price_cents for good in self.scenario.all_goods]
        self.considerations = {region: considerations_of(self.scenario, region) for region in self.scenario.regions}
        self.imported = goods_of(self.scenario).imported
        n_sellers = sum(host.is_seller for host in engine.economy.hosts)
        self.foreign = foreign_sellers(self.scenario, self.seed, n_sellers)
        self.first_creator = engine.economy.hosts[0].account
        self.host_index = {host.account: host.place for host in engine.economy.hosts}
        self.pack_items = {region: pack_items(self.scenario, region) for region in self.scenario.regions}
