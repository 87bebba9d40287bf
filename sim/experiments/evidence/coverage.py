"""Coverage: how often the interval of a comparison holds the truth.

    found = coverage(load("us-baseline"), seeds=range(1, 1001))     # a repetition a seed
    found[0].metric, found[0].rule, found[0].share                  # Interval of the share of intervals that hold it

The policy makes coins dearer by 5 %. A repetition is a comparison of its own, under seeds of its own, and gives for
each metric an interval of the first eight pairs, one of all its pairs, and one where the comparison's own rule stops,
when the interval is as short as was asked. The truth is the mean of many other pairs, and its own error is told: it is
small beside an interval's.

Where a few spenders make a metric, the differences of small economies are skewed, and intervals of a mean cover less
than they say until there are people enough. So the same is asked of larger economies: ten and forty such towns side by
side, whose pairs are sums of pairs that were run, drawn with replacement; there the truth is known exactly.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np

from sim.experiments.compare import FIRST, in_rounds
from sim.experiments.evidence.draws import METRICS, dearer
from sim.experiments.evidence.interval import Interval, proportion_interval
from sim.experiments.evidence.tasks import Tell, unseen
from sim.experiments.paired import LEVEL, Difference, quantile
from sim.experiments.runs import Figure, Figures, Floats, Keep, Task, column, run_all
from sim.scenario import Scenario

PAIRS: Final = 16  # of a repetition
TRUTH: Final = 1_000  # pairs
STOPPED_AT: Final = 11  # pairs, in the mean, by the precision that is asked of the rule
WANTED: Final = (0.93, 0.97)
CHUNK: Final = 50  # repetitions whose runs are held at a time
APART: Final = 1_000_000  # seeds between the truth and the repetitions, and between these
TOWNS: Final = (1, 10, 40)
REPEATED: Final = 1_000  # comparisons of several towns
RULES: Final = (f"{FIRST} pairs", f"{PAIRS} pairs", "until precise")


class Pairs(NamedTuple):
    """A metric of many pairs of runs: arrays of one shape, (n_pairs,) or (n_repetitions, n_pairs)."""

    bases: Floats
    others: Floats


class Covered(NamedTuple):
    """How often the intervals of a metric hold the truth, by one rule of when there are pairs enough.

    Attributes
    ----------
    towns : economies side by side; one is as it was run
    truth : the mean difference of many other pairs, with its own interval
    skewness : of a pair's difference; of a normal one it is 0
    pairs : that a comparison takes, in the mean
    """

    metric: str
    towns: int
    rule: str
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
        return "not told" if self.share.high >= low and self.share.low <= high else "outside"


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
    for some in _chunks([wanted[n : n + PAIRS * CHUNK] for n in range(0, truth_pairs, PAIRS * CHUNK)], blocks):
        tasks = [Task(one, seed) for seed in some for one in both]
        figures = run_all(tasks, executor, keep)
        told.append({metric: Pairs(column(figures[::2], metric), column(figures[1::2], metric)) for metric in metrics})
        tell(sum(len(one[metrics[0]].bases) for one in told) / total)
    rng = np.random.default_rng(seeds[0])
    return [covered for metric in metrics for covered in _covered(metric, _joined(told, metric), truth_pairs, rng)]


def _chunks(truth: Sequence[list[int]], blocks: Sequence[list[int]]) -> Iterator[list[int]]:
    """Seeds that are run together: those of the truth, then of some repetitions at a time."""
    yield from truth
    for n in range(0, len(blocks), CHUNK):
        yield [seed for block in blocks[n : n + CHUNK] for seed in block]


def _joined(told: Sequence[dict[str, Pairs]], metric: str) -> Pairs:
    return Pairs(*(np.concatenate([getattr(one[metric], side) for one in told]) for side in Pairs._fields))


def _covered(metric: str, found: Pairs, truth_pairs: int, rng: np.random.Generator) -> Iterator[Covered]:
    for towns in TOWNS:
        if towns == 1:
            truth = Pairs(*(side[:truth_pairs] for side in found))
            repeated = Pairs(*(side[truth_pairs:].reshape(-1, PAIRS) for side in found))
        else:
            truth, repeated = found, side_by_side(found, towns, rng)
        yield from counted(metric, truth, repeated, towns)


def side_by_side(pool: Pairs, towns: int, rng: np.random.Generator) -> Pairs:
    """Pairs of so many towns each, drawn from a pool: the means of their towns, arrays of shape (REPEATED, PAIRS)."""
    drawn = rng.integers(0, len(pool.bases), (REPEATED, PAIRS, towns))
    return Pairs(*(side[drawn].mean(axis=2) for side in pool))


def counted(metric: str, truth: Pairs, repeated: Pairs, towns: int = 1) -> list[Covered]:
    """How often intervals hold the truth, by each of RULES.

    Parameters
    ----------
    truth : arrays of shape (n_pairs,)
    repeated : arrays of shape (n_repetitions, PAIRS)
    """
    whole = Difference(metric, "", "", truth.bases, truth.others)
    differences = (repeated.others - repeated.bases).ravel()
    precision = precision_of(differences, abs(whole.base), STOPPED_AT)
    found: dict[str, list[tuple[bool, int]]] = {rule: [] for rule in RULES}
    for bases, others in zip(*repeated, strict=True):
        taken = (FIRST, PAIRS, stopped_at(metric, bases, others, precision))
        for rule, n in zip(RULES, taken, strict=True):
            low, high = Difference(metric, "", "", bases[:n], others[:n]).interval_seeds
            found[rule].append((low <= whole.difference <= high, n))
    return [
        Covered(
            metric,
            towns,
            rule,
            Interval(whole.difference, *whole.interval_seeds),
            whole.base,
            skewness(differences),
            float(np.mean([n for _, n in told])),
            sum(hit for hit, _ in told),
            len(told),
        )
        for rule, told in found.items()
    ]


def precision_of(differences: Floats, base: float, pairs: int) -> float:
    """The half-width, of the base, that so many pairs with differences like these give in the mean."""
    return float(quantile(LEVEL, pairs) * differences.std(ddof=1) / np.sqrt(pairs) / base)


def stopped_at(metric: str, bases: Floats, others: Floats, precision: float) -> int:
    """After how many of these pairs a comparison's own rule stops."""

    def run(some: Sequence[int]) -> list[Figures]:
        return [{metric: Figure(float(side[n]), "", "")} for n in some for side in (bases, others)]

    figures, _, _ = in_rounds(run, range(len(bases)), metric, precision, float("inf"))
    return len(figures) // 2


def skewness(values: Floats) -> float:
    """The third standardized moment; 0 of what doesn't vary.

    >>> round(skewness(np.array([0.0, 0.0, 0.0, 1.0])), 3)
    1.155
    """
    centred, spread = values - values.mean(), float(values.std())
    return float((centred**3).mean()) / spread**3 if spread else 0.0
