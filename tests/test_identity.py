"""Two engines, one trace: whatever the reference engine does, the windowed one does too, byte for byte.

This is the heart of the project: a difference of one record is shown in both versions, and is never let be. With any
number of threads, any division of the viewers, any window, on any CPU, for every scenario in the repository and for
random ones. The identity proves the engine and not the rules, which have tests of their own.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

import engine_runs
from engine_runs import Result, assert_identical, exponentials_fingerprint, ran
from random_scenarios import LIVELY, PARAMETERS, VOUCHERS, as_command, overrides
from sim.ledger import Op, Outcome
from sim.model import ENGINES
from sim.paths import scenarios_dir
from sim.scenario import Parameter, Scenario, load
from sim.trace import Trace

HERE = Path(__file__).parent
SCENARIOS = sorted(path.stem for path in scenarios_dir().glob("*.toml"))
VIEWER_DAYS = 2_400  # few enough for the reference engine; the days stay, so that interventions happen
MOST = 400  # where windows are many
FEWEST = 30  # so that a long scenario still has somebody for everything
WINDOWS = ["1min", "15min", "1h", "6h"]
MINUTES_5_US = 300_000_000

windowed = pytest.mark.skipif("windowed" not in ENGINES, reason="there is no second engine to compare with")
repeatable = settings(
    max_examples=30,  # a third of a second each
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking runs for minutes: the campaign does it
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
few = settings(repeatable, max_examples=20)
campaign = settings(repeatable, max_examples=500, derandomize=False, phases=tuple(Phase), print_blob=True)


def small(name: str, *changes: str) -> Scenario:
    """A scenario over all its days, with few viewers."""
    return load(name, [f"viewers={min(max(VIEWER_DAYS // load(name).days, FEWEST), MOST)}", *changes])


@lru_cache
def reference(name: str, *changes: str) -> Result:
    return ran("reference", small(name, *changes))


@windowed
@pytest.mark.parametrize("manner", [(), LIVELY], ids=["as it is", "lively"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_gives_one_trace(name: str, manner: tuple[str, ...]) -> None:
    """As it is on one thread, lively on two with the viewers divided by three."""
    division = {"threads": 2, "shards": 3} if manner else {}
    assert_identical(ran("windowed", small(name, *manner), **division), reference(name, *manner))


@windowed
@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_gives_one_trace(window: str) -> None:
    changes = (*LIVELY, f"window={window}")
    found = ran("windowed", small("us-baseline", *changes), threads=2, shards=3)
    assert_identical(found, reference("us-baseline", *changes))


@windowed
def test_prices_whose_products_need_more_than_64_bits_give_one_trace(tmp_path: Path) -> None:
    """Half of an odd price is given back: its product with what is kept is beyond 2 ** 63."""
    (tmp_path / "catalogs").mkdir()
    good = '{ name = "villa", category = "home", price_cents = 50_000_000_001, cost_cents = 240, source = "T30" }'
    dear = f'about = "dear"\ncurrency = "USD"\nmedian_price_cents = 50_000_000_001\ngoods = [{good}]\n'
    (tmp_path / "catalogs" / "dear.toml").write_text(dear)
    scenario = tmp_path / "dear.toml"
    scenario.write_text('question = "And dear goods?"\nextends = "us-baseline"\n[regions.US]\ngoods = "dear"\n')
    changes = [*LIVELY, "viewers=60", "days=2", "sellers.return_rate=1", "sellers.partial_refund_share=1"]
    expected = ran("reference", load(scenario, changes))
    columns = expected.trace.columns
    assert columns["amount"][columns["op"] == Op.REFUND].max() > 2**32
    assert_identical(ran("windowed", load(scenario, changes)), expected)


@windowed
@pytest.mark.parametrize("shards", [1, 2, 3, 7])
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_and_divisions_change_nothing(threads: int, shards: int) -> None:
    found = ran("windowed", small("us-baseline", *LIVELY), threads=threads, shards=shards)
    assert_identical(found, reference("us-baseline", *LIVELY))


@windowed
@pytest.mark.parametrize("threads", [1, 7])
def test_more_shards_than_viewers_change_nothing(threads: int) -> None:
    few_people = ("viewers=23", "days=2", *LIVELY)
    found = ran("windowed", small("us-baseline", *few_people), threads=threads, shards=1_000)
    assert_identical(found, reference("us-baseline", *few_people))


def test_windows_have_traces_of_their_own() -> None:
    """Else the comparison over windows would say nothing."""
    digests = {reference("us-baseline", *LIVELY, f"window={window}").trace.digest for window in WINDOWS}
    assert len(digests) == len(WINDOWS)


def test_the_small_scenarios_do_everything_that_can_be_done() -> None:
    columns = reference("us-baseline", *LIVELY, VOUCHERS).trace.columns
    done = columns["op"][columns["outcome"] == Outcome.ACCEPTED]
    assert set(np.unique(done)) == {int(op) for op in Op}
    assert {Outcome.INSUFFICIENT_FUNDS, Outcome.FROZEN} <= {*map(Outcome, np.unique(columns["outcome"]))}


def test_one_changed_record_fails_and_is_shown() -> None:
    expected = reference("us-baseline", *LIVELY)
    amount = expected.trace.columns["amount"].copy()
    amount[1_000] += 1
    changed = expected._replace(trace=Trace(expected.trace.columns | {"amount": amount}))
    with pytest.raises(AssertionError, match=r"record 1000: reference and windowed differ in amount\n"):
        assert_identical(changed, expected)


# Another CPU: first the C library's code paths for one without FMA and wide registers (the two spellings of its
# releases), then also rules compiled for the least of all x86-64.
OLD_LIBRARY = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX,-FMA,-FMA4,-ERMS,-FSRM,-AVX512F,-AVX2_Usable,-FMA_Usable"}
OLD_CPU = {**OLD_LIBRARY, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


def has_other_code_paths() -> bool:
    """Whether the C library here would compute otherwise, were this an older CPU."""
    flags = Path("/proc/cpuinfo").read_text().split() if platform.libc_ver()[0] == "glibc" else []
    return platform.machine() == "x86_64" and "fma" in flags


@pytest.mark.skipif(not has_other_code_paths(), reason="needs glibc on an x86-64 CPU with FMA, to switch it off")
@pytest.mark.parametrize(
    ("pretence", "engine"),
    [
        pytest.param(OLD_LIBRARY, "reference", id="old library-reference"),
        pytest.param(OLD_LIBRARY, "windowed", id="old library-windowed"),
        pytest.param(OLD_CPU, "reference", id="old CPU-reference"),
        # Compiles everything anew, for most of a minute
        pytest.param(OLD_CPU, "windowed", id="old CPU-windowed", marks=pytest.mark.campaign),
    ],
)
def test_another_cpu_gives_the_same_trace(pretence: Mapping[str, str], engine: str, tmp_path: Path) -> None:
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)} if "NUMBA_CPU_NAME" in pretence else {}
    changes = ("viewers=60", "days=1", *LIVELY)
    command = [sys.executable, engine_runs.__file__, engine, *changes]
    child = subprocess.run(
        command, env={**os.environ, **pretence, **cache}, cwd=HERE.parent, capture_output=True, text=True, timeout=110
    )
    assert child.returncode == 0, child.stderr
    there = json.loads(child.stdout)
    assert there["exponentials"] != exponentials_fingerprint()  # so the pretence works
    assert there["digest"] == ran("reference", load("us-baseline", list(changes))).trace.digest


def test_every_parameter_is_drawn_at_random() -> None:
    baseline = load("us-baseline")
    tables = {name: getattr(baseline, name) for name in baseline.__struct_fields__} | {
        "regions.US": baseline.regions["US"]
    }
    parameters = {
        f"{name}.{key}"
        for name, table in tables.items()
        for key in getattr(table, "__struct_fields__", ())
        if isinstance(getattr(table, key), Parameter)
    }
    assert parameters - PARAMETERS.keys() == {"audience.visits_per_day", "regions.US.share"}  # drawn apart


@few
@given(overrides())
def test_random_scenarios_conserve_at_every_window(changes: tuple[str, ...]) -> None:
    run_at_random(changes)


@windowed
@repeatable
@given(overrides(), st.integers(1, 7), st.integers(1, 9))
def test_random_scenarios_give_one_trace(changes: tuple[str, ...], threads: int, shards: int) -> None:
    compare_at_random(changes, threads, shards)


@pytest.mark.campaign
@pytest.mark.timeout(3_600)
@campaign
@given(overrides(), st.integers(1, 7), st.integers(1, 9))
def test_hundreds_of_random_scenarios(changes: tuple[str, ...], threads: int, shards: int) -> None:
    if "windowed" in ENGINES:
        compare_at_random(changes, threads, shards)
    else:
        run_at_random(changes)


def run_at_random(changes: tuple[str, ...]) -> Result:
    """Run a drawn scenario on the reference engine, which asserts conservation."""
    note(as_command(changes))
    scenario = load("us-baseline", changes)
    return ran("reference", scenario, check_every_window=scenario.window_us >= MINUTES_5_US)  # else it takes long


def compare_at_random(changes: tuple[str, ...], threads: int, shards: int) -> None:
    expected = run_at_random(changes)
    assert_identical(ran("windowed", load("us-baseline", changes), threads=threads, shards=shards), expected)
