"""Elsewhere: what orders and gifts are worth that went to others, of which a run keeps sums alone.

Who ordered elsewhere is not known one by one, but all wanted a good that was worth its price to them: what it was worth
beyond that is known in the mean (`demand.mean_surplus`). It is taken to cost elsewhere what it would have cost here,
and its seller what such goods cost. A gift on a rival's side is taken to be worth to its fan, for each minor unit, what
gifts were worth here.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.merchants import Goods
from sim.agents.rivals import rival_offer
from sim.experiments.welfare.demand import mean_surplus
from sim.experiments.welfare.rates import Rates
from sim.ledger import REGION_BY_NAME
from sim.scenario import Scenario
from sim.tables import Columns

Floats = npt.NDArray[np.float64]


class Diverted(NamedTuple):
    """What others' customers and others gained, in minor units.

    Attributes
    ----------
    viewers : beyond what they paid
    creators : of gifts on the rival's side
    rivals : what other marketplaces and the rival's platform keep, after goods' cost and creators' part
    domestic, foreign : what merchants earned on their own sites
    offline_cost : what goods cost that shops outside sold instead, whose price their income counts
    """

    viewers: float
    creators: float
    rivals: float
    domestic: float
    foreign: float
    offline_cost: float


def diverted(
    scenario: Scenario, elsewhere: Columns, from_us: int, goods: Goods, gift_ratio: float, rates: Rates
) -> Diverted:
    """Value the columns of `sim.metrics.elsewhere` from an instant on.

    Parameters
    ----------
    gift_ratio : what gifts were worth here beyond their cost, for each unit of it
    """
    now = elsewhere["at_us"] >= from_us
    part = {name: column[now] for name, column in elsewhere.items()}
    order = [REGION_BY_NAME[name] for name in scenario.regions]
    place = np.array([order.index(code) for code in part["region"].tolist()], np.int64)
    amount = part["amount"] * (rates.in_region[place] if len(place) else 1.0)
    imported, foreign = part["goods"] == "imported", part["merchant"] == "foreign"
    at_rival, is_gift = part["route"] == "rival", part["what"] == "gift"
    is_order = ~is_gift & (part["route"] != "nothing")
    sigma, of_price = float(scenario.shopping.taste_sigma), float(scenario.sellers.import_price_factor)
    gained = np.where(imported, mean_surplus(sigma, max(of_price, 0.01)), mean_surplus(sigma))
    cost = amount * _cost_shares(scenario, goods)[place, imported.astype(np.int64), foreign.astype(np.int64)]
    left, offline = amount - cost, part["route"] == "offline"
    on_site = is_order & (part["route"] == "link_out")
    offer = rival_offer(scenario)
    to_creators = float(amount[is_gift].sum()) * min(offer.creator_value / offer.price, 1.0)
    return Diverted(
        float((amount * gained)[is_order].sum() + amount[is_gift].sum() * gift_ratio),
        to_creators,
        float(left[is_order & at_rival].sum() + amount[is_gift].sum()) - to_creators,
        float(left[on_site & ~foreign].sum()),
        float(left[on_site & foreign].sum()),
        float(cost[is_order & offline].sum()),
    )


def _cost_shares(scenario: Scenario, goods: Goods) -> Floats:
    """What goods cost their sellers, of their price: array of shape (n_regions, imported, foreign seller)."""
    shares = np.zeros((len(scenario.regions), 2, 2))
    for place, (name, first) in enumerate(scenario.first_good.items()):
        here = slice(first, first + len(scenario.goods(name)))
        for imported in (False, True):
            these = goods.imported[here] == imported
            price = goods.price[here][these].sum()
            for foreign, cost in enumerate((goods.cost, goods.foreign_cost)):
                shares[place, int(imported), foreign] = cost[here][these].sum() / price if price else 0.0
    return shares
