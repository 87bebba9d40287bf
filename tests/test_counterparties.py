"""Creators and sellers as columns do what their processes in the reference engine do, row by row."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from simpy import Environment

from sim.agents import hosts, interventions
from sim.agents.publication import Publication
from sim.agents.stage import Act, Stage
from sim.agents.terms import packs_on_sale
from sim.engines.columns import agenda, escrow
from sim.engines.columns.counterparties import Counterparties, Shown
from sim.engines.columns.earnings import GIVEN
from sim.engines.columns.orders import ORDERED
from sim.engines.columns.rates import rates_at
from sim.engines.columns.rows import NO_TICKET, Structs, new_tickets
from sim.engines.columns.totals import assets_of, flows_of
from sim.engines.reference import ReferenceEngine
from sim.ledger import CURRENCY_BY_NAME, AccountClass, Book, Kind, Op, Outcome, Rule, account_id
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.errors import CoinworksError, ConservationError
from sim.ledger.money import PPM
from sim.ledger.operations import NO_REF
from sim.ledger.postings import Decision
from sim.metrics import Moves, recognized
from sim.scenario import CommerceBan, Commission, Parameter, Scenario, load

THEIRS = {
    *(Op.ORDER, Op.CAPTURE, Op.CANCEL, Op.REFUND, Op.AFFILIATE, Op.SETTLE),
    *(Op.PAYOUT, Op.PAYOUT_RETURN),
}
NOT_COMPARED = {"makes", "refers"}
BUSY = (
    "viewers=250",
    "days=3",
    "gifting.giver_share=0.4",
    "gifting.intent=0.4",
    "shopping.shopper_share=0.8",
    "shopping.live_conversion=0.3",
    "sellers.stock_per_good=2",
    "sellers.delivery_days=0.5",
    "sellers.return_days=0.3",
    "sellers.return_rate=0.5",
    "sellers.per_thousand_viewers=20",
    "gifting.tap_first=0.6",
    "creators.payout_floor_cents=100",
    "creators.payout_delay_days=1",
    "creators.cash_out_every_days=1",
)


class Deed(NamedTuple):
    """An operation of the reference engine; `ref` and `ticket` are its tickets."""

    ticket: int
    at_us: int
    act: Act
    outcome: Outcome
    by_viewer: bool
    occasion: int
    moves: Moves
    region: int


class Told(NamedTuple):
    """What a reference run says about itself, by boundary."""

    scenario: Scenario
    deeds: dict[int, list[Deed]]
    seen: list[Publication]
    book: Book
    n_creators: int


class Watched(ReferenceEngine):
    """A reference engine that tells what happens."""

    def __init__(self, scenario: Scenario) -> None:
        self.deeds: defaultdict[int, list[Deed]] = defaultdict(list)
        self.seen: list[Publication] = []
        self.decision = Decision(Outcome.ACCEPTED)
        super().__init__(scenario, 1, lambda *_: None)
        apply, publish = self.book.apply, self.economy.publish

        def applied(operation: Any) -> Decision:
            self.decision = apply(operation)
            return self.decision

        def published() -> Publication:
            self.seen.append(publish())
            return self.seen[-1]

        self.book.apply = applied  # type: ignore[method-assign]
        self.economy.publish = published  # type: ignore[method-assign]

    def happen(self, act: Act, *, by_viewer: bool = True, occasion: int = 0) -> tuple[int, Outcome]:
        """Let somebody act, and note it."""
        at_us = self.economy.now_us
        ticket, outcome = super().happen(act, by_viewer=by_viewer, occasion=occasion)
        moves = recognized(act.op, self.decision.entries)
        region = self.book.holders[act.actor].region if act.actor in self.book.holders else 0
        boundary = at_us // self.economy.windows.window_us
        self.deeds[boundary].append(Deed(ticket, at_us, act, outcome, by_viewer, occasion, moves, region))
        return ticket, outcome


def reference(scenario: Scenario) -> Told:
    engine = Watched(scenario)
    engine.run()
    n_creators = sum(not host.is_seller for host in engine.economy.hosts)
    return Told(scenario, dict(engine.deeds), engine.seen, engine.book, n_creators)


class Played:
    """The columns, fed with what the viewers of a reference run did."""

    def __init__(self, told: Told) -> None:
        self.told, self.scenario = told, told.scenario
        self.env = Environment()
        self.stage = Stage(self.env, told.scenario, 1)
        self.stage.packs = {region: packs_on_sale(told.scenario, region) for region in told.scenario.regions}
        interventions.start(self.stage)
        self.assets = assets_of([CURRENCY_BY_NAME[region.currency].code for region in told.scenario.regions.values()])
        self.other = Counterparties(self.stage, self.assets, new_tickets(3, 7, 2))
        self.tickets: dict[int, int] = {}  # the reference engine's ticket for each
        self.answered: set[int] = set()

    def rates(self, at_us: int) -> Any:
        return rates_at(self.told.book.terms, self.scenario, self.assets, at_us)

    def run(self, first: int = 0, last: int | None = None) -> None:
        """The boundaries from the first to before the last, compared; to the end unless said otherwise."""
        n_windows = self.scenario.duration_us // self.scenario.window_us
        for boundary in range(first, n_windows if last is None else last):
            self.advance(boundary)
            if boundary:
                self.close(boundary)
            self.other.begin()
            self.compare_rows(boundary, self.other.settle(self.rates(self.stage.now_us)))
            self.compare_shown(self.told.seen[boundary], self.other.publish())
            self.other.after()
            if boundary % 16 == 0:
                self.other.check()
        if last is None:
            self.advance(n_windows)
            self.close(n_windows)

    def advance(self, boundary: int) -> None:
        at_us = boundary * self.scenario.window_us
        while self.env.peek() <= at_us:  # interventions
            self.env.step()
        if at_us > self.env.now:
            self.env.run(until=at_us)

    def close(self, boundary: int) -> None:
        deeds = [
            deed
            for deed in self.told.deeds.get(boundary - 1, ())
            if deed.by_viewer and deed.outcome == Outcome.ACCEPTED
        ]
        gifts = [deed.act for deed in deeds if deed.act.op == Op.GIFT]
        bought = [deed for deed in deeds if deed.act.op == Op.ORDER]
        bought.sort(key=lambda deed: (deed.at_us, deed.act.actor))
        codes = self.rates(0).of["code"].tolist()
        orders = np.zeros(len(bought), ORDERED)
        for order, deed in zip(orders, bought, strict=True):
            order["at_us"], order["buyer"], order["amount"] = deed.at_us, deed.act.actor, deed.act.amount
            order["host"] = deed.act.peer % KIND_SPAN + self.told.n_creators
            order["item"], order["region"], order["occasion"] = deed.act.item, codes.index(deed.region), deed.occasion
        given = np.array([(act.peer % KIND_SPAN, act.amount) for act in gifts], GIVEN)
        tickets = self.other.close(orders, given)
        for deed, ticket in zip(bought, tickets.tolist(), strict=True):
            self.make(ticket, deed.ticket)

    def make(self, ticket: int, original: int) -> None:
        assert ticket % 7 == 3
        assert ticket not in self.tickets or ticket in self.answered, "given out again before it was answered"
        self.answered.discard(ticket)
        self.tickets[ticket] = original

    def answer(self, ticket: int) -> int:
        """What a row refers to. A capture may be answered twice: by a refund and by an affiliate's part."""
        self.answered.add(ticket)
        return self.tickets[ticket]

    def compare_rows(self, boundary: int, rows: Structs) -> None:
        settled = [deed for deed in self.told.deeds.get(boundary, ()) if not deed.by_viewer]
        expected = [deed for deed in settled if deed.act.op in THEIRS | {Op.BALANCE}]
        assert len(rows) == len(expected)
        for row, deed in enumerate(expected):
            ref = NO_REF if rows["refers"][row] == NO_TICKET else self.answer(int(rows["refers"][row]))
            if rows["makes"][row] != NO_TICKET:
                self.make(int(rows["makes"][row]), deed.ticket)
            stated = {name: int(rows[name][row]) for name in rows.dtype.names or () if name not in NOT_COMPARED}
            assert stated | {"ref": ref} == {
                **deed.act._asdict(),
                "at_us": deed.at_us,
                "outcome": deed.outcome,
                **deed.moves._asdict(),
                "actor_region": deed.region,
            }, (boundary, row)

    def compare_shown(self, seen: Publication, shown: Shown) -> None:
        kind = np.where(shown.host < self.told.n_creators, int(Kind.CREATOR), int(Kind.SELLER))
        account = kind * KIND_SPAN + shown.host - np.where(shown.host < self.told.n_creators, 0, self.told.n_creators)
        pairs: list[tuple[Any, Any]] = [
            (account, seen.live.host),
            (shown.until_us, seen.live.until_us),
            (shown.reach, seen.live.reach),
            (shown.good, seen.show.good),
            (shown.price, seen.show.price),
            (shown.stock, seen.show.stock),
        ]
        for ours, reference_s in pairs:
            assert ours.tolist() == reference_s.tolist(), self.stage.now_us

    def compare_end(self) -> None:
        self.other.check()
        book = self.told.book
        flows = {key: amount for key, amount in book.flows().items() if key[0] in THEIRS}
        assert flows_of(self.other.totals, self.assets) == flows
        assert sorted(balance_rows(self.other.balances())) == sorted(
            (account.klass, account.owner, asset, amount)
            for (account, asset), amount in book.balances().items()
            if account.klass in (AccountClass.ESCROW, AccountClass.PENDING)
            or (account.klass == AccountClass.HOLDER and account.owner >= account_id(Kind.CREATOR, 0))
        )
        at_us = self.scenario.duration_us - 1
        assert self.other.payable(self.rates(at_us)) == payable(book, at_us)


