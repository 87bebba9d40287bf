"""Along what metrics can be had: what is claimed is in a run's files, and what isn't there has its reason."""

import doctest
import json
from collections.abc import Iterator

import duckdb
import pytest

from sim.cli.group import execute
from sim.ledger import REGION_BY_NAME
from sim.metrics import cuts
from sim.metrics.cuts import AXES, BY_CHANNEL, OWN_MONEY, SERIES, cuts_of
from sim.metrics.definitions import METRIC
from sim.model import simulate
from sim.runs import Run
from sim.scenario import load

SIZES = ("viewers=250", "days=10", "window=6h", "gifting.giver_share=0.5", "shopping.tab_share=1")
# Two regions with dollars, one with euros of its own
REGIONS = (
    *(f"regions.{name}.share={share}" for name, share in (("US", 0.4), ("DE", 0.4), ("GB", 0.2))),
    *(
        f"regions.GB.{key}={value}"
        for key, value in {
            "currency": '"USD"',
            "rate": 1,
            "income": 1,
            "packs": '"packs-us"',
            "goods": '"goods-us"',
            "topup_tax": 0.2,
            "order_tax": 0.2,
            "time_zones": '{"Europe/London" = 1}',
        }.items()
    ),
)
BANNED = ("viewers=300", "days=20", "window=6h")
AT_THE_END = ("active_creators", "active_sellers", "active_domestic_sellers", "active_foreign_sellers")


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return simulate(load("eu-withdrawal-right", [*SIZES, *REGIONS]), out=tmp_path_factory.mktemp("cuts") / "regions")


@pytest.fixture(scope="module")
def banned(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return simulate(load("indonesia-2023", BANNED), out=tmp_path_factory.mktemp("cuts") / "banned")


def test_examples_of_docstrings() -> None:
    assert doctest.testmod(cuts).failed == 0


def test_each_metric_says_of_each_axis_how_or_why_not() -> None:
    for name in METRIC:
        told = cuts_of(name)
        assert all(told.without.values()), name
        words = {"time" if cut in ("hour", "week") else cut.partition(" ")[0] for cut in told.by}
        assert words | set(told.without) == set(AXES), name
        assert words & set(told.without) <= {"region"}, name
    assert set(SERIES) | set(BY_CHANNEL) <= set(METRIC)
    with pytest.raises(KeyError):
        cuts_of("xyzzy")


def test_a_run_has_by_region_what_is_claimed_and_nothing_else(regions: Run) -> None:
    claimed = {name for name in METRIC if "region" in cuts_of(name).by}
    of_currency = {name for name in METRIC if OWN_MONEY in cuts_of(name).by}
    found = regions.summary.by_region
    assert set(found["US"]) == set(found["GB"]) == claimed
    assert set(found["DE"]) == claimed | of_currency


def test_a_run_has_by_channel_what_is_claimed_and_nothing_else(regions: Run) -> None:
    found = {name.partition(".")[0] for kpis in regions.summary.by_channel.values() for name in kpis}
    assert found == {name for name in METRIC if "channel" in cuts_of(name).by}


def selected(run: Run, name: str, condition: str) -> float | None:
    """What a metric's query gives of a run's rows."""
    series = SERIES[name]
    table = run.path / f"{series.table}.parquet"
    if name in AT_THE_END:
        condition += f" AND week = (SELECT max(week) FROM '{table}')"  # noqa: S608  a test's own
    [(value,)] = duckdb.sql(f"SELECT {series.sql} FROM '{table}' WHERE {condition}").fetchall()  # noqa: S608  a test's own
    return value  # type: ignore[no-any-return]  # a row has anything


def of_currency(run: Run, name: str) -> Iterator[tuple[str, str]]:
    """The metric's names in a run, each with the rows that it is of."""
    for stated in run.summary.kpis:
        metric, _, currency = stated.partition(".")
        if metric == name:
            code = {"EUR": 978, "USD": 840}.get(currency)
            yield stated, "true" if code is None else f"currency = {code}"


@pytest.mark.parametrize("name", SERIES)
def test_what_is_selected_from_a_runs_tables_is_the_metric(regions: Run, banned: Run, name: str) -> None:
    for run in (regions, banned):
        for stated, condition in of_currency(run, name):
            value = run.summary.kpis[stated]["value"]
            assert (selected(run, name, condition) or 0) == pytest.approx(value or 0), stated
        for region, kpis in run.summary.by_region.items():
            value = kpis[name]["value"]
            found = selected(run, name, f"region = {REGION_BY_NAME[region]}")
            assert (found or 0) == pytest.approx(value or 0), (name, region)


def test_tables_that_tell_an_origin_have_it(banned: Run) -> None:
    for name in METRIC:
        series = cuts_of(name).series
        if "origin" in cuts_of(name).by and series is not None:
            column = "foreign" if series.table == "sellers_by_week" else "merchant"
            path = banned.path / f"{series.table}.parquet"
            assert f'"{column}"' in {f'"{one}"' for one in duckdb.sql(f"SELECT * FROM '{path}' LIMIT 0").columns}  # noqa: S608  the same


def test_the_command_tells_a_metrics_cuts_and_why_it_has_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["metrics", "creator_gini"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Not by channel: coins of all channels mix in one balance" in told
    assert execute(["metrics", "shop_take_rate"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "by_channel." in told
    assert "sum(commission)" in told
    assert execute(["metrics", "gmv_net", "--json"]) == 0
    [told_one] = json.loads(capsys.readouterr().out)
    assert told_one["by"] == ["region", "channel", "origin", "hour"]
    assert told_one["series"] == {"table": "shop", "sql": "sum(gmv) - sum(cancelled) - sum(refunded)"}
    assert execute(["metrics"]) == 0
    told = capsys.readouterr().out
    assert "region*" in told
    assert "Not by" not in told
