"""The report: right numbers in its sentences, no network, the same bytes twice, and what is not known said so."""

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.console import Console

from loadtests.replay.result import summarize as summarize_replay
from loadtests.replay.result import write_requests
from sim.cli.group import execute
from sim.ledger import CoinworksError, Op
from sim.report import ReportError, check_report, kpi_table, write_report
from sim.report.certificate import _asset
from sim.report.load import parts_ns, percentile_curve
from sim.report.numbers import about_money, column_share, duration, share, significant
from sim.report.write import report_files
from sim.runs import Run, open_run, write_json
from sim.scenario import load
from town_runs import town_run
from traces import busy_town

DAY_US = 86_400_000_000
MS_NS = 1_000_000


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run: a busy town over a week, under the baseline's parameters."""
    town, scenario = busy_town(fans=30, spread_us=7 * DAY_US), load("us-baseline", ["viewers=30"])
    return town_run(tmp_path_factory.mktemp("report") / "run", town, scenario)


@pytest.fixture
def replayed(simulated: Path) -> Iterator[Run]:
    """The same run with a replay of 10 s, in which every request is answered after 2 ms."""
    run = open_run(simulated)
    columns = run.trace().columns
    rows = ~np.isin(columns["op"], (Op.OPEN, Op.POLICY))
    planned = columns["at_us"][rows] * 100 // 6_048  # ns: a week in ten seconds
    zeros = np.zeros(len(planned), np.uint8)
    measured = {name: columns[name][rows] for name in ("seq", "op", "outcome")} | {
        "expected": columns["outcome"][rows],
        "planned_ns": planned,
        "lane_free_ns": planned,
        "free_ns": planned,
        "sent_ns": planned + 50_000,
        "done_ns": planned + 2 * MS_NS,
        "status": zeros.astype(np.uint16),
        "replayed": zeros,
        "attempts": zeros.astype(np.uint16),
        "unknown": zeros,
    }
    write_requests(simulated / "requests.parquet", measured)
    write_replay(run, **summarize_replay(measured, run.trace()))
    yield run
    (simulated / "requests.parquet").unlink()
    (simulated / "replay.json").unlink()


def write_replay(run: Run, **numbers: Any) -> None:
    """A replay.json that passes, but for what is given."""
    verdict = {"verdict": "PASS", "reasons": [], "reconciled": True, "mismatched_accounts": 0, "mismatches": []}
    asked = {"target": "loopback", "book": "q7", "speed": 60_480.0, "command": "coinworks run us-baseline"}
    program = {"started_at": "2026-01-02T03:04:05Z", "versions": {"locust": "2"}, "generator": {"cpu_share": 0.25}}
    compared = {"schema": "coinworks/replay/1", "accounts_compared": 41, "entries_compared": 900}
    write_json(run.path / "replay.json", {**compared, **verdict, **asked, **program, **numbers})


class Page(HTMLParser):
    """What a browser would load, and the text outside of figures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self._silent = 0
        self._words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "svg"}
        values = dict(attrs)
        self.loaded += [value for name in ("src", "href", "xlink:href") if (value := values.get(name))]
        self.ids += [value for value in [values.get("id")] if value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "svg"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self._words).replace("\u202f", " ")


def page_of(run: Run) -> Page:
    return Page(report_files(run)["report.html"])


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123_456, "USD", "$1,230"),  # rounded once
        (1_234_567, "USD", "$12,300"),  # three significant digits, and no cents from a hundred on
        (9_999, "USD", "$99.99"),  # below a hundred, to the cent
        (-1_234_567, "USD", "−$12,300"),
        (340_000, "IDR", "Rp 340,000"),  # a currency without decimals
        (None, "USD", "not known"),
    ],
)
def test_money_in_prose(minor: int | None, currency: str, text: str) -> None:
    """Prose says how much, tables say exactly."""
    assert about_money(minor, currency) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00082, "820 µs"),
        (0.0018, "1.8 ms"),
        (0.9999, "1 s"),
        (12.04, "12 s"),
        (180.0, "3 min"),
        (7_200.0, "2 h"),
        (0.0, "0 µs"),
    ],
)
def test_durations_take_their_natural_unit(seconds: float, text: str) -> None:
    """Three significant digits, from microseconds to hours."""
    assert duration(seconds).replace("\u202f", " ") == text


def test_shares_and_rounding() -> None:
    """Three significant digits in prose, one decimal in a column."""
    assert [share(part).replace("\u202f", " ") for part in (0.31416, 0.005, 0.0, 1.0)] == [
        "31.4 %",
        "0.500 %",
        "0 %",
        "100 %",
    ]
    assert column_share(0.0716).replace("\u202f", " ") == "7.2 %"
    assert (significant(12_345), significant(0), significant(-98_765)) == (12_300, 0, -98_800)


def test_the_first_sentence_tells_both_readers(replayed: Run) -> None:
    """30 fans at $19.99 each; the wallet's half gives its rate, its p99 and the agreement."""
    text = page_of(replayed).text
    assert "30 viewers paid $600 for coins, of which creators earned" in text
    assert re.search(r"the wallet carried 4\d\d operations at [\d.,]+/s, 99 in 100 within 2 ms of their plan", text)
    assert "every account agrees to the last coin." in text