def balance_rows(columns: dict[str, Any]) -> list[tuple[int, ...]]:
    return list(zip(*(columns[name].tolist() for name in ("klass", "owner", "asset", "amount")), strict=True))


def payable(book: Book, at_us: int) -> dict[int, Fraction]:
    worth: defaultdict[int, Fraction] = defaultdict(Fraction)
    for holder in book.holders.values():
        if holder.id // KIND_SPAN == Kind.CREATOR:
            term = book.terms.demand(Rule.DIAMOND_VALUE, at_us, region=holder.region)
            worth[term.currency] += Fraction(holder.diamonds * term.value, PPM)
    for asked in book.payouts.values():
        worth[asked.currency] += 0 if asked.paid else asked.cash
    return {currency: amount for currency, amount in worth.items() if amount}


@lru_cache
def busy(*overrides: str) -> Told:
    return reference(load("us-baseline", [*BUSY, *overrides]))


EDGES = {
    "busy": (),
    "everything at once": (
        "sellers.delivery_days=0",
        "sellers.return_days=0",
        "sellers.return_rate=1",
        "creators.payout_delay_days=0",
        "creators.cash_out_every_days=0",
        "sellers.cancel_rate=0.5",
    ),
    "nothing in stock": ("sellers.stock_per_good=0",),
    "one piece": ("sellers.stock_per_good=1", "sellers.cancel_rate=0.6", "sellers.delivery_days=2"),
    "no sellers": ("sellers.per_thousand_viewers=0",),
    "everything is cancelled": ("sellers.cancel_rate=1", "sellers.delivery_days=1.7"),
    "late cancels": ("sellers.cancel_rate=1", "sellers.delivery_days=0.01", "window=1h"),
    "everything comes back": ("sellers.cancel_rate=0", "sellers.return_rate=1", "sellers.partial_refund_share=0.5"),
    "refunds take the fee's cap": ("sellers.commission=0.5", "sellers.refund_fee=1", "sellers.refund_fee_cap_cents=40"),
    "all to the platform": ("sellers.commission=1", "sellers.refund_fee=0", "sellers.return_rate=1"),
    "a tight ceiling": ("creators.payout_ceiling_cents=150", "creators.cash_out_every_days=0.1"),
    "no floor, no ceiling to speak of": ("creators.payout_floor_cents=0", "creators.cash_out_every_days=0.05"),
    "diamonds worth nothing": ("creators.diamond_value_cents=0",),
    "an odd worth": ("creators.diamond_value_cents=0.333333", "creators.payout_floor_cents=0"),
    "minutes": ("window=1min", "days=1"),
    "quarters of a day": ("window=6h", "sellers.cancel_rate=0.5", "days=6"),
    "days": ("window=24h", "sellers.cancel_rate=0.5", "days=8", "viewers=120"),
    "shelves filled while orders wait": ("window=6h", "sellers.cancel_rate=1", "sellers.delivery_days=5", "days=8"),
    "shelves filled a day after the order": (
        "window=24h",
        "start=2024-04-09T01:00:00Z",
        "sellers.cancel_rate=1",
        "sellers.delivery_days=2",
        "sellers.goods_each=1",
        "days=8",
    ),
    "one creator": ("creators.per_thousand_viewers=0.001", "creators.cash_out_every_days=0.2"),
    "long sessions": ("creators.session_minutes=1440", "sellers.session_minutes=1440", "creators.sessions_per_week=7"),
    "spring forward": ("start=2024-03-09T05:00:00Z", "window=1h"),
    "over the date line": (
        "start=2011-12-29T00:00:00Z",
        'regions.US.time_zones={"Pacific/Apia"=1.0,"America/New_York"=0,"America/Chicago"=0,"America/Denver"=0,"America/Los_Angeles"=0}',
    ),
}


