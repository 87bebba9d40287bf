"""The story of a report: base beside run, who gains and loses, money's ways, sellers, and what rules kept away."""

import csv
from pathlib import Path

import numpy as np
import pytest

from sim.agents.traders import BY_WEEK
from sim.behavior import elsewhere as codes
from sim.ledger import Op
from sim.ledger.money import USD
from sim.metrics.elsewhere import Elsewhere, empty_cells, note_elsewhere
from sim.report.compare import key_figures
from sim.report.evidence import Evidence
from sim.report.flow import Band, Node, amounts, lanes, placed_nodes, px_per_unit
from sim.report.gains import Party, finding, gains_table
from sim.report.money import bands_of
from sim.report.numbers import about_money, money, short_money, signed
from sim.report.overtime import by_step, marks_in_words
from sim.report.write import report_files
from sim.runs import open_run
from sim.scenario import load
from sim.tables import Columns
from test_report import DAY_US, Page
from town_runs import town_run
from traces import Town, busy_town, rare_town

FRIDAY = "2024-04-12T04:00:00Z"
COMMISSION = [{"kind": "commission", "at": FRIDAY, "rate": 0.08}]


def market(fans: int) -> Town:
    """Fans who buy coins and give them; a seller at home and one abroad, each of whom delivers."""
    town = Town()
    star, at_home, abroad = town.creator(), town.seller(), town.seller()
    for turn, fan in enumerate([town.viewer() for _ in range(fans)]):
        now_us = turn * DAY_US
        town.topup(fan, at_us=now_us)
        town.gift(fan, star, 300, at_us=now_us)
        for seller in (at_home, abroad):
            order = town.order(fan, seller, 3_500, at_us=now_us)
            town.add(Op.CAPTURE, seller, at_us=now_us, peer=fan, amount=3_500, currency=USD, ref=order)
    return town


