"""The stage on which agents act: they announce streams, propose operations, and learn what viewers did.

    ticket, outcome = yield economy.propose(Op.PAYOUT, creator, amount=998, currency=DIAMOND)

Every engine offers the same stage, so an agent is written once. A *ticket* is an engine's own handle of an operation;
the place in canonical order, `seq`, is known only when a window has closed.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, NamedTuple, Protocol

from simpy import Environment, Event

from sim.agents.calendar import Calendar
from sim.agents.hosts import Host, draw_hosts, reach_of
from sim.agents.publication import Publication, Stream, publish
from sim.agents.windows import Phase, Windows
from sim.behavior.topup import Packs
from sim.ledger import Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN, NOBODY
from sim.ledger.operations import NO_ITEM, NO_REF
from sim.scenario import Scenario
from sim.streams import key_of

Process = Generator[Event, Any, None]


class Ledger(Protocol):
    """What agents may ask of an engine's balances."""

    def diamonds(self, creator: int) -> int:
        """Diamonds that a creator holds."""

    def reward_left(self, viewer: int, ticket: int) -> int:
        """Coins left of a reward."""


class Deed(NamedTuple):
    """An accepted operation of a viewer, as agents hear of it when its window closes."""

    ticket: int
    at_us: int
    op: Op
    actor: int
    peer: int
    item: int
    amount: int
    currency: int
    occasion: int


Listener = Callable[[Deed], None]


class Proposal(Event):
    """An operation that an agent wants at this boundary. Its value, once settled, is (ticket, outcome)."""

    def __init__(self, env: Environment, act: "Act") -> None:
        super().__init__(env)
        self.act = act


class Act(NamedTuple):
    """What somebody does, without its instant."""

    op: Op
    actor: int
    peer: int = NOBODY
    item: int = NO_ITEM
    amount: int = 0
    currency: int = 0
    ref: int = NO_REF  # a ticket
    region: int = 0


class Economy:
    """Everything that isn't a viewer's own business.

    Attributes
    ----------
    hosts : creators, then sellers, by `Host.place`
    stock : pieces left of each (seller account, good)
    packs, checkin_coins, live_shopping : what interventions change
    """

    def __init__(self, env: Environment, scenario: Scenario, seed: int, ledger: Ledger) -> None:
        self.env = env
        self.scenario = scenario
        self.seed = key_of(seed)
        self.ledger = ledger
        self.windows = Windows(env, scenario.window_us, scenario.duration_us)
        self.calendar = Calendar(scenario)
        self.hosts: list[Host] = draw_hosts(scenario, self.seed, self.calendar)
        self.creators_reach = reach_of([host for host in self.hosts if not host.is_seller])
        self.stock: dict[tuple[int, int], int] = {}
        self.packs: dict[str, Packs] = {}
        self.checkin_coins = int(scenario.rewards.checkin_coins)
        self.live_shopping = True
        self._streams: dict[int, Stream] = {}
        self._proposals: list[Proposal] = []
        self._listeners: dict[Op, list[Listener]] = {}

    def __repr__(self) -> str:
        return f"<Economy hosts={len(self.hosts)} live={len(self._streams)} at {self.now_us} us>"

    @property
    def now_us(self) -> int:
        """The time: microseconds since the start."""
        return self.windows.now_us

    def region_of(self, zone: int) -> str:
        """The region to which a zone belongs."""
        return self.calendar.zones[zone].region

    def boundary(self, instant_us: int) -> Event:
        """The agents' turn at the first boundary at or after an instant."""
        return self.windows.boundary(instant_us, Phase.AGENTS)

    def go_live(self, stream: Stream) -> None:
        """Announce a stream from this boundary on."""
        self._streams[stream.host] = stream

    def propose(self, op: Op, actor: int, **fields: int) -> Proposal:
        """Put an operation before this boundary's settlement."""
        proposal = Proposal(self.env, Act(op, actor, **fields))
        self._proposals.append(proposal)
        return proposal

    def take_proposals(self) -> list[Proposal]:
        """This boundary's proposals by what they are; of two that differ in amount alone, the later one last."""
        proposals, self._proposals = self._proposals, []
        return sorted(proposals, key=lambda proposal: _order(proposal.act))

    def listen(self, op: Op, listener: Listener) -> None:
        """Call `listener(deed)` for each accepted operation of a kind, when its window has closed."""
        self._listeners.setdefault(op, []).append(listener)

    def tell(self, deeds: Iterable[Deed]) -> None:
        """Let agents hear what viewers did, in canonical order."""
        for deed in deeds:
            for listener in self._listeners.get(deed.op, ()):
                listener(deed)

    def publish(self) -> Publication:
        """The state that viewers will see until the next boundary."""
        now_us = self.now_us
        self._streams = {host: stream for host, stream in self._streams.items() if stream.until_us > now_us}
        shown = [self._with_stock(stream) for stream in self._streams.values() if self._may_show(stream)]
        return publish(shown, len(self.hosts), dict(self.packs), self.checkin_coins)

    def _may_show(self, stream: Stream) -> bool:
        return self.live_shopping or stream.account // KIND_SPAN != Kind.SELLER

    def _with_stock(self, stream: Stream) -> Stream:
        return stream._replace(stock=self.stock.get((stream.account, stream.good), 0))


def _order(act: Act) -> tuple[int, ...]:
    # The peer before the ref: tickets say in which order one viewer acted, and nothing about two viewers.
    return (act.actor, act.op, act.peer, act.ref, act.item, act.region)


def accepted(settled: tuple[int, Outcome]) -> bool:
    """Whether a settled proposal went through."""
    return settled[1] == Outcome.ACCEPTED
