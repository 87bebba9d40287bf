"""The replay against a wallet that misbehaves on purpose: what is sent, what is asked again, and what is believed."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from loadtests.remote_wallet import RemoteWallet, WalletError
from loadtests.replay import alone
from loadtests.replay.launch import Generator
from loadtests.replay.plan import FINISHED, WALLET_GONE, Pace, PlanError, prepare, speed_for
from loadtests.replay.result import Columns, counts, first_divergent, is_unexpected, read_measured, summarize
from loadtests.replay.wire import NO_OUTCOME
from sim.ledger import CoinworksError, Op
from sim.trace import Trace
from stub_wallet import Answer, Answerer, StubWallet, accept
from traces import Town

FANS = 30


def gifts(fans: int = FANS, gifts_a_fan: int = 2, gap_us: int = 5_000) -> Trace:
    """Fans give in turn, so that each fan's lane is seldom busy."""
    town = Town()
    viewers, star = [town.viewer(100) for _ in range(fans)], town.creator()
    for turn in range(gifts_a_fan):
        for i, viewer in enumerate(viewers):
            town.gift(viewer, star, 1, (turn * fans + i) * gap_us)
    return town.trace()


def replay(folder: Path, trace: Trace, answer: Answerer, **pace: float) -> tuple[int, Columns]:
    """How a replay against a stub ended, and what was measured."""
    with StubWallet(answer) as stub, RemoteWallet(stub.url, "token") as wallet:
        prepare(trace, folder, wallet, Pace(**{"speed": 1.0, "connections": 8, **pace}))  # type: ignore[arg-type]
        with Generator(folder) as generator:
            state = generator.watch()
    return state, read_measured(folder)


class Once:
    """Misbehaves at the first request of each key; remembers what arrived."""

    def __init__(self, at_first: Answer, *, decides: bool = False) -> None:
        self.at_first = at_first
        self.decides = decides
        self.posts: Counter[str] = Counter()
        self.lookups: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, path: str, key: str, body: dict[str, object]) -> Answer:
        with self._lock:
            if path.startswith("/v1/operations/"):
                key = path.removeprefix("/v1/operations/")
                self.lookups[key] += 1
                return accept(path, key, body) if self.decides else (404, {"title": "Not found"})
            self.posts[key] += 1
            return self.at_first if self.posts[key] == 1 else accept(path, key, body)


def test_every_operation_is_sent_once_at_its_instant_and_counted(tmp_path: Path) -> None:
    trace = gifts(gap_us=20_000)
    with StubWallet() as stub, RemoteWallet(stub.url, "token") as wallet:
        prepare(trace, tmp_path, wallet, Pace(speed=1.0))
        with Generator(tmp_path) as generator:
            assert generator.watch() == FINISHED
            table = [line.split() for line in generator.table().splitlines()]
    measured = read_measured(tmp_path)
    assert counts(measured) == {
        "planned": 60, "sent": 60, "moving_money": 60, "acknowledged": 60, "declined": 0,
        "unknown": 0, "without_outcome": 0, "resolved": 0, "unexpected": 0,
    }  # fmt: skip
    assert measured["planned_ns"].tolist() == [i * 20_000_000 for i in range(60)]
    assert (measured["attempts"] == 1).all()
    assert (measured["planned_ns"] <= measured["free_ns"]).all()
    assert (measured["free_ns"] <= measured["sent_ns"]).all()
    assert (measured["sent_ns"] < measured["done_ns"]).all()
    timeline = summarize(measured, trace)["timeline"]
    assert timeline["planned"] == [50, 10]
    assert {sum(timeline[name]) for name in ("planned", "sent", "answered")} == {60}
    # Locust's own table, in the entry and in the total
    assert next(row for row in table if row[:2] == ["POST", "gift"])[2:4] == ["60", "0(0.00%)"]
    assert next(row for row in table if row[:1] == ["Aggregated"])[1:3] == ["60", "0(0.00%)"]


