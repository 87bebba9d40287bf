"""The workforce: who works as a creator or seller, how much of it, and what it brought, week by week.

    workforce = Workforce(stage, hosts)
    workforce.drive[place]                  # ppm of the opportunities to go live that a host takes; 0: doesn't work
    workforce.went_live(place, length_us)
    workforce.begin_week()                  # at the first boundary of every week but the first
    workforce.by_week()                     # hosts_by_week: what it came to

Weeks are counted from the start of a run. Both engines keep their hosts here, so their decisions are taken once; income
is counted in minor units of the host's own currency.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.stage import Stage
from sim.behavior.labor import WHOLE, LaborTerms, an_hour_brings, begins, drive_after, entry_word, own_hour_cost
from sim.behavior.rival import moved, multi_homes, share_there
from sim.behavior.topup import WEEK_US, coin_price
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.visit import HOUR_US
from sim.compiled import rule
from sim.ledger import REGION_BY_NAME, Kind
from sim.ledger.money import PPM
from sim.scenario import Scenario
from sim.tables import Columns

if TYPE_CHECKING:
    from sim.agents.traders import Traders

BoolArray = npt.NDArray[np.bool_]

# Of a week, a kind of host and a region: how many worked, began and left as it began; hours live in microseconds and
# income in minor units, of all of them.
BY_WEEK: Final = {
    "week": np.dtype("<i8"),
    "kind": np.dtype("u1"),
    "region": np.dtype("<u2"),
    "active": np.dtype("<i8"),
    "entered": np.dtype("<i8"),
    "left": np.dtype("<i8"),
    "live_us": np.dtype("<i8"),
    "income": np.dtype("<i8"),
}
COUNTS: Final = len(BY_WEEK) - 3


class Hosts(NamedTuple):
    """Who there is: arrays of shape (n_hosts,), creators first.

    Attributes
    ----------
    account : ids
    region : place of the region in the scenario's order
    starts : whether the host works from the start
    """

    account: Int64Array
    region: Int64Array
    starts: BoolArray


class Week(NamedTuple):
    """How hosts stand in the current week: arrays of shape (n_hosts,).

    Attributes
    ----------
    active : whether they work
    drive : ppm of the opportunities that they take; 0 for those who don't work
    live_us, income : so far in this week
    diamonds : so far in this week, not in `income` yet
    lean : weeks in a row in which an hour brought less than it cost
    """

    active: BoolArray
    drive: Int64Array
    live_us: Int64Array
    income: Int64Array
    diamonds: Int64Array
    lean: Int64Array


class Workforce:
    """All hosts of a run.

    Attributes
    ----------
    drive : the ppm of their opportunities that hosts take here this week, by place
    hour_cost : what an hour costs each creator, in minor units of the own currency, array of shape (n_creators,)
    now : the current week; whoever gives adds to `now.diamonds`, and sellers' income is known to their traders
    """

    def __init__(self, stage: Stage, hosts: Hosts, n_creators: int, traders: "Traders") -> None:
        n = len(hosts.account)
        self._stage = stage
        self._hosts = hosts
        self._n_creators = n_creators
        self._traders = traders
        self._terms = labor_terms(stage.scenario)
        self._regions = list(stage.scenario.regions)
        self._means: Float64Array = np.array([region.means for region in stage.scenario.regions.values()])
        self.hour_cost: Float64Array = np.zeros(n_creators)
        _hour_costs(stage.seed, hosts.account, self._terms, self.hour_cost)
        self.hour_cost *= self._means[hosts.region[:n_creators]]
        self._past_live_us: Int64Array = np.zeros(n, np.int64)  # in the weeks before
        self.now = Week(
            hosts.starts.copy(),
            np.where(hosts.starts, WHOLE, 0),
            np.zeros(n, np.int64),
            np.zeros(n, np.int64),
            np.zeros(n, np.int64),
            np.zeros(n, np.int64),
        )
        self._sellers = Week(**{name: column[n_creators:] for name, column in self.now._asdict().items()})
        self._sellers.drive[:] = traders.drive(self._sellers.active)
        self._on_both = creators_on_both(stage, hosts.account[:n_creators])
        self._away: Int64Array = np.zeros(n_creators, np.int64)  # ppm of the hours that are spent on the rival
        self.drive: Int64Array = self.now.drive.copy()
        self._weeks: list[Int64Array] = []  # of shape (n_kinds, n_regions, COUNTS)
        nobody = np.zeros(n, np.bool_)
        self._changed = (nobody, nobody)  # who began, and who left, as this week began

    def __repr__(self) -> str:
        return f"<Workforce active={int(self.now.active.sum())} of {len(self.now.active)} in week {len(self._weeks)}>"

    @property
    def live_us(self) -> Int64Array:
        """How long each host has been live so far, sessions in progress in full: array of shape (n_hosts,)."""
        return self._past_live_us + self.now.live_us

    def went_live(self, place: int, length_us: int) -> None:
        """Count a session that begins now."""
        self.now.live_us[place] += length_us

    def begin_week(self) -> None:
        """Let the past week decide how the next one goes."""
        self._count_income()
        self._weeks.append(self._counts())
        self._traders.close_week(self._sellers, *self._sellers_changed())
        before = self.now.active.copy()
        self._decide()
        self._traders.decide(self._sellers)
        self._move_to_rival()
        self._changed = (self.now.active & ~before, before & ~self.now.active)
        self._past_live_us += self.now.live_us
        for column in (self.now.live_us, self.now.income):
            column[:] = 0

    def _move_to_rival(self) -> None:
        """Let the hours of creators who are on both sides follow what an hour brings, and take the rest here."""
        stage, region = self._stage, self._hosts.region[: self._n_creators]
        rival, terms = stage.rival, stage.scenario.rival
        for place, name in enumerate(self._regions):
            here = stage.diamond_value_ppm[name] / PPM / coin_price(stage.packs[name], False)
            share = share_there(here, rival.creator_value / rival.price, rival.viewer_share, float(terms.sensitivity))
            for n in np.flatnonzero(self._on_both & (region == place)).tolist():
                self._away[n] = moved(int(self._away[n]), share, float(terms.mobility))
        self._take_rest()

    def _take_rest(self) -> None:
        self.drive[:] = self.now.drive
        mine = self.drive[: self._n_creators]
        mine[:] = mine * (WHOLE - self._away) // WHOLE

    def is_due(self, now_us: int) -> bool:
        """Whether a week, other than the first, begins at this boundary. At the end of a run none does."""
        return 0 < now_us < self._stage.windows.duration_us and now_us % WEEK_US == 0

    def _count_income(self) -> None:
        values = np.array([self._stage.diamond_value_ppm[name] for name in self._regions], np.int64)
        whole, rest = np.divmod(self.now.diamonds, PPM)  # else their product may be beyond 64 bits
        value = values[self._hosts.region]
        self.now.income[:] += whole * value + rest * value // PPM
        self.now.diamonds[:] = 0
        self._sellers.income[:] = self._traders.income()

    def _sellers_changed(self) -> tuple[BoolArray, BoolArray]:
        began, left = self._changed
        return began[self._n_creators :], left[self._n_creators :]

    def sellers_by_week(self) -> Columns:
        """The same for sellers by their origin, with what their own shops earn: see `traders.BY_WEEK`."""
        self._count_income()
        return self._traders.by_week(self._sellers, *self._sellers_changed())

    def _decide(self) -> None:
        _decide(
            self._stage.seed,
            len(self._weeks),
            self._hosts.account,
            self._hosts.region,
            self.hour_cost,
            self._means,
            self.now,
            self._terms,
            np.zeros((len(self._regions), 3)),
        )

    def _counts(self) -> Int64Array:
        """Of the current week, by kind and region: the columns of `BY_WEEK` after the first three."""
        began, left = self._changed
        counts = np.zeros((2, len(self._regions), COUNTS), np.int64)
        for kind, places in enumerate((slice(self._n_creators), slice(self._n_creators, None))):
            columns = (self.now.active, began, left, self.now.live_us, self.now.income)
            for k, column in enumerate(columns):
                np.add.at(counts[kind, :, k], self._hosts.region[places], column[places].astype(np.int64))
        return counts

    def by_week(self) -> Columns:
        """Every week so far, the current one as far as it goes: a row for each kind of host and region."""
        self._count_income()
        counts = np.array([*self._weeks, self._counts()])
        codes = [REGION_BY_NAME[name] for name in self._regions]
        kinds = [int(Kind.CREATOR), int(Kind.SELLER)]
        week, kind, region = (axis.ravel() for axis in np.meshgrid(np.arange(len(counts)), kinds, codes, indexing="ij"))
        values = [week, kind, region, *counts.reshape(-1, COUNTS).T]
        return {name: value.astype(dtype) for (name, dtype), value in zip(BY_WEEK.items(), values, strict=True)}

    def state(self) -> dict[str, Any]:
        """Everything that can't be drawn again, as arrays."""
        shape = (len(self._weeks), 2, len(self._regions), COUNTS)
        weeks = np.array(self._weeks, np.int64).reshape(shape)
        began, left = self._changed
        return {
            **{name: column.copy() for name, column in self.now._asdict().items()},
            "weeks": weeks,
            "began": began.copy(),
            "left": left.copy(),
            "away": self._away.copy(),
            "past_live_us": self._past_live_us.copy(),
            **{f"traders.{name}": column for name, column in self._traders.state().items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, column in self.now._asdict().items():
            column[:] = state[name]
        self._weeks = list(state["weeks"].copy())
        self._away[:] = state["away"]
        self._past_live_us[:] = state["past_live_us"]
        self._take_rest()
        self._changed = (state["began"].copy(), state["left"].copy())
        own = "traders."
        self._traders.restore({name.removeprefix(own): part for name, part in state.items() if name.startswith(own)})


def creators_on_both(stage: Stage, account: Int64Array) -> BoolArray:
    """Which creators go live on the rival's side too."""
    share = float(stage.scenario.rival.creator_share)
    return np.array([multi_homes(stage.seed, creator, share) for creator in account.tolist()], np.bool_)


def labor_terms(scenario: Scenario) -> LaborTerms:
    """A scenario's numbers."""
    creators = scenario.creators
    return LaborTerms(
        float(creators.hour_cost_cents),
        float(creators.hour_cost_sigma),
        float(creators.labor_elasticity),
        int(creators.patience_weeks),
        float(creators.entry_cost_cents),
        float(creators.entry_share),
    )


@rule
def _hour_costs(seed: int, account: Int64Array, terms: LaborTerms, cost: Float64Array) -> None:
    for place in range(cost.shape[0]):
        cost[place] = own_hour_cost(seed, account[place], terms)


@rule
def _decide(
    seed: int,
    week: int,
    account: Int64Array,
    region: Int64Array,
    hour_cost: Float64Array,
    means: Float64Array,
    creators: Week,
    terms: LaborTerms,
    worked: Float64Array,
) -> None:
    """Let creators decide by the week that is over; `worked` is room for sums by region: heads, income, hours."""
    for place in range(hour_cost.shape[0]):
        if creators.active[place]:
            sums = worked[region[place]]
            sums[0] += 1.0
            sums[1] += creators.income[place]
            sums[2] += creators.live_us[place]
    for place in range(hour_cost.shape[0]):
        cost = hour_cost[place]
        if creators.active[place]:
            if creators.live_us[place]:
                _weigh(creators, place, cost, terms)
        elif terms.entry_share > 0.0 and worked[region[place], 0] > 0.0:
            heads, income, live_us = worked[region[place]]
            profit = (income - cost * (live_us / HOUR_US)) / heads
            sunk_cost = terms.sunk_cost * means[region[place]]
            if begins(entry_word(seed, account[place], week), profit, sunk_cost, terms.entry_share):
                creators.active[place], creators.drive[place], creators.lean[place] = True, WHOLE, 0


@rule
def _weigh(creators: Week, place: int, hour_cost: float, terms: LaborTerms) -> None:
    """Let a creator who was live weigh what an hour brought."""
    brought = an_hour_brings(creators.income[place], creators.live_us[place])
    creators.drive[place] = drive_after(brought, hour_cost, terms.elasticity)
    creators.lean[place] = creators.lean[place] + 1 if brought < hour_cost else 0
    if terms.patience_weeks and creators.lean[place] >= terms.patience_weeks:
        creators.active[place], creators.drive[place] = False, 0
