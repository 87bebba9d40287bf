"""Rates: one money for all parties, so that their gains can be added."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME
from sim.scenario import Scenario

Integers = npt.NDArray[np.int64]

REFERENCE: Final = "USD"  # the scenarios' reference currency


class Rates(NamedTuple):
    """How many minor units of `currency` one of each money is, by its code and by the place of a region."""

    currency: str
    of: dict[int, float]
    in_region: npt.NDArray[np.float64]


def rates_of(scenario: Scenario) -> Rates:
    """Where all regions have one money it is that one; else the reference currency, at the rates that regions state."""
    regions = scenario.regions.values()
    names = {region.currency for region in regions}
    if len(names) == 1:
        [name] = names
        return Rates(name, {CURRENCY_BY_NAME[name].code: 1.0}, np.ones(len(regions)))
    by_code = {CURRENCY_BY_NAME[region.currency].code: 1.0 / float(region.rate) for region in regions}
    return Rates(REFERENCE, by_code, np.array([1.0 / float(region.rate) for region in regions]))


def places_of(scenario: Scenario, codes: Integers) -> Integers:
    """Places of regions by their codes."""
    order = np.array([REGION_BY_NAME[name] for name in scenario.regions])
    by_code = np.argsort(order)
    found: Integers = by_code[np.searchsorted(order[by_code], codes).clip(max=len(order) - 1)]
    return found
