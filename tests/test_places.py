"""Places: a region's own money, goods, taxes and clocks, alone and beside others."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import GERMANY, INDONESIA, LIVELY
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Op, Outcome, Rule
from sim.ledger.money import AMOUNT_MAX
from sim.ledger.operations import ITEM_SPAN
from sim.scenario import Parameter, Scenario, ScenarioError, check, load

THREE = ("regions.US.share=0.35", INDONESIA, GERMANY, "days=3", "viewers=300", *LIVELY)


def stated(value: str) -> Parameter:
    return Parameter(value=Decimal(value))


@lru_cache
def three_regions() -> Scenario:
    return load("us-baseline", THREE)


@lru_cache
def lived() -> Result:
    return ran("reference", three_regions())


@pytest.mark.parametrize(
    ("rate", "amount", "cents", "ppm"),
    [
        ("1", "0.5", 1, 500_000),  # half a unit goes up
        ("1", "0.499999", 0, 499_999),
        ("157", "1000", 157_000, 157_000_000_000),
        ("157", "0.5", 79, 78_500_000),
        ("0.923", "0.5", 0, 461_500),
        ("0.0000001", "0.5", 0, 0),  # worth nothing
        ("0.000001", "0.5", 0, 1),  # half a millionth goes up
        ("1000000", "1000000000000", AMOUNT_MAX, AMOUNT_MAX),  # no more than a ledger takes
    ],
)
def test_stated_money_in_the_regions_own(rate: str, amount: str, cents: int, ppm: int) -> None:
    region = load("us-baseline", [f"regions.US.rate={rate}"]).regions["US"]
    assert (region.cents(stated(amount)), region.ppm(stated(amount))) == (cents, ppm)


def test_budgets_and_willingness_follow_rate_and_income_prices_only_the_rate() -> None:
    region = load("us-baseline", ["regions.US.rate=157", "regions.US.income=0.6"]).regions["US"]
    assert region.means == pytest.approx(157 * 0.6, rel=1e-15)
    assert region.each(stated("1.513")) == pytest.approx(157 * 1.513, rel=1e-15)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "rate: expected a number in (0, 1000000] (it is missing)"),
        ("rate = 0, ", "rate = 0: expected a number in (0, 1000000]"),
    ],
)
def test_a_region_without_a_currency_rate_is_reported(tmp_path: Path, key: str, told: str) -> None:
    path = tmp_path / "my.toml"
    region = INDONESIA.replace("rate = 157, ", key)
    path.write_text(f'question = "?"\nextends = "us-baseline"\nregions.US.share = 0.65\n{region}\n')
    found = [str(problem) for problem in check(path)]
    assert len(found) == 1
    assert found[0].endswith(f"regions.ID.{told}")


def test_a_region_in_which_nobody_lives_is_not_there() -> None:
    scenario = load("uk")
    assert list(scenario.regions) == ["GB"]
    assert list(scenario.catalogs.packs) == ["packs-gb"]
    assert list(scenario.catalogs.goods) == ["goods-gb"]
    with pytest.raises(ScenarioError, match="expected one of GB"):
        load("uk", [f"interventions=[{AMERICAN_PRICE}]"])


AMERICAN_PRICE = "{ at = 2024-04-11T04:00:00Z, kind = 'pack_price', region = 'US', pack = 'web-1321', price_cents = 1 }"


def test_goods_are_numbered_through_all_regions() -> None:
    scenario = three_regions()
    assert scenario.first_good == {"US": 0, "ID": 15, "DE": 32}
    assert scenario.all_goods == (*scenario.goods("US"), *scenario.goods("ID"), *scenario.goods("DE"))


def test_terms_are_stated_in_each_regions_money() -> None:
    columns = lived().trace.columns
    policies = columns["op"] == Op.POLICY
    worth = policies & (columns["peer"] == Rule.DIAMOND_VALUE)
    ceiling = policies & (columns["peer"] == Rule.PAYOUT_CEILING)
    codes = [CURRENCY_BY_NAME[name].code for name in ("EUR", "IDR", "USD")]
    assert columns["currency"][worth].tolist() == columns["currency"][ceiling].tolist() == codes
    assert columns["amount"][worth].tolist() == [461_500, 78_500_000, 500_000]
    assert columns["amount"][ceiling].tolist() == [92_300, 15_700_000, 100_000]


def test_three_currencies_give_one_trace_and_the_same_metrics() -> None:
    assert_identical(ran("windowed", three_regions(), threads=2, shards=3), lived())


def test_everybody_buys_at_home_in_the_own_money() -> None:
    scenario, columns = three_regions(), lived().trace.columns
    opened = columns["op"] == Op.OPEN
    region_of = dict(zip(columns["actor"][opened].tolist(), columns["region"][opened].tolist(), strict=True))
    ordered = (columns["op"] == Op.ORDER) & (columns["outcome"] == Outcome.ACCEPTED)
    assert {region_of[actor] for actor in columns["actor"][ordered].tolist()} == {840, 360, 276}
    names = {REGION_BY_NAME[name]: name for name in scenario.regions}
    for place in np.flatnonzero(ordered).tolist():
        home = region_of[int(columns["actor"][place])]
        assert home == region_of[int(columns["peer"][place])]
        currency = CURRENCY_BY_NAME[scenario.regions[names[home]].currency].code
        good = int(columns["item"][place]) % ITEM_SPAN
        assert currency == columns["currency"][place]
        assert scenario.all_goods[good] in scenario.goods(names[home])
        assert scenario.all_goods[good].price_cents == columns["amount"][place]


def test_every_metric_of_money_is_told_by_currency() -> None:
    kpis = lived().found.kpis
    for metric in ("bookings", "gmv", "creator_income", "commission", "payouts"):
        assert all(kpis[f"{metric}.{currency}"]["value"] > 0 for currency in ("USD", "IDR", "EUR"))


def test_the_baselines_money_is_the_reference() -> None:
    """So no number of the baseline changes by it."""
    region = load("us-baseline").regions["US"]
    assert region.means == region.each(stated("1")) == 1.0
