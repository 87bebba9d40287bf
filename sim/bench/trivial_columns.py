"""The trivial rule on the machinery of the windowed engine.

    economy = ColumnsEconomy(Population(viewers=1000, days=1))
    economy.run()

The same as in the engine: SimPy as the clock, the crowd's columns, the roster of four hours and its visits divided over
windows (`columns.visits`), a compiled rule over the visits of a window with draws by key, rows with all their columns,
and the journal, which puts them into canonical order. Not the same: everybody visits as often and at any hour; nobody
publishes anything, and a visit is one act instead of a chain, so there is no shard around it.
"""

from collections.abc import Generator
from typing import Final

import numpy as np
import numpy.typing as npt
from simpy import Environment, Event

from sim.agents.stage import Stage
from sim.behavior.purposes import VISIT
from sim.behavior.types import Int64Array
from sim.bench.trivial import CHANCE, FIRST_CREATOR, GIFTS, HOUR_US, PACK, VISITS_PER_DAY, Counts, Population, acts
from sim.compiled import on_columns, rule
from sim.engines.columns.codes import ACCEPTED, GIFT, TOPUP
from sim.engines.columns.crowd import Crowd, draw_crowd
from sim.engines.columns.journal import Journal
from sim.engines.columns.rows import Rows, new_rows, note, taken
from sim.engines.columns.scene import World, world_of
from sim.engines.columns.totals import assets_of
from sim.engines.columns.visits import BLOCK, Visits, new_words, roster, visits_of
from sim.ledger import COIN, CURRENCY_BY_NAME
from sim.ledger.accounts import NOBODY
from sim.ledger.operations import NO_ITEM
from sim.scenario import load
from sim.streams import Words, below, draw_each
from sim.tables import Columns

PRICES: Final = np.array(GIFTS, np.int64)

_acts = rule(acts)


class ColumnsEconomy:
    """Viewers as columns, window by window."""

    def __init__(self, population: Population) -> None:
        self.env = Environment()
        self.population = population
        self.world, self._crowd = _world_and_crowd(self.env, population)
        self.blocks: list[Columns] = []
        self.coins = np.zeros(population.viewers, np.int64)
        self.diamonds = np.zeros(population.creators, np.int64)
        self.visits = 0
        self._journal = Journal(self.blocks.append)
        self._words = new_words()
        self._opens = np.zeros(population.viewers, np.uint8)
        self._pull = np.ones(1)
        self._room = BLOCK
        self._rows = new_rows(self._room)

    def __repr__(self) -> str:
        return f"<ColumnsEconomy visits={self.visits}>"

    def run(self) -> None:
        """Let every window pass."""
        self.env.process(self._windows())
        self.env.run(until=self.population.hours * HOUR_US)
        self._journal.flush()

    def counts(self) -> Counts:
        """What happened."""
        gifts = [block["amount"][block["op"] == GIFT] for block in self.blocks]
        packs = sum(int((block["op"] == TOPUP).sum()) for block in self.blocks)
        return Counts(self.visits, sum(map(len, gifts)), packs, sum(int(amounts.sum()) for amounts in gifts))

    def _windows(self) -> Generator[Event, None, None]:
        for hour in range(self.population.hours):
            if self._is_new_slot(hour):
                roster(self.world, self._crowd, hour, self._pull, self._words, self._opens)
            visits = visits_of(self.world, self._crowd, hour, self._words, self._opens)
            for window in range(len(visits.begin) - 1):
                self._live_through(visits, *visits.begin[window : window + 2].tolist())
                yield self.env.timeout(self.world.window_us)

    def _is_new_slot(self, hour: int) -> bool:
        return hour == 0 or (self.world.epoch_hour + hour) % 4 == 0

    def _live_through(self, visits: Visits, begin: int, end: int) -> None:
        if end - begin > self._room:
            self._room = 2 * (end - begin)
            self._rows = new_rows(self._room)
        _visit(
            self.world.seed,
            self._crowd.first,
            self.world.epoch_hour + visits.hour,
            visits.hour * HOUR_US,
            visits.viewer[begin:end],
            visits.into_us[begin:end],
            PRICES,
            self.coins,
            self.diamonds,
            self._words,
            self._rows,
        )
        self.visits += end - begin
        self._journal.take([], [taken(self._rows)])


def _world_and_crowd(env: Environment, population: Population) -> tuple[World, Crowd]:
    """The engine's own world and crowd, in which all visit as often and every hour is alike."""
    scenario = load("us-baseline", [f"viewers={population.viewers}", f"days={population.days}"])
    stage = Stage(env, scenario, population.seed)
    currencies = [CURRENCY_BY_NAME[region.currency].code for region in scenario.regions.values()]
    world = world_of(stage, assets_of(currencies), population.creators)
    world = world._replace(visit_weights=np.full_like(world.visit_weights, CHANCE / VISITS_PER_DAY))
    reach = np.arange(1, population.creators + 1)
    crowd = draw_crowd(scenario, stage.seed, stage.calendar, reach, 0, population.viewers)
    return world, crowd._replace(visits_per_day=np.full(population.viewers, VISITS_PER_DAY))


@on_columns
def _visit(
    seed: int,
    first: int,
    occasion: int,
    hour_us: int,
    viewers: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
    prices: Int64Array,
    coins: Int64Array,
    diamonds: Int64Array,
    words: Words,
    rows: Rows,
) -> None:
    for start in range(0, viewers.shape[0], BLOCK):
        stop = min(start + BLOCK, viewers.shape[0])
        draw_each(seed, first, viewers[start:stop], VISIT, occasion, words)
        for i in range(start, stop):
            viewer, at_us = viewers[i], hour_us + into_us[i]
            gift, creator = below(words.w1[i - start], prices.shape[0]), below(words.w2[i - start], diamonds.shape[0])
            coins[viewer], is_given = _acts(coins[viewer], prices[gift])
            if is_given:
                diamonds[creator] += prices[gift]
                note(rows, at_us, GIFT, first + viewer, FIRST_CREATOR + creator, gift, prices[gift], COIN, ACCEPTED, 0)
            else:
                note(rows, at_us, TOPUP, first + viewer, NOBODY, NO_ITEM, PACK, COIN, ACCEPTED, 0)
