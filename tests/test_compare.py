"""Comparison: pairs until it is known well enough, intervals that can be computed by hand, and ground in common."""

import doctest
import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isnan, sqrt

import msgspec
import numpy as np
import pytest

from sim.experiments import compare as module
from sim.experiments.compare import CONFIRMING, FIRST, Comparison, compare, in_rounds, marks, still_needed
from sim.experiments.ground import common_ground
from sim.experiments.paired import LEVEL, Difference, corrected, half_width, holm, quantile, widening
from sim.experiments.payers import effective, effective_payers
from sim.experiments.runs import Figure, Figures, Floats, Task
from sim.experiments.warmup import DAY_H, mser, settled_after, steadied, tells_of_dates, warm_up
from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario, load

TINY = ("viewers=60", "days=2", "window=6h", "gifting.giver_share=0.5")
T_7 = 2.364624  # of Student's t with 7 degrees of freedom, 97.5 %


@pytest.mark.parametrize("name", ["names", "paired", "payers", "compare"])
def test_docstring_examples(name: str) -> None:
    tried = doctest.testmod(
        importlib.import_module(f"sim.experiments.{name}"), optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert tried.attempted
    assert tried.failed == 0


def difference(bases: Sequence[float], others: Sequence[float], unit: str = "money") -> Difference:
    return Difference("gmv", unit, "USD", np.array(bases, float), np.array(others, float))


def test_an_interval_over_seeds_is_students() -> None:
    rng = np.random.default_rng(1)
    half_of_them = rng.normal(0, 1, 4)
    bases, changes = rng.normal(100, 30, 8), 3 + np.concatenate([half_of_them, -half_of_them])  # not skewed
    told = difference(bases.tolist(), (bases + changes).tolist())
    half = T_7 * changes.std(ddof=1) / sqrt(8)
    assert told.difference == pytest.approx(changes.mean())
    assert told.relative == pytest.approx(changes.mean() / bases.mean())
    assert told.interval_seeds == pytest.approx((changes.mean() - half, changes.mean() + half), rel=1e-6)
    left = changes - told.relative * bases
    assert told.precision == pytest.approx(T_7 * widening(left) * told.error_told / bases.mean(), rel=1e-6)
    assert difference(bases.tolist(), (bases + changes).tolist(), "index").precision == pytest.approx(
        half / bases.mean(), rel=1e-6
    )
    from scipy.stats import ttest_rel

    assert told.p_value == pytest.approx(ttest_rel(bases + changes, bases).pvalue)


def test_the_p_value_is_the_level_at_which_the_interval_touches_nothing() -> None:
    told = difference([0] * 8, [1, 2, 3, 4, -1, 0, 1, 2])
    half = half_width(told.differences)
    shifted = difference([told.difference - half] * 8, [1, 2, 3, 4, -1, 0, 1, 2])
    assert shifted.p_value == pytest.approx(0.05)
    assert shifted.interval_seeds[0] == pytest.approx(0, abs=1e-12)


def test_pairs_of_which_nothing_can_be_said_are_left_out() -> None:
    told = difference([1, np.nan, 3, 5], [2, 7, np.nan, 8])
    assert told.differences.tolist() == [1, 3]
    assert (told.base, told.other, told.difference) == (3, 5, 2)
    assert isnan(difference([np.nan, 1], [1, 2]).error)
    assert isnan(difference([np.nan, 1], [1, 2]).error_told)
    assert isnan(difference([], []).p_value)


def test_a_part_of_the_base_is_as_sure_as_pairs_agree_on_it() -> None:
    """However bases vary: by hand, 10 and 60 of 100 and 300 are 17.5 % of their mean, 7.5 less and more than that."""
    told = difference([100, 300], [110, 360])
    left = np.array([10 - 0.175 * 100, 60 - 0.175 * 300])
    assert told.error_told == pytest.approx(left.std(ddof=1) / sqrt(2))
    assert difference([100, np.nan, 300], [110, 5, 330]).interval_told == pytest.approx((20, 20))
    assert difference([0.1, 0.3], [0.11, 0.33], "share").interval_told[0] < 0


def test_intervals_of_a_part_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    bases = rng.normal(100, 25, (4000, 12))
    others = bases * rng.normal(0.8, 0.1, (4000, 12))
    told = [difference(*pair) for pair in zip(bases, others, strict=True)]
    held = np.mean([low / one.base <= -0.2 <= high / one.base for one in told for low, high in [one.interval_told]])
    assert 0.93 <= held <= 0.97
    assert np.mean([one.error_told for one in told]) < 0.9 * np.mean([one.error for one in told])


# Values, and how many times as wide their interval is: (q^4 + 2 q^2 - 3) / 18 more where one value is other than all
# the rest, for their squared skewness, adjusted, is then their number.
WIDER = [
    ([-1.0, 1.0] * 4, 1.0),
    ([5.0] * 8, 1.0),
    ([0.0] * 6 + [1.0], 1.0),  # seven don't know their skewness
    ([0.0] * 7 + [1.0], 1 + (T_7**4 + 2 * T_7**2 - 3) / 18),
    ([7.0] * 7 + [-5.0], 1 + (T_7**4 + 2 * T_7**2 - 3) / 18),  # whatever the zero, the unit and the side
    ([0.0] * 30 + [1.0], 1 + (2.042272**4 + 2 * 2.042272**2 - 3) / 18),
]


@pytest.mark.parametrize(("values", "times"), WIDER)
def test_skewed_pairs_have_wider_intervals(values: list[float], times: float) -> None:
    assert widening(np.array(values)) == pytest.approx(times, rel=1e-6)
    told = difference([0.0] * len(values), values, "index")
    assert half_width(told.differences) == pytest.approx(times * quantile(LEVEL, len(values)) * told.error)


def test_wider_intervals_of_skewed_pairs_hold_the_truth_as_often_as_they_say() -> None:
    """Exponential ones, whose skewness is 2 and whose mean is 1: Student's interval holds it too seldom."""
    drawn = np.random.default_rng(3).exponential(1.0, (4_000, FIRST))
    off = np.abs(drawn.mean(axis=1) - 1.0)
    students = np.array([quantile(LEVEL, FIRST) * one.std(ddof=1) / sqrt(FIRST) for one in drawn])
    wider = np.array([half_width(one) for one in drawn])
    assert (off <= students).mean() < 0.92
    assert 0.93 <= (off <= wider).mean() <= 0.97


def test_what_never_varies_is_known_for_sure() -> None:
    assert difference([5, 5, 5], [5, 5, 5]).p_value == 1
    always = difference([5, 5, 5], [6, 6, 6])
    assert (always.p_value, always.precision, always.interval_seeds) == (0, 0, (1, 1))
    assert difference([0, 0], [0, 0]).precision == 0


def test_shares_and_what_begins_at_nothing_are_not_told_as_a_part_of_the_base() -> None:
    assert not difference([0.2, 0.3], [0.3, 0.4], "share").is_relative
    assert not difference([0, 0], [3, 4]).is_relative
    assert difference([1, 2], [3, 4]).is_relative


# p-values, and Holm's by hand.
HOLM = [
    ([0.01], [0.01]),
    ([0.01, 0.02], [0.02, 0.02]),
    ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06]),  # never less than that of a smaller one
    ([0.5, 0.6], [1.0, 1.0]),
]


