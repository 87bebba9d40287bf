"""The fit: which value of a parameter makes the model agree with the fact that it was fitted to.

    found = fit(FITS[0], executor)
    found[0].stated, found[0].least, found[0].value, found[0].most, found[0].agrees

The method of simulated moments, exactly identified: as many facts as parameters, the same people under the same draws
at every trial value, and Newton's steps with a slope that each run improves (Broyden 1965). A fact is a range, so a fit
is one too: the values that bring the moment to its two ends and to its middle. A stated value between the ends agrees.
The standard error is that of the seeds. The facts that nothing was fitted to are left for `validate` to judge.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from math import sqrt
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.experiments.validation.coming import coming
from sim.experiments.validation.moments import (
    MONTH_DAYS,
    PEOPLE,
    QUARTER_DAYS,
    Moments,
    coming_moments,
    moments,
    shop_moments,
)
from sim.experiments.validation.trials import left_digit_cents, purchase_elasticity, sellers_who_stay
from sim.model.measured import measured
from sim.scenario import Scenario, load
from sim.scenario.quantity import Parameter

Floats = npt.NDArray[np.float64]
Simulated = Callable[[Floats], Floats]

SEEDS: Final = (1, 2, 3, 4)
STEP: Final = 0.2  # of a parameter, for its first slope
CLOSE: Final = 0.05  # of the range of the facts: near enough
MOST_STEPS: Final = 4
A_YEAR_DAYS: Final = 364
MOST_FACTOR: Final = 2.0  # that a step makes of a parameter


def visits_alone(scenario: Scenario, seed: int) -> Moments:
    """The moments of visits, which need no run."""
    return coming_moments(coming(scenario, seed, min(PEOPLE, scenario.viewers), min(MONTH_DAYS, scenario.days)))


def shop_alone(scenario: Scenario, seed: int) -> Moments:
    """The moments of the shop."""
    return shop_moments(measured(scenario, seed).shop)


def _size(viewers: int, days: int, window: str = "") -> tuple[str, ...]:
    own = (f"window={window}",) if window else ()
    return (f"viewers={viewers}", f"days={days}", *own)


class Fit(NamedTuple):
    """Some parameters of a place, and the facts that they are to agree with.

    Attributes
    ----------
    parameters : each by its key, or by several that have one value
    moments : by name, as many as parameters
    goals : of the moments: one end of the facts' range, its middle, the other end; where years differ, those of years
    ask : what tells the moments of a run
    terms : of these runs, as overrides: their size, and what else they need; by the hour where only people count and
        not what they see of each other
    decimals : of the parameters' values; none where they count something whole
    """

    place: str
    parameters: tuple[tuple[str, ...], ...]
    fact: str
    moments: tuple[str, ...]
    goals: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]
    ask: Callable[[Scenario, int], Moments]
    terms: tuple[str, ...]
    decimals: int = 9


FITS: Final = (
    Fit(
        "us-baseline",
        (("gifting.giver_share",),),
        "S1",
        ("quarterly_conversion",),
        ((0.02,), (0.03,), (0.04,)),
        moments,
        _size(10_000, QUARTER_DAYS, "1h"),
    ),
    Fit(
        "us-baseline",
        (("gifting.willingness_median_cents",),),
        "S1",
        ("quarterly_spend",),
        ((228,), (253.4,), (279,)),
        moments,
        _size(20_000, QUARTER_DAYS),
        decimals=0,
    ),
    Fit(
        "us-baseline",
        (("audience.watch_minutes",),),
        "V2",
        ("minutes_a_visit",),
        ((11.3,), (12.55,), (13.8,)),
        visits_alone,
        _size(PEOPLE, MONTH_DAYS),
    ),
    Fit(
        "us-baseline",
        (("audience.visits_per_day",),),
        "V1",
        ("minutes_a_day",),
        ((55.8,), (58.4,), (97,)),
        visits_alone,
        _size(PEOPLE, MONTH_DAYS),
    ),
    Fit(
        "us-baseline",
        (("topup.left_digit",),),
        "E3",
        ("left_digit_cents",),
        ((15,), (20,), (25,)),
        left_digit_cents,
        _size(1, 1),
    ),
    Fit(
        "us-baseline",
        (("shopping.video_share",), ("shopping.tab_share",)),
        "T1",
        ("gmv_video", "gmv_tab"),
        ((0.58, 0.32), (0.54, 0.34), (0.50, 0.36)),
        shop_alone,
        _size(30_000, 28),
    ),
    Fit(
        "eu-withdrawal-right",
        (("gifting.price_elasticity",),),
        "E1",
        ("purchase_elasticity",),
        ((-1,), (-2.5,), (-4,)),
        purchase_elasticity,
        _size(20_000, 28, "1h"),
    ),
    Fit(  # as many stay as are said to be there, and a fifth more or fewer
        "indonesia-no-ban",
        (("trade.week_cost_cents",),),
        "I10-I12",
        ("sellers_per_thousand",),
        ((24,), (20,), (16,)),
        sellers_who_stay,
        _size(4_000, A_YEAR_DAYS, "3h"),
        decimals=0,
    ),
    Fit(
        "douyin-blueprint",
        (("gifting.giver_share",),),
        "S2",
        ("quarterly_conversion",),
        ((0.041,), (0.087,), (0.133,)),
        moments,
        _size(5_000, QUARTER_DAYS, "1h"),
    ),
    Fit(
        "douyin-blueprint",
        (("audience.watch_minutes",),),
        "V3",
        ("minutes_an_active_day",),
        ((128.1,), (131,), (133.9,)),
        visits_alone,
        _size(PEOPLE, MONTH_DAYS),
    ),
    Fit(
        "douyin-blueprint",
        (("shopping.tab_share",),),
        "D2",
        ("gmv_shelf",),
        ((0.30,), (0.40,), (0.50,)),
        shop_alone,
        _size(10_000, 28),
    ),
    Fit(
        "douyin-blueprint",
        (("sellers.return_rate", "sellers.import_return_rate"),),
        "T33",
        ("live_returns",),
        ((0.30,), (0.40,), (0.50,)),
        shop_alone,
        _size(10_000, 28),
    ),
)

# Fitted parameters of the scenarios that need no simulation: how each follows from its sources.
BY_ARITHMETIC: Final = {
    "regions.rate": "the exchange rate of the time",
    "creators.diamond_value_cents": "half of a coin (D6)",
    "sellers.per_thousand_viewers": "sellers over users (I10, I11 over I12)",
    "sellers.return_rate": "between the tab's and live commerce's (T33, T35)",
    "shopping.tab_conversion": "in the middle of what is disputed (T32)",
    "shopping.video_conversion": "in the middle of what is disputed (T32)",
    "shopping.live_conversion": "at the edge of what is disputed (T32), with the channels' shares",
    "shopping.video_share": "what tab and live streams leave (D2)",
}


class Fitted(NamedTuple):
    """A parameter as it is stated, and as its fact would have it.

    Attributes
    ----------
    stated, bounds : in the scenario, with its range there (NaN without)
    least, value, most : what brings the moment to the ends of the fact's range and to its middle; an end that no value
        brings it to is infinite
    error : standard error of `value` over the seeds; NaN where the middle is out of reach, and `value` only comes near
    moment, goal, reached : the fact's middle, and how near the fit came
    """

    place: str
    parameter: str
    fact: str
    stated: float
    bounds: tuple[float, float]
    least: float
    value: float
    most: float
    error: float
    moment: str
    goal: float
    reached: float

    @property
    def agrees(self) -> bool:
        """Whether the stated value lies between the fact's two ends."""
        return self.least <= self.stated <= self.most


