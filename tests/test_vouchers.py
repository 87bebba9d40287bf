"""Voucher campaigns: who is given one, what it does to an order, and where its money goes, in both engines."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import BRITAIN, INDONESIA, zones
from sim.behavior.voucher import credit_of, is_given
from sim.compiled import rule
from sim.engines.columns.division import Local
from sim.engines.columns.orders import OPEN_ORDER, _credit_returned
from sim.engines.windowed import WindowedEngine
from sim.ledger import COIN, CURRENCY_BY_NAME, REGION_BY_NAME, REWARD, AccountClass, Kind, Op, Outcome, Rule
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.errors import ConservationError
from sim.ledger.money import portion
from sim.model import Manner, simulate
from sim.scenario import ScenarioError, load

DAY_US = 86_400_000_000
EAGER = (
    zones({"UTC": 1}),
    "start=2024-04-08T00:00:00Z",
    "viewers=80",
    "days=2",
    "window=1h",
    "audience.visits_per_day=12",
    "gifting.giver_share=0.3",
    "rewards.checkin_share=0.5",
    "rewards.life_days=0.25",
    "shopping.shopper_share=0.9",
    "shopping.tab_share=0.5",
    "shopping.live_conversion=0.4",
    "shopping.tab_conversion=0.4",
    "shopping.video_conversion=0.4",
    "sellers.per_thousand_viewers=100",
    "sellers.foreign_share=0.3",
    "sellers.delivery_days=0.2",
    "sellers.foreign_delivery_days=0.2",
    "sellers.return_days=0.1",
    "sellers.stock_per_good=3",
    "regions.US.order_tax=0.0725",
)
ALL_DAY = "at = 2024-04-08T00:00:00Z, kind = 'voucher_campaign', region = 'US', share = 1, days = 0.5"
TWO_DAYS_US = 2 * DAY_US


class Voucher(NamedTuple):
    """A voucher as its campaign gave it; `expires_us` 0 is never."""

    viewer: int
    amount: int
    minimum: int
    expires_us: int


class Told(NamedTuple):
    """What a trace says of vouchers, worked out from its records alone.

    vouchers, used : by seq; by the seq of its order, and how much of it pays
    platform, bank : minor units that each got by an operation, in orders that a voucher paid
    """

    vouchers: dict[int, Voucher]
    expired: list[int]
    used: dict[int, tuple[int, int]]
    platform: Counter[Op]
    bank: Counter[Op]
    orders: dict[int, dict[str, Any]]


def with_vouchers(*campaigns: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (*EAGER, *more, f"interventions=[{', '.join(f'{{ {campaign} }}' for campaign in campaigns)}]")


def records(result: Result, outcome: Outcome = Outcome.ACCEPTED) -> Iterator[dict[str, Any]]:
    columns = result.trace.columns
    for values in zip(*(columns[name].tolist() for name in columns), strict=True):
        record = dict(zip(columns, values, strict=True))
        if record["outcome"] == outcome:
            yield record


def told(result: Result, tax_ppm: int = 72_500) -> Told:
    """Follow every voucher by the sentences of the ledger's README, and none of its code."""
    said = Told({}, [], {}, Counter(), Counter(), {})
    life_us, minimum, captured = 0, 0, {}
    for record in records(result):
        op, amount, ref = Op(record["op"]), record["amount"], record["ref"]
        if op == Op.POLICY:
            life_us = amount if record["peer"] == Rule.VOUCHER_LIFE else life_us
            minimum = amount if record["peer"] == Rule.VOUCHER_MINIMUM else minimum
        elif op == Op.VOUCHER:
            expires_us = record["at_us"] + life_us if life_us else 0
            said.vouchers[record["seq"]] = Voucher(record["actor"], amount, minimum, expires_us)
        elif op == Op.EXPIRE and ref in said.vouchers:
            said.expired.append(ref)
            said.platform[op] += amount
        elif op == Op.ORDER and ref != -1:
            paid = amount + portion(amount, tax_ppm)
            credit = min(said.vouchers[ref].amount, paid)
            said.used[record["seq"]] = ref, credit
            said.orders[record["seq"]] = record | {"tax": paid - amount, "paid": paid}
            said.platform[op] += said.vouchers[ref].amount - credit
            said.bank[op] -= paid - credit
        elif op == Op.CAPTURE and ref in said.used:
            captured[record["seq"]] = ref
        elif op in (Op.CANCEL, Op.REFUND) and captured.get(ref, ref) in said.used:
            order = captured.get(ref, ref)
            credit, back = credit_back(said.orders[order], said.used[order][1], amount)
            said.platform[op] += credit
            said.bank[op] += back
    return said