def a_week(offline: int) -> Columns:
    """A week of the one seller at home, whose own shop brought so much."""
    row = {"region": 840, "currency": USD, "active": 1, "offline": offline}
    return {name: np.array([row.get(name, 0)]).astype(dtype) for name, dtype in BY_WEEK.items()}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Six fans where the base had four; on the fifth day the commission rises, and a ban keeps two orders away."""
    folder = tmp_path_factory.mktemp("story") / "run"
    scenario = load("us-baseline", {"viewers": 6, "interventions": COMMISSION})
    cells, away = empty_cells(1), Elsewhere(scenario)
    note_elsewhere(cells, 0, codes.ORDER, codes.BAN, codes.OFFLINE, 1, 1, 3_000)
    note_elsewhere(cells, 0, codes.ORDER, codes.BAN, codes.NOWHERE, 1, 1, 1_000)
    away.add(5 * DAY_US, cells)
    weeks = a_week(offline=3_000)
    town_run(folder, market(6), scenario, foreign=[1], elsewhere=away.columns(), sellers_by_week=weeks)
    town_run(folder / "base", market(4), load("us-baseline", ["viewers=6"]), foreign=[1], keeps_trace=False)
    return Evidence.of(open_run(folder))


def numbers(run: Evidence, figure: str) -> list[dict[str, str]]:
    return list(csv.DictReader(report_files(run.run)[f"figures/{figure}.csv"].splitlines()))


def test_the_page_tells_the_story(compared: Evidence) -> None:
    """Titles with the finding; every figure with its base; the date of what changed."""
    page = Page(report_files(compared.run)["report.html"])
    assert "This run beside us-baseline: the same people, with the same chances" in page.text
    assert "against us-baseline: +50.0 %" in page.text
    assert "commission 8 % (12 April, 00:00)" in page.text
    assert "Foreign merchants sell 50.0 % of goods" in page.text
    assert "Rules kept away orders for $40.00; 75.0 % of that was bought in an offline shop" in page.text
    assert len(page.ids) == len(set(page.ids))


def test_the_base_is_drawn_beside_the_run_in_one_scale(compared: Evidence) -> None:
    days = numbers(compared, "timeline")
    assert [int(day["bookings"]) for day in days] == [1_999] * 6 + [0]
    assert [int(day["base_bookings"]) for day in days] == [1_999] * 4 + [0] * 3
    sold = numbers(compared, "sellers")
    assert sum(int(day["foreign_merchants_minor"]) for day in sold) == 6 * 3_500
    assert sum(int(day["base_foreign_merchants_minor"]) for day in sold) == 4 * 3_500


def test_who_gains_and_who_loses(compared: Evidence) -> None:
    """Two more fans: half as much again for everybody; offline shops have what a ban sent them."""
    assert compared.base is not None
    found = {row["who"]: int(row["difference_minor"]) for row in numbers(compared, "gains")}
    assert found["Fans"] == 2 * (1_999 + 2 * 3_745)
    assert found["Domestic sellers"] == found["Foreign sellers"] == 2 * 3_290
    assert found["Creators"] == 2 * 150
    assert found["Offline shops"] == 3_000
    assert ("Creators", "$6.00", "$9.00", "+$3.00") in [
        (who, *rest) for who, _, *rest in gains_table(compared, compared.base)
    ]


@pytest.mark.parametrize(
    ("differences", "text"),
    [
        ({"Creators": 300, "Platform": -200}, "Creators gain most (+$3.00), the platform loses most (−$2.00)"),
        ({"Platform": 5}, "The platform gains most (+$0.05)"),
        ({"Fans": 5}, "Nobody gains or loses against x"),  # what fans pay is neither
        ({}, "Nobody gains or loses against x"),
    ],
)
def test_the_finding_names_both_ends(differences: dict[str, int], text: str) -> None:
    assert finding([Party(name, "", "", 0, amount) for name, amount in differences.items()], "USD", "x") == text


def test_shares_change_by_points_and_amounts_by_percent(compared: Evidence) -> None:
    assert compared.base is not None
    rows = {title: changed.replace("\u202f", " ") for title, _, _, changed in key_figures(compared, compared.base)}
    assert rows["Payers"] == "+50.0 %"
    assert rows["Conversion"] == "+33.33 points"


def test_what_fans_paid_goes_somewhere_to_the_last_cent(compared: Evidence) -> None:
    """At each node between, as much comes in as goes out."""
    for run in (compared, compared.base):
        assert run is not None
        bands = bands_of(run)
        for node in ("Coins", "Goods"):
            coming, going = (sum(band.amount for band in bands if band[end] == node) for end in (1, 0))
            assert coming == going > 0, node


def test_goods_paid_in_coins_leave_the_coins(tmp_path: Path) -> None:
    run = Evidence.of(open_run(town_run(tmp_path / "run", rare_town(), load("us-baseline", ["viewers=2"]))))
    bands = bands_of(run)
    for node in ("Coins", "Goods"):
        coming, going = (sum(band.amount for band in bands if band[end] == node) for end in (1, 0))
        assert coming == going > 0, node
    assert {band.target for band in bands if band.source == "Coins"} >= {"Goods paid in coins", "Back to fans"}


def test_who_works_week_by_week(tmp_path: Path) -> None:
    """Drawn where somebody begins or leaves; regions are added up."""
    scenario = load("us-baseline", ["viewers=2", "days=14"])
    rows = [(0, 2, 840, 5), (0, 2, 826, 5), (0, 3, 840, 4), (1, 2, 840, 8), (1, 2, 826, 6), (1, 3, 840, 4)]
    weeks = {name: np.array(column) for name, column in zip(HOST_WEEK, zip(*rows, strict=True), strict=True)}
    run = Evidence.of(open_run(town_run(tmp_path / "run", market(2), scenario, hosts_by_week=hosts(weeks))))
    assert [(row["creators"], row["sellers"]) for row in numbers(run, "workers")] == [("10", "4"), ("14", "4")]
    idle = {**weeks, "active": np.array([5, 5, 4, 5, 5, 4])}
    still = Evidence.of(open_run(town_run(tmp_path / "still", market(2), scenario, hosts_by_week=hosts(idle))))
    assert "figures/workers.csv" not in report_files(still.run)


HOST_WEEK = ("week", "kind", "region", "active")


def hosts(weeks: Columns) -> Columns:
    """The columns of hosts_by_week, nobody beginning or leaving."""
    return {**weeks, "entered": np.zeros(len(weeks["week"]), np.int64), "left": np.zeros(len(weeks["week"]), np.int64)}


def test_refunds_and_undelivered_orders_have_their_bands(tmp_path: Path) -> None:
    run = Evidence.of(open_run(town_run(tmp_path / "run", busy_town(), load("us-baseline", ["viewers=20"]))))
    found = {band.target: band.amount for band in bands_of(run) if band.source == "Goods"}
    assert found["Back to fans"] == 2 * 3_500 + 2 * 1_000
    assert found["Domestic sellers"] == 4 * 3_290 - 2 * (1_000 - 60)
    coins = {band.target: band.amount for band in bands_of(run) if band.source == "Coins"}
    assert coins["Back to fans"] == 1_999


def test_a_run_without_trace_or_coins_or_goods_has_a_report(tmp_path: Path) -> None:
    """What nothing happened for is left out; nothing is asked of a trace that isn't there."""
    town = Town()
    town.viewer()
    scenario = load("us-baseline", ["viewers=1", "days=1"])
    files = report_files(open_run(town_run(tmp_path / "idle", town, scenario)))
    assert set(files) == {"report.html"}
    assert "1 viewers bought no coins" in Page(files["report.html"]).text
    bare = report_files(open_run(town_run(tmp_path / "bare", market(2), scenario, keeps_trace=False)))
    assert "figures/dollar.csv" in bare
    assert "figures/packs.csv" not in bare


