"""Which pack a viewer buys, if any.

A coin is bought for an intended gift, or for an order that costs no more in coins than in money; the shortfall and
left-over coins choose the pack.
"""

from typing import Final, NamedTuple

from sim.behavior.purposes import PACK
from sim.behavior.types import Int64Array
from sim.behavior.visit import step_of
from sim.compiled import rule
from sim.elementary import exp, gumbel, power
from sim.ledger.money import PPM
from sim.streams import draw, uniform

NO_PACK: Final = -1
MOST_OF_ONE: Final = 5
WEEK_US: Final = 7 * 86_400_000_000  # in which a budget is spent


class TopupTerms(NamedTuple):
    """Shares, and the logit's noise; `price_elasticity` as a positive exponent."""

    hesitation: float
    price_elasticity: float
    leftover_value: float
    noise: float
    left_digit: float  # the part of a price's broken units that is not felt


class Packs(NamedTuple):
    """The packs of a region, as published: arrays of shape (n_packs,); `on_web` and `on_sale` are 0 or 1.

    `each` is not 0 where any number of coins from `coins` on can be bought: ppm of a minor unit for a coin.
    """

    coins: Int64Array
    price: Int64Array
    on_web: Int64Array
    on_sale: Int64Array
    each: Int64Array


@rule
def coins_lacking(price: int, coins: int, rewards: int) -> int:
    """Coins that a gift lacks, <= 0 if none; rewards do not settle what a chargeback left owing."""
    return max(price - coins - rewards, -coins)


@rule
def price_of(packs: Packs, pack: int, coins: int) -> int:
    """What a purchase of a pack costs now, in minor units: of one by amount, that of so many coins, rounded up."""
    each = packs.each[pack]
    if not each:
        return int(packs.price[pack])
    wanted = max(coins, int(packs.coins[pack]))
    return int(wanted // PPM * each + (wanted % PPM * each + PPM - 1) // PPM)


@rule
def coins_for(packs: Packs, pack: int, price: int) -> int:
    """The coins that a purchase of a pack brings now: of one by amount, as many whole ones as the price buys."""
    each = packs.each[pack]
    return int(price * PPM // each) if each else int(packs.coins[pack])


@rule
def packs_needed(packs: Packs, pack: int, coins: int) -> int:
    """How many of a pack bring so many coins."""
    return 1 if packs.each[pack] else int((coins + packs.coins[pack] - 1) // packs.coins[pack])


@rule
def is_offered(packs: Packs, pack: int, buys_on_web: bool) -> bool:
    """Whether a viewer can buy a pack now."""
    return bool(packs.on_sale[pack]) and (buys_on_web or not packs.on_web[pack])


@rule
def first_alike(packs: Packs, pack: int) -> int:
    """The first pack that is the same thing at the same price; taste doesn't tell it from this one."""
    for other in range(pack):
        if (
            packs.coins[other] == packs.coins[pack]
            and packs.price[other] == packs.price[pack]
            and packs.on_web[other] == packs.on_web[pack]
            and packs.each[other] == packs.each[pack]
        ):
            return other
    return pack


@rule
def felt_price(price: int, unit: int, left_digit: float) -> float:
    """A price as it is felt: of its part below the last whole `unit` (100 cents), `left_digit` goes unseen.

    Notes
    -----
    Left-digit bias (E3): with a fifth unseen, 2000 is felt to be 21 cents dearer than 1999. E4 finds none: the range of
    the parameter includes 0. Money without minor units has no such part.
    """
    return price - left_digit * (price % unit)


@rule
def coin_price(packs: Packs, buys_on_web: bool) -> float:
    """The least that a coin costs a viewer today, in minor units; infinite where no pack is for sale."""
    least = float("inf")
    for pack in range(packs.coins.shape[0]):
        if is_offered(packs, pack, buys_on_web):
            least = min(least, packs.price[pack] / packs.coins[pack])
    return least


@rule
def largest_pack(packs: Packs, buys_on_web: bool) -> int:
    """The most coins in a pack that a viewer can buy, those by amount apart."""
    largest = 0
    for pack in range(packs.coins.shape[0]):
        if is_offered(packs, pack, buys_on_web) and not packs.each[pack]:
            largest = max(largest, int(packs.coins[pack]))
    return largest


@rule
def stays_away(word: int, price: float, reference_price: float, terms: TopupTerms) -> bool:
    """Whether the price of a coin keeps a viewer from buying for this gift.

    Parameters
    ----------
    price, reference_price : of a coin, today and where `hesitation` was measured, in minor units

    Notes
    -----
    Giving is chosen in money, so coins bought fall as 1/price by themselves. The chance to go on falls as
    price ** (1 - elasticity), so that demand for coins has the stated elasticity around the reference price.
    """
    if price == float("inf"):
        return True
    chance = (1.0 - terms.hesitation) * power(price / reference_price, 1.0 - terms.price_elasticity)
    return uniform(word) >= chance


@rule
def choose_pack(
    seed: int,
    viewer: int,
    occasion: int,
    packs: Packs,
    buys_on_web: bool,
    shortfall: int,
    budget: int,
    unit: int,
    terms: TopupTerms,
) -> int:
    """The pack that costs least once its left-over coins are valued, within the budget; NO_PACK if none is.

    Parameters
    ----------
    shortfall : coins still missing, > 0. Only where it exceeds every pack, up to MOST_OF_ONE of one are bought.
    budget : minor units that the viewer may still spend this week
    unit : minor units in a whole one

    Notes
    -----
    Gumbel noise on the logarithm of the felt cost makes it a logit choice: among the packs that will do, each is bought
    with a chance in proportion to cost ** (-1 / noise).

    It is the lower of two nested choices. The upper one, whether to buy at all (`stays_away`), knows the packs only by
    the least price of a coin: the inclusive value where packs are perfect substitutes. So another pack at no lower
    price brings no buyer. And packs alike share their noise, so a double of a pack takes nothing from the others (red
    and blue buses): it changes nothing at all.
    """
    best, best_cost = NO_PACK, 0.0
    most = 1 if shortfall <= largest_pack(packs, buys_on_web) else MOST_OF_ONE
    for pack in range(packs.coins.shape[0]):
        if not is_offered(packs, pack, buys_on_web):
            continue
        price, count = price_of(packs, pack, shortfall), packs_needed(packs, pack, shortfall)
        coins, outlay = coins_for(packs, pack, price), count * price
        if count > most or outlay > budget:
            continue
        spare = (count * coins - shortfall) / (count * coins)
        perceived = felt_price(outlay, unit, terms.left_digit) * (1.0 - terms.leftover_value * spare)
        words = draw(seed, viewer, PACK, step_of(occasion, first_alike(packs, pack)))
        perceived *= exp(-terms.noise * gumbel(uniform(words[0])))
        if best == NO_PACK or perceived < best_cost:
            best, best_cost = pack, perceived
    return best


@rule
def is_no_dearer_in_coins(outlay: int, held: int, spare: int, price: int, coin_value: float) -> bool:
    """Whether an order for which coins are bought costs no more than with money.

    Parameters
    ----------
    outlay : what the coins that it lacks cost, in minor units
    held, spare : coins before and after it; what a chargeback left owing is worth nothing
    price : with its tax, in minor units
    coin_value : of a coin that is kept, in minor units: `leftover_value` of the least that a coin costs today
    """
    return outlay + (max(held, 0) - spare) * coin_value <= price
