"""The benchmark: one rule for every tool, honest counts, bars that judge, and files that say what was measured."""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.behavior.purposes import ROSTER, VISIT
from sim.behavior.visit import HOURS_A_DRAW, instant_in_hour
from sim.bench.bars import GIB, Bar, bars_of
from sim.bench.chapters import CHAPTERS
from sim.bench.child import Child
from sim.bench.errors import BenchError
from sim.bench.plan import Plan, size_of
from sim.bench.race import Contender, Result, race
from sim.bench.rounds import Spread, interleaved, spread
from sim.bench.run import numbers_of
from sim.bench.tasks import Timed, arithmetic_run, engine_run, peak_rss_bytes
from sim.bench.trivial import CHANCE, FIRST_VIEWER, GIFTS, HOUR_US, PACK, Counts, Population, acts, agree
from sim.bench.trivial_columns import ColumnsEconomy
from sim.bench.trivial_simpy import SimpyEconomy
from sim.cli import group
from sim.ledger import CoinworksError, Op
from sim.report.throughput import growth, list_machines, machine_name, machines_text, publish_throughput
from sim.scenario import load
from sim.streams import below, draw, uniform

ROOT = Path(__file__).parent.parent
THROUGHPUT = ROOT / "results" / "throughput"
SMALL = Population(viewers=200, days=1)  # and so four creators
MACHINE = {"cores": 2, "cpu_model": "AMD EPYC", "memory_bytes": GIB, "platform": "Linux"}
MACHINE_STATED = "on 2 threads of a machine with 2 cores"


def keyed(economy: ColumnsEconomy, viewer: int) -> Iterator[tuple[int, int, int]]:
    """The same chances as the columns have, one draw at a time."""
    world, account = economy.world, FIRST_VIEWER + viewer
    for hour in range(economy.population.hours):
        on_clock = world.epoch_hour + hour
        word = draw(world.seed, account, ROSTER, on_clock // HOURS_A_DRAW)[on_clock % HOURS_A_DRAW]
        if uniform(word) < CHANCE:
            instant, gift, creator, _ = draw(world.seed, account, VISIT, on_clock)
            n_creators = economy.population.creators
            yield hour * HOUR_US + instant_in_hour(instant), below(gift, len(GIFTS)), below(creator, n_creators)


def records_of(economy: ColumnsEconomy) -> list[tuple[int, ...]]:
    names = ("at_us", "op", "actor", "peer", "item", "amount")
    columns = [np.concatenate([block[name] for block in economy.blocks]).tolist() for name in names]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("coins", "price", "left"),
    [
        (0, 1, (PACK, False)),  # nothing: a pack
        (98, 99, (98 + PACK, False)),  # one short
        (99, 99, (0, True)),  # just enough
        (PACK, 1, (PACK - 1, True)),
    ],
)
def test_the_trivial_rule(coins: int, price: int, left: tuple[int, bool]) -> None:
    assert acts(coins, price) == left


def test_columns_and_plain_simpy_do_the_same_with_the_same_chances() -> None:
    """Record by record: what the columns are quick at is the same work."""
    columns = ColumnsEconomy(SMALL)
    columns.run()
    plain = SimpyEconomy(SMALL, lambda viewer: keyed(columns, viewer))
    plain.run()
    assert records_of(columns) == plain.records
    assert columns.counts() == plain.counts()
    assert columns.diamonds.tolist() == plain.diamonds
    assert len(plain.records) > 100


def test_columns_conserve_coins() -> None:
    economy = ColumnsEconomy(SMALL)
    economy.run()
    counts = economy.counts()
    assert int(economy.coins.sum()) == counts.packs * PACK - counts.coins
    assert int(economy.diamonds.sum()) == counts.coins
    assert counts.visits == counts.operations


def test_tools_that_draw_for_themselves_agree() -> None:
    population = Population(viewers=5_000, days=2)  # a tenth fewer visits would show
    plain, columns = SimpyEconomy(population), ColumnsEconomy(population)
    plain.run()
    columns.run()
    assert agree(plain.counts(), columns.counts(), population)


def test_mesa_agrees() -> None:
    pytest.importorskip("mesa", reason="needs the extra `bench`")
    from sim.bench.trivial_mesa import MesaEconomy

    population = Population(viewers=5_000, days=2)  # a tenth fewer visits would show
    economy, columns = MesaEconomy(population), ColumnsEconomy(population)
    economy.run()
    columns.run()
    assert agree(economy.counts(), columns.counts(), population)
    assert economy.records == sorted(economy.records)


