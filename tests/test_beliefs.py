"""What you must believe: the statistics against answers that are known, and then on runs."""

import doctest
import importlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from sim.experiments.beliefs import (
    Belief,
    along,
    break_even,
    label_of,
    runs_of,
    size_of,
    study,
    traced_to,
    turned,
)
from sim.experiments.influences import influences
from sim.experiments.runner import Runner
from sim.experiments.runs import Figures, Floats, Keep, Task
from sim.experiments.runs import run as make
from sim.experiments.turning import Bracket, brackets, nearest_turn
from sim.experiments.unknowns import Unknown, find, unknowns
from sim.scenario import Scenario, load
from sim.scenario.quantity import Quantity

SHARE = Unknown("a.b", Decimal("0.15"), Decimal(0), Decimal("0.4"), "assumed", "", Quantity("share", 0, 1), "")
WHOLE = SHARE._replace(stated=Decimal(2), low=Decimal(1), high=Decimal(9), quantity=Quantity("n", 0, 99, whole=True))


def belief(bases: Sequence[float], others: Sequence[float], unit: str = "money") -> Belief:
    one, two = np.array(bases, float), np.array(others, float)
    return Belief("gmv", unit, "USD", one, two, one[:2], two[:2], scale=10.0, sign=1, believed=[])


def normal(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape)


# Influences


def test_an_answer_of_three_unknowns_is_traced_to_them_in_order() -> None:
    values = normal(1, 64, 100)
    answer = 4 * values[:, 7] - 2.5 * values[:, 40] + 1.5 * values[:, 99] + 0.3 * normal(2, 64)
    told = influences(values, answer)
    assert [one.column for one in told[:3]] == [7, 40, 99]
    assert [one.slope for one in told[:3]] == [1, -1, 1]
    assert all(one.is_told for one in told), "one that isn't told ends the list only where it stands alone"


def test_the_share_of_an_unknown_is_its_squared_rank_correlation() -> None:
    from scipy.stats import spearmanr

    values, noise = normal(3, 64, 5), normal(4, 64)
    answer = values[:, 2] + noise
    [first, *_] = influences(values, answer)
    assert first.share == pytest.approx(spearmanr(values[:, 2], answer).statistic ** 2)


def test_two_that_move_it_alike_share_the_whole_variance() -> None:
    """With as many draws of two unknowns as to make them orthogonal, shares are those of the variance."""
    grid = np.array([(x, y) for x in range(8) for y in range(8)], float)
    told = influences(grid, 2 * grid[:, 0] + grid[:, 1])
    assert [one.column for one in told] == [0, 1]
    assert sum(one.share for one in told) == pytest.approx(1, abs=0.03)
    assert told[0].share / told[1].share == pytest.approx(4, rel=0.15)


def test_what_is_explained_is_no_noise_for_the_next() -> None:
    """A second unknown is told though it moves the answer twelve times less than the first."""
    grid = np.array([(x, y) for x in range(8) for y in range(8)], float)
    told = influences(grid, 12 * grid[:, 0] + grid[:, 1])
    assert [(one.column, one.is_told) for one in told] == [(0, True), (1, True)]


def test_an_answer_by_chance_is_traced_to_nobody() -> None:
    """One unknown of a hundred always seems to matter; it is told from chance in about one answer of twenty."""
    found = [influences(normal(seed, 64, 100), normal(1000 + seed, 64)) for seed in range(60)]
    assert all(len(one) == 1 for one in found if not one[0].is_told)
    assert sum(one[0].is_told for one in found) <= 8


