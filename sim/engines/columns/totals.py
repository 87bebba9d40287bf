"""Totals: what all entries sum to, by operation, account class and asset, kept while the columns change.

    post(totals, Op.GIFT, AccountClass.PLATFORM, assets.of_currency(USD), 69)

Every posting of the columns goes through `post`, one net entry for each account and asset, as in a book. So flows can
be compared with a book's, key by key, and the laws of conservation asserted over them.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from sim.behavior.types import Int64Array
from sim.compiled import inner
from sim.ledger import COIN, CURRENCIES, DIAMOND, REWARD, AccountClass, Op
from sim.ledger.errors import ConservationError

# Places on the asset axis; the scenario's currencies follow.
COINS: Final = 0
REWARDS: Final = 1
DIAMONDS: Final = 2
FIRST_FIAT: Final = 3

N_OPS: Final = max(Op) + 1
N_CLASSES: Final = max(AccountClass) + 1


class Totals(NamedTuple):
    """Arrays of shape (n_ops, n_classes, n_assets): net amounts, and how many entries made them."""

    amount: Int64Array
    entries: Int64Array


def new_totals(n_assets: int) -> Totals:
    """Totals of nothing yet."""
    shape = (N_OPS, N_CLASSES, n_assets)
    return Totals(np.zeros(shape, np.int64), np.zeros(shape, np.int64))


def assets_of(currencies: Sequence[int]) -> list[int]:
    """The codes of all assets, by their place on the asset axis."""
    return [COIN, REWARD, DIAMOND, *sorted(set(currencies))]


@inner
def post(totals: Totals, op: int, klass: int, asset: int, amount: int) -> None:
    """Count one net entry; nothing, where nothing moves."""
    if amount != 0:
        totals.amount[op, klass, asset] += amount
        totals.entries[op, klass, asset] += 1


@inner
def amend(totals: Totals, op: int, klass: int, asset: int, before: int, change: int) -> None:
    """Change a net entry that may be counted elsewhere already, and that was `before`."""
    totals.amount[op, klass, asset] += change
    totals.entries[op, klass, asset] += int(before + change != 0) - int(before != 0)


def summed(parts: Sequence[Totals]) -> Totals:
    """The totals of several columns together."""
    return Totals(sum(part.amount for part in parts), sum(part.entries for part in parts))  # type: ignore[arg-type]


def flows_of(totals: Totals, assets: Sequence[int]) -> dict[tuple[Op, AccountClass, int], int]:
    """The totals as a book states them."""
    return {
        (Op(op), AccountClass(klass), assets[asset]): int(totals.amount[op, klass, asset])
        for op, klass, asset in np.argwhere(totals.entries).tolist()
    }


def by_class(totals: Totals) -> Int64Array:
    """The balance of each class: array of shape (n_classes, n_assets)."""
    balances: Int64Array = totals.amount.sum(axis=0)
    return balances


def check_sums(totals: Totals, assets: Sequence[int]) -> None:
    """Assert that the entries of every asset sum to zero.

    Raises
    ------
    ConservationError : names the asset and the sum
    """
    for asset, total in zip(assets, totals.amount.sum(axis=(0, 1)).tolist(), strict=True):
        if total:
            raise ConservationError(f"{CURRENCIES[asset].name}: entries sum to {total} over all accounts, expected 0")
