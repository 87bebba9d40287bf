"""Runs of experiments: the same wherever they are made, made once where they are kept, and counted from a day on."""

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engines.windowed import WindowedEngine
from sim.experiments import runs
from sim.experiments.runs import Figure, Figures, Keep, Task, column, key_of_task, run, run_all
from sim.ledger import CoinworksError
from sim.metrics.series import COLUMNS
from sim.metrics.tally import Found
from sim.model.measured import measured
from sim.scenario import Scenario, load
from sim.scenario.types import DAY_US
from sim.tables import Columns

SMALL = ("viewers=150", "days=9", "window=6h", "gifting.giver_share=0.5", "platform.chargeback_rate=0.1")
FLOWS = ("topups", "bookings", "gifts", "coins_given", "orders", "gmv", "revenue", "tax", "store_fees", "charged_back")

COINS_AND_VOUCHERS = (
    "interventions=[{ kind = 'coins_in_shop', at = 2024-04-08T04:00:00Z, region = 'US', coin_value_cents = 1.4 }, "
    "{ kind = 'voucher_campaign', at = 2024-04-08T04:00:00Z, region = 'US', amount_cents = 300, minimum_cents = 1, "
    "days = 2, share = 0.5 }]"
)
# Goods are paid in coins and by vouchers, and much of it comes back, to debtors too.
GENEROUS = (
    *("viewers=150", "days=3", "window=1h", "gifting.giver_share=0.8", "topup.weekly_budget_median_cents=500000"),
    *("shopping.shopper_share=1", "shopping.tab_conversion=0.5", "shopping.video_conversion=0.5"),
    *("shopping.coin_share=0.7", "sellers.price_factor=0.2", "sellers.delivery_days=0.2", "sellers.return_days=0.1"),
    *("sellers.cancel_rate=0.3", "sellers.return_rate=0.7", "sellers.per_thousand_viewers=40"),
    *("platform.chargeback_rate=0.7", "platform.chargeback_delay_days=0.1"),
    COINS_AND_VOUCHERS,
)
BRIEF = (*GENEROUS, "days=2")


@pytest.fixture(scope="module")
def small() -> Scenario:
    return load("us-baseline", SMALL)


@pytest.fixture(scope="module")
def whole(small: Scenario) -> Found:
    return measured(small, 1)


def total(found: Found, name: str, from_us: int = 0) -> int:
    return int(found.series[name][found.series["at_us"] >= from_us].sum())


@pytest.mark.parametrize("day", [3, 7])
def test_from_a_day_on_flows_are_those_of_the_days_that_follow(small: Scenario, whole: Found, day: int) -> None:
    late = measured(small, 1, from_day=day)
    for name in FLOWS:
        assert late.kpis[name]["value"] == total(whole, name, day * DAY_US), name
        assert total(whole, name), f"a test of {name} that says nothing"
    for name in COLUMNS:
        assert np.array_equal(late.series[name], whole.series[name][whole.series["at_us"] >= day * DAY_US]) or (
            name in ("creator_income", "reward_cost", "new_payers")  # rounded from there on, and new from there on
        ), name


def test_from_a_day_on_stocks_are_those_of_the_end(small: Scenario, whole: Found) -> None:
    late = measured(small, 1, from_day=3)
    for name in ("coin_float", "coin_float_coins", "float_age", "viewers", "creators", "active_creators"):
        assert late.kpis[name] == whole.kpis[name], name
    assert late.kpis["coin_float"]["value"]


def test_from_a_day_on_people_are_those_who_did_something_since(small: Scenario, whole: Found) -> None:
    late, early = measured(small, 1, from_day=3), measured(load("us-baseline", [*SMALL, "days=3"]), 1)
    payers = [one.kpis["payers"]["value"] for one in (early, late, whole)]
    assert max(payers[:2]) < payers[2] <= sum(payers[:2])
    for name in ("creator_income", "topups", "store_fees"):
        assert early.kpis[name]["value"] + late.kpis[name]["value"] == pytest.approx(whole.kpis[name]["value"], abs=1)


def test_from_a_day_on_what_there_was_then_is_neither_earned_nor_spent(small: Scenario, whole: Found) -> None:
    late, early = measured(small, 1, from_day=7), measured(load("us-baseline", [*SMALL, "days=7"]), 1)
    incomes = [one.kpis["seller_income"]["value"] for one in (early, late, whole)]
    assert incomes[0] + incomes[1] == incomes[2]
    assert incomes[0]
    spent = [one.kpis["coin_margin"]["value"] / one.kpis["take_rate"]["value"] for one in (early, late, whole)]
    assert spent[0] + spent[1] == pytest.approx(spent[2])  # what was paid for coins, less for those that are left


