"""Comparison: what a scenario changes against another, with replications in pairs until that is known well enough.

    told = compare(load("us-baseline"), load("us-web-push"), metric="take_rate", precision=0.02)
    told.answer.difference, told.answer.interval_seeds      # of the take rate
    told.metrics["bookings"].bases                          # by seed, array of shape (n_seeds,)
    sure = believed(told, draws=64)                         # what one must believe for it
    sure.answer.interval_parameters, sure.answer.sign_share, sure.answer.label

Pairs come in rounds: a first one, then as many as the spread so far says are still needed (at most as many again),
until the half-width of the 95 % interval of the asked metric's difference is within the precision, as a part of the
base's mean, or the budget is used up. Stopping when an interval is short favours samples that vary little by chance
(Glynn and Whitt 1992: such a rule holds in the limit of a high precision only; Singham and Schruben 2012 show how much
is lost before). So the first round is of twelve pairs, and a comparison that knows enough takes two confirming ones
more, which no rule has looked at; its interval is of all of them, and may be a little wider than was asked. What is
stopped by a number of pairs depends on scenarios and seeds alone; what is stopped by seconds, on the machine's speed
too.

Glynn and Whitt (1992), Annals of Applied Probability 2, 180-198. Singham and Schruben (2012), INFORMS Journal on
Computing 24, 624-635.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from math import ceil, inf, isnan
from typing import Final, Literal, NamedTuple

import numpy as np

from sim.experiments.beliefs import DRAWS, POINTS, TURN_REPEATS, Beliefs, break_even, runs_of, study
from sim.experiments.ground import common_ground
from sim.experiments.names import nearest
from sim.experiments.paired import ENOUGH_PAYERS, HELD, UNSAID, Difference, corrected
from sim.experiments.payers import effective_payers
from sim.experiments.runner import Runner
from sim.experiments.runs import Figures, Keep, Task, column, run_all, unseen
from sim.experiments.unknowns import Unknown, find, unknowns
from sim.experiments.warmup import warm_up
from sim.experiments.welfare import FIGURE
from sim.experiments.welfare.incidence import Incidence
from sim.ledger.errors import CoinworksError
from sim.metrics.definitions import METRIC
from sim.scenario import Scenario

Done = Callable[[int], None]
Watch = Callable[[str, int], AbstractContextManager[Done]]
Stopped = Literal["precision", "pairs", "budget"]

FIRST: Final = 12  # pairs
LEAST_MORE: Final = 4
CONFIRMING: Final = 2  # pairs, once the others say that they are enough
MOST: Final = 200
PRECISION: Final = 0.02
LOOKED_AT: Final = 4  # runs of the base, for the warm-up
ASKED: Final = "bookings"  # where a scenario has no headline

# What every comparison tells, and what it tells where there is any of it.
HEADLINES: Final = (
    "bookings",
    "conversion",
    "arppu",
    "revenue",
    "platform_margin",
    "take_rate",
    "gifts",
    "creator_income",
    "creator_gini",
    "orders",
    "gmv",
    "commission",
    "seller_income",
    "seller_gini",
    "tax",
)
WHERE_ANY: Final = (
    "reward_cost",
    "voucher_cost",
    "coins_refunded",
    "charged_back",
    "domestic_seller_income",
    "foreign_seller_income",
    "offline_income",
    "orders_barred",
    "gmv_to_rivals",
    "gmv_to_offline",
    "gifts_elsewhere",
)


class Comparison(NamedTuple):
    """What another scenario changes against a base.

    Attributes
    ----------
    base, other : the scenarios as they were run, alike in people and time
    notes : what was made alike, left out or can't be said
    asked : the metric whose difference decided how many pairs there are
    seeds : of the pairs
    warm_up_days, warm_up_why : the days left out, and by what rule
    precision : that was asked, as a part of the base's mean
    stopped : by what: the precision was reached, so many pairs or so much time were used up
    metrics : by name, those that are read together
    gains : by the names of `welfare.FIGURE` what each party gains, a family of its own; None where nobody asked
    beliefs : the draws of what nobody knows, where they were made
    borne : who bears it, with prices held and with prices moved, where that was looked for
    """

    base: Scenario
    other: Scenario
    notes: list[str]
    asked: str
    seeds: list[int]
    warm_up_days: int
    warm_up_why: str
    precision: float
    stopped: Stopped
    metrics: dict[str, Difference]
    gains: dict[str, Difference] | None = None
    beliefs: Beliefs | None = None
    borne: Incidence | None = None

    def __repr__(self) -> str:
        return f"<Comparison {self.base.name} with {self.other.name}, {len(self.seeds)} pairs>"

    @property
    def answer(self) -> Difference:
        """The asked metric's difference."""
        return self.metrics[self.asked]


def unwatched(label: str, runs: int) -> AbstractContextManager[Done]:
    """Progress that nobody watches."""
    del label, runs
    return nullcontext(unseen)