def test_an_account_never_overtakes_itself(tmp_path: Path) -> None:
    """All planned for the same instant, on many connections: lanes keep the order."""
    arrived: list[str] = []

    def answer(path: str, key: str, body: dict[str, object]) -> Answer:
        arrived.append(key)
        return accept(path, key, body)

    trace = gifts(fans=3, gifts_a_fan=8, gap_us=0)
    _, measured = replay(tmp_path, trace, answer)
    seqs = [int(key.partition("/")[2]) for key in arrived]
    by_fan: dict[int, list[int]] = {}
    for seq in seqs:
        by_fan.setdefault(trace.record(seq).actor, []).append(seq)
    assert len(by_fan) == 3
    assert all(order == sorted(order) for order in by_fan.values())
    assert summarize(measured, trace)["lane_blocked"] == pytest.approx(21 / 24)


def test_what_never_arrived_is_sent_again(tmp_path: Path) -> None:
    once = Once(None)
    state, measured = replay(tmp_path, gifts(), once)
    assert state == FINISHED
    assert set(once.posts.values()) == {2}
    assert set(once.lookups.values()) == {1}
    found = counts(measured)
    assert (found["resolved"], found["unknown"], found["unexpected"]) == (60, 0, 0)
    assert (measured["attempts"] == 2).all()


def test_what_was_decided_is_looked_up_and_not_sent_again(tmp_path: Path) -> None:
    once = Once(None, decides=True)
    state, measured = replay(tmp_path, gifts(), once)
    assert state == FINISHED
    assert set(once.posts.values()) == {1}
    assert counts(measured)["resolved"] == 60


def test_a_busy_wallet_is_asked_again_without_a_look_up(tmp_path: Path) -> None:
    once = Once((503, {"title": "Busy"}))
    state, measured = replay(tmp_path, gifts(), once)
    assert state == FINISHED
    assert (once.lookups, set(once.posts.values())) == (Counter(), {2})
    assert counts(measured)["resolved"] == 0


def test_a_failed_wallet_may_have_decided(tmp_path: Path) -> None:
    once = Once((500, {"title": "The wallet failed"}), decides=True)
    state, measured = replay(tmp_path, gifts(), once)
    assert (state, set(once.posts.values())) == (FINISHED, {1})
    assert counts(measured)["resolved"] == 60


@pytest.mark.parametrize("body", [{"hello": "world"}, {"outcome": "perhaps"}])
def test_nonsense_is_no_outcome(tmp_path: Path, body: dict[str, object]) -> None:
    trace = gifts()
    state, measured = replay(tmp_path, trace, lambda *_: (200, body))
    assert state == FINISHED
    assert set(measured["outcome"]) == {NO_OUTCOME}
    assert counts(measured)["unexpected"] == 60
    assert first_divergent(measured, trace) == {
        "seq": int(measured["seq"][0]), "op": "gift", "account": "viewer-0", "at_us": 0,
        "expected": "accepted", "outcome": "no outcome", "status": 200, "replayed": False,
    }  # fmt: skip


def test_replayed_counts_only_after_an_unknown(tmp_path: Path) -> None:
    _, measured = replay(tmp_path, gifts(), lambda *_: (200, {"outcome": "accepted", "replayed": True}))
    assert is_unexpected(measured).all()


def test_a_wallet_that_is_gone_ends_the_replay_and_keeps_what_was_measured(tmp_path: Path) -> None:
    seen = Counter[str]()

    def answer(path: str, key: str, body: dict[str, object]) -> Answer:
        seen["requests"] += 1
        return accept(path, key, body) if seen["requests"] <= 20 else None

    state, measured = replay(tmp_path, gifts(), answer, deadline_s=0.5)
    assert state == WALLET_GONE
    found = counts(measured)
    assert found["acknowledged"] == 20
    assert found["sent"] == found["acknowledged"] + found["unknown"] < found["planned"]
    assert found["unknown"] >= 1


def test_connections_bound_what_is_under_way(tmp_path: Path) -> None:
    """One connection, everything at once: waiting for it is a wait, and no lag of the generator."""
    trace = gifts(fans=40, gifts_a_fan=1, gap_us=0)
    _, measured = replay(tmp_path, trace, accept, connections=1)
    order = np.argsort(measured["sent_ns"])
    sent, done = measured["sent_ns"][order], measured["done_ns"][order]
    assert (sent[1:] >= done[:-1]).all()
    assert (measured["free_ns"][order][1:] == done[:-1]).all()
    numbers = summarize(measured, trace)
    assert (numbers["lane_blocked"], numbers["connection_blocked"]) == (0, pytest.approx(39 / 40))