def test_a_short_run_is_drawn_by_the_hour(tmp_path: Path) -> None:
    scenario = load("us-baseline", ["viewers=2", "days=2"])
    run = Evidence.of(open_run(town_run(tmp_path / "run", market(2), scenario)))
    assert by_step(run, run.series, "bookings").tolist() == [1_999, *[0] * 23, 1_999, *[0] * 23]


def test_a_date_is_told_in_local_time(compared: Evidence) -> None:
    assert marks_in_words(compared) == "Vertical lines: commission 8 % (12 April, 00:00)."


COLUMNS = [[Node("a", "#000000"), Node("b", "#000000")], [Node("c", "#000000"), Node("d", "#000000")]]
BANDS = [Band("a", "c", 30), Band("b", "c", 10), Band("a", "d", 20)]


def test_bands_fill_their_nodes_in_one_scale() -> None:
    """Each node is as high as what passes it; bands lie inside without overlap, none crosses where it needn't."""
    scale, placed = px_per_unit(COLUMNS, BANDS, 400), placed_nodes(COLUMNS, BANDS, (0, 100), 400)
    assert amounts(BANDS) == {"a": 50, "b": 10, "c": 40, "d": 20}
    assert scale == pytest.approx((400 - 2 * 32) / 60)
    assert {name: node.height for name, node in placed.items()} == pytest.approx(
        {name: scale * amount for name, amount in amounts(BANDS).items()}
    )
    found = {(band.source, band.target): (begin, end) for band, begin, end in lanes(placed, BANDS, scale)}
    (a_c, c_a), (a_d, d_a), (_, c_b) = found["a", "c"], found["a", "d"], found["b", "c"]
    assert a_c[0] == pytest.approx(placed["a"].y)
    assert a_c[1] == pytest.approx(a_d[0])
    assert a_d[1] == pytest.approx(placed["a"].y + placed["a"].height)
    assert c_a[1] == pytest.approx(c_b[0])
    assert c_b[1] == pytest.approx(placed["c"].y + placed["c"].height)
    assert np.diff(d_a) == pytest.approx(scale * 20)


@pytest.mark.parametrize(
    ("minor", "currency", "short", "about", "exact"),
    [
        (123_456, "USD", "+$1.23k", "+$1,230", "+$1,234.56"),
        (-500, "USD", "−$5", "−$5.00", "−$5.00"),
        (0, "USD", "±$0", "±$0.00", "±$0.00"),
        (-25_000_000, "IDR", "−Rp 25m", "−Rp 25m", "−Rp 25,000,000"),
        (99_996_000, "USD", "+$1m", "+$1m", "+$999,960.00"),
        (250, "USD", "+$2.50", "+$2.50", "+$2.50"),
    ],
)
def test_signed_amounts(minor: int, currency: str, short: str, about: str, exact: str) -> None:
    texts = [signed(minor, currency, text_of).replace("\u202f", " ") for text_of in (short_money, about_money, money)]
    assert texts == [short, about, exact]


def test_a_loss_has_a_minus_that_no_line_ends_at() -> None:
    assert money(-116_535, "CNY") == "−CN¥1,165.35"
    assert about_money(-350, "USD") == "−$3.50"
    assert short_money(-8_200, "USD") == "−$82"
