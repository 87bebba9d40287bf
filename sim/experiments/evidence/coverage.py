"""Coverage: how often the interval of a comparison holds the truth.

    found = coverage(load("us-baseline"), seeds=range(1, 1001))     # a repetition a seed
    found[0].metric, found[0].rule, found[0].share                  # Interval of the share of intervals that hold it

The policy makes coins dearer by 5 %. A repetition is a comparison of its own, under seeds of its own, and gives for
each metric an interval of the first twelve pairs, one of all sixteen, and one where the comparison's own rule stops,
when the interval is as short as was asked; a comparison that needs more pairs goes on with those of the repetitions
after it. Both intervals are asked: that of the difference, and that of the part of the base, which is what is told.
The truth is the mean of many other pairs, and its own error is told: it is small beside an interval's.

Where a few spenders make a metric, the differences of small economies are skewed, and intervals of a mean cover less
than they say until there are people enough. So the same is asked of larger economies: ten and forty such towns side by
side, whose pairs are sums of pairs that were run, drawn with replacement; there the truth is known exactly. Shares and
indices aren't sums, and are asked of the economy as it was run.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np

from sim.experiments.compare import FIRST, in_rounds
from sim.experiments.evidence.draws import METRICS as SUMS
from sim.experiments.evidence.draws import dearer
from sim.experiments.evidence.interval import Interval, proportion_interval
from sim.experiments.evidence.tasks import Tell, unseen
from sim.experiments.paired import LEVEL, NOT_RELATIVE, Difference, Mark, quantile
from sim.experiments.payers import effective_payers
from sim.experiments.runs import Figure, Figures, Floats, Keep, Task, column, run_all
from sim.scenario import Scenario

METRICS: Final = (*SUMS, "platform_margin", "conversion", "take_rate", "creator_gini")
PAIRS: Final = 16  # of a repetition
MOST: Final = 3 * PAIRS  # pairs of a comparison that stops by its own rule
TRUTH: Final = 1_000  # pairs
STOPPED_AT: Final = 16  # pairs, in the mean, that the precision takes that is asked of the rule
WANTED: Final = (0.93, 0.97)
CHUNK: Final = 50  # repetitions whose runs are held at a time
APART: Final = 1_000_000  # seeds between the truth and the repetitions, and between these
TOWNS: Final = (1, 10, 40)
REPEATED: Final = 4_000  # comparisons of several towns
RULES: Final = (f"{FIRST} pairs", f"{PAIRS} pairs", "until precise")
INTERVALS: Final = ("difference", "part")  # of the base


class Pairs(NamedTuple):
    """A metric of many pairs of runs: arrays of one shape, (n_pairs,) or (n_repetitions, n_pairs)."""

    bases: Floats
    others: Floats


class Covered(NamedTuple):
    """How often the intervals of a metric hold the truth, by one rule of when there are pairs enough.

    Attributes
    ----------
    towns : economies side by side; one is as it was run
    interval : of the difference, or of the part of the base
    mark : with which a comparison tells it, see `Difference.mark`
    truth : the mean difference of many other pairs, with its own interval
    skewness : of a pair's difference; of a normal one it is 0
    pairs : that a comparison takes, in the mean
    """

    metric: str
    towns: int
    rule: str
    interval: str
    mark: Mark
    truth: Interval
    base: float
    skewness: float
    pairs: float
    hits: int
    repetitions: int

    @property
    def share(self) -> Interval:
        """Of the repetitions, with Wilson's interval."""
        return proportion_interval(self.hits, self.repetitions)

    @property
    def verdict(self) -> str:
        """Whether it is what was wanted, or could be."""
        low, high = WANTED
        if low <= self.share.value <= high:
            return "inside"
        if self.share.high < low:
            return "below"
        return "above" if self.share.low > high else "not told"


def coverage(
    scenario: Scenario,
    seeds: Iterable[int],
    *,
    metrics: Sequence[str] = METRICS,
    truth_pairs: int = TRUTH,
    executor: Executor | None = None,
    keep: Keep | None = None,
    tell: Tell = unseen,
) -> list[Covered]:
    """Repeat a comparison under each of these seeds, and count how often its intervals hold the truth.

    Parameters
    ----------
    seeds : of the repetitions, each below a million; the pairs of one are as many million apart
    truth_pairs : of the truth, under seeds that no repetition has
    keep : of runs, so that a campaign that is killed goes on
    """
    seeds = list(seeds)
    both = scenario, dearer(scenario)
    wanted = [APART * PAIRS + seed for seed in range(truth_pairs)]
    blocks = [[seed + APART * pair for pair in range(PAIRS)] for seed in seeds]
    total = truth_pairs + PAIRS * len(seeds)
    told: list[dict[str, Pairs]] = []
    wholes: list[Difference] = []
    for some in _chunks([wanted[n : n + PAIRS * CHUNK] for n in range(0, truth_pairs, PAIRS * CHUNK)], blocks):
        tasks = [Task(one, seed) for seed in some for one in both]
        figures = run_all(tasks, executor, keep)
        told.append({metric: Pairs(column(figures[::2], metric), column(figures[1::2], metric)) for metric in metrics})
        wholes = wholes or _unmeasured(figures, metrics)
        tell(sum(len(one[metrics[0]].bases) for one in told) / total)
    rng = np.random.default_rng(seeds[0])
    return [covered for one in wholes for covered in _covered(one, _joined(told, one.metric), truth_pairs, rng)]


