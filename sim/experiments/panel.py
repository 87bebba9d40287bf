"""A panel: what each viewer did on each day.

seen = Panel(scenario, OUTCOMES["coins_given"])
measured(scenario, seed, seen)
seen.amounts                                    # int64 array of shape (n_viewers, n_days)
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN, account_id
from sim.scenario import Scenario
from sim.scenario.types import DAY_US
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]


class Measure(NamedTuple):
    """What is added up of a viewer's accepted operations: their amounts, or how many there are."""

    op: Op
    counts: bool
    unit: str


OUTCOMES: Final = {
    "coins_given": Measure(Op.GIFT, False, "coins a viewer and day"),
    "gifts": Measure(Op.GIFT, True, "gifts a viewer and day"),
    "bookings": Measure(Op.TOPUP, False, "minor units a viewer and day"),
    "topups": Measure(Op.TOPUP, True, "topups a viewer and day"),
    "gmv": Measure(Op.ORDER, False, "minor units a viewer and day"),
    "orders": Measure(Op.ORDER, True, "orders a viewer and day"),
}


class Panel:
    """Adds up an outcome by viewer and day; call it with an engine's records."""

    def __init__(self, scenario: Scenario, measure: Measure) -> None:
        self.amounts: Int64Array = np.zeros((scenario.viewers, scenario.days), np.int64)
        self.region: Int64Array = np.zeros(scenario.viewers, np.int64)
        self._measure = measure

    def __repr__(self) -> str:
        return f"<Panel viewers={len(self.amounts)} of {self._measure.unit}>"

    def __call__(self, block: Columns) -> None:
        """Take the next records."""
        of_viewer = block["actor"] // KIND_SPAN == Kind.VIEWER
        opens = of_viewer & (block["op"] == Op.OPEN)
        self.region[_number(block["actor"][opens])] = block["region"][opens]
        counted = of_viewer & (block["op"] == self._measure.op) & (block["outcome"] == Outcome.ACCEPTED)
        amounts = 1 if self._measure.counts else block["amount"][counted]
        np.add.at(self.amounts, (_number(block["actor"][counted]), block["at_us"][counted] // DAY_US), amounts)


def _number(accounts: Int64Array) -> Int64Array:
    """The places of viewers by their accounts."""
    return accounts - account_id(Kind.VIEWER, 0)