@pytest.mark.parametrize("edge", EDGES)
def test_rows_publications_balances_and_flows_are_the_reference_s(edge: str) -> None:
    played = Played(busy(*EDGES[edge]))
    played.run()
    played.compare_end()


def test_a_ban_of_live_shopping_hides_sellers_and_another_commission_holds_from_its_boundary() -> None:
    base = load("us-baseline", list(BUSY))
    changes = (
        CommerceBan(at=base.start, until=base.start + timedelta(hours=9), channels=("live",), advertising=False),
        Commission(at=base.start + timedelta(hours=30, minutes=1), rate=Parameter(value=Decimal("0.123"))),
        CommerceBan(at=base.start + timedelta(hours=40), channels=("live",), advertising=False),
    )
    told = reference(msgspec.structs.replace(base, interventions=changes))
    played = Played(told)
    played.run()
    played.compare_end()
    n_goods = [int((seen.show.good >= 0).sum()) for seen in told.seen]
    assert not sum(n_goods[: 9 * 4])
    assert sum(n_goods[9 * 4 : 40 * 4])
    assert not sum(n_goods[40 * 4 :])


def test_two_regions_keep_their_own_terms() -> None:
    overrides = [
        *BUSY,
        "regions.US.share=0.6",
        'regions.US.order_tax={"value"=0.07}',
        'regions.GB={"share"=0.4,"currency"="USD","rate"=1,"income"=1,"packs"="packs-us","goods"="goods-us","topup_tax"=0.1,"order_tax"=0.2,"time_zones"={"Europe/London"=1.0}}',
    ]
    played = Played(reference(load("us-baseline", overrides)))
    played.run()
    played.compare_end()
    assert set(played.other.creators_region.tolist()) == {826, 840}