def compare(
    base: Scenario,
    other: Scenario,
    *,
    metric: str | None = None,
    also: Sequence[str] = (),
    precision: float = PRECISION,
    budget_s: float = inf,
    pairs: int = MOST,
    warm_up_days: int | None = None,
    welfare: bool = False,
    executor: Executor | None = None,
    keep: Keep | None = None,
    watch: Watch = unwatched,
) -> Comparison:
    """Run two scenarios in pairs and tell what differs.

    Parameters
    ----------
    metric : the asked one; the other scenario's headline unless given
    also : metrics to read beside `HEADLINES`
    precision : half-width of the asked difference's interval over seeds, as a part of the base's mean, from which on no
        pairs are added but those that confirm it
    budget_s : no round begins after so many seconds, and none that wouldn't end by then
    pairs : at most so many
    warm_up_days : left out; by MSER-5 unless given, see `warmup`
    welfare : also who gains how much
    executor, keep : as `runs.run_all` has them
    watch : `watch(label, runs)` is a context in which a function gets how many of the runs are done

    Raises
    ------
    CoinworksError : a metric that there isn't, or that differs in its money; scenarios without common ground

    Examples
    --------
    >>> from sim.scenario import load
    >>> tiny = ["viewers=40", "days=2", "window=6h", "gifting.giver_share=0.5"]
    >>> told = compare(load("us-baseline", tiny), load("uk", tiny), metric="gifts", pairs=3, warm_up_days=1)
    >>> told.seeds, told.answer.unit, told.answer.bases.shape
    ([1, 2, 3], 'gifts', (3,))
    >>> told.answer.differences.tolist() == (told.answer.others - told.answer.bases).tolist()
    True
    >>> "bookings" in told.metrics  # dollars and pounds
    False
    >>> sure = believed(told, draws=8, viewers=30)
    >>> sure.answer.belief.bases.shape, sure.answer.label in ("mechanism", "fitted", "assumed")
    ((8,), True)
    """
    known = {**METRIC, **FIGURE} if welfare else METRIC
    for name in (metric, *also):
        if name is not None and name.partition(".")[0] not in known:
            raise CoinworksError(nearest("metric", name, known))
    if pairs < 2:
        raise CoinworksError(f"pairs(={pairs}) must be >= 2: chance shows in what differs between them")
    ours, theirs, notes = common_ground(base, other)
    seeds = range(theirs.seed, theirs.seed + pairs)
    days, why = warm_up_days, "as asked"
    if days is None:
        with watch("looking at the warm-up", LOOKED_AT):
            found = warm_up(ours, theirs, metric or theirs.headline or ASKED, seeds[:LOOKED_AT], executor)
        days, why = found.days, found.why
    elif not 0 <= days < ours.days:
        raise CoinworksError(f"warm-up of {days} days: expected 0 to {ours.days - 1}")

    def run(some: Sequence[int]) -> list[Figures]:
        tasks = [Task(scenario, seed, days, welfare) for seed in some for scenario in (ours, theirs)]
        with watch("comparing", len(tasks)) as done:
            return run_all(tasks, executor, keep, done)

    figures, asked, stopped = in_rounds(run, seeds, metric or theirs.headline or ASKED, precision, budget_s)
    told = _told(figures[::2], figures[1::2], asked, [theirs.headline, *also], notes)
    used = list(seeds[: len(figures) // 2])
    gains = corrected(_gains(figures[::2], figures[1::2], notes)) if welfare else None
    notes += marks([*told.values(), *(gains or {}).values()])
    return Comparison(ours, theirs, notes, asked, used, days, why, precision, stopped, corrected(told), gains)


def believed(
    told: Comparison,
    *,
    draws: int = DRAWS,
    viewers: int | None = None,
    turn: str | None = None,
    executor: Executor | None = None,
    keep: Keep | None = None,
    watch: Watch = unwatched,
) -> Comparison:
    """The same comparison with what one must believe: how far each difference rests on what nobody knows.

    Where the answer rests on assumptions, the most important of them is turned until the answer turns its sign; or the
    one that is named, whatever it rests on.

    Parameters
    ----------
    draws : over the ranges of all parameters that nobody knows
    viewers : people in each of their runs; `beliefs.size_of` unless given
    turn : the key of the unknown to turn

    Raises
    ------
    CoinworksError : no such unknown; names the nearest
    """
    wanted = None if turn is None else find(unknowns(told.base, told.other), turn)
    runner = Runner(viewers, told.warm_up_days, told.gains is not None, executor, keep)
    with watch("drawing what nobody knows", runs_of(told.base, told.other, draws)) as done:
        studied = study(told.base, told.other, draws=draws, runner=runner._replace(on_done=done))
    metrics = {name: _with_belief(one, studied) for name, one in told.metrics.items()}
    gains = told.gains and {name: _with_belief(one, studied) for name, one in told.gains.items()}
    answer = metrics[told.asked]
    wanted = wanted or _doubted(answer)
    if wanted is not None:
        with watch("looking for the turn", 2 * POINTS * TURN_REPEATS) as done:
            sized = runner._replace(viewers=studied.viewers, on_done=done)
            found = break_even(told.base, told.other, wanted, told.asked, sized)
        metrics[told.asked] = answer._replace(break_even=found)
    return told._replace(metrics=metrics, gains=gains, beliefs=studied)


def _doubted(answer: Difference) -> Unknown | None:
    """The assumption that matters most for an answer that rests on some."""
    if answer.belief is None or answer.label != "assumed":
        return None
    return next((one.unknown for one in answer.belief.believed if one.unknown.basis == "assumed"), None)


def _with_belief(one: Difference, studied: Beliefs) -> Difference:
    """A difference beside its draws, whose sign is asked of the difference itself."""
    belief = studied.metrics.get(one.metric)
    return (
        one
        if belief is None
        else one._replace(belief=belief._replace(sign=int(np.sign(np.nan_to_num(one.difference)))))
    )


def in_rounds(
    run: Callable[[Sequence[int]], list[Figures]], seeds: Sequence[int], metric: str, precision: float, budget_s: float
) -> tuple[list[Figures], str, Stopped]:
    """Pairs of runs until the metric is known, its name among the figures, and why there are no more."""
    began_s = time.monotonic()
    figures = run(seeds[:FIRST])
    asked = named(metric, figures)
    while True:
        n = len(figures) // 2
        reached = _difference(asked, figures[::2], figures[1::2]).precision
        is_known = reached <= precision
        more = min(CONFIRMING if is_known else still_needed(n, reached, precision), len(seeds) - n)
        if budget_s < inf:
            spent_s = time.monotonic() - began_s
            more = min(more, int(n * (budget_s - spent_s) / spent_s))
        if more > 0:
            figures += run(seeds[n : n + more])
        if is_known:
            return figures, asked, "precision"
        if n >= len(seeds):
            return figures, asked, "pairs"
        if more < 1:
            return figures, asked, "budget"


def marks(found: Sequence[Difference]) -> list[str]:
    """Notes on intervals over seeds that aren't shown to cover what they say, see `Difference.mark`."""
    notes, seen = [], {one.mark for one in found}
    if "few payers" in seen:
        notes.append(
            f"* a run has {found[0].payers:.0f} effective payers, {ENOUGH_PAYERS} would be enough: such intervals of "
            f"95 % hold the truth in about {100 * HELD:.0f} % of comparisons"
        )
    if "rare" in seen:
        notes.append("** made by few events: how often such intervals of 95 % hold the truth isn't known")
    return notes


def still_needed(n: int, reached: float, wanted: float) -> int:
    """How many pairs are still needed, by the spread of those there are; at most as many again.

    >>> still_needed(8, 0.04, 0.03), still_needed(8, 0.1, 0.02)
    (7, 8)
    """
    if isnan(reached) or wanted <= 0:
        return n
    return min(max(ceil(n * (reached / wanted) ** 2) - n, LEAST_MORE), n)


def named(metric: str, figures: Sequence[Figures]) -> str:
    """A metric's name among the figures; of one that has several currencies the one must be said.

    Raises
    ------
    CoinworksError : the runs don't have it, or in one the money is another than in the other
    """
    names = [name for name in figures[0] if name == metric or name.partition(".")[0] == metric]
    if len(names) > 1:
        raise CoinworksError(f"metric {metric!r}: expected one of {', '.join(names)}, for there are several currencies")
    if not names:
        raise CoinworksError(nearest("metric", metric, figures[0]))
    moneys = {one[names[0]].currency if names[0] in one else "another money" for one in figures}
    if len(moneys) > 1:
        raise CoinworksError(
            f"metric {metric!r}: {' and '.join(sorted(moneys))} can't be compared; expected a share or a number"
        )
    return names[0]


def _difference(metric: str, bases: Sequence[Figures], others: Sequence[Figures], payers: float = UNSAID) -> Difference:
    _, unit, currency = bases[0][metric]
    return Difference(metric, unit, currency, column(bases, metric), column(others, metric), payers=payers)


def _gains(bases: Sequence[Figures], others: Sequence[Figures], notes: list[str]) -> dict[str, Difference]:
    """What each party gains; nothing where both tell it in other money."""
    moneys = {one["total_gain"].currency for one in (*bases, *others)}
    if len(moneys) > 1:
        notes.append(f"who gains isn't compared, for the money is another: {' and '.join(sorted(moneys))}")
        return {}
    payers = effective_payers([*bases, *others])
    return {name: _difference(name, bases, others, payers) for name in FIGURE}


def _told(
    bases: Sequence[Figures], others: Sequence[Figures], asked: str, also: Sequence[str | None], notes: list[str]
) -> dict[str, Difference]:
    """The metrics that are read: the asked one first."""
    payers = effective_payers([*bases, *others])
    found = {asked: _difference(asked, bases, others, payers)}
    left_out = []
    for wanted in (*filter(None, also), *HEADLINES, *WHERE_ANY):
        for name in (name for name in bases[0] if name.partition(".")[0] == wanted or name == wanted):
            if any(name not in one or one[name].currency != bases[0][name].currency for one in (*bases, *others)):
                left_out.append(name)
            elif wanted not in WHERE_ANY or any(one[name].value > 0 for one in (*bases, *others)):
                found.setdefault(name, _difference(name, bases, others, payers))
    if left_out:
        notes.append(f"not compared, for the money is another: {', '.join(dict.fromkeys(left_out))}")
    return found
