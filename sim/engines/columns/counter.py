"""The counter: what each region's shop tab and videos show during a window."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.flash import keenness
from sim.agents.shelves import Shelves
from sim.behavior.types import Int64Array
from sim.behavior.watch import pick
from sim.compiled import inner
from sim.engines.columns.agenda import Int32Array
from sim.engines.columns.orders import Sales


class Counter(NamedTuple):
    """Sellers by region, and what is on their shelves.

    Attributes
    ----------
    begin : array of shape (n_regions + 1,): where each region's sellers begin in the next two
    seller : array of shape (n_sellers,)
    reach : array of shape (n_sellers,): running sum of popularity within the region
    shelves : as published; what comes back to one in the window's course is not seen
    keenness : array of shape (n_sellers,): how many times as readily those who watch look closely, in ppm
    foreign, imported : origin of each seller and of each good, arrays of shape (n_sellers,) and (n_goods,)
    """

    begin: Int64Array
    seller: Int32Array
    reach: Int64Array
    shelves: Shelves
    keenness: Int64Array
    foreign: npt.NDArray[np.bool_]
    imported: npt.NDArray[np.bool_]


def new_counter(sales: Sales, weight: npt.NDArray[np.integer], n_regions: int, sells: npt.NDArray[np.bool_]) -> Counter:
    """The counter of sellers with these popularities who sell now, arrays of shape (n_sellers,)."""
    shelves, region = sales.shelves, sales.region
    seller = np.argsort(region, kind="stable").astype(np.int32)
    seller = seller[(shelves.goods[seller] > 0) & sells[seller]]
    begin = np.searchsorted(region[seller], np.arange(n_regions + 1))
    reach = [np.cumsum(weight[seller[begin[k] : begin[k + 1]]], dtype=np.int64) for k in range(n_regions)]
    return Counter(
        begin.astype(np.int64),
        seller,
        np.concatenate(reach),
        shelves,
        keenness([], len(region)),
        sales.foreign,
        sales.imported,
    )


@inner
def seller_at(counter: Counter, region: int, word: int) -> int:
    """A seller of a region, drawn by popularity; there must be one."""
    begin, end = counter.begin[region], counter.begin[region + 1]
    return int(counter.seller[begin + pick(counter.reach[begin:end], word)])