@pytest.mark.parametrize(("given", "joint"), HOLM)
def test_holm_by_hand(given: list[float], joint: list[float]) -> None:
    found = holm({str(n): p for n, p in enumerate(given)})
    assert [found[str(n)] for n in range(len(given))] == pytest.approx(joint)


def test_metrics_read_together_have_wider_intervals_and_constants_are_not_counted() -> None:
    one, two = difference([1, 2, 3], [2, 4, 5]), difference([1, 2, 3], [0, 4, 2])
    read = corrected({"one": one, "two": two, "people": difference([5, 5, 5], [5, 5, 5])})
    assert {told.read for told in read.values()} == {2}
    assert read["one"].p_joint == pytest.approx(2 * one.p_value)
    assert read["one"].interval_seeds == one.interval_seeds
    from scipy.stats import t

    assert one.interval_seeds[1] - one.difference == pytest.approx(t.ppf(1 - 0.025, 2) * one.error)
    assert read["one"].interval_joint[1] - one.difference == pytest.approx(t.ppf(1 - 0.025 / 2, 2) * one.error)


class Scripted:
    """Stands for runs: the base brings 100 and a seed's own noise, the other so many percent more and its own noise."""

    def __init__(self, effect: float, noise: float, money: str = "USD") -> None:
        self.effect, self.noise, self.money = effect, noise, money
        self.rounds: list[int] = []

    def __call__(
        self, tasks: Sequence[Task], executor: object, keep: object, on_done: Callable[[int], None]
    ) -> list[Figures]:
        del executor, keep, on_done
        self.rounds.append(len(tasks))
        assert [task.seed for task in tasks[::2]] == [task.seed for task in tasks[1::2]]
        return [self._figures(task, is_other=n % 2 == 1) for n, task in enumerate(tasks)]

    def _figures(self, task: Task, *, is_other: bool) -> Figures:
        common, own = np.random.default_rng(task.seed).normal(0, 1, 2)
        value = (100 + 20 * common) * (1 + is_other * self.effect / 100) + is_other * self.noise * own
        return {
            "gmv": Figure(value, "money", self.money if is_other else "USD"),
            "orders": Figure(value, "orders", ""),
            "reward_cost": Figure(0, "money", "USD"),
        }


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    def make(*args: float | str) -> Scripted:
        script = Scripted(*args)  # type: ignore[arg-type]  # as the test says
        monkeypatch.setattr(module, "run_all", script)
        return script

    return make


