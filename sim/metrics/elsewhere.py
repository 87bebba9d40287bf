"""What people wanted here and did elsewhere: orders and gifts that never entered the trace, counted.

    note_elsewhere(cells, region, ORDER, BAN, OFFLINE, merchant=1, goods=1, amount=1999)   # compiled, where it happens
    elsewhere.add(window_begin_us, cells)                                                 # what a window's viewers did
    elsewhere.columns()                                                                   # elsewhere.parquet

    SELECT reason, route, sum(count) FROM 'elsewhere.parquet' GROUP BY ALL

The cells of a window are dense: one for each region, thing wanted, reason, route and pair of origins, whose codes are
in `sim.behavior.elsewhere`. A run keeps those of the steps in which there was any.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.behavior.elsewhere import GOODS, MERCHANTS, REASONS, ROUTES, WHATS
from sim.compiled import on_columns
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME
from sim.metrics.series import step_us
from sim.scenario import Scenario
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]

COLUMNS: Final = {
    "at_us": "start of the hour (of the window, where that is longer), in microseconds from the scenario's start",
    "region": "ISO 3166-1 number of the viewer's region",
    "currency": "ISO 4217 number of the region's money",
    "what": "order or gift",
    "reason": "ban, floor, quota, stock, rival, suspended or limit: why it wasn't done here",
    "route": "nothing, rival, offline or link_out: where it was done",
    "merchant": "domestic or foreign: origin of the seller, domestic for gifts",
    "goods": "domestic or imported: origin of the good, domestic for gifts",
    "count": "orders or gifts",
    "amount": "what they would have brought here, in minor units",
}

SHAPE: Final = (len(WHATS), len(REASONS), len(ROUTES), len(MERCHANTS), len(GOODS))  # of a region's cells
CELLS: Final = len(WHATS) * len(REASONS) * len(ROUTES) * len(MERCHANTS) * len(GOODS)
COUNT: Final = 0
AMOUNT: Final = 1
NONE: Final = np.zeros((0, 2), np.int64)  # the cells of a window in which there was nothing


def empty_cells(n_regions: int) -> Int64Array:
    """Nothing counted: int64 array of shape (n_regions * CELLS + 1, 2), whose last row sums up all others."""
    return np.zeros((n_regions * CELLS + 1, 2), np.int64)


@on_columns
def note_elsewhere(
    cells: Int64Array, region: int, what: int, reason: int, route: int, merchant: int, goods: int, amount: int
) -> None:
    """Count what was wanted here, in `empty_cells`. `region` is its place, `amount` in minor units."""
    cell = (((region * len(WHATS) + what) * len(REASONS) + reason) * len(ROUTES) + route) * len(MERCHANTS) + merchant
    for place in (cell * len(GOODS) + goods, cells.shape[0] - 1):
        cells[place, COUNT] += 1
        cells[place, AMOUNT] += amount


def taken(cells: Int64Array) -> Int64Array:
    """A copy of a window's cells, which count from nothing again; `NONE` if nothing was counted."""
    if not cells[-1, COUNT]:
        return NONE
    counted = cells.copy()
    cells[:] = 0
    return counted


class Elsewhere:
    """A run's counts.

    Attributes
    ----------
    cells : by step, int64 arrays of shape (n_regions, *SHAPE, 2): how many, and minor units
    """

    def __init__(self, scenario: Scenario) -> None:
        self.regions = tuple(scenario.regions)
        self._currency = [CURRENCY_BY_NAME[region.currency].code for region in scenario.regions.values()]
        self._step_us = step_us(scenario)
        self.cells: dict[int, Int64Array] = {}

    def __repr__(self) -> str:
        return f"<Elsewhere steps={len(self.cells)}>"

    def add(self, begin_us: int, cells: Int64Array) -> None:
        """Add the cells of a window that began then, as `empty_cells` makes them."""
        if len(cells):
            step = begin_us // self._step_us
            counted = self.cells.setdefault(step, np.zeros((len(self.regions), *SHAPE, 2), np.int64))
            counted += cells[:-1].reshape(counted.shape)

    def between(self, begin_us: int, end_us: int) -> Int64Array:
        """The sum over the steps that began in [begin_us, end_us): int64 array of shape (n_regions, *SHAPE, 2)."""
        total = np.zeros((len(self.regions), *SHAPE, 2), np.int64)
        for step, cells in self.cells.items():
            if begin_us <= step * self._step_us < end_us:
                total += cells
        return total

    def columns(self) -> Columns:
        """The columns of `COLUMNS`, in the order of their values' codes: the cells in which there was anything."""
        steps = sorted(self.cells)
        shape = (0, len(self.regions), *SHAPE, 2)
        cells = np.stack([self.cells[step] for step in steps]) if steps else np.zeros(shape, np.int64)
        step, region, *codes = np.nonzero(cells[..., COUNT])
        found = cells[step, region, *codes]
        names = (WHATS, REASONS, ROUTES, MERCHANTS, GOODS)
        columns: Columns = {
            "at_us": np.array(steps, np.int64)[step] * self._step_us,
            "region": np.array([REGION_BY_NAME[name] for name in self.regions], np.uint16)[region],
            "currency": np.array(self._currency, np.uint16)[region],
        }
        for name, words, code in zip(tuple(COLUMNS)[3:8], names, codes, strict=True):
            columns[name] = np.array(words)[code]
        return columns | {"count": found[:, COUNT].copy(), "amount": found[:, AMOUNT].copy()}

    def state(self) -> dict[str, Any]:
        """All that was counted so far, as arrays."""
        steps = sorted(self.cells)
        cells = [self.cells[step] for step in steps]
        return {
            "steps": np.array(steps, np.int64),
            "cells": np.array(cells, np.int64).reshape(len(steps), len(self.regions), *SHAPE, 2),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from another's `state`."""
        self.cells = {step: cells.copy() for step, cells in zip(state["steps"].tolist(), state["cells"], strict=True)}
