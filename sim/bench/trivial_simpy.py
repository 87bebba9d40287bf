"""The trivial rule in plain SimPy: a process per viewer, which waits for its next visit.

economy = SimpyEconomy(Population(viewers=1000, days=1))
economy.run()
economy.counts()
"""

from collections.abc import Callable, Generator, Iterator
from math import log
from random import Random

from simpy import Environment, Event

from sim.bench.trivial import (
    CHANCE,
    GIFTS,
    HOUR_US,
    Counts,
    Population,
    Record,
    acts,
    counts_of,
    generator,
    gift_record,
    topup_record,
)

Chances = Iterator[tuple[int, int, int]]  # instant, gift, creator


def by_chance(random: Random, population: Population) -> Chances:
    """A viewer's visits: the gap is geometric, which is an hour's chance in each hour and far fewer draws."""
    draw, creators, hours = random.random, population.creators, population.hours
    nothing = log(1 - CHANCE)
    hour = -1
    while True:
        hour += 1 + int(log(1 - draw()) / nothing)
        if hour >= hours:
            return
        yield hour * HOUR_US + int(draw() * HOUR_US), int(draw() * len(GIFTS)), int(draw() * creators)


class SimpyEconomy:
    """Viewers as processes; `chances(viewer)` gives what each one is offered."""

    def __init__(self, population: Population, chances: Callable[[int], Chances] | None = None) -> None:
        random = generator(population)
        self.env = Environment()
        self.visits = 0
        self.records: list[Record] = []
        self.diamonds = [0] * population.creators
        for viewer in range(population.viewers):
            self.env.process(self._live(viewer, chances(viewer) if chances else by_chance(random, population)))

    def __repr__(self) -> str:
        return f"<SimpyEconomy visits={self.visits}>"

    def run(self) -> None:
        """Let everyone live to the end."""
        self.env.run()

    def counts(self) -> Counts:
        """What happened."""
        return counts_of(self.visits, self.records)

    def _live(self, viewer: int, chances: Chances) -> Generator[Event, None, None]:
        env, record = self.env, self.records.append
        coins = 0
        for at_us, gift, creator in chances:
            yield env.timeout(at_us - env.now)
            self.visits += 1
            coins, is_given = acts(coins, GIFTS[gift])
            if is_given:
                self.diamonds[creator] += GIFTS[gift]
                record(gift_record(at_us, viewer, creator, gift))
            else:
                record(topup_record(at_us, viewer))
