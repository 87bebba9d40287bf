"""What you must believe: how far the difference of two scenarios rests on what nobody knows.

    studied = study(base, other, draws=64, executor=executor)
    gmv = studied.metrics["gmv"]
    gmv.interval, gmv.sign_share                    # over the ranges of all unknowns
    gmv.influences[:3], gmv.label                   # what it rests on
    turn = break_even(base, other, gmv.influences[0].unknown, "gmv")

Every draw gives all unknowns other values, the same in both scenarios and under the same seed, and each draw has people
of its own. So draws differ by what is believed and by chance; how much is chance is measured with the stated values,
under as many people and some seeds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from sim.experiments.influences import Floats, Influence, influences
from sim.experiments.runs import Figures, Keep, Task, column, run_all
from sim.experiments.turning import Bracket, nearest_turn
from sim.experiments.unknowns import Unknown, Values, design, drawn, unknowns
from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario
from sim.scenario.quantity import Basis

Label = Literal["mechanism", "fitted", "assumed"]

DRAWS: Final = 64
REPEATS: Final = 16  # pairs with the stated values
VIEWERS: Final = 5_000
TOLERANCE: Final = 0.1  # of the middle answer: what moves less whatever is believed is arithmetic
QUANTILES: Final = (0.05, 0.95)
COUNTS_PIECES: Final = ("import_quota", "flash_sale")  # whole numbers of a scenario's own size
POINTS: Final = 7
TURN_REPEATS: Final = 4
TURN_ROUNDS: Final = 3
CLOSE_TO_ZERO: Final = 0.1  # of the answer beside it
SURE: Final = 2  # standard errors, from where a sign is believed


class Believed(NamedTuple):
    """An unknown, and what it does to an answer."""

    unknown: Unknown
    influence: Influence


class Belief(NamedTuple):
    """One metric's difference over the draws.

    bases, others : shape (n_draws,), in minor units where it is money
    stated_bases, stated_others : shape (n_repeats,), with the stated values
    scale : from the people drawn to those of the scenario, for differences that aren't told as a part of the base
    believed : what moves it, the most important first
    """

    metric: str
    unit: str
    currency: str
    bases: Floats
    others: Floats
    stated_bases: Floats
    stated_others: Floats
    scale: float
    believed: list[Believed]

    @property
    def is_relative(self) -> bool:
        """Whether it is told as a part of the base; not for shares and indices, nor where a base is nothing."""
        return is_relative(self.unit, self.bases, self.stated_bases)

    @property
    def changes(self) -> Floats:
        """Of each draw of which something can be said: a part of the base, or the difference itself."""
        return self._changes(self.bases, self.others)

    @property
    def stated_changes(self) -> Floats:
        """The same with the stated values."""
        return self._changes(self.stated_bases, self.stated_others)

    @property
    def interval(self) -> tuple[float, float]:
        """Nine tenths of the draws, NaN where nothing can be said."""
        if not len(self.changes):
            return float("nan"), float("nan")
        low, high = np.quantile(self.changes, QUANTILES)
        return float(low), float(high)

    @property
    def noise_share(self) -> float:
        """Of the draws' variance, what is the seeds' at this size; NaN with too few runs."""
        if min(len(self.changes), len(self.stated_changes)) < 2:
            return float("nan")
        spread = float(self.changes.var(ddof=1))
        return min(1.0, float(self.stated_changes.var(ddof=1)) / spread) if spread else 0.0

    @property
    def sign_share(self) -> float:
        """Of the draws, those with the sign of the stated values' mean."""
        return sign_share(self.changes, float(self.stated_changes.mean()) if len(self.stated_changes) else 0.0)

    @property
    def label(self) -> Label:
        """What the answer rests on."""
        return label(self.changes, [(one.unknown.basis, one.influence.share) for one in self.told])

    @property
    def told(self) -> list[Believed]:
        """What moves it and can be told from chance."""
        return [one for one in self.believed if one.influence.is_told]

    def _changes(self, bases: Floats, others: Floats) -> Floats:
        known = ~(np.isnan(bases) | np.isnan(others))
        differences = others[known] - bases[known]
        return differences / bases[known] if self.is_relative else differences * self.scale


class Beliefs(NamedTuple):
    """A comparison under draws of all that nobody knows.

    viewers : people in each run
    values : shape (n_draws, n_unknowns)
    """

    base: str
    other: str
    viewers: int
    unknowns: list[Unknown]
    values: Values
    metrics: dict[str, Belief]

    def __repr__(self) -> str:
        return f"<Beliefs draws={len(self.values)} unknowns={len(self.unknowns)} viewers={self.viewers}>"