def fit(asked: Fit, executor: Executor | None = None, seeds: Sequence[int] = SEEDS) -> list[Fitted]:
    """Fit the parameters of one entry; those that share a value share what is found, and each has what is stated."""

    def simulated(values: Floats) -> Floats:
        """The moments under each seed: array of shape (n_seeds, n_moments)."""
        apply = map if executor is None else executor.map
        told = list(apply(partial(_moments_at, asked, tuple(values.tolist())), seeds))
        return np.array([[one[name] for name in asked.moments] for one in told])

    start = np.array([float(_stated(asked.place, keys[0])) for keys in asked.parameters])
    goals = np.array(asked.goals)
    solved = solve(lambda values: simulated(values).mean(axis=0), start, goals)
    met = [one.values for one, goal in zip(solved, goals, strict=True) if _is_near(one, goal, near_to(goals))]
    least, most = (end(met, axis=0) if met else np.full(len(start), np.nan) for end in (np.min, np.max))
    if len(met) < len(goals):
        most = np.full(len(start), np.inf)
    middle = solved[1]
    errors = np.full(len(start), np.nan)
    if len(seeds) > 1 and _is_near(middle, goals[1], near_to(goals)):
        noise = simulated(middle.values) - middle.reached
        errors = np.linalg.solve(middle.slopes, noise.T).std(axis=1, ddof=1) / sqrt(len(seeds))
    return [
        Fitted(
            asked.place,
            key,
            asked.fact,
            float(_stated(asked.place, key)),
            _bounds(_stated(asked.place, key)),
            float(least[n]),
            float(middle.values[n]),
            float(most[n]),
            float(errors[n]),
            asked.moments[n],
            float(goals[1, n]),
            float(middle.reached[n]),
        )
        for n, keys in enumerate(asked.parameters)
        for key in keys
    ]