def test_who_does_less_is_found_out() -> None:
    """5 % fewer visits, a visit without an operation, cheaper gifts: none agrees."""
    population = Population(viewers=50_000, days=2)
    visits = round(population.viewers * population.hours * CHANCE)
    packs = round(0.2 * visits)
    honest = Counts(visits, visits - packs, packs, 120 * (visits - packs))
    fewer = Counts(*(round(0.95 * number) for number in honest))
    assert agree(honest, honest, population)
    assert not agree(honest, fewer, population)
    assert not agree(honest, honest._replace(gifts=honest.gifts - 1), population)
    assert not agree(honest, honest._replace(coins=round(0.9 * honest.coins)), population)


def test_events_are_visits_and_operations_and_no_set_up() -> None:
    """Accounts are opened and terms stated; neither is an event."""
    timed = engine_run("reference", 20, 1)
    scenario = load("us-baseline", ["viewers=20", "days=1"])
    from sim.engines.reference import ReferenceEngine

    ops: list[int] = []
    engine = ReferenceEngine(scenario, scenario.seed, lambda block: ops.extend(block["op"].tolist()))
    engine.run()
    assert timed.visits == engine.visits
    assert timed.operations == sum(op not in (Op.OPEN, Op.POLICY) for op in ops) < len(ops) - 20
    assert timed.events == timed.visits + timed.operations


def test_arithmetic_takes_longer_for_more() -> None:
    arithmetic_run(1, 1)
    assert arithmetic_run(1, 30_000_000).run_s > 5 * arithmetic_run(1, 1_000_000).run_s


@pytest.mark.parametrize(("text", "size"), [("1k", 1_000), ("500k", 500_000), ("10M", 10_000_000), ("20000", 20_000)])
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "M", "-1k", "1.5M", "10G", "999", "0"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(BenchError, match=r"expected a number of viewers of at least 1,000"):
        size_of(text)


@pytest.mark.parametrize(
    ("largest", "sizes"),
    [
        (2_000, (2_000,)),
        (1_000_000, (10_000, 100_000, 1_000_000)),
        (2_500_000, (10_000, 100_000, 1_000_000, 2_500_000)),
    ],
)
def test_sizes_grow_by_ten_up_to_the_largest(largest: int, sizes: tuple[int, ...]) -> None:
    assert Plan.up_to(largest).sizes == sizes


def test_nothing_is_larger_than_the_largest() -> None:
    plan = Plan.up_to(2_000)
    assert max(plan.viewers, plan.crowd, plan.trivial_viewers, plan.what_if_viewers, plan.month_viewers) == 2_000


def test_every_chapter_has_an_expected_time() -> None:
    assert Plan.up_to(1_000_000).expected_s.keys() == CHAPTERS.keys()


def test_a_trace_without_room_is_refused_before_starting() -> None:
    with pytest.raises(BenchError, match=r"GB free, expected 4,?000000\.0 GB.*set TMPDIR"):
        replace(Plan.up_to(1_000), month_viewers=10**14, month_days=1).check_room()