class BreakEven(NamedTuple):
    """One unknown along its range, all others as stated.

    values, changes, errors : shape (n_points,), the mean difference at each value and its standard error over the seeds
    value : where the sign turns, or None where no turn can be told from chance within the range
    at_value : the difference of runs there
    is_verified : whether that is next to nothing, or nothing lies between two values of opposite signs
    """

    metric: str
    unknown: Unknown
    values: list[Decimal]
    changes: Floats
    errors: Floats
    value: Decimal | None
    at_value: float
    is_verified: bool

    @property
    def rises(self) -> bool:
        """Whether the answer is above zero beyond the turn, and below zero before it."""
        return bool(self.changes[-1] > self.changes[0])


def study(
    base: Scenario,
    other: Scenario,
    *,
    draws: int = DRAWS,
    repeats: int = REPEATS,
    viewers: int | None = None,
    from_day: int = 0,
    welfare: bool = False,
    executor: Executor | None = None,
    keep: Keep | None = None,
    on_done: Callable[[int], None] = lambda done: None,
) -> Beliefs:
    """Run two scenarios under draws of all that nobody knows.

    Parameters
    ----------
    draws : of all unknowns at once; each is a run of both
    repeats : runs of both with the stated values, which tell what is chance
    viewers : people in each run; `size_of` unless given
    from_day, welfare, executor, keep, on_done : as `run_all` has them

    Raises
    ------
    CoinworksError : a draw that is no scenario, or fewer draws than it takes to tell anything
    """
    if draws < 8 or repeats < 2:
        raise CoinworksError(f"draws(={draws}) must be >= 8, and repeats(={repeats}) >= 2")
    people = viewers or min(size_of(base), size_of(other))
    known = unknowns(base, other)
    values = design(known, draws, base.seed)
    pairs = [(base, other)] * repeats
    pairs += [(drawn(base, known, row), drawn(other, known, row)) for row in values]
    seeds = [base.seed + n for n in (*range(repeats), *range(draws))]
    tasks = list(_tasks(pairs, seeds, people, from_day, welfare=welfare))
    found = run_all(tasks, executor, keep, on_done)
    scale = base.viewers / people
    return Beliefs(
        base.name, other.name, people, known, values, _beliefs(found[::2], found[1::2], repeats, known, values, scale)
    )


def break_even(
    base: Scenario,
    other: Scenario,
    unknown: Unknown,
    metric: str,
    *,
    viewers: int | None = None,
    from_day: int = 0,
    welfare: bool = False,
    executor: Executor | None = None,
    keep: Keep | None = None,
    on_done: Callable[[int], None] = lambda done: None,
) -> BreakEven:
    """The value of an unknown at which the difference of a metric turns its sign.

    Runs along its range, all else as stated, show between which values it turns; a straight line between them says
    where, and a run there whether it is so.

    Raises
    ------
    CoinworksError : the runs have no such metric
    """
    people = viewers or min(size_of(base), size_of(other))

    def answers(values: Sequence[Decimal]) -> Floats:
        pairs = [(drawn(base, [unknown], [value]), drawn(other, [unknown], [value])) for value in values]
        repeated = [pair for pair in pairs for _ in range(TURN_REPEATS)]
        seeds = [base.seed + n for _ in values for n in range(TURN_REPEATS)]
        tasks = list(_tasks(repeated, seeds, people, from_day, welfare=welfare))
        found = run_all(tasks, executor, keep, on_done)
        differences = column(found[1::2], metric) - column(found[::2], metric)
        return differences.reshape(len(values), TURN_REPEATS)

    return turned(unknown, metric, answers)


def turned(unknown: Unknown, metric: str, answers: Callable[[Sequence[Decimal]], Floats]) -> BreakEven:
    """The turn of `answers`, which gives differences of shape (n_values, n_seeds) for values of the unknown."""
    values = along(unknown)
    found = answers(values)
    changes, errors = found.mean(axis=1), found.std(axis=1, ddof=1) / np.sqrt(found.shape[1])
    told = np.where(np.abs(changes) > SURE * errors, changes, 0.0)
    bracket = nearest_turn([float(value) for value in values], told.tolist(), float(unknown.stated))
    turn = BreakEven(metric, unknown, values, changes, errors, None, float("nan"), is_verified=False)
    return turn if bracket is None else turn._replace(**_narrowed(unknown, bracket, answers))


