"""What stands under results/ and in the README is what the scenario and the seed give, on this machine too."""

import json
import re
from pathlib import Path

import pytest

from sim.ledger import CoinworksError
from sim.model import simulate
from sim.report.published import check_published, publish
from sim.runs import Run
from sim.scenario import load

ROOT = Path(__file__).parent.parent
BASELINE = ROOT / "results" / "economy" / "us-baseline"


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return simulate(load("us-baseline"), out=tmp_path_factory.mktemp("published") / "run")


def test_the_kept_baseline_is_what_us_baseline_gives(baseline: Run) -> None:
    """The digest and every count and amount to the last digit; shares and indices to nine."""
    kept = json.loads((BASELINE / "key_figures.json").read_text())
    assert kept["trace_digest"] == baseline.summary.trace_digest
    assert kept["kpis"].keys() == baseline.summary.kpis.keys()
    for name, kpi in baseline.summary.kpis.items():
        value = kept["kpis"][name]["value"]
        assert value == (pytest.approx(kpi["value"], rel=1e-9) if isinstance(value, float) else kpi["value"]), name


def test_the_main_job_is_as_large_as_it_claims(baseline: Run) -> None:
    operations = baseline.trace().columns["op"]
    setup, reads = operations <= 1, operations >= 16
    assert (~setup).sum() >= 20_000
    assert (~setup & ~reads).sum() >= 5_000


def test_published_files_are_checked_to_the_letter(baseline: Run, tmp_path: Path) -> None:
    publish(baseline, tmp_path)
    check_published(baseline, tmp_path)
    numbers = tmp_path / "bookings.csv"
    numbers.write_text(numbers.read_text().replace("1", "2", 1))
    with pytest.raises(CoinworksError, match=r"bookings\.csv: not what"):
        check_published(baseline, tmp_path)


def test_kept_figures_are_whole_svg_with_their_numbers_beside_them() -> None:
    figures = sorted(BASELINE.glob("*.svg"))
    assert figures
    for figure in figures:
        text = figure.read_text()
        assert (text[:5], text[-7:]) == ("<svg ", "</svg>\n")
        assert text.count("<svg ") == text.count("</svg>")
        assert "--paper: #" in text  # it brings the colours that it names
        assert figure.with_suffix(".csv").is_file()


def test_the_readme_shows_kept_figures_only() -> None:
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert shown
    assert all((ROOT / path).is_file() for path in shown)


def test_the_readme_says_how_many_accounts_agree(baseline: Run) -> None:
    balances = baseline.balances()
    accounts = len(set(zip(balances["klass"].tolist(), balances["owner"].tolist(), strict=True)))
    assert f"PASS: all {accounts:,} accounts agree" in (ROOT / "README.md").read_text()
