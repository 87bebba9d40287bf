"""Who sells what: the merchant's origin and the goods' origin, which are two things.

A foreign merchant sells imported goods. A domestic one may carry them too, bought from an importer: where foreign
merchants are shut out, foreign goods still come in through local accounts.
"""

from typing import NamedTuple

from sim.behavior.purposes import ASSORTMENT, MERCHANT
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.streams import below, draw, uniform


class Range(NamedTuple):
    """What sellers may carry.

    Attributes
    ----------
    domestic, imported : numbers of the goods of either origin, arrays of any length
    foreign_share : of the sellers, merchants from abroad
    imported_share : chance that a good on a domestic seller's shelf is an imported one
    goods_each, foreign_goods_each : goods on a domestic and on a foreign seller's shelf, if there are as many
    """

    domestic: Int64Array
    imported: Int64Array
    foreign_share: float
    imported_share: float
    goods_each: int
    foreign_goods_each: int


@rule
def is_foreign(seed: int, seller: int, foreign_share: float) -> bool:
    """Whether a seller is a merchant from abroad."""
    return uniform(draw(seed, seller, MERCHANT, 0)[0]) < foreign_share


@rule
def assort(seed: int, seller: int, supply: Range, goods: Int64Array) -> int:
    """Draw a seller's goods, all different; returns how many, which are then at the beginning of `goods`.

    Where goods of the wanted origin are lacking altogether, those of the other take their place.
    """
    foreign = is_foreign(seed, seller, supply.foreign_share)
    share = 1.0 if foreign else supply.imported_share
    n_domestic, n_imported = supply.domestic.shape[0], supply.imported.shape[0]
    if n_imported and share >= 1.0:
        n_domestic = 0
    elif n_domestic and share <= 0.0:
        n_imported = 0
    wanted = min(supply.foreign_goods_each if foreign else supply.goods_each, n_domestic + n_imported)
    taken, taken_imported, turn = 0, 0, 0
    while taken < wanted:
        words = draw(seed, seller, ASSORTMENT, turn)
        turn += 1
        imported = uniform(words[1]) < share
        if imported and taken_imported == n_imported:
            imported = False
        elif not imported and taken - taken_imported == n_domestic:
            imported = True
        good = (
            supply.imported[below(words[0], n_imported)] if imported else supply.domestic[below(words[0], n_domestic)]
        )
        if not (goods[:taken] == good).any():
            goods[taken] = good
            taken += 1
            taken_imported += imported
    return taken
