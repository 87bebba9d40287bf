"""What metrics have to know beside records: who creates and sells what, and how a run ended."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import AccountClass, Kind
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.closing import Closing
from sim.ledger.money import FIAT
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]

FIAT_CODES: Final = tuple(sorted(FIAT))
SELLER_0: Final = KIND_SPAN * Kind.SELLER


class Hosts(NamedTuple):
    """Who goes live, and what is sold.

    creators_region, sellers_region : uint16 arrays of shape (n_creators,) and (n_sellers,), region codes
    sellers_foreign : bool array of shape (n_sellers,), whether a merchant is from abroad
    goods_imported : bool array of shape (n_goods,), by the number in a good's item
    """

    creators_region: npt.NDArray[np.uint16]
    sellers_region: npt.NDArray[np.uint16]
    sellers_foreign: npt.NDArray[np.bool_]
    goods_imported: npt.NDArray[np.bool_]


class Ending(NamedTuple):
    """The end of a run.

    closing : what the accounts say, summed up
    balances : every account's, as `sim.runs.balance_columns` orders them
    viewers_by_region : how many viewer accounts there are, by region code
    elsewhere : the columns of `sim.metrics.elsewhere`
    hosts_by_week : a row for each week, kind of host and region: how many worked, began, left, and for how long
    sellers_by_week : the same of sellers by origin, with what they earned after cost, and their own shops offline
    """

    closing: Closing
    balances: Columns
    viewers_by_region: Mapping[int, int]
    elsewhere: Columns
    hosts_by_week: Columns
    sellers_by_week: Columns


def seller_income(balances: Columns, settled: Int64Array) -> dict[int, Int64Array]:
    """What each seller has earned, by currency: the balance at the end, and what was paid out before.

    Parameters
    ----------
    balances : every account's, at the end; sellers begin with nothing
    settled : int64 array of shape (n_fiat_currencies, n_sellers)
    """
    income = settled.copy()
    of_seller = (balances["klass"] == AccountClass.HOLDER) & (balances["owner"] >= SELLER_0)
    for place, code in enumerate(FIAT_CODES):
        mine = of_seller & (balances["asset"] == code)
        income[place, balances["owner"][mine] - SELLER_0] += balances["amount"][mine]
    return dict(zip(FIAT_CODES, income, strict=True))