def told(metric: str = "gmv", **options: object) -> Comparison:
    base = load("us-baseline", TINY)
    return compare(base, base, metric=metric, warm_up_days=0, **options)  # type: ignore[arg-type]  # options as a test says


def test_pairs_are_added_until_the_difference_is_known_as_well_as_was_asked(scripted: Callable[..., Scripted]) -> None:
    script = scripted(5.0, 5.0)
    found = told(precision=0.02)
    assert found.stopped == "precision"
    assert found.answer.precision == pytest.approx(0.02, rel=0.2)
    assert 16 <= len(found.seeds) <= 48  # (1.96 * 5 / 2)^2 = 24 by the normal law
    assert (script.rounds[0], script.rounds[-1]) == (2 * FIRST, 2 * CONFIRMING)
    assert all(later <= sum(script.rounds[:n]) for n, later in enumerate(script.rounds) if n)
    low, high = found.answer.interval_told
    assert low < 5 < high


def test_a_difference_that_is_known_at_once_takes_the_first_round_and_confirms_it(
    scripted: Callable[..., Scripted],
) -> None:
    scripted(5.0, 0.0)
    found = told(precision=0.001)
    assert (len(found.seeds), found.stopped) == (FIRST + CONFIRMING, "precision")
    assert found.seeds == list(range(1, FIRST + CONFIRMING + 1))
    assert (len(told(precision=0.001, pairs=FIRST + 1).seeds), told(pairs=FIRST).stopped) == (FIRST + 1, "precision")


def test_what_confirms_is_not_looked_at_again() -> None:
    """However much the last pairs differ from the rest, no more are added: a rule that looked would stop by luck."""
    rounds: list[int] = []

    def run(some: Sequence[int]) -> list[Figures]:
        rounds.append(len(some))
        last = len(rounds) > 1
        return [
            {"gmv": Figure(100.0 + other * (1 + 50 * last * (seed % 2)), "index", "")}
            for seed in some
            for other in (0, 1)
        ]

    figures, _, stopped = in_rounds(run, range(100), "gmv", 0.01, float("inf"))
    assert (rounds, len(figures), stopped) == ([FIRST, CONFIRMING], 2 * (FIRST + CONFIRMING), "precision")


# How unequal the values of a log-normal law are, and the moments that say how many equal payers they are worth.
@pytest.mark.parametrize("sigma", [0.5, 1.0, 1.6])
def test_effective_payers_are_those_of_the_same_variance(sigma: float) -> None:
    from scipy.special import ndtr

    gini = 2 * ndtr(sigma / sqrt(2)) - 1  # Aitchison and Brown
    assert effective(1_000, gini) == pytest.approx(1_000 * np.exp(sigma**2 / 2) ** 2 / np.exp(2 * sigma**2))
    assert (effective(1_000, 0), effective(1_000, 1)) == (1_000, 0)


def test_payers_of_runs_are_counted_in_the_mean_and_by_the_most_unequal_money() -> None:
    def figures(payers: float, **ginis: float) -> Figures:
        names = {name.replace("_in_", "."): Figure(value, "index", "") for name, value in ginis.items()}
        return {"payers": Figure(payers, "viewers", ""), **names}

    runs = [figures(90, payer_gini=0.7), figures(110, payer_gini=0.8), figures(100, payer_gini=float("nan"))]
    assert effective_payers(runs) == pytest.approx(effective(100, 0.75))
    two = [figures(100, payer_gini_in_USD=0.2, payer_gini_in_GBP=0.6)]
    assert effective_payers(two) == pytest.approx(effective(100, 0.6))
    assert effective_payers([figures(0, payer_gini=float("nan"))]) == 0
    assert isnan(effective_payers([{}]))