def test_a_run_without_a_replay_says_so(simulated: Path) -> None:
    """What was not measured is told as not known, in one line."""
    text = page_of(open_run(simulated)).text
    assert "no wallet has carried its operations yet" in text
    assert "Not known: no replay has been measured for this run." in text
    assert "NOT REPLAYED" in text
    assert "Where the time went" not in text


def test_a_failed_reconciliation_names_the_accounts(replayed: Run) -> None:
    """The certificate gives the verdict, its reason, and each account with its first difference."""
    numbers = {"mismatched_accounts": 1, "mismatches": [{"account": "viewer-7", "difference": "5 coins are missing"}]}
    reasons = {"verdict": "FAIL", "reasons": ["1 account does not agree"], "reconciled": False}
    measured = json.loads((replayed.path / "replay.json").read_text("utf-8"))
    write_replay(replayed, **{**measured, **numbers, **reasons})
    text = page_of(replayed).text
    assert "and it disagrees with the simulator on 1 of 41 accounts." in text
    assert "FAIL 1 account does not agree." in text
    assert "viewer-7 5 coins are missing" in text
    assert "agree, to the last coin" not in text


def test_the_certificate_shows_the_books_in_balance(replayed: Run) -> None:
    """Issued equals where it went, in coins and in money; digest, seed and hash are there to be checked."""
    text = page_of(replayed).text
    assert re.search(r"Coins [\d,]+ issued = [\d,]+ held \+ [\d,]+ given \+ 1,321 clawed back", text)
    assert re.search(r"USD \$[\d,.]+ in = \$[\d,.]+ refunded or charged back", text)
    assert replayed.summary.trace_digest in text
    assert replayed.manifest.scenario_sha256 in text
    assert "All 41 accounts of wallet and simulator agree, to the last coin." in text


def test_books_out_of_balance_show_it() -> None:
    """The certificate adds up itself."""
    flow = {"asset": "coin", "issued": 10, "held": 3, "pending": 0, "retired": {"gift": 6}}
    assert _asset(flow) == "10 issued ≠ 3 held + 6 given"


def test_the_page_asks_no_network(replayed: Run) -> None:
    """Links stay inside the page or go to the figures' numbers beside it; no style or script loads anything."""
    html = report_files(replayed)["report.html"]
    page = Page(html)
    assert all(target.startswith(("#", "figures/")) for target in page.loaded)
    assert "@import" not in html
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))
    assert "<script" not in html


def test_figures_follow_the_page(replayed: Run) -> None:
    """Text stays text, colours are the page's variables, ids do not clash, anchors lead somewhere."""
    html = report_files(replayed)["report.html"]
    page = Page(html)
    svg = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert svg.count("<text") > 50
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= {"#000000"}
    assert len(page.ids) == len(set(page.ids))
    assert {target[1:] for target in page.loaded if target.startswith("#")} <= set(page.ids)