def _unmeasured(figures: Sequence[Figures], metrics: Sequence[str]) -> list[Difference]:
    """The metrics, with their units and how many payers there are, and no pairs yet."""
    payers, none = effective_payers(figures), np.empty(0)
    return [Difference(metric, *figures[0][metric][1:], none, none, payers=payers) for metric in metrics]


def _chunks(truth: Sequence[list[int]], blocks: Sequence[list[int]]) -> Iterator[list[int]]:
    """Seeds that are run together: those of the truth, then of some repetitions at a time."""
    yield from truth
    for n in range(0, len(blocks), CHUNK):
        yield [seed for block in blocks[n : n + CHUNK] for seed in block]


def _joined(told: Sequence[dict[str, Pairs]], metric: str) -> Pairs:
    return Pairs(*(np.concatenate([getattr(one[metric], side) for one in told]) for side in Pairs._fields))


def _covered(one: Difference, found: Pairs, truth_pairs: int, rng: np.random.Generator) -> Iterator[Covered]:
    for towns in TOWNS if one.unit not in NOT_RELATIVE else TOWNS[:1]:
        if towns == 1:
            truth = Pairs(*(side[:truth_pairs] for side in found))
            repeated = Pairs(*(going_on(side[truth_pairs:]) for side in found))
        else:
            truth, repeated = found, side_by_side(found, towns, rng)
        whole = one._replace(bases=truth.bases, others=truth.others, payers=towns * one.payers)
        yield from counted(whole, repeated, towns)


def going_on(values: Floats) -> Floats:
    """Of each repetition its pairs and those after them, the first after the last: shape (n_repetitions, MOST).

    >>> going_on(np.arange(64.0))[3, [0, PAIRS, MOST - 1]]
    array([48.,  0., 31.])
    """
    starts = np.arange(0, len(values), PAIRS)
    return np.asarray(values[(starts[:, None] + np.arange(MOST)) % len(values)])


def side_by_side(pool: Pairs, towns: int, rng: np.random.Generator) -> Pairs:
    """Pairs of so many towns each, drawn from a pool: the means of their towns, arrays of shape (REPEATED, MOST)."""
    drawn = rng.integers(0, len(pool.bases), (REPEATED, MOST, towns))
    return Pairs(*(side[drawn].mean(axis=2) for side in pool))


def counted(whole: Difference, repeated: Pairs, towns: int = 1) -> list[Covered]:
    """How often intervals hold the truth, by each of RULES, of each of INTERVALS.

    Parameters
    ----------
    whole : the truth, of single towns
    repeated : of so many towns, arrays of shape (n_repetitions, MOST)
    """
    bases, others = repeated
    precision = precision_of(whole, STOPPED_AT) / np.sqrt(towns)
    unmeasured = whole._replace(bases=np.empty(0), others=np.empty(0))
    truths = (whole.difference, whole.relative) if whole.is_relative else (whole.difference,)
    until = [stopped_at(unmeasured, *pair, precision) for pair in zip(bases, others, strict=True)]
    taken = dict(zip(RULES, ([FIRST] * len(bases), [PAIRS] * len(bases), until), strict=True))
    skewed = skewness((others - bases)[:, :PAIRS].ravel())
    found = []
    for rule, pairs in taken.items():
        held = [
            _held(unmeasured._replace(bases=bases[k, :n], others=others[k, :n]), *truths) for k, n in enumerate(pairs)
        ]
        for place, interval in enumerate(INTERVALS[: len(truths)]):
            found.append(
                Covered(
                    whole.metric,
                    towns,
                    rule,
                    interval,
                    whole.mark,
                    Interval(whole.difference, *whole.interval_seeds),
                    whole.base,
                    skewed,
                    float(np.mean(pairs)),
                    sum(each[place] for each in held),
                    len(held),
                )
            )
    return found


def _held(one: Difference, difference: float, *part: float) -> list[bool]:
    """Whether its interval of the difference holds the truth, and that of the part of the base, where one is told."""
    low, high = one.interval_seeds
    least, most = one.interval_told
    return [low <= difference <= high, *(least <= true * one.base <= most for true in part)]


def precision_of(whole: Difference, pairs: int) -> float:
    """The half-width, of the base, that so many pairs like these give in the mean where they aren't skewed."""
    spread = whole.error_told * len(whole.differences) ** 0.5
    return float(quantile(LEVEL, pairs) * spread / (pairs**0.5 * abs(whole.base)))


def stopped_at(one: Difference, bases: Floats, others: Floats, precision: float) -> int:
    """After how many of these pairs a comparison's own rule stops."""

    def run(some: Sequence[int]) -> list[Figures]:
        return [{one.metric: Figure(float(side[n]), one.unit, one.currency)} for n in some for side in (bases, others)]

    figures, _, _ = in_rounds(run, range(len(bases)), one.metric, precision, float("inf"))
    return len(figures) // 2


def skewness(values: Floats) -> float:
    """The third standardized moment; 0 of what doesn't vary.

    >>> round(skewness(np.array([0.0, 0.0, 0.0, 1.0])), 3)
    1.155
    """
    centred, spread = values - values.mean(), float(values.std())
    return float((centred**3).mean()) / spread**3 if spread else 0.0
