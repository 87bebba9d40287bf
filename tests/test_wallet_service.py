"""The wallet as a process on a real port with a real file: its contract, and what no accident may take away."""

import asyncio
import contextlib
import json
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import httpx
import msgspec
import psutil
import pytest
from click.testing import CliRunner

from loadtests.wallet.app import App
from loadtests.wallet.auth import Authority
from loadtests.wallet.process import WalletProcess, start_wallet
from loadtests.wallet.service import bind, store_path
from loadtests.wallet.settings import Settings
from sim.cli.wallet import wallet as wallet_command
from sim.ledger import CoinworksError
from wallets import CREATOR, HOUR_US, OTHER, SELLER, VIEWER, client, coins, furnish, gift, key


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletProcess]:
    with start_wallet(tmp_path_factory.mktemp("wallet") / "wallet.db") as wallet:
        with client(wallet) as http:
            furnish(http)
        yield wallet


@pytest.fixture
def http(wallet: WalletProcess) -> Iterator[httpx.Client]:
    with client(wallet) as http:
        yield http


def give(http: httpx.Client, local: str, *arguments: object, **fields: object) -> httpx.Response:
    return http.post("/v1/operations", json=gift(*arguments, **fields), headers=key(local))


def token(http: httpx.Client, subject: str = VIEWER, *, clock: bool = True) -> str:
    return http.post("/v1/tokens", json={"subjects": [subject], "clock": clock}).json()["tokens"][0]


def test_an_operation_is_answered_once_and_then_replayed(http: httpx.Client) -> None:
    before = coins(http)
    first, again = give(http, "once", 5), give(http, "once", 5)
    assert first.status_code == again.status_code == 200
    assert first.json() == {
        "key": "demo/once",
        "op": "gift",
        "outcome": "accepted",
        "at_us": gift()["at_us"],
        "replayed": False,
    }
    assert again.json() == first.json() | {"replayed": True}
    assert coins(http) == before - 5


def test_a_decline_is_a_problem_with_an_outcome(http: httpx.Client) -> None:
    response = give(http, "poor", 5, OTHER)
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:coinworks:outcome:insufficient_funds"
    assert (problem["outcome"], problem["key"], problem["replayed"]) == ("insufficient_funds", "demo/poor", False)
    assert give(http, "poor", 5, OTHER).json()["replayed"] is True


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"content": b"{"}),
        (400, {"content": b'{"op":"gift","account":"\xff"}'}),
        (400, {"json": gift(), "headers": {}}),  # no key
        (401, {"json": gift(), "headers": key("r") | {"Authorization": "Bearer nonsense"}}),
        (401, {"json": gift(), "headers": key("r") | {"Authorization": ""}}),
        (404, {"json": gift(viewer="demo/viewer-99")}),
        (404, {"json": gift(ref="demo/never")}),
        (413, {"content": b" " * 20_000}),
        (422, {"json": gift() | {"coins": 5}}),
        (422, {"json": gift(-5)}),
        (422, {"json": gift(currency="diamond")}),
        (422, {"json": gift(), "headers": {"Idempotency-Key": "nonsense"}}),
    ],
)
def test_a_refusal_is_a_problem_without_an_outcome(http: httpx.Client, status: int, request_: dict) -> None:
    response = http.post("/v1/operations", **{"headers": key("refused"), **request_})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert "outcome" not in problem
    assert http.get("/v1/operations/demo/refused").status_code == 404


@pytest.mark.parametrize("path", ["/v1/accounts/demo/viewer-1/balance", "/v1/operations/demo/1"])
def test_whatever_goes_wrong_inside_is_a_problem_too(path: str) -> None:
    """On the quick way as on the others; that it is raised again is uvicorn's to know."""

    def fail(*_asked: object) -> None:
        raise ZeroDivisionError

    authority = Authority(bytes(32), trace_clock=False)
    broken = SimpleNamespace(balance=fail, find=fail)
    app = App(broken, authority, broken, SimpleNamespace(routes=list), broken)  # type: ignore[arg-type]  # all broken

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {authority.issue('service')}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://wallet", headers=headers) as http:
            return await http.get(path)

    with ThreadPoolExecutor(1) as thread:  # a browser's tests may leave a loop in this one
        response = thread.submit(lambda: asyncio.run(ask())).result()
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert response.json()["detail"] == "nothing is known of the outcome"


