"""The platform: states its terms, opens accounts, expires rewards, suffers chargebacks, carries out interventions."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Final

import numpy as np

from sim.agents.economy import Act, Deed, Economy, Process
from sim.behavior.delay import DAY_US, memoryless
from sim.behavior.purposes import CHARGEBACK
from sim.behavior.topup import Packs
from sim.ledger import COIN, CURRENCY_BY_NAME, REGION_BY_NAME, REWARD, Item, Op, Rule, item_id
from sim.ledger.accounts import NOBODY
from sim.scenario import Checkin, Commission, LiveShopping, PackPrice, Scenario
from sim.streams import draw, uniform


class Platform:
    """The app's own doings."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self._expiring: defaultdict[int, list[Deed]] = defaultdict(list)
        self._life_us = round(float(economy.scenario.rewards.life_days) * DAY_US)
        economy.listen(Op.REWARD, self._note_reward)
        economy.listen(Op.TOPUP, self._watch_topup)

    def start(self, viewers: list[tuple[int, int]]) -> None:
        """State the terms and open all accounts; `viewers` are (account, region code)."""
        economy = self.economy
        for fields in opening_terms(economy.scenario):
            economy.propose(**fields._asdict())
        for account, region in viewers:
            economy.propose(Op.OPEN, account, region=region)
        for host in economy.hosts:
            economy.propose(Op.OPEN, host.account, region=REGION_BY_NAME[economy.region_of(host.zone)])
        economy.packs = {region: packs_on_sale(economy.scenario, region) for region in economy.scenario.regions}
        economy.env.process(self._expire())
        for intervention in sorted(economy.scenario.interventions, key=lambda change: change.at):
            economy.env.process(self._intervene(intervention))

    def _note_reward(self, reward: Deed) -> None:
        if self._life_us:
            self._expiring[self.economy.windows.after(reward.at_us + self._life_us)].append(reward)

    def _expire(self) -> Process:
        """At each boundary, let what is left of the rewards whose time has come break."""
        economy = self.economy
        while True:
            for reward in self._expiring.pop(economy.now_us, ()):
                left = economy.ledger.reward_left(reward.actor, reward.ticket)
                if left:
                    economy.propose(
                        Op.EXPIRE, reward.actor, item=reward.item, amount=left, currency=REWARD, ref=reward.ticket
                    )
            yield economy.boundary(economy.now_us + 1)

    def _watch_topup(self, topup: Deed) -> None:
        words = draw(self.economy.seed, topup.actor, CHARGEBACK, topup.occasion)
        if uniform(words[0]) < float(self.economy.scenario.platform.chargeback_rate):
            self.economy.env.process(self._charge_back(topup, words[1]))

    def _charge_back(self, topup: Deed, word: int) -> Process:
        economy = self.economy
        delay_us = memoryless(word, float(economy.scenario.platform.chargeback_delay_days))
        yield economy.boundary(topup.at_us + delay_us)
        economy.propose(
            Op.CHARGEBACK, topup.actor, item=topup.item, amount=topup.amount, currency=topup.currency, ref=topup.ticket
        )

    def _intervene(self, intervention: PackPrice | Commission | Checkin | LiveShopping) -> Process:
        """Carry out an intervention at the first boundary at or after its date."""
        economy = self.economy
        since_start = intervention.at.astimezone(UTC) - economy.calendar.start
        yield economy.boundary(round(since_start.total_seconds() * 1_000_000))
        CARRY_OUT[type(intervention)](economy, intervention)


def _set_price(economy: Economy, change: PackPrice) -> None:
    names = [pack.name for pack in economy.scenario.packs(change.region)]
    packs = economy.packs[change.region]
    price = packs.price.copy()
    price[names.index(change.pack)] = change.price_cents
    economy.packs[change.region] = packs._replace(price=price)


def _set_commission(economy: Economy, change: Commission) -> None:
    economy.propose(Op.POLICY, NOBODY, peer=Rule.COMMISSION, amount=change.rate.ppm)


def _set_checkin(economy: Economy, change: Checkin) -> None:
    economy.checkin_coins = change.coins


def _allow_live_shopping(economy: Economy, change: LiveShopping) -> None:
    economy.live_shopping = change.allowed


CARRY_OUT: Final[dict[type, Callable[..., None]]] = {
    PackPrice: _set_price,
    Commission: _set_commission,
    Checkin: _set_checkin,
    LiveShopping: _allow_live_shopping,
}


def packs_on_sale(scenario: Scenario, region: str) -> Packs:
    """A region's packs as columns."""
    packs = scenario.packs(region)
    return Packs(
        np.array([pack.coins for pack in packs], np.int64),
        np.array([pack.price_cents for pack in packs], np.int64),
        np.array([pack.channel == "web" for pack in packs], np.int64),
    )


def pack_items(scenario: Scenario, region: str) -> list[int]:
    """The item ids of a region's packs, by their place in the catalogue."""
    kinds = {"app": Item.PACK_APP, "web": Item.PACK_WEB}
    return [item_id(kinds[pack.channel], n) for n, pack in enumerate(scenario.packs(region))]


def opening_terms(scenario: Scenario) -> Iterator[Act]:
    """The policies with which a trace opens: every number that the wallet needs to decide as the model does."""

    def policy(rule: Rule, amount: int, currency: int = 0, **scope: int) -> Act:
        return Act(Op.POLICY, NOBODY, peer=rule, amount=amount, currency=currency, **scope)

    creators, sellers, platform = scenario.creators, scenario.sellers, scenario.platform
    for name, region in scenario.regions.items():
        code, currency = REGION_BY_NAME[name], CURRENCY_BY_NAME[region.currency].code
        fees = {"app": platform.store_fee.ppm, "web": platform.web_fee.ppm}
        for pack, item in zip(scenario.packs(name), pack_items(scenario, name), strict=True):
            yield policy(Rule.PACK_COINS, pack.coins, COIN, item=item, region=code)
            yield policy(Rule.STORE_FEE, fees[pack.channel], item=item, region=code)
        yield policy(Rule.TOPUP_TAX, region.topup_tax.ppm, region=code)
        yield policy(Rule.ORDER_TAX, region.order_tax.ppm, region=code)
        yield policy(Rule.DIAMOND_VALUE, creators.diamond_value_cents.ppm, currency, region=code)
        yield policy(Rule.PAYOUT_FLOOR, int(creators.payout_floor_cents), currency, region=code)
        yield policy(Rule.PAYOUT_CEILING, int(creators.payout_ceiling_cents), currency, region=code)
        yield policy(Rule.REFUND_FEE_CAP, int(sellers.refund_fee_cap_cents), currency, region=code)
    yield policy(Rule.COMMISSION, sellers.commission.ppm)
    yield policy(Rule.REFUND_FEE, sellers.refund_fee.ppm)
    yield policy(Rule.REWARD_LIFE, round(float(scenario.rewards.life_days) * DAY_US))
