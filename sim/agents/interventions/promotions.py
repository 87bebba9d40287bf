"""Promotions of new sellers: each has a number, under which its commission stands for those who began while it held."""

from sim.agents.interventions.effect import currency_of, state_policy
from sim.agents.stage import Stage
from sim.ledger import Rule
from sim.scenario import NewSellerPromotion, Scenario


def promotions_of(scenario: Scenario) -> list[NewSellerPromotion]:
    """Every promotion that a scenario states, by its date; the first has the number 1."""
    stated = (change for change in scenario.interventions if isinstance(change, NewSellerPromotion))
    return sorted(stated, key=lambda promotion: promotion.at)


def number_of(scenario: Scenario, promotion: NewSellerPromotion) -> int:
    """A promotion's number."""
    return promotions_of(scenario).index(promotion) + 1


def begin(stage: Stage, region: str, promotion: NewSellerPromotion) -> None:
    """Say what those pay who will have begun under it."""
    number = number_of(stage.scenario, promotion)
    state_policy(stage, Rule.COMMISSION, region, promotion.rate.ppm, item=number)
    flat, currency = promotion.flat_cents, currency_of(stage, region)
    state_policy(stage, Rule.COMMISSION_FLAT, region, flat, item=number, currency=currency)


def end(_: Stage, __: str, ___: NewSellerPromotion) -> None:
    """Who began under it goes on to pay what it says."""
