"""Headlines: what is kept comes back, and stands beside its question."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim import paths
from sim.cli.group import execute
from sim.experiments.beliefs import Belief
from sim.experiments.compare import Comparison
from sim.experiments.level import Level, level
from sim.experiments.paired import Difference
from sim.experiments.runs import Figure, Figures, Task
from sim.report.differing import answer_text, level_text
from sim.report.headlines import KEPT, Headline, headline_of, headline_of_level, headlines, write_headlines
from sim.runs import RunError
from sim.scenario import load

ANSWER = Headline(
    text="A cheaper web shop moves 1 % of bookings",
    metric="bookings",
    unit="money",
    currency="USD",
    seeds=[1, 2],
    values=[1_010, 1_030],
    bases=[1_000, 1_000],
    compared_with="us-baseline",
    command="coinworks headlines us-web-push --seeds 2",
    viewers=5_000,
    days=7,
    digest="0",
)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "results_dir", lambda: tmp_path)
    (tmp_path / KEPT).parent.mkdir()
    return tmp_path / KEPT


def test_what_is_kept_comes_back(kept: Path) -> None:
    write_headlines(kept, {"us-web-push": ANSWER})
    assert headlines(kept) == {"us-web-push": ANSWER}


def test_without_a_file_there_are_none_and_a_foreign_one_is_refused(kept: Path) -> None:
    assert headlines(kept) == {}
    kept.write_text('{"schema": "coinworks/headlines/9", "scenarios": {}}')
    with pytest.raises(RunError, match=r"schema is coinworks/headlines/9, expected coinworks/headlines/1"):
        headlines(kept)


def test_scenarios_tells_the_answer_under_its_question(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_headlines(kept, {"us-web-push": ANSWER})
    assert execute(["scenarios"]) == 0
    assert f"→ {ANSWER.text}" in capsys.readouterr().out
    assert execute(["scenarios", "--json"]) == 0
    told = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert told["us-web-push"]["headline"]["values"] == [1_010, 1_030]
    assert told["us-web-push"]["base"] == "us-baseline"
    assert told["us-baseline"]["headline"] is None


DAYS = " on days 3 to 7"
# What a comparison came to under four seeds, what draws make of it, and the sentence.
SENTENCES = {
    "a change is a part of the base": (
        ("bookings", "money", "USD", [102_000, 104_000, 102_000, 104_000], [100_000] * 4),
        f"Bookings $1,030{DAYS}, +3 % against uk (+1.16 to +4.84 % over seeds, +1.4 to +8.6 %",
    ),
    "shares differ by points": (
        ("conversion", "share", "", [0.05, 0.07, 0.05, 0.07], [0.04] * 4),
        f"Conversion 6.00 %{DAYS}, +2 points against uk (+0.16 to +3.8 points over seeds, +1.4 to +8.6 points",
    ),
    "an index has no unit": (
        ("seller_gini", "index", "", [0.8, 0.9, 0.8, 0.9], [0.8] * 4),
        (
            f"Gini of sellers' income 0.850{DAYS}, +0.05 against uk, no clear sign "
            "(−0.042 to +0.14 over seeds, +0.014 to +0.086"
        ),
    ),
    "what begins at nothing is told in money": (
        ("reward_cost", "money", "USD", [30_000, 30_000, 30_000, 30_000], [0] * 4),
        f"Cost of rewards $300{DAYS}, +$300 against uk (+$300 over seeds, +$14.00 to +$86.00",
    ),
}


def studied(metric: str, unit: str, currency: str, values: list[float], bases: list[float]) -> Comparison:
    """A comparison whose draws lie evenly from 1 % to 9 % (points, or $10 to $90) of more than the base."""
    steps = np.linspace(1, 9, 9)
    size = {"money": 1_000.0, "share": 0.01, "index": 0.01}[unit]
    drawn_bases = np.full(9, 100_000.0 if bases[0] and unit == "money" else bases[0])
    stated = np.full(2, drawn_bases[0])
    belief = Belief(metric, unit, currency, drawn_bases, drawn_bases + size * steps, stated, stated, 1.0, 1, [])
    one = Difference(metric, unit, currency, np.array(values, float), np.array(values, float))
    one = one._replace(bases=np.array(bases, float), belief=belief)
    base, other = load("uk"), load("us-baseline")
    return Comparison(base, other, [], metric, [1, 2, 3, 4], 2, "as asked", 0.02, "pairs", {metric: one})


@pytest.mark.parametrize("case", SENTENCES)
def test_a_sentence_is_made_of_the_numbers_with_both_intervals(case: str) -> None:
    numbers, sentence = SENTENCES[case]
    assert answer_text(studied(*numbers)).replace("\u202f", " ") == f"{sentence} over what nobody knows: assumed)"


def test_itself_is_the_base_where_only_interventions_differ() -> None:
    numbers, _ = SENTENCES["shares differ by points"]
    assert "+2 points against itself without interventions (" in answer_text(studied(*numbers), "without interventions")


def test_what_is_kept_of_a_comparison() -> None:
    numbers, _ = SENTENCES["shares differ by points"]
    kept = headline_of(load("us-baseline"), studied(*numbers), "coinworks headlines us-baseline")
    assert (kept.compared_with, kept.warm_up_days, kept.label, kept.sign_share) == ("uk", 2, "assumed", 1.0)
    assert kept.interval_parameters == pytest.approx((0.014, 0.086), abs=1e-12)
    assert kept.bases == [0.04] * 4
    assert kept.is_clear


def test_a_level_has_both_intervals_too() -> None:
    values = np.array([1_000_000.0, 1_200_000.0])
    found = Level("gmv", "money", "IDR", [1, 2], values, np.linspace(500_000, 2_500_000, 101), 1_000)
    assert level_text(found).replace("\u202f", " ") == (
        "Shop sales, gross Rp 1.1m (−Rp 171,000 to Rp 2.37m over seeds, "
        "Rp 600,000 to Rp 2.4m over what nobody knows: assumed)"
    )
    assert headline_of_level(load("us-baseline"), found, "c").interval_parameters == (600_000, 2_400_000)
    few = level_text(found._replace(payers=29.0)).replace("\u202f", " ")
    assert "Rp 2.37m at about 90 % over seeds, Rp 600,000 to" in few


def test_levels_under_draws_are_of_as_many_people_as_the_scenario_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that bring a dollar a head."""

    def brought(tasks: Sequence[Task], *_: object) -> list[Figures]:
        return [{"gmv": Figure(100.0 * task.scenario.viewers, "money", "USD")} for task in tasks]

    monkeypatch.setattr("sim.experiments.level.run_all", brought)
    found = level(load("us-baseline", ["viewers=60"]), "gmv", seeds=2, draws=8, viewers=30)
    assert found.values.tolist() == [6_000.0] * 2
    assert found.drawn.tolist() == [6_000.0] * 8
    assert (found.draw_viewers, found.label) == (30, "mechanism")


def test_a_sign_that_half_of_the_draws_turn_is_not_clear() -> None:
    numbers, _ = SENTENCES["shares differ by points"]
    one = studied(*numbers).answer
    assert one.belief is not None
    turned = one.belief._replace(others=one.belief.bases - (one.belief.others - one.belief.bases))
    assert one.is_clear
    assert not one._replace(belief=turned).is_clear