def test_a_false_alarm_anywhere_in_the_list_is_as_rare_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three unknowns of twenty matter. Shuffles that forget what was taken in add a false one to every ninth list."""
    monkeypatch.setattr("sim.experiments.influences.PERMUTATIONS", 199)
    rng, lists, false_alarms, right = np.random.default_rng(1), 300, 0, 0
    for _ in range(lists):
        values = rng.permuted(np.tile(np.arange(20.0), (20, 1)), axis=1).T
        answer = values[:, :3] @ [4.0, 3.0, 2.0] + 6 * rng.normal(size=20)
        told = [one.column for one in influences(values, answer) if one.is_told]
        false_alarms += any(column > 2 for column in told)
        right += sum(column <= 2 for column in told)
    assert right > 2 * lists
    assert false_alarms / lists < 0.075  # 5 % and two standard errors


def test_the_same_correlation_counts_less_among_more_unknowns() -> None:
    values = normal(5, 40, 200)
    answer = values[:, 0] + 1.8 * normal(6, 40)
    assert influences(values[:, :1], answer)[0].p_value < influences(values, answer)[0].p_value


def test_order_counts_and_not_size() -> None:
    values = normal(7, 64, 20)
    assert influences(values, np.exp(5 * values[:, 3])) == influences(values, values[:, 3])
    assert influences(values, values[:, 3])[0].share == pytest.approx(1)


def test_nothing_moves_what_does_not_move() -> None:
    assert influences(normal(8, 16, 3), np.ones(16)) == []
    assert influences(np.ones((16, 3)), normal(9, 16)) == []


# Signs, labels


@pytest.mark.parametrize(
    ("others", "sign", "share"),
    [
        ([110, 120, 90, 130], 1, 0.75),
        ([110, 120, 90, 130], -1, 0.25),
        ([110, 100, 100, 100], 1, 0.25),  # nothing is no gain
        ([100, 100], 0, 1.0),
    ],
)
def test_draws_that_keep_the_sign(others: list[float], sign: int, share: float) -> None:
    assert belief([100] * len(others), others)._replace(sign=sign).sign_share == share


@pytest.mark.parametrize(
    ("changes", "shares", "name"),
    [
        ([0.33, 0.34, 0.32], [], "mechanism"),  # a third more, whatever is believed
        ([0.0, 0.0, 0.0], [], "mechanism"),  # and so is nothing at all
        ([0.33, 0.34, 0.29], [], "assumed"),  # one draw moves more than a tenth
        ([0.1, 0.5, -0.2], [("fitted", 0.4), ("assumed", 0.3)], "fitted"),
        ([0.1, 0.5, -0.2], [("fitted", 0.4), ("assumed", 0.3), ("assumed", 0.2)], "assumed"),
        ([0.1, 0.5, -0.2], [], "assumed"),  # in doubt
        ([], [], "assumed"),
    ],
)
def test_what_an_answer_rests_on(changes: list[float], shares: list[tuple[str, float]], name: str) -> None:
    assert label_of(np.array(changes), shares) == name  # type: ignore[arg-type]  # a basis is one of three words


def test_the_interval_holds_nine_tenths_of_the_draws() -> None:
    found = belief([1] * 101, [1 + n / 100 for n in range(101)])
    assert list(found.interval) == pytest.approx([0.05, 0.95])


def test_money_is_told_as_a_part_of_its_base_and_a_share_in_points() -> None:
    assert belief([100, 200], [110, 190]).changes.tolist() == [0.1, -0.05]
    assert belief([0.1, 0.2], [0.15, 0.2], unit="share").changes.tolist() == pytest.approx([0.05, 0.0])


def test_where_the_base_is_nothing_the_difference_itself_is_told_for_all_people() -> None:
    assert belief([0, 0, 10], [5, 10, 20]).changes.tolist() == [50, 100, 100]


def test_a_gain_has_no_level_and_is_told_as_money() -> None:
    assert belief([100, 200], [110, 190])._replace(metric="viewer_surplus").changes.tolist() == [100, -100]


def test_a_draw_whose_base_is_nothing_or_a_loss_keeps_its_sign_and_has_no_part() -> None:
    found = belief([100, 100, 0, -10, 0], [110, 90, 5, 10, 0])
    assert found.changes.tolist() == [0.1, -0.1]
    assert found.sign_share == 3 / 5


def test_draws_of_which_nothing_can_be_said_are_left_out() -> None:
    found = belief([100, np.nan, 100, 100], [110, 5, np.nan, 90])
    assert found.changes.tolist() == [0.1, -0.1]


def test_noise_is_the_variance_that_the_stated_values_have_too() -> None:
    found = belief([1] * 4, [2, 1, 2, 1])
    assert found._replace(stated_bases=np.ones(4), stated_others=np.array([1.5, 1, 1.5, 1])).noise_share == 0.25
    assert found._replace(stated_bases=np.ones(4), stated_others=np.ones(4)).noise_share == 0


# Turns


@pytest.mark.parametrize(
    ("changes", "crossings"),
    [
        ([-3, -1, 1, 5], [0.15]),
        ([3, 1, 1, 5], []),
        ([-1, 1, -1, -1], [0.05, 0.15]),
        ([-1, 0, 0, 1], [0.2]),  # nothing in between: half of the way from end to end
        ([1, 0, 1, 1], []),  # touches
        ([0, 0, 0, 0], []),
    ],
)
def test_turns_along_a_range(changes: list[float], crossings: list[float]) -> None:
    found = [bracket.crossing for bracket in brackets([0, 0.1, 0.2, 0.4], changes)]
    assert found == pytest.approx(crossings)


def test_of_several_turns_the_nearest_counts() -> None:
    assert nearest_turn([0, 1, 2], [-1, 1, -3], stated=2) == Bracket(1, 2, 1, -3)


@pytest.mark.parametrize(
    ("answer", "left"),
    [(-0.5, Bracket(0.25, 1, -0.5, 3)), (0.5, Bracket(0, 0.25, -1, 0.5))],
)
def test_an_answer_in_between_narrows_a_bracket_to_the_side_that_turns(answer: float, left: Bracket) -> None:
    assert Bracket(0, 1, -1, 3).narrowed(0.25, answer) == left


def answers_of(answer: Callable[[float], float], noise: float = 0.0) -> Callable[[Sequence[Decimal]], Floats]:
    errors = noise * np.array([-1.0, 1.0, 0.5, -0.5])
    return lambda values: np.array([answer(float(value)) + errors for value in values])


@pytest.mark.parametrize(
    ("answer", "turn"),
    [
        (lambda share: share - 0.3, 0.3),  # straight
        (lambda share: 0.09 - share**2, 0.3),  # falling, curved
        (lambda share: np.exp(5 * share) - np.e, 0.2),
    ],
)
def test_the_turn_of_a_known_function_is_found(answer: Callable[[float], float], turn: float) -> None:
    found = turned(SHARE, "gmv", answers_of(answer))
    assert found.value is not None
    assert float(found.value) == pytest.approx(turn, abs=0.003)
    assert found.is_verified
    assert found.rises == (answer(0.4) > 0)


def test_none_within_the_range_is_an_answer() -> None:
    found = turned(SHARE, "gmv", answers_of(lambda share: share + 0.1))
    assert found.value is None
    assert found.values == along(SHARE)


def test_a_sign_that_is_not_told_from_chance_makes_no_turn() -> None:
    assert turned(SHARE, "gmv", answers_of(lambda share: 0.01 * (share - 0.3), noise=1.0)).value is None


def test_a_turn_between_whole_numbers_is_verified_by_its_neighbours() -> None:
    found = turned(WHOLE, "gmv", answers_of(lambda number: number - 3.4))
    assert found.value in (3, 4)
    assert found.is_verified


def test_a_jump_is_not_taken_for_a_place_where_nothing_is_gained() -> None:
    found = turned(SHARE, "gmv", answers_of(lambda share: 1.0 if share > 0.3 else -1.0))
    assert not found.is_verified


@pytest.mark.parametrize("unknown", [SHARE, WHOLE, SHARE._replace(stated=Decimal(0)), SHARE._replace(low=SHARE.stated)])
def test_runs_along_a_range_go_from_end_to_end_by_the_stated_value(unknown: Unknown) -> None:
    values = along(unknown)
    assert (values[0], values[-1]) == (unknown.low, unknown.high)
    assert unknown.stated in values
    assert all(one < two for one, two in pairwise(values))


# Runs

SMALL = ("viewers=150", "days=2", "window=2h", "gifting.giver_share=0.5", "gifting.intent=0.3")


def test_a_share_of_the_price_is_a_mechanism_and_needs_no_belief() -> None:
    """The commission's part of what is sold is a third more at 8 % than at 6 %, whatever else is so."""
    at_once = ("sellers.delivery_days=0.1", "sellers.delivery_days.range=[0.1, 0.1]")
    base, other = (load("us-baseline", [*SMALL, *at_once, f"sellers.commission={rate}"]) for rate in (0.06, 0.09))
    found = study(base, other, draws=8, repeats=2)
    gmv, commission = found.metrics["gmv"], found.metrics["commission"]
    assert gmv.changes.tolist() == [0.0] * 8
    assert (gmv.label, gmv.sign_share, gmv.noise_share, gmv.believed) == ("mechanism", 1.0, 0.0, [])
    assert commission.changes == pytest.approx(0.5, abs=0.02)
    assert len(commission.changes) >= 4, "nothing is sold in the others, so few are their people"
    assert commission.label == "mechanism"


