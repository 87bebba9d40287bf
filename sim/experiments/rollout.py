"""Rollouts: what a difference-in-differences estimate of a staggered rollout is worth, where the truth is known.

    found = study(load("balance-rollout"), "coins_given", seeds=range(1, 21), relative=0.1)
    found.estimate, found.truth, found.bias         # means over the seeds, a treated viewer and day
    found.power, found.power_by_formula             # to see an effect of a tenth

Each seed is simulated twice, with the rollouts and without, under the same draws: what differs is their effect, on
those who have the page and on those who don't have it yet and meet them in the same streams. The estimate sees only the
first of the two. Power is asked of the runs without: an effect of a given size is put onto the treated viewer-days, and
counted is how often a test sees it.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from sim.agents.interventions.turns import turns
from sim.behavior.balance import has_page
from sim.experiments.difference import Estimate, estimate, least_effect, mean_effect, power
from sim.experiments.panel import OUTCOMES, Panel
from sim.ledger import REGION_BY_NAME, Kind
from sim.ledger.accounts import account_id
from sim.ledger.errors import CoinworksError
from sim.model.measured import measured
from sim.scenario import BalanceRollout, Scenario
from sim.scenario.types import DAY_US
from sim.streams import key_of

Int64Array = npt.NDArray[np.int64]


class Trial(NamedTuple):
    """One seed: with the rollouts, without, and without but with an effect put onto the treated.

    Attributes
    ----------
    truth, on_controls : the rollouts' true effect on treated viewer-days, and on those that they are compared with
    usual : the mean outcome of treated viewer-days without the rollouts
    """

    seed: int
    estimate: Estimate
    truth: float
    on_controls: float
    without: Estimate
    usual: float
    put_on: Estimate


class Study(NamedTuple):
    """What an estimate is worth, over all seeds; effects are in `unit`."""

    outcome: str
    unit: str
    relative: float
    trials: list[Trial]

    @property
    def estimate(self) -> float:
        """The mean estimate: truth + bias + noise."""
        return self._mean([trial.estimate.effect for trial in self.trials])

    @property
    def truth(self) -> float:
        """The mean effect on treated viewer-days."""
        return self._mean([trial.truth for trial in self.trials])

    @property
    def bias(self) -> float:
        """Less what the controls feel: what the estimate misses, however many viewers there are."""
        return -self._mean([trial.on_controls for trial in self.trials])

    @property
    def noise(self) -> float:
        """What the estimate says where nobody is treated: nothing in the mean."""
        return self._mean([trial.without.effect for trial in self.trials])

    @property
    def error(self) -> float:
        """The standard error that one estimate states, in the mean."""
        return self._mean([trial.without.error for trial in self.trials])

    @property
    def spread(self) -> float:
        """The standard deviation of the estimates where nobody is treated, which the error should be."""
        return float(np.std([trial.without.effect for trial in self.trials], ddof=1))

    @property
    def false_alarms(self) -> float:
        """How often a test of the size 5 % sees an effect where there is none."""
        return self._mean([trial.without.is_significant for trial in self.trials])

    @property
    def power(self) -> float:
        """How often it sees the relative effect."""
        return self._mean([trial.put_on.is_significant for trial in self.trials])

    @property
    def power_by_formula(self) -> float:
        """How often it should, by the normal approximation, from the stated errors."""
        return self._mean([power(self.relative * trial.usual, trial.without.error) for trial in self.trials])

    @property
    def least_relative(self) -> float:
        """The least relative effect that is seen with a chance of 80 %; NaN where nothing usually happens."""
        usual = self._mean([trial.usual for trial in self.trials])
        return least_effect(self.error) / usual if usual else float("nan")

    @staticmethod
    def _mean(values: Sequence[float]) -> float:
        return float(np.mean(values))


def study(
    scenario: Scenario, outcome: str, seeds: Iterable[int], *, relative: float = 0.1, executor: Executor | None = None
) -> Study:
    """Simulate every seed with the scenario's rollouts of the Balance page and without.

    Raises
    ------
    CoinworksError : no such outcome, or a scenario whose rollouts leave nobody to compare with
    """
    if outcome not in OUTCOMES:
        raise CoinworksError(f"outcome {outcome!r}: expected one of {', '.join(OUTCOMES)}")
    seeds = list(seeds)
    apply = map if executor is None else executor.map
    n = len(seeds)
    trials = list(apply(trial, [scenario] * n, [outcome] * n, [relative] * n, seeds))
    return Study(outcome, OUTCOMES[outcome].unit, relative, trials)


def trial(scenario: Scenario, outcome: str, relative: float, seed: int) -> Trial:
    """One seed, simulated twice."""
    panel, without = (_panel(variant, outcome, seed) for variant in (scenario, without_rollouts(scenario)))
    first_day = first_days(scenario, seed, panel.region)
    truth, on_controls = mean_effect(panel.amounts - without.amounts, first_day)
    usual, _ = mean_effect(without.amounts, first_day)
    treated = np.arange(scenario.days) >= first_day[:, None]
    return Trial(
        seed,
        estimate(panel.amounts, first_day),
        truth,
        on_controls,
        estimate(without.amounts, first_day),
        usual,
        estimate(without.amounts * np.where(treated, 1 + relative, 1.0), first_day),
    )


def without_rollouts(scenario: Scenario) -> Scenario:
    """The same, and nobody gets the Balance page later than at the start."""
    kept = tuple(change for change in scenario.interventions if not isinstance(change, BalanceRollout))
    return msgspec.structs.replace(scenario, interventions=kept)


def first_days(scenario: Scenario, seed: int, region: Int64Array) -> Int64Array:
    """On which day each viewer gets the Balance page: int64 array of shape (n_viewers,), `days` where never.

    The day on which it comes counts as one with it.

    Parameters
    ----------
    region : code of each viewer's region

    Raises
    ------
    CoinworksError : a rollout that is taken back, wholly or in part: those who had the page compare with nobody
    """
    first = np.full(scenario.viewers, scenario.days, np.int64)
    for name in scenario.regions:
        people = np.flatnonzero(region == REGION_BY_NAME[name])
        reached = 0.0
        for at_us, share in _shares(scenario, seed, name):
            if share < reached:
                raise CoinworksError(f"the rollout in {name} falls from {reached:g} to {share:g}: expected it to grow")
            reached = share
            have = [has_page(key_of(seed), account_id(Kind.VIEWER, n), share) for n in people.tolist()]
            new = people[have]
            first[new] = np.minimum(first[new], at_us // DAY_US)
    return first


def _shares(scenario: Scenario, seed: int, region: str) -> list[tuple[int, float]]:
    """From which instant on which share of a region has the page."""
    window_us = scenario.window_us
    rolled = [
        (turn.at_us, float(turn.change.share if turn.begins else scenario.balance.share))
        for turn in turns(scenario, seed, lambda instant_us: -(-instant_us // window_us) * window_us)
        if isinstance(turn.change, BalanceRollout) and turn.region == region
    ]
    return [(0, float(scenario.balance.share)), *rolled]


def _panel(scenario: Scenario, outcome: str, seed: int) -> Panel:
    panel = Panel(scenario, OUTCOMES[outcome])
    measured(scenario, seed, panel)
    return panel
