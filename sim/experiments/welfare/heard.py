"""What a listener heard and saw of a run, which is all that its account is made of."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.experiments.welfare.rates import Rates
from sim.experiments.welfare.standing import Side, Standing
from sim.ledger import CURRENCIES
from sim.metrics.summary import Kpis
from sim.scenario import Scenario
from sim.tables import Columns


class Heard(NamedTuple):
    """A run.

    Attributes
    ----------
    records : accepted operations that matter, columns of the trace and of `RECOGNIZED`, from the start on
    regions : of each viewer, by its place in the scenario
    begin, end : how things stood where the account begins, and at the end
    kpis : the key figures, from there on
    """

    scenario: Scenario
    seed: int
    records: Columns
    regions: npt.NDArray[np.int64]
    begin: Standing
    end: Standing
    side: Side
    kpis: Kpis
    rates: Rates

    def kpi(self, name: str, currency: int) -> float:
        """A key figure in one currency, 0 where the run says nothing of it."""
        letters = CURRENCIES[currency].name
        stated = self.kpis.get(f"{name}.{letters}", self.kpis.get(name))
        if stated is None or stated["value"] is None or stated.get("currency") != letters:
            return 0.0
        return float(stated["value"])

    def total(self, name: str) -> float:
        """A key figure over all currencies, in the account's own."""
        return float(sum(rate * self.kpi(name, code) for code, rate in self.rates.of.items()))


def rows(records: Columns, chosen: npt.NDArray[np.bool_]) -> Columns:
    """Some of the records."""
    return {name: column[chosen] for name, column in records.items()}