# Metric, unit, effective payers, by how much each of the pairs differs, and the mark.
MARKED = [
    ("bookings", "money", 29.0, [1.0] * 12, "few payers"),
    ("coins_given", "coins", 10.0, [1.0] * 12, "few payers"),
    ("payer_gini", "index", 10.0, [1.0] * 12, "few payers"),
    ("bookings", "money", 30.0, [1.0] * 12, ""),
    ("bookings", "money", float("nan"), [1.0] * 12, ""),
    ("gifts", "gifts", 10.0, [1.0] * 12, ""),
    ("take_rate", "share", 10.0, [1.0] * 12, ""),
    ("gifts", "gifts", 1e6, [1.0] * 5 + [0.0] * 7, "rare"),
    ("gifts", "gifts", 1e6, [1.0] * 6 + [0.0] * 6, ""),
    ("bookings", "money", 10.0, [0.0] * 12, ""),  # the same in every pair
]


@pytest.mark.parametrize(("metric", "unit", "payers", "changes", "mark"), MARKED)
def test_what_is_not_shown_to_cover_is_marked(
    metric: str, unit: str, payers: float, changes: list[float], mark: str
) -> None:
    bases = np.full(12, 100.0)
    assert Difference(metric, unit, "", bases, bases + changes, payers=payers).mark == mark


def test_what_varies_by_most_of_itself_is_made_by_a_few() -> None:
    seldom = np.array([0.0] * 9 + [300.0] * 3)
    assert Difference("charged_back", "money", "USD", seldom, seldom * 1.1 + 1, payers=1e6).mark == "rare"
    assert (
        Difference("total_gain", "money", "USD", seldom, seldom * 1.1 + 1, payers=1e6).mark == ""
    )  # may be near nothing


def test_marks_are_explained() -> None:
    bases = np.full(12, 100.0)
    few = Difference("bookings", "money", "USD", bases, bases + 1, payers=9.7)
    rare = few._replace(others=bases + np.array([1.0] + [0.0] * 11))
    assert marks([few._replace(payers=30)]) == []
    assert [[note[:2] for note in marks(found)] for found in ([few], [rare], [few, rare])] == [
        ["* "],
        ["**"],
        ["* ", "**"],
    ]
    assert "a run has 10 effective payers, 30 would be enough" in marks([few])[0]


def test_so_many_pairs_and_no_more(scripted: Callable[..., Scripted]) -> None:
    scripted(5.0, 50.0)
    assert (len(told(pairs=13).seeds), told(pairs=13).stopped) == (13, "pairs")
    assert len(told(pairs=3).seeds) == 3


def test_no_round_begins_that_would_not_end_in_time(
    scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(5.0, 50.0)
    clock = iter(range(0, 10_000, 8))  # a round takes eight seconds, however long
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(clock)))
    found = told(budget_s=20.0)
    assert found.stopped == "budget"
    assert len(found.seeds) == 30  # twelve in eight seconds, as many again, and four seconds are left


def test_what_is_never_there_is_not_read_and_what_is_money_of_two_kinds_is_noted(
    scripted: Callable[..., Scripted],
) -> None:
    scripted(5.0, 1.0, "GBP")
    found = told("orders")
    assert list(found.metrics) == ["orders"]
    assert found.notes[-1] == "not compared, for the money is another: gmv"
    with pytest.raises(CoinworksError, match="metric 'gmv': GBP and USD can't be compared"):
        told("gmv")


def test_a_metric_nobody_knows_is_refused_before_anything_runs() -> None:
    with pytest.raises(CoinworksError, match="metric 'boking': expected one like bookings"):
        told("boking")
    with pytest.raises(CoinworksError, match="metric 'gmw'"):
        told(also=["gmw"])
    with pytest.raises(CoinworksError, match=r"pairs\(=1\) must be >= 2"):
        told(pairs=1)


def test_more_pairs_are_asked_for_as_the_square_of_what_is_missing() -> None:
    assert still_needed(10, 0.025, 0.02) == 6  # 10 * 1.5625 - 10, rounded up
    assert still_needed(10, 0.2, 0.02) == 10
    assert still_needed(10, 0.0201, 0.02) == 4
    assert still_needed(10, float("nan"), 0.02) == 10


