"""The engine: decided once, answered when durable, rebuilt from what the store holds."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import apsw
import pytest

from loadtests.wallet.engine import BALANCE_MAX, Engine
from loadtests.wallet.problems import Refused
from loadtests.wallet.reading import Reading
from loadtests.wallet.sqlite_store import SqliteStore
from loadtests.wallet.store import Batch, StoreError
from loadtests.wallet.wire import SERVICE_CALLER, Answer, Command, OperationBody, command
from sim.ledger import Kind, Outcome, account_id
from sim.ledger.conservation import check
from sim.ledger.money import AMOUNT_MAX, PPM
from wallets import CREATOR, GIFT, GOOD, HOUR_US, OTHER, PACK, PRICE, SELLER, VIEWER, setup_operations


def asked(local: str, op: str = "gift", caller: int = SERVICE_CALLER, **fields: object) -> Command:
    gift = {"account": VIEWER, "peer": CREATOR, "item": GIFT, "amount": 1, "currency": "coin"} if op == "gift" else {}
    return command(f"demo/{local}", OperationBody(op=op, **{"at_us": 9, **gift, **fields}), caller)


def setup() -> list[Command]:
    return [command(each["key"], OperationBody(**{k: v for k, v in each.items() if k != "key"})) for each in TOWN]


TOWN = setup_operations()
FAN, OTHER_FAN = account_id(Kind.VIEWER, 1), account_id(Kind.VIEWER, 2)


class SlowStore(SqliteStore):
    """A store whose commits wait to be let go, and are remembered."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]  # as SqliteStore.open passes them
        self.gate = threading.Event()
        self.gate.set()
        self.sizes: list[int] = []

    def commit(self, batch: Batch) -> None:
        assert self.gate.wait(5)
        super().commit(batch)
        self.sizes.append(batch.size)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SlowStore]:
    store = SlowStore.open(tmp_path / "wallet.db")
    yield store
    store.close()


def with_engine(store: SlowStore, story: Callable[[Engine], Awaitable[None]], **limits: float) -> None:
    """Furnish a wallet, let a story happen, and end in order."""

    async def play() -> None:
        engine = Engine(store, clock_us=lambda: 77, **limits)
        writer = asyncio.create_task(engine.run())
        if not engine.shelves:
            await engine.submit_batch(setup())
            store.sizes.clear()
        try:
            await story(engine)
        finally:
            store.gate.set()
            engine.stop()
            await asyncio.wait_for(writer, 5)
            for shelf in engine.shelves.values():
                check(shelf.book)

    asyncio.run(play())