def credit_back(order: dict[str, Any], credit: int, amount: int) -> tuple[int, int]:
    """What a voucher paid of a part of an order, and what money did: what stays is rounded up, each by itself."""
    left = order["amount"] - amount
    tax_left = -(-order["tax"] * left // order["amount"])
    back = order["paid"] - left - tax_left
    credit_left = -(-credit * (left + tax_left) // order["paid"])
    return credit - credit_left, back - (credit - credit_left)


def held_at_end(said: Told) -> int:
    gone = {*said.expired, *(voucher for voucher, _ in said.used.values())}
    return sum(voucher.amount for seq, voucher in said.vouchers.items() if seq not in gone)


def usd(result: Result, klass: AccountClass, op: Op) -> int:
    return result.closing.flow(klass, CURRENCY_BY_NAME["USD"].code, op)


CASES = {
    "used and expired": (with_vouchers(f"{ALL_DAY}, amount_cents = 777"), ()),
    "cancelled whole": (with_vouchers(f"{ALL_DAY}, amount_cents = 777", more=("sellers.cancel_rate=1",)), (Op.CANCEL,)),
    "refunded in part": (
        with_vouchers(
            f"{ALL_DAY}, amount_cents = 777", more=("sellers.return_rate=1", "sellers.partial_refund_share=1")
        ),
        (Op.REFUND,),
    ),
    "refunded whole, in part, or kept": (
        with_vouchers(
            f"{ALL_DAY}, amount_cents = 1234",
            more=("sellers.return_rate=0.6", "sellers.partial_refund_share=0.5", "sellers.import_return_rate=0.6"),
        ),
        (Op.REFUND,),
    ),
    "larger than the order with its tax": (
        with_vouchers(f"{ALL_DAY}, amount_cents = 1000000", more=("sellers.cancel_rate=0.3", "sellers.return_rate=1")),
        (Op.CANCEL, Op.REFUND),
    ),
    "a minimum": (with_vouchers(f"{ALL_DAY}, amount_cents = 500, minimum_cents = 2500"), ()),
    "never expires": (
        with_vouchers(f"{ALL_DAY.replace('days = 0.5', 'days = 0')}, amount_cents = 500, minimum_cents = 4000"),
        (),
    ),
    "expires in the middle of a visit": (
        with_vouchers(f"{ALL_DAY.replace('days = 0.5', 'days = 0.001')}, amount_cents = 500"),
        (),
    ),
    "several campaigns": (
        with_vouchers(
            f"{ALL_DAY.replace('days = 0.5', 'days = 0.2')}, until = 2024-04-08T09:00:00Z, amount_cents = 500",
            "at = 2024-04-08T09:00:00Z, until = 2024-04-08T20:00:00Z, kind = 'voucher_campaign', region = 'US', "
            "share = 0.5, days = 0.3, amount_cents = 900, minimum_cents = 1000",
            "at = 2024-04-09T00:00:00Z, kind = 'voucher_campaign', region = 'US', share = 0.8, days = 5, "
            "amount_cents = 300",
        ),
        (),
    ),
    "the wallet is off for a while": (
        with_vouchers(
            f"{ALL_DAY}, amount_cents = 500",
            "at = 2024-04-08T02:00:00Z, until = 2024-04-08T20:00:00Z, kind = 'payment_licence'",
        ),
        (),
    ),
    "coins pay too": (
        with_vouchers(
            f"{ALL_DAY.replace('-08T00', '-09T00')}, amount_cents = 500",
            "at = 2024-04-08T00:00:00Z, kind = 'coins_in_shop', region = 'US', coin_value_cents = 50",
            more=(
                "shopping.coin_share=1",
                "sellers.cancel_rate=0.3",
                "creators.per_thousand_viewers=60",
                "creators.sessions_per_week=7",
                "gifting.giver_share=0.9",
                "gifting.intent=0.4",
                "gifting.willingness_median_cents=3000",
                "topup.hesitation=0",
                "topup.leftover_value=0.9",
                "topup.weekly_budget_median_cents=500000",
            ),
        ),
        (),
    ),
}


@pytest.fixture(scope="module")
def lived() -> dict[str, Result]:
    return {}


def run(lived: dict[str, Result], name: str) -> Result:
    if name not in lived:
        lived[name] = ran("reference", load("us-baseline", CASES[name][0]), check_every_window=True)
    return lived[name]


@pytest.mark.parametrize(
    ("amount", "minimum", "expires_us", "price", "at_us", "credit"),
    [
        (500, 0, 0, 1, 10**15, 500),
        (500, 0, 0, 0, 0, 500),
        (500, 1000, 0, 1000, 0, 500),  # the least order
        (500, 1000, 0, 999, 0, 0),
        (500, 0, 100, 1000, 99, 500),  # its last instant
        (500, 0, 100, 1000, 100, 0),
        (0, 0, 0, 1000, 0, 0),  # none
    ],
)
def test_what_a_voucher_takes_off_a_price(
    amount: int, minimum: int, expires_us: int, price: int, at_us: int, credit: int
) -> None:
    assert credit_of(amount, minimum, expires_us, price, at_us) == credit


def test_the_stated_share_is_given_and_a_larger_one_holds_it() -> None:
    given = {ppm: {n for n in range(4000) if is_given(1, n, ppm)} for ppm in (0, 300_000, 700_000, 1_000_000)}
    assert not given[0]
    assert abs(len(given[300_000]) / 4000 - 0.3) < 4 * (0.21 / 4000) ** 0.5
    assert given[300_000] < given[700_000] < given[1_000_000]
    assert len(given[1_000_000]) == 4000


@rule
def returned(orders: Any, paid_left: int) -> int:
    return _credit_returned(orders[0], paid_left)


@pytest.mark.parametrize(
    ("net", "tax", "credit", "paid_left", "back"),
    [
        (1000, 70, 500, 0, 500),  # all of it
        (1000, 70, 500, 749, 150),  # 321 of 1070, so 150 of 500
        (1000, 70, 500, 1070, 0),
        (400, 28, 428, 0, 428),  # nothing of it was money
        (10, 5, 14, 14, 0),  # what stays is rounded up
        (1000, 70, 0, 0, 0),
    ],
)
def test_what_comes_back_of_a_voucher(net: int, tax: int, credit: int, paid_left: int, back: int) -> None:
    orders = np.zeros(1, OPEN_ORDER)
    orders["amount"], orders["tax"], orders["credit"] = net, tax, credit
    assert returned(orders, paid_left) == back


@pytest.mark.parametrize("name", CASES)
def test_the_money_of_every_voucher_is_accounted_for(lived: dict[str, Result], name: str) -> None:
    result = run(lived, name)
    said = told(result)
    assert len(said.vouchers) > 40
    assert len(said.used) >= 5
    granted = sum(voucher.amount for voucher in said.vouchers.values())
    assert usd(result, AccountClass.PLATFORM, Op.VOUCHER) == -granted
    assert usd(result, AccountClass.HOLDER, Op.VOUCHER) == granted
    for op in (Op.ORDER, Op.EXPIRE, Op.CANCEL):
        assert usd(result, AccountClass.PLATFORM, op) == said.platform[op], op
    assert result.closing.voucher_balances.get(CURRENCY_BY_NAME["USD"].code, 0) == held_at_end(said)
    for op in CASES[name][1]:
        assert said.platform[op] > 0
    assert held_at_end(said) > 0 or name != "never expires"


@pytest.mark.parametrize("name", CASES)
def test_the_columns_do_what_the_ledger_says(lived: dict[str, Result], name: str) -> None:
    found = ran("windowed", load("us-baseline", CASES[name][0]), threads=2, shards=3)
    assert_identical(found, run(lived, name))


@pytest.mark.parametrize("name", CASES)
def test_each_viewer_has_one_at_a_time_and_one_of_a_campaign(lived: dict[str, Result], name: str) -> None:
    held: set[int] = set()
    of_campaign: set[int] = set()
    said = told(run(lived, name))
    for record in records(run(lived, name)):
        if record["op"] == Op.POLICY and record["peer"] == Rule.VOUCHER_LIFE:
            of_campaign.clear()
        elif record["op"] == Op.VOUCHER:
            assert record["actor"] not in held | of_campaign
            held.add(record["actor"])
            of_campaign.add(record["actor"])
        elif record["op"] in (Op.ORDER, Op.EXPIRE) and record["ref"] in said.vouchers:
            held.remove(record["actor"])


@pytest.mark.parametrize("name", CASES)
def test_it_expires_at_the_first_boundary_at_or_after_its_end(lived: dict[str, Result], name: str) -> None:
    result = run(lived, name)
    said, window_us = told(result), 3_600_000_000
    at_us = {record["ref"]: record["at_us"] for record in records(result) if record["op"] == Op.EXPIRE}
    used = {voucher for voucher, _ in said.used.values()}
    end_us = int(result.trace.columns["at_us"].max()) // DAY_US * DAY_US + DAY_US
    for seq, voucher in said.vouchers.items():
        boundary_us = -(-voucher.expires_us // window_us) * window_us
        if seq in used or not voucher.expires_us or boundary_us >= end_us:
            assert seq not in at_us
        else:
            assert at_us[seq] == boundary_us


def test_every_next_order_in_money_that_reaches_the_minimum_uses_it(lived: dict[str, Result]) -> None:
    result = run(lived, "a minimum")
    said, mine = told(result), {}
    below = 0
    for record in records(result):
        if record["op"] == Op.VOUCHER:
            mine[record["actor"]] = record["seq"]
        elif record["op"] == Op.EXPIRE and record["ref"] in said.vouchers:
            del mine[record["actor"]]
        elif record["op"] == Op.ORDER and record["actor"] in mine:
            voucher = said.vouchers[mine[record["actor"]]]
            lives = record["at_us"] < voucher.expires_us
            assert (record["ref"] == mine[record["actor"]]) == (record["amount"] >= 2500 and lives)
            below += record["amount"] < 2500
            if record["ref"] != -1:
                del mine[record["actor"]]
    assert below > 5
    assert all(said.orders[order]["amount"] >= 2500 for order in said.used)


def test_what_an_order_does_not_need_goes_back_at_once(lived: dict[str, Result]) -> None:
    said = told(run(lived, "larger than the order with its tax"))
    assert {credit for _, credit in said.used.values()} == {order["paid"] for order in said.orders.values()}
    assert not any(said.bank.values())  # no voucher turns into money, whatever becomes of the order
    assert said.platform[Op.ORDER] > 0


def test_an_order_after_its_end_pays_in_money(lived: dict[str, Result]) -> None:
    """A minute and a half of life: some look longer at a good, and order before the voucher is cleared away."""
    result = run(lived, "expires in the middle of a visit")
    said = told(result)
    late = 0
    for record in records(result):
        if record["op"] != Op.ORDER:
            continue
        ends = [voucher.expires_us for voucher in said.vouchers.values() if voucher.viewer == record["actor"]]
        if record["ref"] != -1:
            assert record["at_us"] < said.vouchers[record["ref"]].expires_us
        late += any(0 <= record["at_us"] - end_us < 90_000_000 for end_us in ends)
    assert late > 3


def test_where_the_wallet_is_off_nothing_is_given_or_used_and_both_are_tried_again(lived: dict[str, Result]) -> None:
    result = run(lived, "the wallet is off for a while")
    declined = list(records(result, Outcome.SUSPENDED))
    refused = [record for record in declined if record["op"] == Op.VOUCHER]
    assert len(refused) > len({record["actor"] for record in refused}) > 10
    vouchers = {record["seq"] for record in records(result) if record["op"] == Op.VOUCHER}
    assert any(record["op"] == Op.ORDER and record["ref"] in vouchers for record in declined)
    given = {record["actor"]: record["at_us"] for record in records(result) if record["op"] == Op.VOUCHER}
    retried = [given[record["actor"]] for record in refused if record["actor"] in given]
    assert retried
    assert min(retried) >= 20 * 3_600_000_000


def test_a_voucher_is_used_before_coins(lived: dict[str, Result]) -> None:
    """Who would pay the same order with coins, and does on the day before, pays with her voucher and keeps them."""
    name = "coins pay too"
    without = ran(
        "reference", load("us-baseline", [change.replace("share = 1,", "share = 0,") for change in CASES[name][0]])
    )
    orders, as_ever = (
        {(record["actor"], record["at_us"]): record for record in records(one) if record["op"] == Op.ORDER}
        for one in (run(lived, name), without)
    )
    assert not any(order["currency"] == COIN and order["ref"] != -1 for order in orders.values())
    in_coins = {key for key, order in as_ever.items() if order["currency"] == COIN}
    assert sum(orders[key]["ref"] != -1 for key in in_coins & orders.keys()) > 3
    first_coins = next(key for key in sorted(in_coins, key=lambda key: key[1]))
    assert orders[first_coins]["currency"] == COIN


def test_a_campaign_that_ends_gives_no_more_and_what_was_given_holds(lived: dict[str, Result]) -> None:
    end_us = 9 * 3_600_000_000
    ended = f"{ALL_DAY}, until = 2024-04-08T09:00:00Z, amount_cents = 777"
    result = ran("reference", load("us-baseline", with_vouchers(ended)))
    went_on = run(lived, "used and expired")
    said = told(result)
    given_us = [record["at_us"] for record in records(result) if record["op"] == Op.VOUCHER]
    assert max(given_us) < end_us
    assert any(order["at_us"] >= end_us for order in said.orders.values())
    first, all_ = (list(records(one)) for one in (result, went_on))
    before = [record for record in all_ if record["at_us"] < end_us]
    assert first[: len(before)] == before


def test_a_campaign_holds_in_its_region_alone_and_in_its_money() -> None:
    """Dollars in both regions, and rupiah in a third."""
    lands = ("regions.US.share=0.3", BRITAIN, INDONESIA, "viewers=150", "window=6h")
    campaign = f"{ALL_DAY.replace('US', 'ID')}, amount_cents = 50000, minimum_cents = 60000"
    scenario = load("us-baseline", with_vouchers(campaign, more=lands))
    result = ran("reference", scenario, check_every_window=True)
    columns = result.trace.columns
    stated = (columns["op"] == Op.POLICY) & np.isin(columns["peer"], (Rule.VOUCHER_LIFE, Rule.VOUCHER_MINIMUM))
    assert set(columns["region"][stated].tolist()) == {REGION_BY_NAME["ID"]}
    given = columns["op"] == Op.VOUCHER
    assert given.sum() > 20
    assert set(columns["currency"][given].tolist()) == {CURRENCY_BY_NAME["IDR"].code}
    assert set(result.recognized["actor_region"][given].tolist()) == {REGION_BY_NAME["ID"]}
    used = (columns["op"] == Op.ORDER) & (columns["ref"] >= 0)
    assert used.any()
    assert columns["amount"][used].min() >= 60_000
    assert result.found.kpis["vouchers_granted.IDR"]["value"] == columns["amount"][given].sum()
    assert result.found.kpis["vouchers_granted.USD"]["value"] == 0
    assert_identical(ran("windowed", scenario, threads=2, shards=4), result)


def test_a_voucher_makes_more_buy_and_none_less() -> None:
    """The same people under the same luck: who ordered without a voucher orders with one, while goods last."""
    endless = ("sellers.stock_per_good=100000", "trade.reprice_step=0")
    campaign = f"{ALL_DAY.replace('days = 0.5', 'days = 0')}, amount_cents = 2000"
    without = ran("reference", load("us-baseline", (*EAGER, *endless)))
    having = ran("reference", load("us-baseline", with_vouchers(campaign, more=endless)))
    wanted, more = (
        {(record["actor"], record["at_us"]) for record in records(one) if record["op"] == Op.ORDER}
        for one in (without, having)
    )
    assert wanted < more
    vouchers = {record["seq"] for record in records(having) if record["op"] == Op.VOUCHER}
    extra = [record for record in records(having) if record["op"] == 7 and record["ref"] in vouchers]
    assert {(record["actor"], record["at_us"]) for record in extra} >= more - wanted  # each is one with a voucher


def test_a_voucher_worth_the_price_makes_everyone_buy_who_looks_closely() -> None:
    """A half thinks a good worth its usual price; with credit for all of it, all do."""
    endless = ("sellers.stock_per_good=100000", "sellers.import_price_factor=1")
    huge = f"{ALL_DAY.replace('days = 0.5', 'days = 0')}, amount_cents = 1000000"
    people = ("viewers=400", "days=1", *endless)
    first: dict[str, Counter[int]] = {}
    for name, changes in (("without", (*EAGER, *people)), ("with", with_vouchers(huge, more=people))):
        orders = [record for record in records(ran("windowed", load("us-baseline", changes))) if record["op"] == 7]
        first[name] = Counter(record["actor"] for record in orders if record["ref"] != -1 or name == "without")
    buyers = len(first["with"])
    assert max(first["with"].values()) == 1
    assert buyers > len(first["without"])


def test_nobody_else_takes_the_voucher() -> None:
    """Where nothing may be sold, what is wanted for the voucher's sake alone doesn't go to a rival either."""
    ban = "at = 2024-04-08T00:00:00Z, kind = 'commerce_ban'"
    banned = load("us-baseline", with_vouchers(ban))
    tempted = load("us-baseline", with_vouchers(ban, f"{ALL_DAY}, amount_cents = 100000"))
    first, second = (ran("reference", scenario) for scenario in (banned, tempted))
    assert first.elsewhere["count"].sum() > 20
    for name, column in first.elsewhere.items():
        np.testing.assert_array_equal(second.elsewhere[name], column, err_msg=name)
    assert_identical(ran("windowed", tempted), second)


def test_rewards_expire_before_vouchers_at_one_boundary() -> None:
    """Both lives end at the same boundaries for the same people, for the wallet to see in one order."""
    scenario = load("us-baseline", with_vouchers(f"{ALL_DAY.replace('0.5', '0.25')}, amount_cents = 500"))
    result = ran("reference", scenario)
    at: dict[tuple[int, int], list[bool]] = {}
    for record in records(result):
        if record["op"] == Op.EXPIRE:
            at.setdefault((record["actor"], record["at_us"]), []).append(record["currency"] != REWARD)
    both = [order for order in at.values() if len(set(order)) == 2]
    assert len(both) > 10
    assert all(order == sorted(order) for order in both)
    assert_identical(ran("windowed", scenario, shards=2), result)


def test_balances_name_everyone_who_was_ever_given_one(lived: dict[str, Result]) -> None:
    result = run(lived, "never expires")
    said = told(result)
    gone = {*said.expired, *(voucher for voucher, _ in said.used.values())}
    expected = dict.fromkeys((voucher.viewer for voucher in said.vouchers.values()), 0)
    for seq, voucher in said.vouchers.items():
        expected[voucher.viewer] += 0 if seq in gone else voucher.amount
    balances = result.balances
    mine = (balances["asset"] == CURRENCY_BY_NAME["USD"].code) & (balances["klass"] == AccountClass.HOLDER)
    mine &= balances["owner"] // KIND_SPAN == Kind.VIEWER
    found = dict(zip(balances["owner"][mine].tolist(), balances["amount"][mine].tolist(), strict=True))
    assert found == expected


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("amount", r"^all viewers: balance \d+ USD in vouchers, but its parts explain \d+$"),
        ("place", r"^viewer-\d+: balance 0 USD in vouchers, but its parts explain 500$"),
    ],
)
def test_a_voucher_that_nothing_explains_is_found(what: str, message: str) -> None:
    campaign = f"{ALL_DAY.replace('days = 0.5', 'days = 0')}, amount_cents = 500, minimum_cents = 1000000000"
    scenario = load("us-baseline", with_vouchers(campaign, more=("days=1",)))
    engine = WindowedEngine(scenario, 1, lambda _: None)
    engine.run()
    assert isinstance(engine.division, Local)
    shard = engine.division.shards[0]
    shard.audit()
    viewers = shard._viewers
    if what == "amount":
        viewers.vouchers.voucher["amount"][0] += 1
    else:
        viewers.collectors["place"][viewers.collectors["place"] > 0] += 1
    with pytest.raises(ConservationError, match=message):
        shard.audit()


@pytest.mark.parametrize("processes", [None, 2])
def test_a_run_that_was_cut_goes_on_with_its_vouchers(tmp_path: Path, processes: int | None) -> None:
    scenario = load("us-baseline", CASES["several campaigns"][0])
    whole = simulate(scenario, manner=Manner(checkpoint_days=(1,)), out=tmp_path / "run")
    manner = Manner(resume=tmp_path / "run-day1.checkpoint", processes=processes)
    rest = simulate(scenario, manner=manner, out=tmp_path / "rest")
    assert rest.summary.trace_digest == whole.summary.trace_digest
    assert rest.summary.kpis == whole.summary.kpis


def test_a_fork_may_begin_a_campaign(tmp_path: Path) -> None:
    simulate(load("us-baseline", EAGER), manner=Manner(checkpoint_days=(1,)), out=tmp_path / "run")
    forked = load("us-baseline", with_vouchers(f"{ALL_DAY.replace('-08T', '-09T')}, amount_cents = 500"))
    fork = simulate(forked, manner=Manner(resume=tmp_path / "run-day1.checkpoint"), out=tmp_path / "fork")
    whole = simulate(forked, out=tmp_path / "whole")
    assert fork.summary.trace_digest == whole.summary.trace_digest
    assert fork.summary.kpis["vouchers_granted"]["value"] > 0


@pytest.mark.parametrize(
    ("stated", "key"),
    [
        ("amount_cents = 0", "amount_cents"),
        ("amount_cents = 1.5", "amount_cents"),
        ("amount_cents = 500, minimum_cents = -1", "minimum_cents"),
        ("amount_cents = 500, share = 1.1", "share"),
        ("amount_cents = 500, days = -1", "days"),
        ("amount_cents = 500, region = 'XX'", "region"),
        ("", "amount_cents"),
    ],
)
def test_a_campaign_that_makes_no_sense_is_refused(stated: str, key: str) -> None:
    campaign = {"at": "2024-04-08T00:00:00Z", "kind": "'voucher_campaign'", "region": "'US'", "share": "1", "days": "1"}
    campaign |= dict(pair.split(" = ") for pair in stated.split(", ") if pair)
    text = ", ".join(f"{name} = {value}" for name, value in campaign.items())
    with pytest.raises(ScenarioError, match=rf"interventions\[0\].*{key}"):
        load("us-baseline", [*EAGER, f"interventions=[{{ {text} }}]"])
