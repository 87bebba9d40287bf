"""Planted effects: what is put into a scenario comes out of its comparison.

    found = planted(load("us-baseline"), seeds=range(1, 21))
    found[0].name, found[0].planted, found[0].found         # Interval of what came out
    all(one.is_recovered for one in found)

**An elasticity.** There is one gift, everybody who gives can afford it, and one pack that brings just its coins: so a
topup is wanted as often under any price, and the price alone thins it, by price ** (1 - elasticity). Coins dearer by
5 % then change topups by 1.05 ** (1 - elasticity) - 1, whatever else the scenario says.

**A rollout's effect.** What viewers give is made larger by a stated part from the day on which a staggered rollout
reaches them, on the panel of the same scenario itself; the difference-in-differences estimate has to find that part.

**Nothing.** A policy after the end of the run, a limit that nobody reaches, another price of a pack that isn't sold:
under common draws every metric of every pair has to stay as it is, to the last coin.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sim.experiments.compare import Comparison, compare
from sim.experiments.difference import CRITICAL
from sim.experiments.evidence.draws import DEARER, dearer
from sim.experiments.evidence.interval import Interval, mean_interval
from sim.experiments.evidence.tasks import Tell, each, unseen
from sim.experiments.rollout import Trial, trial
from sim.ledger.errors import CoinworksError
from sim.scenario import (
    AnyIntervention,
    BalanceRollout,
    PackPrice,
    Parameter,
    Scenario,
    from_resolved,
    resolved,
)
from sim.scenario.interventions.payments import SpendingLimit

ELASTICITIES: Final = (Decimal(1), Decimal("1.5"), Decimal("2.5"), Decimal(4))
EFFECT: Final = 0.2  # of the rollout, a part of what is given without it
STEPS: Final = (Decimal("0.3"), Decimal("0.6"))  # shares that it reaches, after each third of the run
GIFT_COINS: Final = 100
PLENTY: Final = 10**9

# One gift for everyone who gives, bought by itself: nothing but the price decides.
PLAIN: Final = {
    "gifting": {
        "giver_share": 0.5,
        "intent": 0.2,
        "favourite_boost": 1,
        "combo": 0,
        "willingness_median_cents": PLENTY,
        "willingness_sigma": 0,
        "mood_sigma": 0,
        "crowd_in": 0,
        "crowd_out": 0,
        "peer_effect": 0,
        "audience_effect": 0,
    },
    "topup": {
        "web_share": 0,
        "hesitation": 0.4,
        "reference_cents_per_coin": 1,
        "weekly_budget_median_cents": PLENTY,
        "budget_sigma": 0,
    },
    "rewards": {"checkin_coins": 0, "watch_coins": 0, "invite_coins": 0},
    "platform": {"chargeback_rate": 0},
    "creators": {"labor_elasticity": 0, "patience_weeks": 0, "entry_share": 0},
}


class Planted(NamedTuple):
    """What was planted, and what came out; `told` says of what both are a part, or what else was seen."""

    name: str
    planted: float
    found: Interval
    told: str

    @property
    def is_recovered(self) -> bool:
        """Whether it lies within the interval."""
        return self.planted in self.found


def planted(
    scenario: Scenario, seeds: Iterable[int], executor: Executor | None = None, tell: Tell = unseen
) -> list[Planted]:
    """Plant every effect into a scenario and look for it under these seeds.

    Raises
    ------
    CoinworksError : the scenario is too short for a rollout, or has several regions
    """
    seeds = list(seeds)
    if len(scenario.regions) > 1 or scenario.days < len(STEPS) + 1:
        raise CoinworksError(f"{scenario.name}: expected one region and at least {len(STEPS) + 1} days to plant into")
    asked = len(ELASTICITIES) + 1 + len(nothings(scenario))
    found: list[Planted] = []
    for elasticity in ELASTICITIES:
        found.append(_elasticity(scenario, elasticity, seeds, executor))
        tell(len(found) / asked)
    found.append(_rollout(scenario, seeds, executor))
    for name, policy in nothings(scenario).items():
        found.append(_nothing(scenario, name, policy, seeds, executor))
        tell(len(found) / asked)
    return found


def iso_elastic(scenario: Scenario, elasticity: Decimal) -> Scenario:
    """The scenario with one gift and one pack, whose topups fall as price ** (1 - elasticity)."""
    plain = resolved(scenario)
    for table, values in PLAIN.items():
        plain[table] |= values
    plain["gifting"]["price_elasticity"] = float(elasticity)
    plain["catalogs"]["gifts"]["gifts"] = [{"name": "the gift", "coins": GIFT_COINS, "source": "made up"}]
    for ladder in plain["catalogs"]["packs"].values():
        ladder["packs"] = [
            {"name": "its coins", "channel": "app", "coins": GIFT_COINS, "price_cents": GIFT_COINS, "source": "made up"}
        ]
    plain["interventions"] = []
    return from_resolved(plain)


def nothings(scenario: Scenario) -> dict[str, AnyIntervention]:
    """Policies that change nothing, by what they are."""
    region = next(iter(scenario.regions))
    idle = next((pack for pack in scenario.packs(region) if pack.limited), None)
    found: dict[str, AnyIntervention] = {
        "a price after the end": PackPrice(
            at=scenario.end + timedelta(days=1), region=region, pack=scenario.packs(region)[0].name, price_cents=1
        ),
        "a limit that nobody reaches": SpendingLimit(at=scenario.start, coins_a_day=10**12),
    }
    if idle is not None:
        found["a price of a pack not sold"] = PackPrice(
            at=scenario.start, region=region, pack=idle.name, price_cents=2 * idle.price_cents
        )
    return found


def staggered(scenario: Scenario) -> Scenario:
    """The scenario with a rollout of the Balance page in steps; at the end some are still without."""
    third = scenario.days // (len(STEPS) + 1)
    steps = tuple(
        BalanceRollout(at=scenario.start + timedelta(days=third * (n + 1)), share=Parameter(value=share))
        for n, share in enumerate(STEPS)
    )
    nobody = msgspec.structs.replace(scenario.balance, share=Parameter(value=Decimal(0)))
    return msgspec.structs.replace(scenario, balance=nobody, interventions=steps)


def _elasticity(scenario: Scenario, elasticity: Decimal, seeds: list[int], executor: Executor | None) -> Planted:
    base = iso_elastic(scenario, elasticity)
    told = _compared(base, dearer(base, DEARER), seeds, executor).metrics["topups"]
    low, high = told.interval_seeds
    return Planted(
        f"elasticity {elasticity}",
        float(DEARER) ** (1 - float(elasticity)) - 1,
        Interval(told.difference, low, high).times(1 / told.base),
        "of topups, where coins cost 5 % more",
    )


def _rollout(scenario: Scenario, seeds: list[int], executor: Executor | None) -> Planted:
    treated = staggered(iso_elastic(scenario, ELASTICITIES[0]))
    trials = each(trial, [(treated, "gifts", EFFECT, seed) for seed in seeds], executor)
    parts = np.array([one.put_on.effect / one.usual for one in trials])
    own = sum(_holds(one) for one in trials)
    return Planted(
        "rollout's effect",
        EFFECT,
        mean_interval(parts),
        f"of gifts a viewer and day; {own} of {len(trials)} estimates' own intervals hold it",
    )


def _holds(one: Trial) -> bool:
    """Whether the estimate's own interval holds the planted effect."""
    return bool(abs(one.put_on.effect - EFFECT * one.usual) <= CRITICAL * one.put_on.error)


def _nothing(
    scenario: Scenario, name: str, policy: AnyIntervention, seeds: list[int], executor: Executor | None
) -> Planted:
    other = msgspec.structs.replace(scenario, interventions=(*scenario.interventions, policy))
    told = _compared(scenario, other, seeds, executor).metrics.values()
    changed = [float(change) for one in told for change in one.differences]
    largest = max((abs(change) for change in changed), default=0.0)
    return Planted(name, 0.0, Interval(0.0, -largest, largest), f"largest of {len(changed):,} differences of metrics")


def _compared(base: Scenario, other: Scenario, seeds: Sequence[int], executor: Executor | None) -> Comparison:
    """Every pair of the seeds, whatever the precision."""
    moved = msgspec.structs.replace(other, seed=seeds[0])
    return compare(base, moved, metric="topups", precision=0.0, pairs=len(seeds), warm_up_days=0, executor=executor)
