"""What you must believe: how far the difference of two scenarios rests on what nobody knows.

    studied = study(base, other, draws=64, executor=executor)
    gmv = studied.metrics["gmv"]
    gmv.interval, gmv.sign_share                    # over the ranges of all unknowns
    gmv.believed[:3], gmv.label                     # what it rests on
    turn = break_even(base, other, gmv.believed[0].unknown, "gmv")

Every draw gives all unknowns other values, the same in both scenarios and under the same seed, and each draw has people
of its own. So draws differ by what is believed and by chance; how much is chance is measured with the stated values,
among as many people and under some seeds.

What can't matter isn't asked: in a world in which every unknown is other than stated, each table in turn is put back to
what is stated. Where a metric stays to the last digit in both scenarios, nothing of that table moves it.
"""

from collections.abc import Callable, Container, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import numpy as np

from sim.experiments.influences import Influence, influences
from sim.experiments.runner import Runner
from sim.experiments.runs import Figures, Floats, column
from sim.experiments.turning import Bracket, nearest_turn
from sim.experiments.unknowns import Unknown, Values, design, drawn, settled, unknowns, unsettled
from sim.experiments.welfare import FIGURE
from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario
from sim.scenario.quantity import Basis

Label = Literal["mechanism", "fitted", "assumed"]

DRAWS: Final = 64
LEAST_DRAWS: Final = 8
REPEATS: Final = 16  # pairs with the stated values
VIEWERS: Final = 5_000
TOLERANCE: Final = 0.1  # of the middle answer: what moves less whatever is believed is arithmetic
QUANTILES: Final = (0.05, 0.95)
OF_NO_SIZE: Final = ("share", "index")
COUNTS_PIECES: Final = ("import_quota", "flash_sale")  # whole numbers of a scenario's own size
POINTS: Final = 7
TURN_REPEATS: Final = 4
TURN_ROUNDS: Final = 3
CLOSE_TO_ZERO: Final = 0.1  # of the answer beside it
ANYHOW: Final = Runner()  # here, and kept nowhere
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
    sign : of the difference whose sign is to be kept
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
    sign: int
    believed: list[Believed]

    @property
    def is_relative(self) -> bool:
        """Whether it is told as a part of the base: not of shares, indices and gains, nor where the base is nothing."""
        return self.unit not in OF_NO_SIZE and self.metric not in FIGURE and mean(self.stated_bases) > 0

    @property
    def all_changes(self) -> Floats:
        """Of each draw: a part of its base, or the difference itself; NaN where nothing can be said."""
        return self._changes(self.bases, self.others)

    @property
    def changes(self) -> Floats:
        """Of the draws of which something can be said."""
        return known(self.all_changes)

    @property
    def stated_changes(self) -> Floats:
        """The same with the stated values."""
        return known(self._changes(self.stated_bases, self.stated_others))

    @property
    def interval(self) -> tuple[float, float]:
        """Nine tenths of the draws, NaN where nothing can be said."""
        if not len(self.changes):
            return float("nan"), float("nan")
        low, high = np.quantile(self.changes, QUANTILES)
        return float(low), float(high)

    @property
    def noise_share(self) -> float:
        """Of the draws' squared spread (of nine tenths), what is the seeds' at this size; NaN with too few runs."""
        if min(len(self.changes), len(self.stated_changes)) < 2:
            return float("nan")
        spread, chance = (
            float(np.diff(np.quantile(found, QUANTILES))[0]) for found in (self.changes, self.stated_changes)
        )
        return min(1.0, (chance / spread) ** 2) if spread else 0.0

    @property
    def sign_share(self) -> float:
        """Of the draws, those whose difference has this sign; NaN where nothing can be said."""
        differences = known(self.others - self.bases)
        return float((np.sign(differences) == self.sign).mean()) if len(differences) else float("nan")

    @property
    def told(self) -> list[Believed]:
        """What moves it and can be told from chance."""
        return [one for one in self.believed if one.influence.is_told]

    @property
    def label(self) -> Label:
        """What the answer rests on."""
        return label_of(self.changes, [(one.unknown.basis, one.influence.share) for one in self.told])

    def _changes(self, bases: Floats, others: Floats) -> Floats:
        differences = others - bases
        if self.unit in OF_NO_SIZE:
            return differences
        if not self.is_relative:
            return differences * self.scale
        return differences / np.where(bases > 0, bases, np.nan)


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
        """Whether the answer is above zero beyond the turn; without one, whether it is larger at the high end."""
        turn = self.values[-1] if self.value is None else self.value
        beyond = [change for value, change in zip(self.values, self.changes.tolist(), strict=True) if value > turn]
        return bool(beyond[0] > 0) if beyond else bool(self.changes[-1] > self.changes[0])


