"""Laws of commerce: bans, price floors and quotas change what the stage says of a region."""

from collections.abc import Iterable

from sim.agents.stage import Process, Stage
from sim.behavior.commerce import NO_QUOTA
from sim.behavior.shop import CHANNELS
from sim.scenario import CommerceBan, ImportQuota, PriceFloor
from sim.scenario.types import DAY_US


def renew_quotas(stage: Stage) -> Process:
    """Once a day, counted from the start, let as many imports be ordered as the quotas say."""
    while True:
        yield stage.boundary((stage.now_us // DAY_US + 1) * DAY_US)
        stage.commerce.left[:] = stage.commerce.quota


def ban(stage: Stage, region: str, change: CommerceBan) -> None:
    """Let nothing be sold through the stated channels."""
    _forbid(stage, region, change.channels, is_advertised=change.advertising)


def end_ban(stage: Stage, region: str, _: CommerceBan) -> None:
    """Let everything be sold again."""
    _forbid(stage, region, (), is_advertised=False)


def _forbid(stage: Stage, region: str, channels: Iterable[str], *, is_advertised: bool) -> None:
    place = _place(stage, region)
    stage.commerce.banned[place] = sum(1 << CHANNELS.index(channel) for channel in set(channels))
    stage.commerce.advertised[place] = is_advertised


def set_floor(stage: Stage, region: str, change: PriceFloor) -> None:
    """Let foreign merchants ask at least so much, but for exempt goods."""
    _set_floor(stage, region, change.price_cents, change.exempt)


def end_floor(stage: Stage, region: str, _: PriceFloor) -> None:
    """Let foreign merchants ask what they like."""
    _set_floor(stage, region, 0, ())


def _set_floor(stage: Stage, region: str, price_cents: int, exempt: Iterable[str]) -> None:
    first = stage.scenario.first_good[region]
    for n, good in enumerate(stage.scenario.goods(region), first):
        stage.commerce.floor[n] = 0 if good.category in exempt else price_cents


def set_quota(stage: Stage, region: str, change: ImportQuota) -> None:
    """Let so many imports be ordered a day, today too."""
    _set_quota(stage, region, change.orders_a_day)


def end_quota(stage: Stage, region: str, _: ImportQuota) -> None:
    """Let as many be ordered as are wanted."""
    _set_quota(stage, region, NO_QUOTA)


def _set_quota(stage: Stage, region: str, orders: int) -> None:
    place = _place(stage, region)
    stage.commerce.quota[place] = stage.commerce.left[place] = orders


def _place(stage: Stage, region: str) -> int:
    return list(stage.scenario.regions).index(region)
