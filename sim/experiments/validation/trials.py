"""Trials: facts about responses, asked of the model by running it twice under one seed, with one thing changed.

    purchase_elasticity(scenario, seed)         # E1: all packs 10 % dearer, and 10 % cheaper
    left_digit_cents(scenario, seed)            # E3: how $19.99 and $20.00 are felt
    crowding_signs(scenario, seed)              # S12-S14: what is given, with each of the effects and without
    sellers_who_stay(scenario, seed)            # I10-I12: how many free entry and exit keep, of one run

Otherwise both runs have the same people under the same draws, so what differs is the response.
"""

from collections.abc import Callable
from decimal import Decimal
from math import log
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from sim.behavior.topup import WEEK_US, felt_price
from sim.engines.market import terms_of
from sim.engines.windowed import WindowedEngine
from sim.experiments.panel import OUTCOMES, Panel
from sim.experiments.validation.moments import Heard, Int64Array, Moments
from sim.model.measured import measured, unheard
from sim.scenario import Scenario
from sim.scenario.catalogs import Pack
from sim.scenario.quantity import Parameter

STEP: Final = 0.1  # of all prices, up and down
BELOW, AT, ABOVE = 1999, 2000, 2090  # cents
DOLLAR: Final = 100
MOST_WATCHED: Final = 10  # of a hundred hosts

Trial = Callable[[Scenario, int], Moments]


def purchase_elasticity(scenario: Scenario, seed: int) -> Moments:
    """How days with a purchase follow the price of coins: the slope of their logarithms."""
    dear, cheap = (_buying_days(with_prices(scenario, factor), seed) for factor in (1 + STEP, 1 - STEP))
    return {"purchase_elasticity": log(dear / cheap) / log((1 + STEP) / (1 - STEP))}


def left_digit_cents(scenario: Scenario, seed: int) -> Moments:
    """What the cent from $19.99 to $20.00 is felt to be, in cents of those that follow; alike under every seed.

    Asked of the rule of felt prices: packs are so far apart that a cent moves hardly a sale.
    """
    del seed
    below, at, above = (felt_price(cents, DOLLAR, terms_of(scenario).topup.left_digit) for cents in (BELOW, AT, ABOVE))
    return {"left_digit_cents": (at - below) * (ABOVE - AT) / (above - at)}


def sellers_who_stay(scenario: Scenario, seed: int) -> Moments:
    """Active sellers for a thousand viewers, in the mean over whole weeks: as many as free entry and exit keep."""
    engine = WindowedEngine(scenario, seed, unheard, opens=False)
    engine.run()
    by_week, weeks = engine.sellers_by_week(), scenario.duration_us // WEEK_US
    active = by_week["active"][by_week["week"] < weeks].sum()
    return {"sellers_per_thousand": 1000 * active / weeks / scenario.viewers}


def crowding_signs(scenario: Scenario, seed: int) -> Moments:
    """What each effect of the crowd adds to coins given, against the same without it; in log points.

    Of the head viewers' effect the regimes are told apart: all sessions follow a star, or in all of them fans compete.
    """
    usual = _coins_by_creator(scenario, seed)
    fans = np.argsort(-usual, kind="stable")
    most = fans[: len(fans) * MOST_WATCHED // 100]
    alone = _coins_by_creator(_with_gifting(scenario, audience_effect="0"), seed)
    follow, compete = (_with_competition(scenario, share) for share in ("0", "1"))
    return {
        "audience_sign": _log_ratio(usual[most], alone[most])
        - _log_ratio(np.delete(usual, most), np.delete(alone, most)),
        "peer_sign": _log_ratio(usual, _coins_by_creator(_with_gifting(scenario, peer_effect="0"), seed)),
        "crowd_in_sign": _log_ratio(
            _coins_by_creator(follow, seed), _coins_by_creator(_with_gifting(follow, crowd_in="0"), seed)
        ),
        "crowd_out_sign": _log_ratio(
            _coins_by_creator(compete, seed), _coins_by_creator(_with_gifting(compete, crowd_out="0"), seed)
        ),
    }


class Asked(NamedTuple):
    """The moments that a trial tells, and how many viewers and days it takes to tell them."""

    moments: tuple[str, ...]
    viewers: int
    days: int


TRIALS: Final[dict[Trial, Asked]] = {
    purchase_elasticity: Asked(("purchase_elasticity",), 20_000, 28),
    left_digit_cents: Asked(("left_digit_cents",), 1, 1),
    crowding_signs: Asked(("audience_sign", "peer_sign", "crowd_in_sign", "crowd_out_sign"), 10_000, 14),
}


def with_prices(scenario: Scenario, factor: float) -> Scenario:
    """The same, with every pack at so many times its price, in whole minor units."""

    def priced(pack: Pack) -> Pack:
        return msgspec.structs.replace(pack, price_cents=max(round(pack.price_cents * factor), 1))

    packs = {
        name: msgspec.structs.replace(catalog, packs=tuple(map(priced, catalog.packs)))
        for name, catalog in scenario.catalogs.packs.items()
    }
    return msgspec.structs.replace(scenario, catalogs=msgspec.structs.replace(scenario.catalogs, packs=packs))


def _buying_days(scenario: Scenario, seed: int) -> int:
    panel = Panel(scenario, OUTCOMES["topups"])
    measured(scenario, seed, panel)
    return int(np.count_nonzero(panel.amounts))


def _coins_by_creator(scenario: Scenario, seed: int) -> Int64Array:
    """Coins given to each creator of a run: array of shape (n_creators,)."""
    heard = Heard(scenario)
    found = measured(scenario, seed, heard)
    creators = int(found.kpis["creators"]["value"])
    return np.pad(heard.coins_by_creator, (0, creators - len(heard.coins_by_creator)))


def _log_ratio(ones: Int64Array, others: Int64Array) -> float:
    return log(ones.sum() / others.sum())


def _with_gifting(scenario: Scenario, **values: str) -> Scenario:
    return msgspec.structs.replace(scenario, gifting=_stated(scenario.gifting, values))


def _with_competition(scenario: Scenario, share: str) -> Scenario:
    return msgspec.structs.replace(scenario, creators=_stated(scenario.creators, {"competition_share": share}))


def _stated(table: Any, values: dict[str, str]) -> Any:
    """A table with some parameters at other values."""
    return msgspec.structs.replace(table, **{name: Parameter(value=Decimal(value)) for name, value in values.items()})