def test_the_same_comes_from_any_executor_and_the_first_difference_is_between_alike_people() -> None:
    base, other = load("us-baseline", TINY), load("us-baseline", [*TINY, "sellers.commission=0.1"])
    here = compare(base, other, metric="commission", pairs=2, warm_up_days=1)
    with ThreadPoolExecutor(2) as executor:
        there = compare(base, other, metric="commission", pairs=2, warm_up_days=1, executor=executor)
    assert repr(here.metrics) == repr(there.metrics)
    assert here.answer.metric == "commission"
    assert here.metrics["gmv"].differences.tolist() == [0, 0]


def test_a_policy_that_does_nothing_differs_in_nothing() -> None:
    base = load("us-baseline", TINY)
    found = compare(base, base, pairs=2, warm_up_days=0)
    assert found.notes == ["nothing differs, so every difference is 0"]
    assert all(not told.differences.any() for told in found.metrics.values())


def test_scenarios_of_other_sizes_are_compared_on_what_they_share() -> None:
    base, other = load("us-baseline", ["days=3"]), load("us-baseline", ["viewers=70", "window=1h"])
    ground = common_ground(base, other)
    for scenario in (ground.base, ground.other):
        assert (scenario.days, scenario.viewers, scenario.window) == (3, 70, "15min")
    assert ground.notes == [
        "3 days in us-baseline and 7 in us-baseline: compared on 3",
        "5,000 viewers in us-baseline and 70 in us-baseline: compared on 70",
        "windows of 15min and 1h: both run with 15min",
        "nothing differs, so every difference is 0",
    ]


def test_another_start_is_taken_where_it_can_be() -> None:
    base, other = load("us-baseline"), load("uk")
    assert common_ground(base, other).base.start == other.start
    later = msgspec.structs.replace(base, start=base.end)
    with pytest.raises(CoinworksError, match="us-web-push can't be compared with start"):
        common_ground(load("us-web-push"), later)


def noise(n_hours: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, n_hours)


def test_mser_leaves_out_what_began_from_nothing() -> None:
    values = noise(400)
    values[:60] -= 20
    assert 60 <= mser(values) <= 80
    assert mser(noise(400)) <= 40
    assert mser(np.ones(100)) == 0
    assert mser(np.ones(3)) == 0


def test_mser_by_hand() -> None:
    batches = np.array([9.0, 1.0, 2.0, 1.0])  # without the first: 3 means, their squares sum to 2/3, over 9
    assert mser(np.repeat(batches, 5)) == 5
    assert mser(np.repeat([1.0, 2.0, 1.0, 2.0], 5)) == 0


def test_evenings_and_weekends_are_no_warm_up() -> None:
    hours = np.arange(28 * DAY_H)
    cycle = np.round(100 * np.sin(hours * 2 * np.pi / DAY_H)) + 300 * (hours // DAY_H % 7 >= 5)
    assert settled_after(cycle) == 0
    assert not steadied(cycle).any()
    assert settled_after(cycle - 500 * (hours < 50)) == 3  # whole days


HOLIDAY = "{ name = 'a day', first_day = 2024-04-10, last_day = 2024-04-10, visits = 1.5 }"


def test_a_story_with_dates_is_told_whole() -> None:
    base, other = load("us-baseline"), load("us-web-push")
    assert tells_of_dates(base, other)
    assert not tells_of_dates(base, load("us-baseline", ["sellers.commission=0.1"]))
    assert not tells_of_dates(other, load("us-web-push", ["sellers.commission=0.1"]))
    assert tells_of_dates(base, load("us-baseline", [f"calendar=[{HOLIDAY}]"]))
    assert warm_up(base, other, "bookings", [1]) == (0, "what is compared has dates, so the runs count whole")
    day = load("us-baseline", ["days=1"])
    assert warm_up(day, day, "bookings", [1]).days == 0


def test_the_warm_up_is_looked_for_in_the_bases_own_series(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []

    def hourly(scenario: Scenario, measure: str, seed: int) -> Floats:
        seen.append((measure, seed))
        return noise(scenario.days * DAY_H, seed) - 50 * (np.arange(scenario.days * DAY_H) < 5 * DAY_H)

    monkeypatch.setattr("sim.experiments.warmup.hourly", hourly)
    base, other = load("us-baseline", ["days=28"]), load("us-baseline", ["days=28", "sellers.commission=0.1"])
    found = warm_up(base, other, "bookings", [1, 2])
    assert found == (6, "MSER-5 on the base's hourly bookings")  # the sixth for chance
    assert seen == [("bookings", 1), ("bookings", 2)]
    assert warm_up(base, base, "take_rate", [1]).days == 6
    assert seen[-1] == ("revenue", 1)
