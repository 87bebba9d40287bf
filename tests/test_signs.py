"""The sign of each scenario's answer, at a small size: whether there is more of its headline metric than in the base.

A scenario whose runs show no clear sign says so, in a table of its own here and in its sentence.
"""

import numpy as np
import pytest

from sim.experiments.compare import Comparison, compare
from sim.paths import scenarios_dir
from sim.report.differing import answer_text
from sim.scenario import load, load_base

# The sign, and what makes the runs small; no pair of runs shows the other sign.
CLEAR = {
    "commission-2024": (+1, ["viewers=600", "window=3h"]),
    "double-eleven": (+1, ["viewers=300", "window=5min"]),
    "foreign-influx": (-1, ["viewers=600", "window=6h", "days=56"]),
    "gift-storm": (+1, ["viewers=1000", "window=2min"]),
    "indonesia-2023": (-1, ["viewers=200", "window=6h", "days=21"]),
    "payment-licence-suspended": (-1, ["viewers=300", "window=6h", "days=42"]),
    "refund-wave": (-1, ["viewers=300", "window=3h"]),
    "rewards-lite": (+1, ["viewers=400", "window=3h", "days=10"]),
    "stars-rival": (-1, ["viewers=600", "window=3h"]),
    "uk": (-1, ["viewers=600", "window=2h"]),
    "us-web-push": (+1, ["viewers=3000", "window=2h"]),
    "vouchers-at-eleven": (+1, ["viewers=600", "window=5min"]),
}
# What would make it clear is more people or more seeds than a test has, or there is nothing to see.
UNCLEAR = {
    "balance-rollout": ["viewers=200", "window=6h"],
    "coins-in-the-shop": ["viewers=300", "window=6h"],
    "douyin-blueprint": ["viewers=400", "window=2h"],
    "e-money-limits": ["viewers=200", "window=6h"],
    "eu-withdrawal-right": ["viewers=300", "window=6h"],
    "high-stakes": ["viewers=100", "window=12h", "days=112"],  # in some futures no rule comes
    "indonesia-price-floor": ["viewers=200", "window=12h", "days=70"],
    "new-sellers": ["viewers=600", "window=6h"],  # it saves a seller some 3 % of what she sells
}
# Of these, rules that not every run feels; where one does, it is in this way.
FELT_BY_SOME = {"e-money-limits": -1, "high-stakes": -1}
PAIRS = 4


def small(name: str, sizes: list[str]) -> Comparison:
    scenario = load(name, sizes)
    base = load_base(name, scenario, sizes)
    assert base is not None
    return compare(base, scenario, pairs=PAIRS, warm_up_days=0)


@pytest.mark.parametrize("name", CLEAR)
def test_every_pair_of_runs_shows_the_sign(name: str) -> None:
    sign, sizes = CLEAR[name]
    told = small(name, sizes)
    assert {int(np.sign(difference)) for difference in told.answer.differences} == {sign}


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_answer_without_a_clear_sign_says_so(name: str) -> None:
    told = small(name, UNCLEAR[name])
    assert not told.answer.is_clear
    assert ("no clear sign" in answer_text(told)) == (told.answer.difference != 0)


@pytest.mark.parametrize("name", FELT_BY_SOME)
def test_a_rule_that_some_runs_feel_has_one_sign(name: str) -> None:
    told = small(name, UNCLEAR[name])
    assert {int(np.sign(difference)) for difference in told.answer.differences} == {0, FELT_BY_SOME[name]}


def test_each_scenario_that_has_a_base_is_asked() -> None:
    asked = {path.stem for path in scenarios_dir().glob("*.toml") if load(path).base is not None}
    assert asked == {*CLEAR, *UNCLEAR}