def test_a_study_gives_both_sides_the_same_people_and_beliefs() -> None:
    scenario = load("us-baseline", SMALL)
    found = study(scenario, scenario, draws=8, repeats=2)
    bookings = found.metrics["bookings"]
    np.testing.assert_array_equal(bookings.bases, bookings.others)
    assert len(set(bookings.bases.tolist())) > 6
    assert len(set(bookings.stated_bases.tolist())) == 2


def test_a_study_is_smaller_than_its_scenario_unless_pieces_are_counted() -> None:
    assert size_of(load("us-baseline", ["viewers=50000"])) == 5000
    assert size_of(load("us-baseline", ["viewers=500"])) == 500
    assert size_of(load("double-eleven")) == load("double-eleven").viewers > 5000


def test_a_break_even_is_found_on_runs_and_a_run_there_shows_that_nothing_is_gained() -> None:
    """What coins bought on the web leave is linear in the web's fee, so two runs tell where they leave as much."""
    givers = ("viewers=400", "window=6h", "gifting.giver_share=1")
    base, other = (
        load("us-baseline", [*SMALL, *givers, f"topup.web_share={share}", "platform.web_fee.range=[0, 0.6]"])
        for share in (0, 1)
    )
    found = break_even(base, other, find(unknowns(base, other), "platform.web_fee"), "coin_margin")
    first, last = found.changes[0], found.changes[-1]
    assert found.value is not None
    assert float(found.value) == pytest.approx(0.6 * first / (first - last), abs=0.005)
    assert found.is_verified
    assert abs(found.at_value) < 0.1 * abs(first)
    assert not found.rises