def study(
    base: Scenario, other: Scenario, *, draws: int = DRAWS, repeats: int = REPEATS, runner: Runner = ANYHOW
) -> Beliefs:
    """Run two scenarios under draws of all that nobody knows.

    Parameters
    ----------
    draws : of all unknowns at once; each is a run of both
    repeats : runs of both with the stated values, which tell what is chance
    runner : how runs are made; of `size_of` people unless it says how many

    Raises
    ------
    CoinworksError : a draw that is no scenario, or fewer draws than it takes to tell anything

    Examples
    --------
    Nothing that anybody may believe makes another commission change what is sold in a day.

    >>> from sim.scenario import load
    >>> tiny = ["viewers=40", "days=1", "window=6h"]
    >>> base, other = load("us-baseline", tiny), load("us-baseline", [*tiny, "sellers.commission=0.08"])
    >>> studied = study(base, other, draws=8, repeats=2)
    >>> gmv = studied.metrics["gmv"]
    >>> studied, gmv.interval, gmv.sign_share, gmv.label
    (<Beliefs draws=8 unknowns=120 viewers=40>, (0.0, 0.0), 1.0, 'mechanism')
    """
    if draws < LEAST_DRAWS or repeats < 2:
        raise CoinworksError(f"draws(={draws}) must be >= {LEAST_DRAWS}, and repeats(={repeats}) >= 2")
    people = _people(runner, base, other)
    found = unknowns(base, other)
    values = design(found, draws, base.seed)
    tables = list(dict.fromkeys(one.table for one in found))
    worlds = [*values, unsettled(found), *(settled(found, table) for table in tables)]
    pairs = [(base, other)] * repeats + [(drawn(base, found, row), drawn(other, found, row)) for row in worlds]
    seeds = [base.seed + n for n in (*range(repeats), *range(draws))] + [base.seed] * (1 + len(tables))
    bases, others = runner._replace(viewers=people).pairs(pairs, seeds)
    split = repeats + draws
    metrics = _differences(bases[:split], others[:split], repeats, base.viewers / people)
    traced = {}
    for metric, belief in metrics.items():
        moving = _moving(metric, tables, bases[split:], others[split:])
        traced[metric] = belief._replace(believed=traced_to(belief, found, values, moving))
    return Beliefs(base.name, other.name, people, found, values, traced)


def break_even(base: Scenario, other: Scenario, unknown: Unknown, metric: str, runner: Runner = ANYHOW) -> BreakEven:
    """The value of an unknown at which the difference of a metric turns its sign.

    Runs along its range, all else as stated, show between which values it turns; a straight line between them says
    where, and a run there whether it is so.

    Parameters
    ----------
    runner : how runs are made; of `size_of` people unless it says how many

    Raises
    ------
    CoinworksError : the runs have no such metric
    """
    sized = runner._replace(viewers=_people(runner, base, other))

    def answers(values: Sequence[Decimal]) -> Floats:
        pairs = [(drawn(base, [unknown], [value]), drawn(other, [unknown], [value])) for value in values]
        repeated = [pair for pair in pairs for _ in range(TURN_REPEATS)]
        bases, others = sized.pairs(repeated, [base.seed + n for _ in values for n in range(TURN_REPEATS)])
        return (column(others, metric) - column(bases, metric)).reshape(len(values), TURN_REPEATS)

    return turned(unknown, metric, answers)


def turned(unknown: Unknown, metric: str, answers: Callable[[Sequence[Decimal]], Floats]) -> BreakEven:
    """The turn of `answers`, which gives differences of shape (n_values, n_seeds) for values of the unknown."""
    values = along(unknown)
    found = answers(values)
    changes, errors = found.mean(axis=1), found.std(axis=1, ddof=1) / np.sqrt(found.shape[1])
    told = np.where(np.abs(changes) > SURE * errors, changes, 0.0)
    bracket = nearest_turn([float(value) for value in values], told.tolist(), float(unknown.stated))
    turn = BreakEven(metric, unknown, values, changes, errors, None, float("nan"), is_verified=False)
    return turn if bracket is None else _narrowed(turn, bracket, answers)


