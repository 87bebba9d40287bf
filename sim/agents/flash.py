"""Flash sales: the most popular seller of a region is live as long as one lasts, and sells a few pieces for less.

    for sale in flash_sales(stage, weight, region, n_goods):
        sale.seller, sale.terms            # who, and at what discount

Both engines let the seller show the first good on the shelf, at `sale_price`; elsewhere it costs what it did.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.stage import FlashTerms, Stage
from sim.behavior.types import Int64Array
from sim.ledger.money import PPM, portion
from sim.scenario import FlashSale, Scenario

SLOT: Final = 0  # of the good on sale, on its seller's shelf


class Flash(NamedTuple):
    """A sale that is on; `seller` counts sellers from 0."""

    seller: int
    terms: FlashTerms


def flash_sales(
    stage: Stage, weight: npt.NDArray[np.integer], region: npt.NDArray[np.integer], n_goods: npt.NDArray[np.integer]
) -> list[Flash]:
    """The sales that are on.

    Parameters
    ----------
    weight, region, n_goods : arrays of shape (n_sellers,): popularity, the region's place in the scenario, and how many
        goods each offers, none if not at work
    """
    found = []
    for name, terms in sorted(stage.flash.items()):
        places = np.flatnonzero((region == list(stage.scenario.regions).index(name)) & (n_goods > 0))
        if len(places):
            found.append(Flash(int(places[np.argmax(weight[places])]), terms))
    return found


def sale_price(price: int, terms: FlashTerms) -> int:
    """What a piece costs in the sale, at least one minor unit."""
    return max(price - portion(price, terms.discount_ppm), 1)


def keenness(sales: list[Flash], n_sellers: int) -> Int64Array:
    """How many times as readily those who watch each seller look closely, in ppm."""
    keen = np.full(n_sellers, PPM, np.int64)
    for sale in sales:
        keen[sale.seller] = sale.terms.interest_ppm
    return keen


def keenest(scenario: Scenario) -> int:
    """What no seller's stream exceeds, in ppm."""
    interests = (change.interest.ppm for change in scenario.interventions if isinstance(change, FlashSale))
    return max([PPM, *interests])