def test_what_a_metric_does_not_depend_on_is_not_asked() -> None:
    """What is paid for coins has nothing to do with deliveries, however the draws happen to fall together."""
    base, other = load("us-baseline", SMALL), load("us-baseline", [*SMALL, "topup.web_share=1"])
    told = study(base, other, draws=8, repeats=2)
    bookings = told.metrics["bookings"]
    assert all(one.unknown.table not in ("sellers", "shopping", "trade") for one in bookings.believed)
    assert all(one.unknown.table == "topup" for one in traced_to(bookings, told.unknowns, told.values, ["topup"]))
    assert traced_to(bookings, told.unknowns, told.values, []) == []
    assert told.metrics["orders"].believed == []


def test_a_runner_gives_both_of_a_pair_its_size_and_the_pair_its_seed() -> None:
    one, two = (load("us-baseline", [*SMALL, f"topup.web_share={share}"]) for share in (0, 1))
    bases, others = Runner(viewers=90, from_day=1).pairs([(one, two), (two, one)], [5, 6])

    def run(scenario: Scenario, seed: int) -> Figures:
        return make(Task(msgspec.structs.replace(scenario, viewers=90), seed, 1))

    assert repr((bases, others)) == repr(([run(one, 5), run(two, 6)], [run(two, 5), run(one, 6)]))


@pytest.mark.parametrize("module", ["beliefs", "runner", "turning", "unknowns"])
def test_examples_are_executed(module: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"sim.experiments.{module}"))
    assert tried.attempted
    assert not tried.failed


def test_a_study_goes_on_from_what_was_kept_and_gains_are_kept_too(tmp_path: Path) -> None:
    """The second time no run is made, and the answer is the same."""
    base, other = load("us-baseline", [*SMALL, "days=1"]), load("us-baseline", [*SMALL, "days=1", "topup.web_share=1"])
    keep, done = Keep(tmp_path), [list[int](), list[int]()]
    first, second = (
        study(base, other, draws=8, repeats=2, runner=Runner(welfare=True, keep=keep, on_done=heard.append))
        for heard in done
    )
    assert [heard[0] for heard in done] == [0, runs_of(base, other, 8, 2)]
    for name, one in first.metrics.items():
        np.testing.assert_array_equal(one.all_changes, second.metrics[name].all_changes)
        assert second.metrics[name].believed == one.believed
    assert not first.metrics["viewer_surplus"].is_relative
