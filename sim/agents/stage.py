"""The stage on which every agent acts: the clock, what is on offer, and operations put before the next settlement.

    ticket, outcome = yield stage.propose(Op.PAYOUT, creator, amount=998, currency=DIAMOND)

A *ticket* is an engine's own handle of an operation; the place in canonical order, `seq`, is known only when a window
has closed.
"""

from collections.abc import Generator
from typing import Any, NamedTuple

from simpy import Environment, Event

from sim.agents.calendar import Calendar
from sim.agents.rivals import rival_offer
from sim.agents.supply import Supply
from sim.agents.windows import Phase, Windows
from sim.behavior.commerce import no_law
from sim.behavior.fraud import Ring
from sim.behavior.reward import RewardOffer
from sim.behavior.rival import RivalOffer
from sim.behavior.topup import Packs
from sim.behavior.voucher import NO_CAMPAIGN, Campaign
from sim.ledger import Op
from sim.ledger.accounts import NOBODY
from sim.ledger.money import PPM, is_fiat
from sim.ledger.operations import NO_ITEM, NO_REF
from sim.metrics.elsewhere import Elsewhere
from sim.scenario import Region, Scenario
from sim.scenario.interventions import REWARD_COINS
from sim.streams import key_of

NO_RING = Ring(0.0, 0, 0)
Process = Generator[Event, Any, None]


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


class Proposal(Event):
    """An operation that an agent wants at this boundary. Its value, once settled, is (ticket, outcome)."""

    def __init__(self, env: Environment, act: Act) -> None:
        super().__init__(env)
        self.act = act


class FlashTerms(NamedTuple):
    """A flash sale: rates in ppm, pieces on the shelf when it begins, and whether they were put there."""

    discount_ppm: int
    interest_ppm: int
    pieces: int
    has_begun: bool = False


class Storm(NamedTuple):
    """A gift storm: the factors on the intent to give at the star's stream, and on her popularity, in ppm."""

    eagerness_ppm: int
    popularity_ppm: int

    def weight(self, usual: int) -> int:
        """The star's popularity while it is on."""
        return max(usual * self.popularity_ppm // PPM, 1)


class Stage:
    """What agents share, whichever engine runs them.

    Attributes
    ----------
    packs, rewards, campaigns (by region), commerce, balance_share, rival, ring, flash : what interventions change
    elsewhere : what viewers wanted here and did elsewhere
    diamond_value_ppm : by region, in minor units of its currency
    payout_days : the regions whose creators are all asked, at this boundary, whether they want a payout
    storms : by region and rank of its star
    """

    def __init__(self, env: Environment, scenario: Scenario, seed: int) -> None:
        self.env = env
        self.scenario = scenario
        self.seed = key_of(seed)
        self.windows = Windows(env, scenario.window_us, scenario.duration_us)
        self.calendar = Calendar(scenario)
        self.packs: dict[str, Packs] = {}
        self.rewards: dict[str, RewardOffer] = dict.fromkeys(scenario.regions, rewards_of(scenario))
        self.supply = Supply(scenario)
        self.commerce = no_law(len(scenario.regions), len(scenario.all_goods))
        self.balance_share = dict.fromkeys(scenario.regions, float(scenario.balance.share))
        self.ring = NO_RING
        self.rival: RivalOffer = rival_offer(scenario)
        self.flash: dict[str, FlashTerms] = {}  # by region
        self.campaigns: dict[str, Campaign] = dict.fromkeys(scenario.regions, NO_CAMPAIGN)
        self.elsewhere = Elsewhere(scenario)
        self.diamond_value_ppm = {
            name: region.ppm(scenario.creators.diamond_value_cents) for name, region in scenario.regions.items()
        }
        self.storms: dict[tuple[str, int], Storm] = {}
        self.payout_days: set[str] = set()
        self._proposals: list[Proposal] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.scenario.name} at {self.now_us} us>"

    @property
    def now_us(self) -> int:
        """The time: microseconds since the start."""
        return self.windows.now_us

    def region_of(self, zone: int) -> str:
        """The region to which a zone belongs."""
        return self.calendar.zones[zone].region

    def home_of(self, zone: int) -> Region:
        """The same as the scenario states it."""
        return self.scenario.regions[self.region_of(zone)]

    def boundary(self, instant_us: int) -> Event:
        """The agents' turn at the first boundary at or after an instant."""
        return self.windows.boundary(instant_us, Phase.AGENTS)

    def propose(self, op: Op, actor: int, **fields: int) -> Proposal:
        """Put an operation before this boundary's settlement."""
        proposal = Proposal(self.env, Act(op, actor, **fields))
        self._proposals.append(proposal)
        return proposal

    def take_proposals(self) -> list[Proposal]:
        """This boundary's proposals by what they are; of two that differ in amount alone, the later one last."""
        proposals, self._proposals = self._proposals, []
        return sorted(proposals, key=lambda proposal: _order(proposal.act))


def rewards_of(scenario: Scenario) -> RewardOffer:
    """What the scenario gives collectors, without interventions."""
    return RewardOffer(*(int(getattr(scenario.rewards, name)) for name in REWARD_COINS))


def _order(act: Act) -> tuple[int, ...]:
    # The peer before the ref: tickets say in which order one viewer acted, and nothing about two viewers. Of what
    # expires, rewards come before vouchers.
    is_voucher = act.op == Op.EXPIRE and is_fiat(act.currency)
    return (act.actor, act.op, act.peer, is_voucher, act.ref, act.item, act.region)
