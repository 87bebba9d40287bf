"""A listener: hears a run's records, looks at its engine where the metrics begin and at its end, and adds up.

heard = Listener(scenario, seed)
found = measured(scenario, seed, heard, from_day=7, look=heard.look)
account = heard.account(found.kpis)                 # a `sim.experiments.welfare.account.Account`
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.engines.windowed import WindowedEngine
from sim.experiments.welfare.account import Account, account_of
from sim.experiments.welfare.heard import Heard
from sim.experiments.welfare.rates import places_of, rates_of
from sim.experiments.welfare.standing import Side, Standing, opening, side_of, standing_of
from sim.ledger import Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN
from sim.metrics.summary import Kpis
from sim.scenario import Scenario
from sim.tables import Columns

# What is remembered, and of which operations
KEPT: Final = (
    "seq",
    "at_us",
    "op",
    "actor",
    "peer",
    "item",
    "amount",
    "currency",
    "ref",
    "revenue",
    "float_cost",
    "float_coins",
    "tax",
    "store_fee",
)
MATTERING: Final = (
    Op.TOPUP,
    Op.CHARGEBACK,
    Op.COIN_REFUND,
    Op.VOUCHER,
    Op.GIFT,
    Op.ORDER,
    Op.CAPTURE,
    Op.CANCEL,
    Op.REFUND,
    Op.POLICY,
)


class Listener:
    """Hears one run; its records come block by block, in canonical order."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._seed = seed
        self._blocks: list[Columns] = []
        self._region: npt.NDArray[np.int64] = np.zeros(scenario.viewers, np.int64)
        self._seen: list[Standing] = []
        self._side: Side | None = None
        self._is_wanted = np.isin(np.arange(max(Op) + 1), MATTERING)

    def __repr__(self) -> str:
        return f"<Listener {self._scenario.name} records={sum(len(block['op']) for block in self._blocks)}>"

    def __call__(self, block: Columns) -> None:
        """Take the next records."""
        opens = (block["op"] == Op.OPEN) & (block["actor"] // KIND_SPAN == Kind.VIEWER)
        self._region[block["actor"][opens] % KIND_SPAN] = block["region"][opens]
        kept = self._is_wanted[block["op"]] & (block["outcome"] == Outcome.ACCEPTED)
        if kept.any():
            self._blocks.append({name: np.asarray(block[name][kept]) for name in (*KEPT, "region")})

    def look(self, engine: WindowedEngine) -> None:
        """See how things stand: where the metrics begin, unless that is the start, and at the end."""
        self._seen.append(standing_of(engine))
        self._side = side_of(engine)

    def account(self, kpis: Kpis) -> Account:
        """Who gained how much, once the run has ended; `kpis` are its key figures."""
        assert self._side is not None, "the run has ended"
        begin = self._seen[0] if len(self._seen) > 1 else opening(len(self._side.hosts_region))
        heard = Heard(
            self._scenario,
            self._seed,
            self._records(),
            places_of(self._scenario, self._region),
            begin,
            self._seen[-1],
            self._side,
            kpis,
            rates_of(self._scenario),
        )
        return account_of(heard)

    def _records(self) -> Columns:
        names: tuple[str, ...] = (*KEPT, "region")
        if not self._blocks:
            return {name: np.zeros(0, np.int64) for name in names}
        joined: dict[str, Any] = {name: np.concatenate([block[name] for block in self._blocks]) for name in names}
        return {name: column.astype(np.int64) for name, column in joined.items()}
