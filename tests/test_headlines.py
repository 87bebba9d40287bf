"""Headlines: what is kept comes back, and stands beside its question."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim import paths
from sim.cli.group import execute
from sim.experiments.answer import Answer
from sim.report.headlines import KEPT, Headline, headlines, sentence, write_headlines
from sim.runs import RunError

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


# What an answer came to in two seeds, in its base, and the sentence.
SENTENCES = {
    "a change is a part of the base": (
        ("bookings", "money", "USD", [101_000, 103_000], [100_000, 100_000], "uk"),
        "Bookings $1,020, +2 % against uk (+1 % to +3 % in 2 seeds)",
    ),
    "in means nothing": (
        ("gifts", "gifts", "", [90, 110], [100, 100], "uk"),
        "Gifts 100, +0 % against uk (-10 % to +10 % in 2 seeds)",
    ),
    "shares differ by points": (
        ("conversion", "share", "", [0.04, 0.06], [0.04, 0.05], "uk"),
        "Conversion 5.00 %, +0.5 points against uk (+0 points to +1 points in 2 seeds)",
    ),
    "itself is the base": (
        ("seller_gini", "index", "", [0.8, 0.9], [0.8, 0.8], "without interventions"),
        "Gini of sellers' income 0.850, +0.05 against itself without interventions (+0 to +0.1 in 2 seeds)",
    ),
    "no base": (
        ("gmv", "money", "IDR", [2_000_000, 4_000_000], None, ""),
        "Shop sales, gross Rp 3,000,000 (Rp 2,000,000 to Rp 4,000,000 in 2 seeds)",
    ),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_a_sentence_is_made_of_the_numbers(case: str) -> None:
    (metric, unit, currency, values, bases, base), told = SENTENCES[case]
    found = Answer(metric, unit, currency, [1, 2], np.array(values), None if bases is None else np.array(bases))
    assert sentence(found, base).replace("\u202f", " ") == told