def test_a_body_in_chunks_is_bounded_too(http: httpx.Client) -> None:
    response = http.post("/v1/operations", content=(b" " * 1_000 for _ in range(40)), headers=key("chunks"))
    assert response.status_code == 413


def test_a_fan_spends_and_reads_only_his_own(wallet: WalletProcess, http: httpx.Client) -> None:
    with client(wallet, token(http)) as fan:
        assert give(fan, "own").status_code == 200
        assert give(fan, "other", 1, OTHER).status_code == 403
        assert fan.get(f"/v1/accounts/{VIEWER}/balance").status_code == 200
        assert fan.get("/v1/operations/demo/own").status_code == 200
        for forbidden in (
            f"/v1/accounts/{CREATOR}/balance",
            f"/v1/accounts/{OTHER}/history",
            "/v1/books/demo/entries",
            "/v1/operations/elsewhere/own",
        ):
            assert fan.get(forbidden).status_code == 403
        assert fan.get("/v1/operations/demo/s1").status_code == 404, "the service's key"
        assert http.get("/v1/operations/demo/own").status_code == 404, "the fan's key"
        assert fan.post("/v1/batches", json={"operations": []}).status_code == 403
        assert fan.post("/v1/tokens", json={"subjects": [OTHER]}).status_code == 403


def test_nobody_takes_anothers_key(wallet: WalletProcess, http: httpx.Client) -> None:
    """A fan uses the number of a receipt that the store is about to send for another fan."""
    third = {"op": "open", "account": "demo/viewer-3", "at_us": HOUR_US}
    assert http.post("/v1/operations", json=third, headers=key("third")).status_code == 200
    with client(wallet, token(http)) as fan:
        assert give(fan, "receipt-42").status_code == 200
        receipt = {"op": "topup", "account": "demo/viewer-3", "amount": 100, "currency": "coin", "at_us": HOUR_US}
        answer = http.post("/v1/operations", json=receipt, headers=key("receipt-42"))
        assert (answer.status_code, answer.json()["replayed"]) == (200, False)
        assert coins(http, "demo/viewer-3") == 100
        assert give(fan, "receipt-42").json()["replayed"] is True
        assert fan.get("/v1/operations/demo/receipt-42").json()["op"] == "gift"
        assert http.get("/v1/operations/demo/receipt-42").json()["op"] == "topup"
        assert give(fan, "receipt-42", 2).status_code == 422
    batch = {"operations": [receipt | {"key": "demo/receipt-42"}]}
    assert http.post("/v1/batches", json=batch).json()["results"][0]["replayed"] is True


def test_a_fan_limits_the_own_spending(wallet: WalletProcess, http: httpx.Client) -> None:
    """With the own token and for the own account; the limit is shown, and binds before funds are asked for."""
    limit = {"op": "policy", "rule": "spending_limit", "amount": 3, "currency": "coin", "at_us": HOUR_US}
    with client(wallet, token(http, OTHER)) as fan:
        assert fan.post("/v1/operations", json=limit | {"account": VIEWER}, headers=key("l1")).status_code == 403
        assert fan.post("/v1/operations", json=limit, headers=key("l2")).status_code == 403
        assert fan.post("/v1/operations", json=limit | {"account": OTHER}, headers=key("l3")).status_code == 200
        assert give(fan, "l4", 4, OTHER).json()["outcome"] == "over_limit"
        assert fan.get(f"/v1/accounts/{OTHER}/balance").json()["spending_limit"] == 3


def test_only_a_clock_token_states_the_time(wallet: WalletProcess, http: httpx.Client) -> None:
    with client(wallet, token(http, clock=False)) as fan:
        assert give(fan, "stated").status_code == 403
        unstated = {name: value for name, value in gift().items() if name != "at_us"}
        stamped = fan.post("/v1/operations", json=unstated, headers=key("stamped")).json()
        assert abs(stamped["at_us"] / 1e6 - time.time()) < 60


def test_a_batch_answers_each_operation_in_its_place(http: httpx.Client) -> None:
    bodies = [gift(1), gift(1, OTHER), gift(1, "demo/viewer-99"), gift(1, "fan"), gift(1)]
    keys = ["b0", "b1", "b2", "b3", "b0"]
    operations = [body | {"key": f"demo/{local}"} for body, local in zip(bodies, keys, strict=True)]
    results = http.post("/v1/batches", json={"operations": operations}).json()["results"]
    assert [result.get("outcome", result.get("status")) for result in results] == [
        "accepted",
        "insufficient_funds",
        404,
        422,
        "accepted",
    ]
    assert [result.get("replayed") for result in results] == [False, False, None, None, True]
    assert results[2] == {
        "key": "demo/b2",
        "status": 404,
        "title": "Not found",
        "detail": "account demo/viewer-99: not open",
    }


