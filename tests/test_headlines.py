"""Headlines: what is kept comes back, and stands beside its question."""

import json
from pathlib import Path

import pytest

from sim import paths
from sim.cli.group import execute
from sim.report.headlines import KEPT, Headline, headlines, write_headlines
from sim.runs import RunError

ANSWER = Headline(
    text="A cheaper web shop moves 1 % of bookings",
    metric="bookings",
    unit="money",
    currency="USD",
    value=1_010,
    base=1_000,
    difference=10,
    compared_with="us-baseline",
    command="coinworks simulate us-web-push --base",
    seed=1,
    viewers=5_000,
    days=7,
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
    assert told["us-web-push"]["headline"]["difference"] == 10
    assert told["us-web-push"]["base"] == "us-baseline"
    assert told["us-baseline"]["headline"] is None