def test_turns_are_interleaved() -> None:
    turns: list[str] = []
    found = interleaved({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, {"a": 1, "b": 3})
    assert turns == ["a", "b", "b", "b"]
    assert {name: len(results) for name, results in found.items()} == {"a": 1, "b": 3}


def test_spread() -> None:
    assert spread([3.0, 1.0, 8.0]) == Spread(best=1.0, median=3.0, worst=8.0)


def refuse() -> None:
    raise CoinworksError("not here")


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_and_tidy(folder: Path) -> None:
    try:
        (folder / "begun").touch()
        time.sleep(60)
    finally:
        (folder / "tidy").touch()


def test_a_child_is_another_process() -> None:
    with Child("us") as child:
        assert child.ask(os.getpid) != os.getpid()
        assert child.ask(peak_rss_bytes) > 10_000_000


def test_what_a_child_refuses_is_one_line() -> None:
    with Child("us") as child, pytest.raises(BenchError, match=r"^us: not here$"):
        child.ask(refuse)


def test_a_child_that_is_killed_is_told() -> None:
    with Child("us") as child, pytest.raises(BenchError, match=r"^us: its process ended with status -9.*memory.*end"):
        child.ask(end)


def test_a_child_that_is_ended_tidies_up(tmp_path: Path) -> None:
    child = Child("us")
    child.ask(os.getpid)
    child._pipe.send((sleep_and_tidy, (tmp_path,), {}))
    deadline_s = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    child.__exit__(None, None, None)
    assert (tmp_path / "tidy").exists()


def test_a_race_warms_up_untimed_and_counts_its_turns() -> None:
    ticks: list[int] = []
    contenders = [
        Contender(f"arithmetic_{n}", (arithmetic_run, n, 1_000), (arithmetic_run, n, 1), rounds=2) for n in (1, 2)
    ]
    results = race(contenders, lambda: ticks.append(1))
    assert len(ticks) == 4
    assert {name: len(result.runs) for name, result in results.items()} == {"arithmetic_1": 2, "arithmetic_2": 2}


def result(seconds: float, *, visits: int = 3_000, operations: int = 1_000, rss: int = 10**8, **more: Any) -> Result:
    return Result(
        [Timed(0.1, seconds, visits, operations, **more), Timed(0.1, 2 * seconds, visits, operations, **more)], rss
    )


def numbers(**changed: Any) -> dict[str, Any]:
    """What a run would give on a machine of round figures."""
    plan = Plan.up_to(1_000_000)
    same = Counts(visits=12, gifts=9, packs=3, coins=900)
    raced = {
        "engines": {
            "reference": result(100.0, digest="ab"),
            "windowed_1": result(2.0, digest="ab"),
            "windowed_2": result(1.0, digest="ab"),
        },
        "trivial": {
            "simpy_trivial": result(50.0, counts=same),
            "windowed_trivial": result(1.0, counts=same),
        },
        "threads": {
            "windowed_1_crowd": result(0.8, visits=3_000_000, operations=1_000_000),
            "windowed_2_crowd": result(0.45, visits=3_000_000, operations=1_000_000),
            "arithmetic_1": result(1.0),
            "arithmetic_2": result(1.0),
        },
        "sizes": {
            "10000": result(0.01, visits=30_000, operations=10_000, rss=200_000_000),
            "100000": result(0.08, visits=300_000, operations=100_000, rss=200_000_000),
            "1000000": result(0.8, visits=3_000_000, operations=1_000_000, rss=290_000_000),
        },
        "what_if": {"command": result(3.0), "warm": result(1.5), "warm_with_trace": result(2.0)},
        "month": {"month": result(55.0)},
    }
    found = numbers_of(plan, {**raced, **changed})
    bars = [bar.document() for bar in bars_of(found)]
    rest = {"plan": {"threads": 2}, "machine": MACHINE, "bars": bars, "notes": []}
    return json.loads(json.dumps({**found, **rest}))


def test_speeds_and_ratios() -> None:
    """The best of the rounds, set-up apart; ratios between the same rule on the same population."""
    found = numbers()
    assert found["events_per_s"]["windowed_1_crowd"] == 5_000_000
    assert found["operations_per_s"]["windowed_1_crowd"] == 1_250_000
    assert found["ratios"] == {"windowed_1/reference": 50.0, "windowed_trivial/simpy_trivial": 50.0}
    assert found["measured"]["reference"]["run_s"] == {"best": 100.0, "median": 150.0, "worst": 200.0}


def test_scaling_is_work_done_on_two_threads_against_one() -> None:
    """The crowd is the same for both; of arithmetic two threads do twice as much."""
    found = numbers()
    assert found["thread_scaling"] == pytest.approx(0.8 / 0.45, abs=1e-4)
    assert found["arithmetic_scaling"] == 2.0


def test_one_more_viewer() -> None:
    """The slope between the two largest sizes, so that the interpreter isn't a viewer's."""
    assert numbers()["bytes_per_viewer"] == 100.0


def test_another_digest_is_told() -> None:
    assert numbers()["identical"] == {"reference": "ab", "windowed_1": "ab", "windowed_2": "ab", "equal": True}
    engines = {"reference": result(9.0, digest="ab"), "windowed_1": result(1.0, digest="cd"), "windowed_2": result(1.0)}
    assert not numbers(engines=engines)["identical"]["equal"]


@pytest.mark.parametrize(
    ("measured", "is_least", "is_met", "margin"),
    [
        (10.0, True, True, 2.0),
        (5.0, True, True, 1.0),
        (4.0, True, False, 0.8),
        (4.0, False, True, 1.25),
        (10.0, False, False, 0.5),
        (None, False, None, None),
    ],
)
def test_bars(measured: float | None, is_least: bool, is_met: bool | None, margin: float | None) -> None:
    bar = Bar("x", measured, 5.0, is_least, "s")
    assert (bar.is_met, bar.margin) == (is_met, margin)


def test_bars_stand_beside_their_figures() -> None:
    found = {bar["name"]: (bar["measured"], bar["is_met"]) for bar in numbers()["bars"]}
    assert found == {
        "full rules, one thread": (5_000_000, True),
        "trivial rule, against plain SimPy": (50.0, True),
        "two threads, of arithmetic's gain": (0.8889, True),
        "a million viewers, 30 days": (55.0, True),
        "what-if, command to table": (3.0, True),
        "what-if, warm process": (1.5, False),
        "10 million viewers, a day": (None, None),
        "memory, of 1 GiB + 100 B a viewer": (pytest.approx(0.2475, abs=1e-3), True),
        "an event, dearest size to cheapest": (1.25, True),
    }


@pytest.mark.parametrize(
    ("cores", "model", "name"),
    [
        (2, "AMD EPYC", "2-cores-amd-epyc"),
        (1, "Intel(R) Xeon(R) CPU @ 2.20GHz", "1-core-intel-xeon"),
        (64, "AMD EPYC 7763 64-Core Processor", "64-cores-amd-epyc-7763"),
    ],
)
def test_a_machine_is_named_by_cores_and_cpu(cores: int, model: str, name: str) -> None:
    assert machine_name({"cores": cores, "cpu_model": model}) == name


def test_a_machine_has_a_folder_and_a_row(tmp_path: Path) -> None:
    found = numbers()
    folder = tmp_path / machine_name(found["machine"])
    for _ in range(2):  # again in place of the first
        publish_throughput(found, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["scale.csv", "scale.svg", "sim.json"]
    assert json.loads((folder / "sim.json").read_text()) == found
    assert (folder / "scale.csv").read_text().splitlines()[1].startswith("10000,40000,0.01,")
    assert MACHINE_STATED in " ".join((folder / "scale.svg").read_text().split())
    rows = list_machines(tmp_path).read_text().splitlines()
    assert rows[-1] == (
        "| [`2-cores-amd-epyc/`](2-cores-amd-epyc) | 5.00 M/s | 8.89 M/s | 50 times | – | 100 B | 7 of 8 |"
    )


def test_the_figure_says_its_finding() -> None:
    figure = growth(numbers())
    assert figure.title == "100 times the viewers: an event costs 200 ns instead of 250 ns"
    assert figure.csv.count("\n") == 4
    assert figure.phone_svg.startswith("<svg")


def test_the_list_of_machines_is_current() -> None:
    """Else: run `coinworks bench sim` again, or `list_machines`."""
    if not THROUGHPUT.is_dir():
        pytest.skip("no machine was measured yet")
    assert (THROUGHPUT / "README.md").read_text() == machines_text(THROUGHPUT)


def test_the_group_alone_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert group.execute(["bench"]) == 0
    assert "coinworks bench sim --largest 10M" in capsys.readouterr().out


def test_a_size_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert group.execute(["bench", "sim", "--largest", "many"]) == 1
    assert capsys.readouterr().err.startswith("coinworks: size 'many': expected a number of viewers")


def test_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every speed, every size, every bar, and where it was written; JSON for machines."""
    plan = {"threads": 2, "viewers": 100_000, "crowd": 1_000_000, "trivial_viewers": 50_000, "trivial_days": 2}
    monkeypatch.setattr("sim.bench.run_bench", lambda _plan, _tell: numbers() | {"plan": plan})
    assert group.execute(["bench", "sim", "--out", str(tmp_path / "x")]) == 0
    shown = capsys.readouterr()
    for text in ("1,000,000 viewers, 1 day, full rules", "plain SimPy", "5,000,000", "not met, 0.67 ×", "100 B"):
        assert text in shown.out
    assert max(map(len, shown.out.splitlines())) <= 120
    assert "This takes about" in shown.err
    assert group.execute(["bench", "sim", "--out", str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["events_per_s"]["windowed_1"] == 2_000
