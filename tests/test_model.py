"""From a scenario to a run's folder."""

from pathlib import Path

import pytest

from sim.ledger import Book, CoinworksError
from sim.model import simulate
from sim.runs import balance_columns
from sim.scenario import Scenario, load


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("us-baseline", ["viewers=150", "days=1", "gifting.giver_share=0.5"])


def test_a_run_is_whole_and_its_trace_explains_every_balance(scenario: Scenario, tmp_path: Path) -> None:
    run = simulate(scenario, out=tmp_path / "run")
    trace = run.trace()
    assert len(trace) == run.summary.operations
    assert trace.digest == run.summary.trace_digest
    book = Book()
    for operation, outcome in trace:
        assert book.apply(operation).outcome == outcome
    expected = balance_columns(book.balances())
    found = run.balances()
    for name, column in expected.items():
        assert found[name].tolist() == column.tolist(), name


def test_the_digest_depends_on_the_seed_and_on_nothing_else(scenario: Scenario, tmp_path: Path) -> None:
    def digest(name: str, seed: int) -> str | None:
        return simulate(scenario, seed=seed, out=tmp_path / name).summary.trace_digest

    assert digest("a", 1) == digest("b", 1) != digest("c", 2)


def test_progress_rises_to_one(scenario: Scenario, tmp_path: Path) -> None:
    seen: list[float] = []
    simulate(scenario, out=tmp_path / "run", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_an_interrupted_run_leaves_nothing(scenario: Scenario, tmp_path: Path) -> None:
    def interrupt(done: float) -> None:
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        simulate(scenario, out=tmp_path / "run", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_refused_and_kept(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(CoinworksError, match="exists"):
        simulate(scenario, out=tmp_path)
    assert (tmp_path / "note").read_text() == "mine"