def test_a_repeated_key_gets_the_first_answer(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        first = await engine.submit(asked("1", amount=5))
        again = await engine.submit(asked("1", amount=5))
        assert first == Answer("demo/1", "gift", "accepted", 9, replayed=False)
        assert again == Answer("demo/1", "gift", "accepted", 9, replayed=True)

    with_engine(store, story)
    assert store.sizes == [1]


def test_a_decline_is_remembered_too(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        assert (await engine.submit(asked("1", account=OTHER))).outcome == "insufficient_funds"
        topup = TOWN[-1] | {"key": "demo/t", "account": OTHER}
        await engine.submit(command("demo/t", OperationBody(**{k: v for k, v in topup.items() if k != "key"})))
        again = await engine.submit(asked("1", account=OTHER))
        assert (again.outcome, again.replayed) == ("insufficient_funds", True)

    with_engine(store, story)


def test_a_key_used_for_something_else_is_refused(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        await engine.submit(asked("1"))
        with pytest.raises(Refused, match="key demo/1: used before"):
            await engine.submit(asked("1", amount=2))

    with_engine(store, story)


def test_every_caller_has_keys_of_its_own(store: SlowStore) -> None:
    """Two fans and the service under one key: three operations, each remembered for its caller, after a restart too."""
    town = [asked("1", caller=FAN, amount=3), asked("1", caller=OTHER_FAN, account=OTHER), asked("1", amount=5)]

    async def before(engine: Engine) -> None:
        answers = await engine.submit_batch(town)
        assert [getattr(answer, "outcome", None) for answer in answers] == [
            "accepted",
            "insufficient_funds",
            "accepted",
        ]
        assert not any(answer.replayed for answer in answers if isinstance(answer, Answer))
        await once_more(engine)

    async def once_more(engine: Engine) -> None:
        again = await engine.submit_batch(town)
        assert [(a.outcome, a.replayed) for a in again if isinstance(a, Answer)] == [
            ("accepted", True), ("insufficient_funds", True), ("accepted", True),
        ]  # fmt: skip
        with pytest.raises(Refused, match="key demo/1: used before"):
            await engine.submit(asked("1", caller=FAN, amount=5))
        assert engine.find("demo", OTHER_FAN, "1").outcome == Outcome.INSUFFICIENT_FUNDS
        with pytest.raises(Refused, match="operation demo/1: not known"):
            engine.find("demo", FAN + 7, "1")

    with_engine(store, before)
    with_engine(store, once_more)


def order(local: str, buyer: str, caller: int = SERVICE_CALLER, **more: object) -> Command:
    body = {"account": buyer, "peer": SELLER, "item": GOOD, "amount": 2_000, "currency": "USD"}
    return asked(local, op="order", caller=caller, **body, **more)


def capture(local: str, buyer: str, ref: str) -> Command:
    body = {"account": SELLER, "peer": buyer, "amount": 2_000, "currency": "USD", "ref": ref}
    return asked(local, op="capture", **body)


def test_a_ref_means_the_operation_that_can_be_answered(store: SlowStore) -> None:
    """Both fans use the key 42 for an order, the service for a topup, and 44 for an order of the second fan's."""
    refund = {"account": VIEWER, "amount": 1_000, "currency": "coin", "ref": "demo/42"}
    window = {"rule": "coin_refund_window", "amount": 10**12}

    async def story(engine: Engine) -> None:
        topup = asked("42", op="topup", account=VIEWER, item=PACK, amount=PRICE, currency="USD")
        for each in (
            asked("window", op="policy", **window),
            order("42", VIEWER, FAN),
            order("42", OTHER, OTHER_FAN),
            topup,
        ):
            assert (await engine.submit(each)).outcome == "accepted"
        assert (await engine.submit(capture("c1", OTHER, "demo/42"))).outcome == "accepted"
        assert (await engine.submit(capture("c2", VIEWER, "demo/42"))).outcome == "accepted"
        assert (await engine.submit(capture("c3", OTHER, "demo/42"))).outcome == "wrong_state", "captured already"
        for each in (order("44", OTHER), order("44", VIEWER, FAN)):
            assert (await engine.submit(each)).outcome == "accepted"
        assert (await engine.submit(capture("c5", VIEWER, "demo/44"))).outcome == "accepted"
        assert (await engine.submit(capture("c6", OTHER, "demo/44"))).outcome == "accepted"
        with pytest.raises(Refused, match="ref demo/43: not known"):
            await engine.submit(capture("c4", OTHER, "demo/43"))
        assert (await engine.submit(asked("r", op="coin_refund", caller=FAN, **refund))).outcome == "accepted"

    with_engine(store, story)
    refs = dict(
        store._read(store._reader, "SELECT o.key, r.caller FROM operations o JOIN operations r ON r.id = o.ref")
    )
    assert refs == {"c1": OTHER_FAN, "c2": FAN, "c3": OTHER_FAN, "c5": FAN, "c6": SERVICE_CALLER, "r": SERVICE_CALLER}


def test_a_fan_cannot_answer_what_is_anothers(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        await engine.submit(order("42", OTHER, OTHER_FAN))
        with pytest.raises(Refused, match="ref demo/42: not known"):
            await engine.submit(order("1", VIEWER, FAN, ref="demo/42"))

    with_engine(store, story)


def test_two_equal_keys_in_one_batch_are_one_operation(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        answers = await engine.submit_batch([asked("1"), asked("1"), asked("1", amount=2)])
        assert [getattr(answer, "replayed", None) for answer in answers] == [False, True, None]
        assert isinstance(answers[2], Refused)

    with_engine(store, story)
    assert store.sizes == [1]


def test_what_arrives_during_a_commit_is_the_next_batch(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        store.gate.clear()
        requests = [asyncio.create_task(engine.submit(asked("first")))]
        await asyncio.sleep(0.01)
        requests += [asyncio.create_task(engine.submit(asked(f"{n}"))) for n in range(9)]
        await asyncio.sleep(0.01)
        assert not any(request.done() for request in requests), "answered before the commit"
        store.gate.set()
        await asyncio.gather(*requests)

    with_engine(store, story)
    assert store.sizes == [1, 9]


def test_a_duplicate_in_flight_waits_for_the_commit(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        store.gate.clear()
        first = asyncio.create_task(engine.submit(asked("1")))
        await asyncio.sleep(0.01)
        again = asyncio.create_task(engine.submit(asked("1")))
        await asyncio.sleep(0.02)
        assert not again.done()
        store.gate.set()
        assert ((await first).replayed, (await again).replayed) == (False, True)

    with_engine(store, story)


def test_a_reward_is_shown_when_it_is_durable(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        reading = Reading(engine, store, lambda _shelf: 0)
        store.gate.clear()
        reward = asked("1", op="reward", account=VIEWER, item=700_000_000, amount=3, currency="reward")
        granted = asyncio.create_task(engine.submit(reward))
        await asyncio.sleep(0.01)
        shown = asyncio.create_task(reading.balance("demo", reward.actor))
        await asyncio.sleep(0.02)
        assert not shown.done()
        store.gate.set()
        await granted
        assert [left.amount for left in (await shown).rewards] == [3]
        reading.close()

    with_engine(store, story)


def test_a_balance_is_cut_at_one_operation(store: SlowStore) -> None:
    """Asked for between the second and the third of three grants, while the first is being written."""

    def grant(amount: int) -> Command:
        fields = {"account": VIEWER, "item": 700_000_000, "amount": amount, "currency": "reward"}
        return asked(f"r{amount}", op="reward", **fields)

    async def story(engine: Engine) -> None:
        reading = Reading(engine, store, lambda _shelf: 0)
        store.gate.clear()
        granted = [asyncio.create_task(engine.submit(grant(1)))]
        await asyncio.sleep(0.01)
        granted.append(asyncio.create_task(engine.submit(grant(10))))
        await asyncio.sleep(0.01)
        shown = asyncio.create_task(reading.balance("demo", grant(1).actor))
        await asyncio.sleep(0.01)
        granted.append(asyncio.create_task(engine.submit(grant(100))))
        await asyncio.sleep(0.01)
        store.gate.set()
        await asyncio.gather(*granted)
        balance = await shown
        assert sum(row.amount for row in balance.rows if row.asset == "reward") == 11
        assert sorted(left.amount for left in balance.rewards) == [1, 10]
        reading.close()

    with_engine(store, story)
    assert store.sizes == [1, 2]


def test_a_statement_shows_the_transactions_that_made_the_balance(store: SlowStore) -> None:
    """A gift that follows the question is in neither; both gifts become durable together."""

    async def story(engine: Engine) -> None:
        reading = Reading(engine, store, lambda _shelf: 0)
        store.gate.clear()
        given = [asyncio.create_task(engine.submit(asked("1")))]
        await asyncio.sleep(0.01)
        given.append(asyncio.create_task(engine.submit(asked("2"))))
        await asyncio.sleep(0.01)
        shown = asyncio.create_task(reading.statement("demo", FAN, None, 2, ()))
        await asyncio.sleep(0.01)
        given.append(asyncio.create_task(engine.submit(asked("3"))))
        await asyncio.sleep(0.01)
        store.gate.set()
        await asyncio.gather(*given)
        balance, history = await shown
        assert [row.amount for row in balance.rows if row.asset == "coin"] == [998]
        assert [each.key for each in history.transactions] == ["demo/2", "demo/1"]
        following = (await reading.statement("demo", FAN, history.next_cursor, 2, ()))[1]
        assert [each.op for each in following.transactions] == ["topup", "open"]
        reading.close()

    with_engine(store, story)


def test_a_spending_limit_is_shown_when_it_is_durable(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        reading = Reading(engine, store, lambda _shelf: 9)
        store.gate.clear()
        own = {"account": VIEWER, "rule": "spending_limit", "amount": 3, "currency": "coin"}
        limited = asyncio.create_task(engine.submit(asked("1", op="policy", **own)))
        await asyncio.sleep(0.01)
        shown = asyncio.create_task(reading.balance("demo", asked("1").actor))
        await asyncio.sleep(0.02)
        assert not shown.done()
        store.gate.set()
        await limited
        assert (await shown).spending_limit == 3
        reading.close()

    with_engine(store, story)


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        (asked("1", account="demo/viewer-9"), 404, "account demo/viewer-9: not open"),
        (asked("1", peer="demo/creator-9"), 404, "account demo/creator-9: not open"),
        (asked("1", op="cancel", account=VIEWER, amount=1, currency="USD", ref="demo/9"), 404, "ref demo/9: not known"),
        (asked("1", op="cancel", account=VIEWER, amount=1, currency="USD", ref="demo/s0"), 422, "cancel of demo/s0:"),
        (asked("1", currency="diamond"), 422, "gift currency diamond: expected coin"),
        (asked("1", op="open", account=VIEWER, region="US"), 422, "viewer-1 is open already"),
    ],
)
def test_what_makes_no_sense_is_refused_and_forgotten(
    store: SlowStore, request_: Command, status: int, said: str
) -> None:
    async def story(engine: Engine) -> None:
        with pytest.raises(Refused) as refused:
            await engine.submit(request_)
        assert refused.value.status == status
        assert said in refused.value.detail
        assert not (await engine.submit(asked("1"))).replayed, "a refusal used the key up"

    with_engine(store, story)


def test_the_service_stamps_what_states_no_time(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        assert (await engine.submit(asked("1", at_us=-1))).at_us == 77

    with_engine(store, story)


def test_a_clock_that_goes_back_does_not_give_a_day_anew(store: SlowStore) -> None:
    """A limit of 100 coins a day, used up; the clock steps back over midnight, and then the wallet starts again."""
    day_us = 24 * HOUR_US
    now_us = [2 * day_us + 5]

    async def play(story: Callable[[Engine], Awaitable[None]]) -> None:
        engine = Engine(store, clock_us=lambda: now_us[0])
        writer = asyncio.create_task(engine.run())
        await story(engine)
        engine.stop()
        await writer

    async def gave(engine: Engine, local: str) -> tuple[str, int]:
        answer = await engine.submit(asked(local, amount=100, at_us=-1))
        return answer.outcome, answer.at_us

    async def before(engine: Engine) -> None:
        await engine.submit_batch(setup())
        await engine.submit(asked("limit", op="policy", rule="spending_limit", amount=100, currency="coin", at_us=0))
        assert await gave(engine, "1") == ("accepted", now_us[0])
        now_us[0] -= 10
        assert await gave(engine, "2") == ("over_limit", 2 * day_us + 5)
        assert engine.now_us(engine.shelves["demo"]) == 2 * day_us + 5

    async def after(engine: Engine) -> None:
        assert await gave(engine, "3") == ("over_limit", 2 * day_us + 5)
        now_us[0] = 2 * day_us + 6
        assert await gave(engine, "4") == ("over_limit", now_us[0])
        now_us[0] = 3 * day_us
        assert await gave(engine, "5") == ("accepted", now_us[0])

    asyncio.run(play(before))
    asyncio.run(play(after))


def test_a_full_queue_refuses_before_deciding(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        store.gate.clear()
        waiting = [asyncio.create_task(engine.submit(asked(f"{n}"))) for n in range(3)]
        await asyncio.sleep(0.01)
        waiting += [asyncio.create_task(engine.submit(asked(f"late-{n}"))) for n in range(20)]
        await asyncio.sleep(0.01)
        with pytest.raises(Refused) as refused:
            await engine.submit(asked("x"))
        assert (refused.value.status, refused.value.retry_after_s) == (503, 1)
        store.gate.set()
        await asyncio.gather(*waiting)
        assert not (await engine.submit(asked("x"))).replayed

    with_engine(store, story, waiting_max=20)


def test_a_store_that_hangs_refuses_new_requests_and_keeps_the_decided(store: SlowStore) -> None:
    async def story(engine: Engine) -> None:
        store.gate.clear()
        decided = asyncio.create_task(engine.submit(asked("1")))
        await asyncio.sleep(0.05)
        with pytest.raises(Refused, match="the store has been busy"):
            await engine.submit(asked("2"))
        store.gate.set()
        assert (await decided).outcome == "accepted"

    with_engine(store, story, deadline_s=0.02)


def test_a_failed_store_stops_everything_and_answers_nobody(store: SlowStore) -> None:
    dropped: list[bool] = []

    async def play() -> None:
        engine = Engine(store, clock_us=lambda: 0, on_failure=lambda: dropped.append(True))
        writer = asyncio.create_task(engine.run())
        await engine.submit_batch(setup())
        store._writer.pragma("max_page_count", store._writer.pragma("page_count"))
        requests = [asyncio.create_task(engine.submit(asked(f"{n}"))) for n in range(2_000)]
        answers = await asyncio.gather(*requests, return_exceptions=True)
        assert all(isinstance(answer, StoreError) for answer in answers)
        assert "the disk is full" in str(answers[0])
        assert not engine.is_ready
        with pytest.raises(StoreError):
            await engine.submit(asked("late"))
        await asyncio.wait_for(writer, 5)

    asyncio.run(play())
    assert dropped
    assert store._read(store._reader, "SELECT count(*) FROM operations") == [(len(TOWN),)]


def test_a_writer_that_dies_of_anything_stops_everything_and_answers_nobody(
    store: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[bool] = []

    def commit(_batch: Batch) -> None:
        raise OverflowError("int too big to convert")

    async def play() -> None:
        engine = Engine(store, clock_us=lambda: 0, on_failure=lambda: dropped.append(True))
        writer = asyncio.create_task(engine.run())
        await engine.submit_batch(setup())
        assert engine.is_ready
        monkeypatch.setattr(store, "commit", commit)
        requests = [asyncio.create_task(engine.submit(asked(f"{n}"))) for n in range(3)]
        answers = await asyncio.wait_for(asyncio.gather(*requests, return_exceptions=True), 5)
        assert [str(answer) for answer in answers] == ["the writer failed: OverflowError('int too big to convert')"] * 3
        assert not engine.is_ready
        with pytest.raises(StoreError, match="the writer failed"):
            await engine.submit(asked("late"))
        await asyncio.wait_for(writer, 5)

    asyncio.run(play())
    assert dropped


def test_a_writer_that_is_cancelled_leaves_nobody_waiting(store: SlowStore) -> None:
    async def play() -> None:
        engine = Engine(store, clock_us=lambda: 0)
        assert not engine.is_ready, "nobody writes yet"
        writer = asyncio.create_task(engine.run())
        await engine.submit_batch(setup())
        writer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writer
        assert not engine.is_ready
        with pytest.raises(StoreError, match="the writer failed: CancelledError"):
            await engine.submit(asked("late"))

    asyncio.run(play())


def test_a_full_book_takes_nothing_more_and_leaves_the_others_alone(store: SlowStore) -> None:
    """A balance stays within the store's 64 bits: what might leave them is refused before anything changes."""
    coin = {"rule": "coin_price", "item": 800_000_000, "amount": 1, "currency": "USD"}
    pack = {"account": VIEWER, "item": 800_000_000, "amount": 10**12, "currency": "USD"}

    def topup(n: int, **more: object) -> Command:
        return asked(f"t{n}", op="topup", **pack, **more)

    async def fill(engine: Engine) -> None:
        await engine.submit(asked("price", op="policy", **coin))
        outcomes = [await engine.submit(topup(n)) for n in range(3)]  # of 10^18 coins each
        assert {answer.outcome for answer in outcomes} == {"accepted"}
        before = engine.shelves["demo"].book.balances()
        with pytest.raises(Refused, match="book demo: full, since a balance in it exceeds 2305843009213693952"):
            await engine.submit(topup(3))
        assert engine.shelves["demo"].book.balances() == before
        assert (await engine.submit(topup(2))).replayed
        other = command("other/1", OperationBody(op="open", account="other/viewer-1"))
        assert (await engine.submit(other)).outcome == "accepted"

    async def still_full(engine: Engine) -> None:
        with pytest.raises(Refused, match="book demo: full"):
            await engine.submit(topup(3))

    with_engine(store, fill)
    with_engine(store, still_full)


def test_one_operation_cannot_leave_64_bits_from_a_book_that_is_not_full() -> None:
    """The largest steps there are: a topup, coins paid in a shop with tax, and a payout, all at the terms' bounds."""
    assert AMOUNT_MAX * AMOUNT_MAX // PPM == 10**18
    assert BALANCE_MAX + 4 * AMOUNT_MAX * AMOUNT_MAX // PPM < 2**63


def test_a_restart_remembers_everything(store: SlowStore, tmp_path: Path) -> None:
    shelves = []

    async def before(engine: Engine) -> None:
        await engine.submit_batch([asked(f"{n}", amount=300) for n in range(5)])
        shelves.append(engine.shelves["demo"])

    async def after(engine: Engine) -> None:
        assert engine.shelves["demo"].book == shelves[0].book
        assert engine.shelves["demo"].keys == shelves[0].keys
        again = await engine.submit_batch([asked(f"{n}", amount=300) for n in range(5)])
        assert [(answer.outcome, answer.replayed) for answer in again] == [("accepted", True)] * 3 + [
            ("insufficient_funds", True)
        ] * 2
        assert not (await engine.submit(asked("new"))).replayed

    with_engine(store, before)
    store.close()
    reopened = SlowStore.open(tmp_path / "wallet.db")
    with_engine(reopened, after)
    reopened.close()


@pytest.mark.parametrize(
    ("sabotage", "said"),
    [
        ("UPDATE balances SET amount = amount + 1 WHERE owner = 1000000000001", "demo/viewer-1: its balance row says"),
        ("DELETE FROM balances WHERE class = 0 AND owner = 2000000000000", "demo/creator-0: its balance row says 0"),
        ("UPDATE entries SET amount = amount + 1 WHERE owner = 2000000000000", "demo/creator-0: its entries sum to"),
        ("UPDATE operations SET amount = 4 WHERE key = '1'", "demo/viewer-1: its balance row says"),
        ("DELETE FROM operations WHERE key = '1'", "demo/viewer-1: its balance row says"),
        ("UPDATE operations SET outcome = 7 WHERE key = '1'", "demo/1 of demo/viewer-1: stored as insufficient_funds"),
        ("UPDATE operations SET amount = 4000 WHERE key = '1'", "demo/1 of demo/viewer-1: stored as accepted"),
        ("DELETE FROM operations WHERE key = 's6'", "demo/s10: cannot be applied again"),
    ],
)
def test_a_store_that_contradicts_itself_is_not_served(
    store: SlowStore, tmp_path: Path, sabotage: str, said: str
) -> None:
    async def story(engine: Engine) -> None:
        await engine.submit(asked("1", amount=5))

    with_engine(store, story)
    apsw.Connection(str(tmp_path / "wallet.db")).execute(sabotage)
    with pytest.raises(StoreError) as refused:
        Engine(store, clock_us=lambda: 0)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