def along(unknown: Unknown, points: int = POINTS) -> list[Decimal]:
    """Values from one end of the range to the other, the stated one among them."""
    first = 0.5 if unknown.stated == unknown.low else 0.0
    last = 0.5 if unknown.stated == unknown.high else 1.0
    return sorted({unknown.at(belief) for belief in np.linspace(first, last, points).tolist()})


def size_of(scenario: Scenario) -> int:
    """How many people a draw has: at most 5,000, and all where a rule counts pieces, which don't scale with people."""
    counts = any(change.kind in COUNTS_PIECES for change in scenario.interventions)
    return scenario.viewers if counts else min(scenario.viewers, VIEWERS)


def sign_share(changes: Floats, stated: float) -> float:
    """Of the draws, those that have the sign of the stated difference; NaN where nothing can be said.

    >>> sign_share(np.array([0.1, 0.2, -0.1, 0.0]), 0.15)
    0.5
    """
    return float((np.sign(changes) == np.sign(stated)).mean()) if len(changes) else float("nan")


def label(changes: Floats, shares: Sequence[tuple[Basis, float]], tolerance: float = TOLERANCE) -> Label:
    """What an answer rests on.

    Parameters
    ----------
    changes : shape (n_draws,), the answer under each draw
    shares : of what moves it, each unknown's basis and its share of the variance
    tolerance : of the middle answer; what moves less under all draws is a mechanism

    Returns
    -------
    fitted only where fitted parameters are seen to move it more than assumed ones; assumed in doubt
    """
    if len(changes) and np.abs(changes - np.median(changes)).max() <= tolerance * abs(np.median(changes)):
        return "mechanism"
    fitted, assumed = (sum(share for basis, share in shares if basis == wanted) for wanted in ("fitted", "assumed"))
    return "fitted" if fitted > assumed else "assumed"


def is_relative(unit: str, *bases: Floats) -> bool:
    """Whether differences are told as parts of their base."""
    known = np.concatenate(bases)
    return unit not in ("share", "index") and bool((known[~np.isnan(known)] > 0).all())


def _tasks(
    pairs: Sequence[tuple[Scenario, Scenario]], seeds: Sequence[int], people: int, from_day: int, *, welfare: bool
) -> Iterator[Task]:
    for pair, seed in zip(pairs, seeds, strict=True):
        for scenario in pair:
            yield Task(msgspec.structs.replace(scenario, viewers=people), seed, from_day, welfare)


def _beliefs(
    bases: Sequence[Figures],
    others: Sequence[Figures],
    repeats: int,
    known: Sequence[Unknown],
    values: Values,
    scale: float,
) -> dict[str, Belief]:
    numbers = values.astype(np.float64)
    found = {}
    for metric, figure in bases[0].items():
        if all(metric in figures for figures in (*bases, *others)):
            one, two = column(bases, metric), column(others, metric)
            belief = Belief(
                metric,
                figure.unit,
                figure.currency,
                one[repeats:],
                two[repeats:],
                one[:repeats],
                two[:repeats],
                scale,
                [],
            )
            found[metric] = belief._replace(believed=_believed(belief, known, numbers))
    return found


def _believed(belief: Belief, known: Sequence[Unknown], numbers: Floats) -> list[Believed]:
    rows = ~(np.isnan(belief.bases) | np.isnan(belief.others))
    if rows.sum() < 8:
        return []
    return [Believed(known[one.column], one) for one in influences(numbers[rows], belief.changes)]


def _narrowed(
    unknown: Unknown, bracket: Bracket, answers: Callable[[Sequence[Decimal]], Floats]
) -> Mapping[str, object]:
    """Where it turns within the bracket: a run at the crossing, and again between it and the side of the other sign."""
    beside = min(abs(bracket.at_low), abs(bracket.at_high))
    value, answer, is_verified = unknown.stated, float("nan"), False
    for _ in range(TURN_ROUNDS):
        value = unknown.rounded(bracket.crossing)
        if float(value) in (bracket.low, bracket.high):
            return {"value": value, "at_value": _at(bracket, float(value)), "is_verified": True}
        found = answers([value])[0]
        answer = float(found.mean())
        error = float(found.std(ddof=1) / np.sqrt(len(found)))
        is_verified = abs(answer) <= max(CLOSE_TO_ZERO * beside, SURE * error)
        if is_verified:
            break
        bracket = bracket.narrowed(float(value), answer)
    return {"value": value, "at_value": answer, "is_verified": is_verified}


def _at(bracket: Bracket, value: float) -> float:
    return bracket.at_low if value == bracket.low else bracket.at_high
