"""The platform: states its terms, opens accounts, expires rewards, suffers chargebacks."""

from collections import defaultdict

from sim.agents import interventions
from sim.agents.economy import Deed, Economy
from sim.agents.stage import Process
from sim.agents.terms import opening_terms, packs_on_sale
from sim.behavior.delay import memoryless
from sim.behavior.fraud import in_ring
from sim.behavior.purposes import CHARGEBACK
from sim.ledger import REGION_BY_NAME, Op
from sim.streams import draw, uniform


class Platform:
    """The app's own doings."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self._expiring: defaultdict[int, list[Deed]] = defaultdict(list)
        economy.listen(Op.REWARD, self._note_reward)
        economy.listen(Op.VOUCHER, self._note_voucher)
        economy.listen(Op.TOPUP, self._watch_topup)

    def start(self, viewers: list[tuple[int, int, int]]) -> None:
        """State the terms and open all accounts; `viewers` are (account, region code, item of the open)."""
        economy = self.economy
        for fields in opening_terms(economy.scenario):
            economy.propose(**fields._asdict())
        for account, region, item in viewers:
            economy.propose(Op.OPEN, account, item=item, region=region)
        for host in economy.hosts:
            economy.propose(Op.OPEN, host.account, region=REGION_BY_NAME[economy.region_of(host.zone)])
        economy.packs = {region: packs_on_sale(economy.scenario, region) for region in economy.scenario.regions}
        economy.env.process(self._expire())
        interventions.start(economy)

    def _note_reward(self, reward: Deed) -> None:
        expires_us = self.economy.ledger.reward_expires_us(reward.actor, reward.ticket)
        if expires_us:
            self._expiring[self.economy.windows.after(expires_us)].append(reward)

    def _note_voucher(self, voucher: Deed) -> None:
        expires_us = self.economy.ledger.voucher_expires_us(voucher.ticket)
        if expires_us:
            self._expiring[self.economy.windows.after(expires_us)].append(voucher)

    def _expire(self) -> Process:
        """At each boundary, let what is left of the rewards and vouchers whose time has come break."""
        economy = self.economy
        while True:
            for given in self._expiring.pop(economy.now_us, ()):
                left = self._left_of(given)
                if left:
                    economy.propose(
                        Op.EXPIRE, given.actor, item=given.item, amount=left, currency=given.currency, ref=given.ticket
                    )
            yield economy.boundary(economy.now_us + 1)

    def _left_of(self, given: Deed) -> int:
        ledger = self.economy.ledger
        if given.op == Op.VOUCHER:
            return ledger.voucher_left(given.ticket)
        return ledger.reward_left(given.actor, given.ticket)

    def _watch_topup(self, topup: Deed) -> None:
        words = draw(self.economy.seed, topup.actor, CHARGEBACK, topup.occasion)
        is_stolen = in_ring(self.economy.seed, topup.actor, self.economy.ring.share)
        if is_stolen or uniform(words[0]) < float(self.economy.scenario.platform.chargeback_rate):
            self.economy.env.process(self._charge_back(topup, words[1]))

    def _charge_back(self, topup: Deed, word: int) -> Process:
        economy = self.economy
        delay_us = memoryless(word, float(economy.scenario.platform.chargeback_delay_days))
        # Heard of at a boundary whose settlement has passed: the bank's word comes with the next one at the earliest.
        yield economy.boundary(max(topup.at_us + delay_us, economy.now_us + 1))
        amount = economy.ledger.disputable(topup.ticket)
        economy.propose(
            Op.CHARGEBACK, topup.actor, item=topup.item, amount=amount, currency=topup.currency, ref=topup.ticket
        )