@pytest.mark.parametrize("boundary", [1, 96, 137])
def test_a_run_that_was_cut_goes_on_as_if_it_had_not_been(boundary: int) -> None:
    told = busy("sellers.delivery_days=0.1", "sellers.cancel_rate=0.5")
    before, after = Played(told), Played(told)
    before.run(0, boundary)
    state = before.other.state()
    assert all(isinstance(value, (np.ndarray, int)) for value in state.values())
    after.tickets, after.answered = dict(before.tickets), set(before.answered)
    after.advance(boundary - 1)
    before.run(boundary)  # what goes on leaves the checkpoint alone
    after.other = Counterparties.restored(after.stage, after.assets, state)
    after.run(boundary)
    after.compare_end()
    assert balance_rows(after.other.balances()) == balance_rows(before.other.balances())


def test_a_checkpoint_of_other_hosts_is_refused() -> None:
    played = Played(busy())
    state = played.other.state()
    fewer = Stage(Environment(), load("us-baseline", ["viewers=50", "days=1"]), 1)
    with pytest.raises(CoinworksError, match=r"creators\.region of shape 7: expected 1"):
        Counterparties.restored(fewer, played.assets, state)


def test_no_orders_come_before_the_first_settlement() -> None:
    with pytest.raises(CoinworksError, match="before the first settlement"):
        Played(busy()).other.close(np.zeros(1, ORDERED), np.zeros(0, GIVEN))


