"""Forks: what may be another in a scenario that goes on from a checkpoint of the past.

The people, their clocks and what they promised stay; prices, rates and how people react may change from the cut on.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sim.agents.stage import Act
from sim.agents.terms import opening_terms
from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario, from_resolved
from sim.scenario.difference import Difference, differences
from sim.scenario.timeline import since_start_us

# Everything else is in the columns already: who there is, when they meet, and what is on its way.
MAY_CHANGE: Final = (
    "audience.hours",
    "audience.weekend_factor",
    "audience.watch_minutes",
    "audience.favourite_share",
    "gifting.intent",
    "gifting.reward_intent",
    "gifting.mood_sigma",
    "gifting.price_elasticity",
    "gifting.combo",
    "gifting.favourite_boost",
    "gifting.crowd_in",
    "gifting.crowd_out",
    "gifting.peer_effect",
    "gifting.audience_effect",
    "gifting.board_coins",
    "gifting.board_minutes",
    "gifting.audience_half",
    "topup.leftover_value",
    "topup.hesitation",
    "topup.reference_cents_per_coin",
    "topup.noise",
    "topup.left_digit",
    "rewards.checkin_coins",
    "shopping.tab_share",
    "shopping.video_share",
    "rewards.watch_coins",
    "rewards.watch_cap_coins",
    "rewards.invite_coins",
    "rewards.invite_rate",
    "rewards.hunter_threshold_coins",
    "shopping.live_conversion",
    "shopping.tab_conversion",
    "shopping.video_conversion",
    "shopping.coin_share",
    "elsewhere.rival_share",
    "elsewhere.offline_share",
    "elsewhere.link_out_share",
    "creators.diamond_value_cents",
    "creators.payout_floor_cents",
    "creators.payout_ceiling_cents",
    "creators.payout_delay_days",
    "creators.cash_out_every_days",
    "creators.payout_failure_rate",
    "creators.labor_elasticity",
    "creators.patience_weeks",
    "creators.entry_cost_cents",
    "creators.entry_share",
    "sellers.stock_per_good",
    "sellers.delivery_days",
    "sellers.foreign_delivery_days",
    "sellers.cancel_rate",
    "sellers.return_rate",
    "sellers.import_return_rate",
    "sellers.partial_refund_share",
    "sellers.return_days",
    "sellers.commission",
    "sellers.commission_flat_cents",
    "sellers.refund_fee",
    "sellers.refund_fee_cap_cents",
    "sellers.settle_every_days",
    "sellers.settle_floor_cents",
    "sellers.affiliate_rate",
    "trade.reprice_step",
    "trade.price_most",
    "trade.slow_share",
    "trade.restock_weight",
    "trade.stock_cover",
    "trade.take_up_share",
    "trade.hour_cost_cents",
    "trade.week_cost_cents",
    "trade.patience_weeks",
    "trade.entry_cost_cents",
    "trade.horizon_weeks",
    "trade.entry_share",
    "trade.offline_cents_per_week",
    "trade.displacement",
    "platform.store_fee",
    "platform.web_fee",
    "platform.chargeback_rate",
    "platform.chargeback_delay_days",
    "balance.page",
    "balance.limit_share",
    "balance.limit_factor",
    "balance.leftover_value",
    "rival.creator_share",
    "rival.sensitivity",
    "rival.mobility",
    "calendar",
    "interventions",
)
OF_A_REGION: Final = ("rate", "income", "topup_tax", "order_tax", "live_taste")


def check_fork(past: Mapping[str, Any], scenario: Scenario, at_us: int) -> list[Difference]:
    """The differences from the scenario of a checkpoint, if the run may go on under this one.

    Raises
    ------
    CoinworksError : a key that can't change in the middle of a run; the message names it, with both values
    """
    found = differences(past, scenario)
    for difference in found:
        if not _may_change(difference.key):
            raise CoinworksError(f"the checkpoint is of another past: {difference}")
    if _before(from_resolved(past), at_us) != _before(scenario, at_us):
        raise CoinworksError("the checkpoint is of another past: interventions before its instant differ")
    return found


def changed_terms(past: Scenario, scenario: Scenario) -> Iterator[Act]:
    """The policies that state at a fork what differs from the past's opening."""
    before = {_scope(act): act.amount for act in opening_terms(past)}
    for act in opening_terms(scenario):
        if before.get(_scope(act)) != act.amount:
            yield act


def _scope(act: Act) -> tuple[int, ...]:
    return act.peer, act.item, act.region, act.currency


def _may_change(key: str) -> bool:
    table, _, rest = key.partition(".")
    return key in MAY_CHANGE or (table == "regions" and rest.partition(".")[2] in OF_A_REGION)


def _before(scenario: Scenario, at_us: int) -> list[Any]:
    window_us = scenario.window_us
    return [
        change
        for change in scenario.interventions
        if -(-since_start_us(scenario, change.at) // window_us) * window_us < at_us
    ]
