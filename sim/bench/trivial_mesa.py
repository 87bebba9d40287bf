"""The trivial rule in Mesa: an agent per viewer, asked once an hour, as Mesa's own examples go in steps.

    economy = MesaEconomy(Population(viewers=1000, days=1))
    economy.run()

The one home of Mesa, which the optional extra `bench` installs.
"""

import mesa

from sim.bench.trivial import (
    CHANCE,
    GIFTS,
    HOUR_US,
    Counts,
    Population,
    Record,
    acts,
    counts_of,
    gift_record,
    topup_record,
)


class Viewer(mesa.Agent):  # type: ignore[misc]  # Mesa ships no types
    """One viewer."""

    def __init__(self, model: "Model") -> None:
        super().__init__(model)
        self.number = self.unique_id - 1
        self.coins = 0

    def step(self) -> None:
        """An hour: most pass by."""
        draw, model = self.random.random, self.model
        if draw() >= CHANCE:
            return
        model.visits += 1
        at_us, gift, creator = model.hour_us + int(draw() * HOUR_US), int(draw() * len(GIFTS)), model.any_creator()
        self.coins, is_given = acts(self.coins, GIFTS[gift])
        if is_given:
            model.diamonds[creator] += GIFTS[gift]
            model.hour.append(gift_record(at_us, self.number, creator, gift))
        else:
            model.hour.append(topup_record(at_us, self.number))


class Model(mesa.Model):  # type: ignore[misc]  # Mesa ships no types
    """The economy, an hour a step; an hour's records are put in order of time at its end."""

    def __init__(self, population: Population) -> None:
        super().__init__(seed=population.seed)
        self.visits = 0
        self.hour_us = 0
        self.hour: list[Record] = []
        self.records: list[Record] = []
        self.diamonds = [0] * population.creators
        Viewer.create_agents(self, population.viewers)

    def any_creator(self) -> int:
        """One of the creators, all alike."""
        return int(self.random.random() * len(self.diamonds))

    def step(self) -> None:
        """Ask everybody."""
        self.agents.do("step")
        self.records += sorted(self.hour)
        self.hour.clear()
        self.hour_us += HOUR_US


class MesaEconomy:
    """A model and how long it runs."""

    def __init__(self, population: Population) -> None:
        self.model = Model(population)
        self._hours = population.hours

    def __repr__(self) -> str:
        return f"<MesaEconomy visits={self.model.visits}>"

    @property
    def records(self) -> list[Record]:
        """What happened, in order of time."""
        return self.model.records

    def run(self) -> None:
        """Let every hour pass."""
        for _ in range(self._hours):
            self.model.step()

    def counts(self) -> Counts:
        """What happened, in numbers."""
        return counts_of(self.model.visits, self.model.records)