def test_from_a_day_on_debts_and_vouchers_are_those_since() -> None:
    late, early = measured(load("us-baseline", GENEROUS), 1, from_day=2), measured(load("us-baseline", BRIEF), 1)
    whole = measured(load("us-baseline", GENEROUS), 1)
    for name in ("coin_revenue", "commission", "voucher_cost", "coins_spent_on_goods"):
        first, rest, both = (one.kpis[name]["value"] for one in (early, late, whole))
        assert first + rest == both, name
        assert first


def test_what_cannot_be_said_from_a_day_on_is_not_said(small: Scenario) -> None:
    midweek, week = (measured(small, 1, from_day=day).kpis for day in (3, 7))
    assert midweek["retention"]["value"] is week["retention"]["value"] is None
    assert midweek["domestic_seller_profit"]["value"] is None
    assert week["domestic_seller_profit"]["value"] is not None
    assert np.isnan(run(Task(small, 1, from_day=3))["retention"].value)


def test_counting_from_a_day_on_changes_nothing_that_happens(small: Scenario) -> None:
    heard: dict[int, list[Columns]] = {0: [], 3: []}
    for day, blocks in heard.items():
        measured(small, 1, blocks.append, from_day=day)
    one, other = ({name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]} for blocks in heard.values())
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_day_that_a_run_does_not_have_is_refused(small: Scenario) -> None:
    with pytest.raises(CoinworksError, match="from day 9: expected one from 0 to 8"):
        run(Task(small, 1, from_day=9))


class Counted:
    """Stands for a run: says its seed, and counts how often it was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lost: int = 0) -> None:
        self.made: list[int] = []
        self.lost = lost
        monkeypatch.setattr(runs, "run", self)

    def __call__(self, task: Task) -> Figures:
        if task.seed == self.lost:
            raise CoinworksError("lost")
        self.made.append(task.seed)
        return {"gmv": Figure(float(task.seed), "money", "USD"), "unsaid": Figure(float("nan"), "share", "")}


def test_runs_come_in_the_order_of_their_tasks_from_any_executor(small: Scenario, monkeypatch: Any) -> None:
    Counted(monkeypatch)
    done: list[int] = []
    with ThreadPoolExecutor(3) as executor:
        found = run_all([Task(small, seed) for seed in (5, 2, 9)], executor, on_done=done.append)
    assert column(found, "gmv").tolist() == [5, 2, 9]
    assert done == [0, 1, 2, 3]


def test_a_kept_run_is_not_made_again(small: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, tasks = Counted(monkeypatch), [Task(small, seed) for seed in (1, 2, 3)]
    first = run_all(tasks[:2], keep=Keep(tmp_path))
    again = run_all(tasks, keep=Keep(tmp_path))
    assert counted.made == [1, 2, 3]
    assert repr(again[:2]) == repr(first)
    next(tmp_path.rglob("*.json")).write_text("{ torn")
    run_all(tasks, keep=Keep(tmp_path))
    assert len(counted.made) == 4


def test_what_was_finished_before_a_run_failed_is_kept(small: Scenario, tmp_path: Path, monkeypatch: Any) -> None:
    tasks = [Task(small, seed) for seed in (1, 2, 3)]
    Counted(monkeypatch, lost=3)
    with pytest.raises(CoinworksError, match="lost"):
        run_all(tasks, keep=Keep(tmp_path))
    counted = Counted(monkeypatch)
    run_all(tasks, keep=Keep(tmp_path))
    assert counted.made == [3]


def test_a_run_is_kept_under_all_that_it_depends_on(small: Scenario) -> None:
    task = Task(small, 1)
    others = (
        task._replace(seed=2),
        task._replace(from_day=1),
        task._replace(welfare=True),
        task._replace(scenario=load("us-baseline", [*SMALL, "gifting.combo=0.1"])),
    )
    assert len({key_of_task(one) for one in (task, *others)}) == 5
    assert key_of_task(Task(load("us-baseline", SMALL), 1)) == key_of_task(task)


def test_nothing_of_a_run_stays_behind(small: Scenario) -> None:
    gc.disable()  # as in a process of which little else is made than runs
    try:
        run(Task(small, 1))
        assert not any(isinstance(left, WindowedEngine) for left in gc.get_objects())
    finally:
        gc.enable()


def test_a_metric_that_no_run_has_is_refused_with_the_nearest() -> None:
    found = [{"bookings": Figure(1, "money", "USD"), "gmv": Figure(1, "money", "USD")}]
    with pytest.raises(CoinworksError, match="metric 'boking': expected one like bookings; see all with"):
        column(found, "boking")
    with pytest.raises(CoinworksError, match="there is none like it among 2"):
        column(found, "xyz")
