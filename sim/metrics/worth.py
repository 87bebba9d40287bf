"""Worth: what a diamond is worth in a region, from each instant on.

>>> worth = diamond_worth(terms, np.array([0, 5]), region=840)
>>> worth.ppm[1], worth.currency[1]       # from 5 us on a quarter of a cent
(250000, 840)
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger.operations import Rule
from sim.ledger.terms import Terms

Int64Array = npt.NDArray[np.int64]


class DiamondWorth(NamedTuple):
    """Arrays of shape (n_instants,): millionths of a minor unit, and of which currency; 0 before any policy."""

    from_us: Int64Array
    ppm: Int64Array
    currency: Int64Array


def diamond_worth(terms: Terms, set_us: Int64Array, region: int) -> DiamondWorth:
    """A diamond's worth in a region, from the start and from each instant at which a policy was set."""
    from_us = np.unique(np.append(set_us, 0))
    found = [terms.find(Rule.DIAMOND_VALUE, int(at), region=region) for at in from_us]
    ppm = np.array([term.value if term else 0 for term in found], np.int64)
    currency = np.array([term.currency if term else 0 for term in found], np.int64)
    return DiamondWorth(from_us, ppm, currency)
