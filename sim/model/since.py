"""Metrics from a day on: what happened before it isn't counted, what there was then is what was there at the opening.

    since = Since(scenario, from_day=7)
    engine = WindowedEngine(scenario, seed, record, cuts=since.cuts, save=lambda *_: since.begin(engine, recorder))
    engine.run()
    found = since.told(recorder.tally.close(since.ending(ending_of(engine))))

Flows are those from the day on, stocks (coin float, active sellers) are those of the end. What can't be said from there
has the value None: retention, and from a day within a week what is counted by the week.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from sim.engines.windowed import WindowedEngine
from sim.ledger import AccountClass, Closing, Op
from sim.metrics.hosts import SELLER_0, Ending
from sim.metrics.tally import Found, Tally
from sim.model.recorder import Recorder
from sim.scenario import Scenario
from sim.scenario.types import DAY_US
from sim.tables import Columns

WEEK_DAYS: Final = 7
ADDING_UP: Final = (AccountClass.STORE, AccountClass.TAX)  # what they hold is told as what they got
FORGOTTEN: Final = ("cells", "shop", "accepted", "amounts", "has_gifts", "debts", "credit_returned")
LISTED: Final = ("earning", "income", "selling", "sold", "settled")  # a row for each who has any
BY_HALVES: Final = ("retention",)
BY_WEEK: Final = (
    "creators_entered",
    "creators_left",
    "sellers_entered",
    "sellers_left",
    "domestic_seller_profit",
    "foreign_seller_profit",
    "offline_income",
)


class Since:
    """What a run's metrics need to leave its first days out; nothing where none are.

    Attributes
    ----------
    cuts : the instants at which the engine shall call `begin`
    """

    def __init__(self, scenario: Scenario, from_day: int) -> None:
        self.from_day = from_day
        self.cuts = {from_day * DAY_US} if from_day else set()
        self._scenario = scenario
        self._closing: Closing | None = None
        self._sellers: Mapping[tuple[int, ...], int] = {}

    def __repr__(self) -> str:
        return f"<Since day {self.from_day}>"

    def begin(self, engine: WindowedEngine, recorder: Recorder) -> None:
        """Forget what was counted so far, and note what there is."""
        engine.check()
        self._closing = engine.closing()
        self._sellers = _held_by_sellers(engine.balances())
        assert recorder.tally is not None, "the metrics begin when the engine is made"
        recorder.tally = Tally.restored(self._scenario, engine.hosts, _forgetting(recorder.tally.state()))

    def ending(self, end: Ending) -> Ending:
        """The end of a run as if it had opened on that day."""
        if self._closing is None:
            return end
        from_us, week = self.from_day * DAY_US, self.from_day // WEEK_DAYS
        return end._replace(
            closing=_since(end.closing, self._closing),
            balances=_less(end.balances, self._sellers),
            elsewhere=_of(end.elsewhere, end.elsewhere["at_us"] >= from_us),
            hosts_by_week=_of(end.hosts_by_week, end.hosts_by_week["week"] >= week),
            sellers_by_week=_of(end.sellers_by_week, end.sellers_by_week["week"] >= week),
        )

    def told(self, found: Found) -> Found:
        """The metrics, without those that can't be said from that day on; nothing of regions alone."""
        if not self.from_day:
            return found
        unsaid = BY_HALVES if self.from_day % WEEK_DAYS == 0 else (*BY_HALVES, *BY_WEEK)
        kpis = {
            name: {**stated, "value": None} if name.partition(".")[0] in unsaid else stated
            for name, stated in found.kpis.items()
        }
        return found._replace(kpis=kpis, by_region={})


def _forgetting(state: Mapping[str, Any]) -> dict[str, Any]:
    """A tally's state with nothing counted; orders that may still be answered and policies are known."""
    forgotten = {name: np.zeros_like(state[name]) for name in FORGOTTEN}
    listed = {name: state[name][:0] for name in LISTED}
    return {**state, **forgotten, **listed, "spend": state["spend"][:, :0], "packs": state["packs"][:, :0]}


def _since(end: Closing, then: Closing) -> Closing:
    """Flows since then; what a class held then counts as opened with, but where holding means having got."""
    flows = {key: amount - then.flows.get(key, 0) for key, amount in end.flows.items()}
    for klass, asset in {key[1:] for key in then.flows}:
        if klass not in ADDING_UP:
            opened = (Op.OPEN, klass, asset)
            flows[opened] = flows.get(opened, 0) + then.held(klass, asset)
    bought = {
        currency: end.unspent_price.get(currency, 0) - then.unspent_price.get(currency, 0)
        for currency in {*end.unspent_price, *then.unspent_price}
    }
    return end._replace(flows=flows, unspent_price=bought)


def _held_by_sellers(balances: Columns) -> dict[tuple[int, ...], int]:
    rows = _of(balances, balances["owner"] >= SELLER_0)
    keys = zip(rows["klass"].tolist(), rows["owner"].tolist(), rows["asset"].tolist(), strict=True)
    return dict(zip(keys, rows["amount"].tolist(), strict=True))


def _less(balances: Columns, then: Mapping[tuple[int, ...], int]) -> Columns:
    """The balances of sellers, less what they had then; nobody else's are asked for by the metrics."""
    mine = _of(balances, balances["owner"] >= SELLER_0)
    keys = zip(mine["klass"].tolist(), mine["owner"].tolist(), mine["asset"].tolist(), strict=True)
    had = np.array([then.get(key, 0) for key in keys], np.int64)
    return {**mine, "amount": mine["amount"] - had}


def _of(columns: Columns, chosen: Any) -> Columns:
    return {name: column[chosen] for name, column in columns.items()}
