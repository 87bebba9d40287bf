"""Interventions: dated changes that the platform carries out at the first boundary at or after their date."""

from collections.abc import Callable
from datetime import UTC
from typing import Final

from sim.agents.stage import Process, Stage
from sim.ledger import Op, Rule
from sim.ledger.accounts import NOBODY
from sim.scenario import Checkin, Commission, LiveShopping, PackPrice, Scenario
from sim.scenario.interventions import AnyIntervention


def start(stage: Stage) -> None:
    """Let the scenario's interventions come, each on its date; those before this boundary have come already."""
    for intervention in sorted(stage.scenario.interventions, key=lambda change: change.at):
        due_us = stage.windows.after(since_start_us(stage.scenario, intervention))
        if due_us >= stage.now_us:
            stage.env.process(_intervene(stage, intervention, due_us))


def since_start_us(scenario: Scenario, intervention: AnyIntervention) -> int:
    """The date of an intervention, in microseconds from the scenario's start."""
    since_start = intervention.at.astimezone(UTC) - scenario.start.astimezone(UTC)
    return round(since_start.total_seconds() * 1_000_000)


def _intervene(stage: Stage, intervention: AnyIntervention, due_us: int) -> Process:
    yield stage.boundary(due_us)
    CARRY_OUT[type(intervention)](stage, intervention)


def _set_price(stage: Stage, change: PackPrice) -> None:
    names = [pack.name for pack in stage.scenario.packs(change.region)]
    packs = stage.packs[change.region]
    price = packs.price.copy()
    price[names.index(change.pack)] = change.price_cents
    stage.packs[change.region] = packs._replace(price=price)


def _set_commission(stage: Stage, change: Commission) -> None:
    stage.propose(Op.POLICY, NOBODY, peer=Rule.COMMISSION, amount=change.rate.ppm)


def _set_checkin(stage: Stage, change: Checkin) -> None:
    stage.checkin_coins = change.coins


def _allow_live_shopping(stage: Stage, change: LiveShopping) -> None:
    stage.live_shopping = change.allowed


CARRY_OUT: Final[dict[type, Callable[..., None]]] = {
    PackPrice: _set_price,
    Commission: _set_commission,
    Checkin: _set_checkin,
    LiveShopping: _allow_live_shopping,
}