def fit_all(executor: Executor | None = None, on_done: Callable[[int], None] = lambda _: None) -> list[Fitted]:
    """Every entry of FITS; `on_done` is called with how many are done."""
    found: list[Fitted] = []
    for n, asked in enumerate(FITS):
        found += fit(asked, executor)
        on_done(n + 1)
    return found


class Solution(NamedTuple):
    """Parameters, the moments that they bring, and the slopes there: array of shape (n_moments, n_parameters)."""

    values: Floats
    reached: Floats
    slopes: Floats


def solve(simulated: Simulated, start: Floats, goals: Floats) -> list[Solution]:
    """For each row of goals in turn, the parameters that bring the moments there, by Broyden's steps from the last.

    Parameters
    ----------
    simulated : the moments at some parameters, of one length
    start : array of shape (n,), each above 0
    goals : array of shape (n_goals, n); how far they spread says what is near enough

    Notes
    -----
    Stops within CLOSE of the spread, or after MOST_STEPS with the nearest that was met; `reached` tells how near it is.
    """
    before = simulated(start)
    slopes = np.zeros((len(start), len(start)))
    for n in range(len(start)):
        moved = start.copy()
        moved[n] *= 1 + STEP
        slopes[:, n] = (simulated(moved) - before) / (moved[n] - start[n])
    near = near_to(goals)
    at, found = Solution(start, before, slopes), []
    for goal in goals:
        at = _step_to(simulated, at, goal, near)
        found.append(at)
    return found


def near_to(goals: Floats) -> Floats:
    """How near to a goal is near enough, by moment."""
    spread: Floats = CLOSE * np.ptp(goals, axis=0)
    return spread


def _step_to(simulated: Simulated, at: Solution, goal: Floats, near: Floats) -> Solution:
    """Steps from where the last goal was met; the nearest that they came, where the goal is out of reach."""
    best = at
    for _ in range(MOST_STEPS):
        if _is_near(best, goal, near):
            break
        wanted = np.linalg.lstsq(at.slopes, goal - at.reached)[0]
        values = np.clip(at.values + wanted, at.values / MOST_FACTOR, at.values * MOST_FACTOR)
        step = values - at.values
        if not step.any():  # where the moments no longer follow
            break
        reached = simulated(values)
        missed = reached - at.reached - at.slopes @ step
        at = Solution(values, reached, at.slopes + np.outer(missed, step) / float(step @ step))
        if np.abs(goal - at.reached).sum() < np.abs(goal - best.reached).sum():
            best = at
    return best


def _is_near(at: Solution, goal: Floats, near: Floats) -> bool:
    return bool((np.abs(goal - at.reached) <= near).all())


def _moments_at(asked: Fit, values: tuple[float, ...], seed: int) -> Moments:
    overrides = [*asked.terms, "interventions=[]"]
    for keys, value in zip(asked.parameters, values, strict=True):
        overrides += [f"{key}={value:.{asked.decimals}f}" for key in keys]
    return asked.ask(load(asked.place, overrides), seed)


def _stated(place: str, key: str) -> Parameter:
    table, name = key.split(".")
    found: Any = getattr(getattr(load(place), table), name)
    assert isinstance(found, Parameter)
    return found


def _bounds(parameter: Parameter) -> tuple[float, float]:
    if parameter.low is None or parameter.high is None:
        return float("nan"), float("nan")
    return float(parameter.low), float(parameter.high)
