"""Peaks: how many operations touch one account within a second, or any other span, at most.

    peaks = Peaks(span_us=1_000_000)
    measured(scenario, seed, peaks)
    peaks.most, peaks.most_by_viewers

A wallet serializes what touches one account, so its busiest account sets the pace. What happens at a window's boundary
(deliveries, payouts, expiries) bears the boundary's instant and makes a peak of its own, as high as the window is long;
`most_by_viewers` counts what viewers do at instants of their own.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.ledger.operations import READS, SETUP, Op
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]

SECOND_US: Final = 1_000_000
LEFT_OUT: Final = [int(op) for op in (*SETUP, *READS)]
BY_VIEWERS: Final = [int(op) for op in (Op.TOPUP, Op.REWARD, Op.VOUCHER, Op.GIFT, Op.ORDER, Op.COIN_REFUND)]


class Peaks:
    """Counts operations by account and span; call it with an engine's records, in their order.

    An operation touches its actor and its peer. Reads and the opening of accounts are left out; declines are not, for
    they are decided in the same queue.
    """

    def __init__(self, span_us: int = SECOND_US) -> None:
        self.span_us = span_us
        self._most = np.zeros(2, np.int64)
        self._open = np.zeros((3, 0), np.int64)  # of the last span, which may go on: span, account, by whom

    def __repr__(self) -> str:
        return f"<Peaks of {self.span_us / SECOND_US:g} s: {self.most}, by viewers {self.most_by_viewers}>"

    @property
    def most(self) -> int:
        """The most operations that touched one account within one span."""
        return int(np.maximum(self._most, _highest(self._open))[0])

    @property
    def most_by_viewers(self) -> int:
        """The same of what viewers did."""
        return int(np.maximum(self._most, _highest(self._open))[1])

    def __call__(self, block: Columns) -> None:
        """Take the next records."""
        counted = ~np.isin(block["op"], LEFT_OUT)
        span = block["at_us"][counted] // self.span_us
        by_viewers = np.isin(block["op"][counted], BY_VIEWERS).astype(np.int64)
        touched = [np.stack([span, block[side][counted], by_viewers]) for side in ("actor", "peer")]
        found = np.concatenate([self._open, *touched], axis=1)
        found = found[:, found[1] >= 0]
        if not found.shape[1]:
            return
        goes_on = found[0] == found[0].max()
        self._most = np.maximum(self._most, _highest(found[:, ~goes_on]))
        self._open = found[:, goes_on]


def _highest(touched: Int64Array) -> Int64Array:
    """The highest count of an account in a span: of all, and of viewers' own; array of shape (2,)."""
    return np.array([_highest_count(touched[:2]), _highest_count(touched[:2, touched[2] == 1])], np.int64)


def _highest_count(pairs: Int64Array) -> int:
    if not pairs.shape[1]:
        return 0
    spans, accounts = (np.unique(row, return_inverse=True)[1] for row in pairs)
    return int(np.bincount(spans * (accounts.max() + 1) + accounts).max())