def along(unknown: Unknown, points: int = POINTS) -> list[Decimal]:
    """Values from one end of the range to the other, the stated one among them."""
    first = 0.5 if unknown.stated == unknown.low else 0.0
    last = 0.5 if unknown.stated == unknown.high else 1.0
    return sorted({unknown.at(belief) for belief in np.linspace(first, last, points).tolist()})


def size_of(scenario: Scenario) -> int:
    """How many people a draw has: at most 5,000, and all where a rule counts pieces, which don't scale with people."""
    counts = any(change.kind in COUNTS_PIECES for change in scenario.interventions)
    return scenario.viewers if counts else min(scenario.viewers, VIEWERS)


def runs_of(base: Scenario, other: Scenario, draws: int = DRAWS, repeats: int = REPEATS) -> int:
    """How many runs a study makes."""
    return 2 * (draws + repeats + 1 + len({one.table for one in unknowns(base, other)}))


def traced_to(belief: Belief, found: Sequence[Unknown], values: Values, tables: Container[str]) -> list[Believed]:
    """What of some tables moves a difference; nothing can be said of it with few draws."""
    rows, columns = ~np.isnan(belief.all_changes), [n for n, one in enumerate(found) if one.table in tables]
    if rows.sum() < LEAST_DRAWS or not columns:
        return []
    numbers = values[rows][:, columns].astype(np.float64)
    return [Believed(found[columns[one.column]], one) for one in influences(numbers, belief.changes)]


def label_of(changes: Floats, shares: Sequence[tuple[Basis, float]], tolerance: float = TOLERANCE) -> Label:
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


def known(values: Floats) -> Floats:
    """Those of which something can be said."""
    return values[~np.isnan(values)]


def mean(values: Floats) -> float:
    """Of those of which something can be said; NaN of none."""
    found = known(values)
    return float(found.mean()) if len(found) else float("nan")


def _people(runner: Runner, base: Scenario, other: Scenario) -> int:
    return runner.viewers or min(size_of(base), size_of(other))


def _differences(bases: Sequence[Figures], others: Sequence[Figures], repeats: int, scale: float) -> dict[str, Belief]:
    """Of every metric that all runs have in one currency; the first runs are those with the stated values."""
    found = {}
    for metric, (_, unit, currency) in bases[0].items():
        if all(metric in figures and figures[metric].currency == currency for figures in (*bases, *others)):
            one, two = column(bases, metric), column(others, metric)
            apart = (one[repeats:], two[repeats:], one[:repeats], two[:repeats])
            sign = int(np.sign(np.nan_to_num(mean(two[:repeats] - one[:repeats]))))
            found[metric] = Belief(metric, unit, currency, *apart, scale, sign, believed=[])
    return found


def _moving(metric: str, tables: Sequence[str], bases: Sequence[Figures], others: Sequence[Figures]) -> list[str]:
    """The tables whose unknowns move a metric; runs are of an unsettled world, then with each table as stated."""
    pairs = [tuple(repr(one.get(metric)) for one in pair) for pair in zip(bases, others, strict=True)]
    return [table for table, pair in zip(tables, pairs[1:], strict=True) if pair != pairs[0]]


def _narrowed(turn: BreakEven, bracket: Bracket, answers: Callable[[Sequence[Decimal]], Floats]) -> BreakEven:
    """Where it turns within the bracket: a run at the crossing, and again between it and the side of the other sign."""
    beside = min(abs(bracket.at_low), abs(bracket.at_high))
    for _ in range(TURN_ROUNDS):
        value = turn.unknown.rounded(bracket.crossing)
        if float(value) in (bracket.low, bracket.high):
            at_value = bracket.at_low if float(value) == bracket.low else bracket.at_high
            return turn._replace(value=value, at_value=at_value, is_verified=True)
        found = answers([value])[0]
        answer, error = float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found)))
        is_verified = abs(answer) <= max(CLOSE_TO_ZERO * beside, SURE * error)
        turn = turn._replace(value=value, at_value=answer, is_verified=is_verified)
        if is_verified:
            break
        bracket = bracket.narrowed(float(value), answer)
    return turn