@pytest.fixture
def wallet() -> Iterator[RemoteWallet]:
    with StubWallet() as stub, RemoteWallet(stub.url, "token") as remote:
        yield remote


@pytest.mark.parametrize(
    ("pace", "told"),
    [
        (Pace(speed=0), "speed(=0) must be > 0"),
        (Pace(speed=float("nan")), "speed(=nan) must be > 0"),
        (Pace(speed=1, connections=0), "connections(=0) must be from 1"),
        (Pace(speed=1, deadline_s=0), "deadline(=0 s) must be > 0"),
    ],
)
def test_a_senseless_pace_is_refused(tmp_path: Path, wallet: RemoteWallet, pace: Pace, told: str) -> None:
    with pytest.raises(PlanError) as error:
        prepare(gifts(), tmp_path, wallet, pace)
    assert told in str(error.value)


def test_a_trace_of_setup_alone_is_refused(tmp_path: Path, wallet: RemoteWallet) -> None:
    with pytest.raises(PlanError, match="no operations beside its setup"):
        prepare(Town().trace(), tmp_path, wallet, Pace(speed=1))


def test_the_plan_is_the_owners_alone(tmp_path: Path, wallet: RemoteWallet) -> None:
    prepare(gifts(), tmp_path, wallet, Pace(speed=1))
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("plan.json", "requests.bin")} == {0o600}


def test_the_default_speed_makes_it_last_twenty_seconds() -> None:
    town = Town()
    fan = town.viewer(10)
    for at_s in (100, 700):
        town.add(Op.BALANCE, fan, at_us=at_s * 1_000_000)
    assert speed_for(town.trace()) == pytest.approx(30)
    assert speed_for(town.trace(), 6_000) == pytest.approx(0.1)  # slower than life, but only if told


def test_no_wallet_and_no_such_contract_are_told(tmp_path: Path) -> None:
    with RemoteWallet("http://127.0.0.1:9", "t") as nobody, pytest.raises(WalletError, match="no wallet answers"):
        prepare(gifts(), tmp_path, nobody, Pace(speed=1))
    told = "expected a wallet with coinworks' HTTP contract"
    with StubWallet(lambda *_: (404, {})) as stub, RemoteWallet(stub.url, "t") as other:
        pages = other.balances("b")
        with pytest.raises(WalletError, match=told):
            next(pages)


@pytest.mark.parametrize("moves_on", [False, True])
def test_pages_that_never_end_are_told(*, moves_on: bool) -> None:
    """The same cursor again and again; or always another one, and no rows."""
    row = {"class": "holder", "asset": "coin", "amount": 1, "account": "b/viewer-0"}
    cursors = count()

    def page(*_: object) -> Answer:
        number = next(cursors)
        more = number < 20
        return 200, {"rows": [] if moves_on else [row], "next_cursor": (number if moves_on else 7) if more else None}

    with (
        StubWallet(page) as stub,
        RemoteWallet(stub.url, "t") as other,
        pytest.raises(WalletError, match=r"/v1/books/b/balances: next_cursor .*: expected a cursor that moves on"),
    ):
        list(other.balances("b"))


def test_the_first_batch_of_answers_imports_nothing() -> None:
    """An import in the middle of the load makes everybody late."""
    program = (
        "import sys; import loadtests.replay.locust_table, numpy as np; before = set(sys.modules);"
        "np.unique(np.array([3, 1, 3])); sys.exit(' '.join(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert done.stderr.strip() == ""


def test_every_line_of_a_mistake_is_ours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_asked: object) -> int:
        raise CoinworksError("a.csv:1: one\na.csv:2: two")

    monkeypatch.setattr(alone, "_prepare", refuse)
    monkeypatch.setattr(sys, "argv", ["alone", "prepare", "run", "folder"])
    assert alone.main() == 1
    assert capsys.readouterr().err == "coinworks: a.csv:1: one\ncoinworks: a.csv:2: two\n"