def test_every_figure_has_its_numbers(replayed: Run) -> None:
    """A CSV for each; the bookings in it are the run's."""
    files = report_files(replayed)
    linked = {target for target in Page(files["report.html"]).loaded if target.startswith("figures/")}
    assert linked == set(files) - {"report.html"}
    assert len(linked) == 9
    days = list(csv.DictReader(files["figures/bookings.csv"].splitlines()))
    assert sum(int(day["app_minor"]) + int(day["web_minor"]) for day in days) == 30 * 1_999
    bands = list(csv.DictReader(files["figures/dollar.csv"].splitlines()))
    for end in ("from", "to"):
        assert sum(int(band["amount_minor"]) for band in bands if band[end] == "Coins") == 30 * 1_999


def test_the_same_run_gives_the_same_bytes_and_check_notices_another(replayed: Run, tmp_path: Path) -> None:
    """`--check` is the twin of what it checks: silent when current, one line when missing or edited."""
    name = str(replayed.path)
    assert execute(["report", name, "--check"]) == 1  # not written yet
    path = write_report(replayed)
    check_report(replayed)
    assert execute(["report", name, "--check"]) == 0
    path.write_text(path.read_text("utf-8").replace("to the last coin", "more or less"), "utf-8")
    with pytest.raises(ReportError, match=r"report\.html: not what the run gives"):
        check_report(replayed)
    assert execute(["report", name]) == 0
    (replayed.path / "figures" / "packs.csv").unlink()
    with pytest.raises(ReportError, match=r"packs\.csv: missing"):
        check_report(replayed)
    assert execute(["report", str(tmp_path / "nowhere")]) == 1


def test_a_foreign_replay_is_refused(replayed: Run) -> None:
    """A replay.json of another version is named, not misread."""
    write_json(replayed.path / "replay.json", {"schema": "coinworks/replay/9"})
    with pytest.raises(CoinworksError, match=r"schema 'coinworks/replay/9': expected 'coinworks/replay/1'"):
        report_files(replayed)


def test_parts_of_the_response_time_add_up() -> None:
    """lane wait + send lag + service = response; what was never answered is left out."""
    instants = {"planned_ns": [0, 10, 20], "free_ns": [5, 10, 20], "sent_ns": [6, 12, 20], "done_ns": [9, 20, -1]}
    parts = parts_ns({name: np.array(values) for name, values in instants.items()})
    assert {name: int(values.sum()) for name, values in parts.items()} == {
        "response": 19,
        "service": 11,
        "lane wait": 5,
        "send lag": 3,
    }


def test_percentiles_are_measured_values() -> None:
    """The smallest value that so many do not exceed: no interpolation."""
    curve = percentile_curve(np.arange(1, 101), np.array([0.0, 0.5, 0.99, 0.991, 1.0]))
    assert curve.tolist() == [1, 50, 99, 100, 100]


def test_the_terminal_table_has_units(simulated: Path) -> None:
    """Money with its sign, shares in percent, counts with what they count."""
    console = Console(width=80)
    with console.capture() as printed:
        console.print(kpi_table(open_run(simulated).summary))
    lines = {line.split("  ")[1].strip(): line for line in printed.get().splitlines() if line.startswith("  ")}
    assert lines["Bookings"].rstrip().endswith("$599.70")
    assert lines["Payers"].rstrip().endswith("30 viewers")
    assert lines["Conversion"].replace("\u202f", " ").rstrip().endswith("100 %")
    assert lines["Chargebacks"].rstrip().endswith("1 topup")


def test_of_several_currencies_each_has_its_column_and_counts_stand_once(simulated: Path) -> None:
    summary = open_run(simulated).summary
    kpis = {name: figure for name, figure in summary.kpis.items() if "currency" not in figure}
    for currency, bookings in (("EUR", 100), ("USD", 59_970)):
        kpis[f"bookings.{currency}"] = {"value": bookings, "unit": "money", "currency": currency}
    table = kpi_table(msgspec.structs.replace(summary, kpis=kpis))
    columns = [[text.replace("\u202f", " ") for text in column.cells] for column in table.columns]
    rows = {title: found for title, *found in zip(*columns, strict=True)}
    assert [column.header for column in table.columns] == ["what happened", "", "EUR", "USD"]
    assert rows["Bookings"] == ["", "€1.00", "$599.70"]
    assert rows["Payers"] == ["30 viewers", "", ""]