def test_a_batch_is_bounded(http: httpx.Client) -> None:
    operations = [gift() | {"key": f"demo/x{n}"} for n in range(8_193)]
    response = http.post("/v1/batches", json={"operations": operations})
    assert response.status_code == 422
    assert "8192" in response.json()["detail"]


def test_an_acknowledged_operation_is_in_the_next_read(http: httpx.Client) -> None:
    for n in range(20):
        before = coins(http)
        assert give(http, f"seen-{n}").status_code == 200
        assert coins(http) == before - 1
        newest = http.get(f"/v1/accounts/{VIEWER}/history?limit=1").json()["transactions"][0]
        assert newest["key"] == f"demo/seen-{n}"
        assert newest["lines"] == [{"class": "holder", "asset": "coin", "amount": -1, "balance": before - 1}]


def test_a_history_has_pages_and_filters(http: httpx.Client) -> None:
    whole = http.get(f"/v1/accounts/{VIEWER}/history?limit=1000").json()["transactions"]
    paged, cursor = [], ""
    while cursor is not None:
        page = http.get(f"/v1/accounts/{VIEWER}/history?limit=3{cursor and f'&cursor={cursor}'}").json()
        paged += page["transactions"]
        cursor = page["next_cursor"]
    assert paged == whole
    assert [each["op"] for each in http.get(f"/v1/accounts/{VIEWER}/history?op=topup,open").json()["transactions"]] == [
        "topup",
        "open",
    ]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1001", "cursor=x", "op=steal", "cursor=-1", "limit=%C2%B2"]
)
def test_a_query_that_makes_no_sense_is_refused(http: httpx.Client, query: str) -> None:
    assert http.get(f"/v1/accounts/{VIEWER}/history?{query}").status_code == 422


def test_a_book_can_be_exported_whole(http: httpx.Client) -> None:
    entries, cursor = [], "0"
    while cursor is not None:
        page = http.get(f"/v1/books/demo/entries?limit=7&cursor={cursor}").json()
        entries += page["rows"]
        cursor = page["next_cursor"]
    balances = http.get("/v1/books/demo/balances?limit=10000").json()["rows"]
    sums: dict[tuple[str | None, str, str], int] = {}
    for row in entries:
        place = row["account"], row["class"], row["asset"]
        sums[place] = sums.get(place, 0) + row["amount"]
    assert sums == {(row["account"], row["class"], row["asset"]): row["amount"] for row in balances}
    assert [row["position"] for row in entries] == sorted({row["position"] for row in entries})
    assert entries[0].keys() == {"account", "class", "asset", "amount", "key", "op", "at_us", "position"}


def test_balances_have_pages_too(http: httpx.Client) -> None:
    whole = http.get("/v1/books/demo/balances?limit=10000").json()["rows"]
    paged, cursor = [], ""
    while cursor is not None:
        page = http.get(f"/v1/books/demo/balances?limit=2{cursor and f'&cursor={cursor}'}").json()
        paged += page["rows"]
        cursor = page["next_cursor"]
    assert paged == whole


def test_books_are_apart(http: httpx.Client) -> None:
    opened = {"op": "open", "account": "second/viewer-1", "region": "US", "at_us": 0, "amount": 7, "currency": "coin"}
    assert http.post("/v1/operations", json=opened, headers={"Idempotency-Key": "second/1"}).status_code == 200
    assert coins(http, "second/viewer-1") == 7
    assert len(http.get("/v1/books/second/entries").json()["rows"]) == 2
    assert http.get("/v1/books/third/entries").status_code == 404


def test_a_wallet_tells_how_it_is(http: httpx.Client) -> None:
    give(http, "metered")
    assert http.get("/healthz").status_code == http.get("/readyz").status_code == 200
    text = http.get("/metrics").text
    assert 'coinworks_operations_total{op="gift",outcome="accepted"}' in text
    assert "coinworks_commit_seconds_bucket" in text
    assert "coinworks_waiting_operations 0.0" in text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/operations", "POST"),
        ("PUT", "/v1/batches", "POST"),
        ("POST", "/v1/accounts/demo/viewer-1/balance", "GET"),
        ("DELETE", "/v1/accounts/demo/viewer-1/history", "GET"),
    ],
)
def test_another_method_is_told_which_one_is_allowed(http: httpx.Client, method: str, path: str, allowed: str) -> None:
    response = http.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert response.headers["content-type"] == "application/problem+json"


