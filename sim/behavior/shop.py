"""Where a viewer shops, if at all, and what is worth how much to her.

A visit of a shopper goes to a live stream, to the shop tab or to a video that shows a good. Few look closely at what is
shown; those who do want it if it is worth its price to them, which it is to half of them at its usual price.
"""

from typing import Final, NamedTuple

from sim.behavior.purposes import COIN_PAYMENT, WORTH
from sim.behavior.traits import log_normal
from sim.compiled import rule
from sim.elementary import normal_quantile
from sim.ledger import Item, item_id, money
from sim.ledger.money import PPM
from sim.streams import draw, uniform

# Channels, and the items that are sold through them
CHANNELS: Final = ("live", "shop", "video")
LIVE: Final = 0
TAB: Final = 1
VIDEO: Final = 2
FIRST_ITEMS: Final = tuple(item_id(kind, 0) for kind in (Item.GOOD_LIVE, Item.GOOD_SHOP, Item.GOOD_VIDEO))

_portion = rule(money.portion)

ORDERING: Final = 1  # the step of a visit in which coins are bought for an order; those of giving come after it
LOOK_CLOSELY_S: Final = (10, 180)  # how long it takes in the shop tab, or in front of a video


class ShopTerms(NamedTuple):
    """Shares of shoppers' visits that go to the shop tab, and to videos; of buyers who pay with coins if they can.

    `taste_sigma` is of a natural logarithm.
    """

    tab_share: float
    video_share: float
    taste_sigma: float
    coin_share: float


@rule
def channel_of(word: int, terms: ShopTerms) -> int:
    """Where a visit of a shopper goes."""
    u = uniform(word)
    if u < terms.tab_share:
        return TAB
    return VIDEO if u < terms.tab_share + terms.video_share else LIVE


@rule
def item_of(channel: int, good: int) -> int:
    """The item id of a good sold through a channel."""
    return FIRST_ITEMS[channel] + good


@rule
def looks_closely(word: int, consideration: float) -> bool:
    """Whether a viewer thinks about buying at all, by the chance of it."""
    return uniform(word) < consideration


@rule
def considered_live(consideration: float, keenness_ppm: int) -> float:
    """The chance of it at a live stream that makes people so many times as keen."""
    return consideration * (keenness_ppm / PPM)


@rule
def worth_of(seed: int, viewer: int, good: int, usual_price: int, taste_sigma: float) -> float:
    """What a good is worth to a viewer, in minor units: its usual price in the median, the same wherever it is seen."""
    words = draw(seed, viewer, WORTH, item_of(LIVE, good))
    return log_normal(float(usual_price), taste_sigma, normal_quantile(uniform(words[0])))


@rule
def with_tax(price: int, order_tax_ppm: int) -> int:
    """What an order costs in money, in minor units."""
    return price + _portion(price, order_tax_ppm)


@rule
def price_in_coins(price: int, order_tax_ppm: int, value_ppm: int) -> int:
    """The fewest coins that are worth a price with its tax; 0 where coins are worth nothing, so that they don't pay.

    Parameters
    ----------
    price : before tax, in minor units
    value_ppm : what a coin is worth, in ppm of a minor unit
    """
    if value_ppm <= 0:
        return 0
    return -(-with_tax(price, order_tax_ppm) * PPM // value_ppm)


@rule
def pays_with_coins(seed: int, viewer: int, occasion: int, coin_share: float) -> bool:
    """Whether a buyer pays with coins who holds enough, or would pay no more by buying those that lack."""
    return uniform(draw(seed, viewer, COIN_PAYMENT, occasion)[0]) < coin_share