def corrupt(other: Counterparties, what: str) -> None:
    if what == "escrow":
        other._sales.escrow.table["amount"][other._sales.escrow.table["buyer"] != 0] += 1
    elif what == "cash":
        other._sales.takings.cash[0, 0] += 1
        other._sales.takings.had_cash[0, 0] = True
    elif what == "entries":
        other.totals.amount[Op.CAPTURE, AccountClass.TAX, 3] += 1
    else:
        other._earnings.creators[what][0] = -1
        other._earnings.creators["earned"][0] = True


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("escrow", r"escrow of viewer-\d+: balance \d+ USD, but its parts explain \d+"),
        ("cash", r"holder: entries make -?\d+ USD, but all accounts -?\d+"),
        ("entries", "USD: entries sum to 1 over all accounts, expected 0"),
        ("pending", "pending of creator-0: balance -1 diamond, but its parts explain"),
        ("diamonds", "creator-0: balance -1 diamonds, expected >= 0"),
    ],
)
def test_a_violation_names_the_account(what: str, message: str) -> None:
    played = Played(busy())
    played.run(0, 180)
    played.other.check()
    corrupt(played.other, what)
    with pytest.raises(ConservationError, match=message):
        played.other.check()


@pytest.mark.parametrize("lap", [1, 3, 5, 2**16])
def test_an_agenda_finds_each_record_at_its_boundary_and_nowhere_else(
    lap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda, "LAP", lap)
    n_boundaries, plan = 12, {0: 5, 1: 5, 2: 3, 3: 11, 4: 12, 5: 3}  # 12 is after the end
    planned = agenda.new_agenda(n_boundaries, 2)
    planned = agenda.enlarged(planned, agenda.needed(planned, len(plan)))
    for record, boundary in plan.items():
        assert agenda.hire(planned) == record
        assert agenda.put(planned, record, boundary) == (boundary < n_boundaries)
    again = agenda.restored_agenda(agenda.dues(planned), n_boundaries)
    for due in (planned, again):
        seen = {boundary: taken(due, boundary) for boundary in range(n_boundaries)}
        assert {boundary: found for boundary, found in seen.items() if found} == {3: [2, 5], 5: [0, 1], 11: [3]}
    agenda.release(planned, 5)
    agenda.release(planned, 2)
    assert agenda.needed(planned, 2) == len(plan)
    assert [agenda.hire(planned) for _ in range(3)] == [2, 5, 6]


def taken(due: agenda.Agenda, boundary: int) -> list[int]:
    found = np.empty(agenda.due_at_most(due, boundary), np.int32)
    return sorted(found[: agenda.take(due, boundary, found)].tolist())


def test_escrow_keeps_everyone_who_ever_paid() -> None:
    rng = np.random.default_rng(7)
    held: defaultdict[int, int] = defaultdict(int)
    table = escrow.new_escrow(2)
    for buyer, amount in zip(rng.integers(1, 400, 3000).tolist(), rng.integers(-9, 9, 3000).tolist(), strict=True):
        table = escrow.with_room(table, 1)
        escrow.hold(table, buyer * 1024, 3, amount)  # so that they would all go to one place
        held[buyer * 1024] += amount
    buyers, assets, amounts = escrow.holdings(table)
    assert dict(zip(buyers.tolist(), amounts.tolist(), strict=True)) == held
    assert buyers.tolist() == sorted(held)
    assert set(assets.tolist()) == {3}


def test_hosts_are_the_reference_s() -> None:
    told = busy()
    other = Played(told).other
    stage = Stage(Environment(), told.scenario, 1)
    drawn = hosts.draw_hosts(told.scenario, 1, stage.calendar)
    assert other._hosts.weight.tolist() == [host.weight for host in drawn]
    assert other._hosts.zone.tolist() == [host.zone for host in drawn]
    assert (
        other.creators_reach.tolist()
        == hosts.reach_of([host for host in drawn if host.starts and not host.is_seller]).tolist()
    )