def test_an_unknown_address_is_a_problem(http: httpx.Client) -> None:
    for response in (http.get("/v2"), http.get("/v1/operations"), http.delete("/v1/tokens")):
        assert response.status_code in (404, 405)
        assert response.headers["content-type"] == "application/problem+json"


def test_the_whole_shop_round_keeps_its_promises(http: httpx.Client) -> None:
    steps = [
        {"op": "order", "account": VIEWER, "peer": SELLER, "item": 400_000_007, "amount": 2_000, "currency": "USD"},
        {"op": "capture", "account": SELLER, "peer": VIEWER, "amount": 2_000, "currency": "USD", "ref": "demo/o0"},
        {"op": "refund", "account": VIEWER, "peer": SELLER, "amount": 500, "currency": "USD", "ref": "demo/o1"},
    ]
    for n, step in enumerate(steps):
        response = http.post("/v1/operations", json=step | {"at_us": 1}, headers=key(f"o{n}"))
        assert response.status_code == 200, response.text
    rows = http.get(f"/v1/accounts/{SELLER}/balance").json()["rows"]
    assert rows == [{"account": "seller-0", "class": "holder", "asset": "USD", "amount": 1_410}]  # 1,500 less 6 %
    refund = http.get(f"/v1/accounts/{VIEWER}/history?op=refund").json()["transactions"][0]
    assert (refund["ref"], refund["lines"]) == ("demo/o1", [])


def test_kill_9_under_load_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    store = tmp_path / "wallet.db"
    acknowledged: list[str] = []
    with start_wallet(store) as wallet:
        with client(wallet) as http:
            furnish(http)
        threads = [threading.Thread(target=_give_until_dead, args=(wallet, n, acknowledged)) for n in range(4)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while len(acknowledged) < 40 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert wallet.kill() == -signal.SIGKILL
        for thread in threads:
            thread.join()
    assert len(acknowledged) >= 40

    with start_wallet(store, port=wallet.port) as again, client(again) as http:
        rows = http.get("/v1/books/demo/entries?limit=10000").json()["rows"]
        kept = [row["key"] for row in rows if row["op"] == "gift" and row["account"] == "viewer-1"]
        assert len(kept) == len(set(kept))
        assert set(acknowledged) <= set(kept)
        assert len(kept) <= len(acknowledged) + 4, "at most one unknown a client"
        assert coins(http) == 1_000 - len(kept)
        assert http.get(f"/v1/operations/{acknowledged[-1]}").json()["outcome"] == "accepted"
        assert give(http, acknowledged[-1].partition("/")[2]).json()["replayed"] is True


def _give_until_dead(wallet: WalletProcess, n: int, acknowledged: list[str]) -> None:
    with client(wallet) as http:
        for step in range(200):
            try:
                response = give(http, f"{n}-{step}")
            except httpx.TransportError:
                return
            assert response.status_code == 200
            acknowledged.append(response.json()["key"])


def test_a_disk_that_fills_up_ends_the_wallet_with_one_line(tmp_path: Path) -> None:
    with start_wallet(tmp_path / "wallet.db") as wallet, client(wallet) as http:
        furnish(http)
        size = wallet.store_path.with_name("wallet.db-wal").stat().st_size
        resource.prlimit(wallet.pid, resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
        statuses: list[int] = []
        with pytest.raises(httpx.TransportError):  # dropped: no answer would be true
            statuses.extend(give(http, f"{n}").status_code for n in range(200))
        assert set(statuses) <= {200}
        assert wallet._child.wait(10) == 1, "it ends by itself"
        said = wallet.last_words()
        assert said.startswith("coinworks: store ")
        assert "\n" not in said


def test_a_writer_that_dies_of_what_nobody_foresaw_ends_the_wallet_with_one_line(tmp_path: Path) -> None:
    """No SQLite error and none of ours: whatever ends the writer ends the wallet, and nobody waits for an answer."""
    program = (
        "import sys\n"
        "from loadtests.wallet.__main__ import main\n"
        "from loadtests.wallet.sqlite_store import SqliteStore\n"
        "def commit(self, batch): raise OverflowError('int too big to convert')\n"
        "SqliteStore.commit = commit; sys.exit(main())"
    )
    ready_file = tmp_path / "ready.json"
    settings = Settings(store=f"sqlite:{tmp_path / 'wallet.db'}", port=0, ready_file=str(ready_file))
    command = [sys.executable, "-c", program, msgspec.json.encode(settings).decode()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        deadline = time.monotonic() + 20
        while not ready_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        ready = json.loads(ready_file.read_text())
        authorization = {"Authorization": f"Bearer {Path(ready['token_file']).read_text().strip()}"}
        opened = {"op": "open", "account": VIEWER}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{ready['url']}/v1/operations", json=opened, headers=authorization | key("1"), timeout=10)
        said = process.communicate(timeout=10)[1]
    assert process.returncode == 1
    assert said == "coinworks: the writer failed: OverflowError('int too big to convert')\n"


def test_amounts_at_their_bounds_do_not_end_the_wallet(http: httpx.Client) -> None:
    """Topups of 10^18 coins each: the book is full after three, and everything else goes on."""
    item = 800_000_000
    steps = [
        {"op": "policy", "rule": "coin_price", "item": item, "amount": 1, "currency": "USD"},
        {"op": "open", "account": "huge/viewer-1"},
        *([{"op": "topup", "account": "huge/viewer-1", "item": item, "amount": 10**12, "currency": "USD"}] * 5),
    ]
    answers = [
        http.post("/v1/operations", json=step, headers={"Idempotency-Key": f"huge/{n}"}) for n, step in enumerate(steps)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 422, 422]
    assert "book huge: full" in answers[-1].json()["detail"]
    assert coins(http, "huge/viewer-1") == 3 * 10**18
    assert give(http, "elsewhere").status_code == 200


def test_a_stop_drains_and_leaves_the_store_in_order(tmp_path: Path) -> None:
    with start_wallet(tmp_path / "wallet.db") as wallet, client(wallet) as http:
        furnish(http)
        assert wallet.stop() == 0
        assert wallet.last_words() == ""
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"wallet.db{end}" for end in ("", ".lock", ".log", ".secret", ".token")}


def test_two_wallets_cannot_share_a_store_or_a_port(wallet: WalletProcess, tmp_path: Path) -> None:
    with pytest.raises(CoinworksError, match=r"the wallet did not start: store .* open in another wallet"):
        start_wallet(wallet.store_path, log_path=tmp_path / "log")
    with pytest.raises(CoinworksError, match=f"port {wallet.port}: Address already in use, expected a free port"):
        start_wallet(tmp_path / "wallet.db", port=wallet.port)


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from loadtests.wallet.process import start_wallet;"
        "print(start_wallet(Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "wallet.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    try:
        child.wait(10)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--store", "postgresql://x"], "--store postgresql://x: expected sqlite:PATH"),
        (["--store", "sqlite:/nowhere/wallet.db"], "No such file or directory"),
        (["--host", "192.0.2.1"], "--host 192.0.2.1: expected a loopback address, or --allow-remote"),
        (["--port", "70000"], "--port 70000: expected a number from 0"),
    ],
)
def test_a_wallet_that_cannot_start_says_why(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(wallet_command, ["--port", "0", *arguments])
    assert isinstance(result.exception, CoinworksError)
    assert said in str(result.exception)


def test_the_command_serves_announces_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "sim.cli", "wallet", "--store", f"sqlite:{tmp_path / 'wallet.db'}"]
    command += ["--port", "0", "--ready-file", str(ready_file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as process:
        deadline = time.monotonic() + 20
        while not ready_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        ready = json.loads(ready_file.read_text())
        assert ready["pid"] == process.pid
        assert httpx.get(f"{ready['url']}/readyz").status_code == 200
        assert Path(ready["token_file"]).stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=20)
        assert (process.returncode, complained) == (0, "")
        assert f"{ready['url']}/balance" in said


def test_an_address_of_this_machine_alone_needs_no_flag() -> None:
    for host in ("127.0.0.1", "localhost"):
        with bind(Settings(host=host, port=0)) as listener:
            assert isinstance(listener, socket.socket)
    assert store_path("sqlite:x.db") == Path.cwd() / "x.db"
