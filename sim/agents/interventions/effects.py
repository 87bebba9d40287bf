"""Every effect by the kind of intervention, and those on coins and on the shop."""

from typing import Final

from sim.agents.interventions import laws, promotions
from sim.agents.interventions.effect import Effect, currency_of, state_policy
from sim.agents.interventions.payments import PAYMENT_EFFECTS
from sim.agents.interventions.people import PEOPLE_EFFECTS
from sim.agents.rivals import rival_offer
from sim.agents.stage import NO_RING, FlashTerms, Stage, rewards_of
from sim.agents.terms import days_us, pack_items
from sim.behavior.fraud import Ring
from sim.behavior.reward import RewardOffer
from sim.behavior.rival import RivalOffer
from sim.behavior.voucher import NO_CAMPAIGN, Campaign
from sim.ledger import COIN, Rule
from sim.scenario import (
    BalanceRollout,
    CoinRefundRight,
    CoinsInShop,
    CommerceBan,
    Commission,
    FlashSale,
    FraudRing,
    ImportQuota,
    NewSellerPromotion,
    PackOffer,
    PackPrice,
    PriceFloor,
    RefundWave,
    Rewards,
    RivalOfferChange,
    VoucherCampaign,
)
from sim.scenario.interventions import REWARD_COINS, Sanctions


def _set_price(stage: Stage, region: str, change: PackPrice) -> None:
    _price(stage, region, change.pack, change.price_cents)


def _reset_price(stage: Stage, region: str, change: PackPrice) -> None:
    [usual] = (pack.price_cents for pack in stage.scenario.packs(region) if pack.name == change.pack)
    _price(stage, region, change.pack, usual)


def _price(stage: Stage, region: str, pack: str, price_cents: int) -> None:
    names = [sold.name for sold in stage.scenario.packs(region)]
    packs = stage.packs[region]
    n = names.index(pack)
    price, each = packs.price.copy(), packs.each.copy()
    price[n], each[n] = price_cents, stage.scenario.packs(region)[n].each_ppm_at(price_cents)
    stage.packs[region] = packs._replace(price=price, each=each)
    if each[n]:
        item, currency = pack_items(stage.scenario, region)[n], currency_of(stage, region)
        state_policy(stage, Rule.COIN_PRICE, region, int(each[n]), item=item, currency=currency)


def _begin_offer(stage: Stage, region: str, change: PackOffer) -> None:
    _offer(stage, region, change, True, change.bonus_coins)


def _end_offer(stage: Stage, region: str, change: PackOffer) -> None:
    _offer(stage, region, change, False, 0)


def _offer(stage: Stage, region: str, change: PackOffer, holds: bool, bonus: int) -> None:
    sold = stage.scenario.packs(region)
    n = [pack.name for pack in sold].index(change.pack)
    packs = stage.packs[region]
    coins, on_sale = packs.coins.copy(), packs.on_sale.copy()
    coins[n] = sold[n].coins_in_all + (0 if sold[n].by_amount else bonus)
    on_sale[n] = holds or not sold[n].limited
    stage.packs[region] = packs._replace(coins=coins, on_sale=on_sale)
    if sold[n].by_amount:  # a coin has its price, and no bonus
        return
    item = pack_items(stage.scenario, region)[n]
    state_policy(stage, Rule.PACK_COINS, region, int(coins[n]), item=item, currency=COIN)


def _set_refund_right(stage: Stage, region: str, change: CoinRefundRight) -> None:
    state_policy(stage, Rule.COIN_REFUND_WINDOW, region, days_us(change.days))


def _reset_refund_right(stage: Stage, region: str, _: CoinRefundRight) -> None:
    state_policy(stage, Rule.COIN_REFUND_WINDOW, region, days_us(stage.scenario.regions[region].refund_days))


def _take_coins(stage: Stage, region: str, change: CoinsInShop) -> None:
    _set_coin_value(stage, region, change.coin_value_cents.ppm)


def _take_no_coins(stage: Stage, region: str, _: CoinsInShop) -> None:
    _set_coin_value(stage, region, 0)


def _set_coin_value(stage: Stage, region: str, ppm: int) -> None:
    state_policy(stage, Rule.SHOP_COIN_VALUE, region, ppm, currency=currency_of(stage, region))


def _roll_out_balance(stage: Stage, region: str, change: BalanceRollout) -> None:
    stage.balance_share[region] = float(change.share)


def _roll_back_balance(stage: Stage, region: str, _: BalanceRollout) -> None:
    stage.balance_share[region] = float(stage.scenario.balance.share)


def _set_rival(stage: Stage, _: str, change: RivalOfferChange) -> None:
    usual = rival_offer(stage.scenario)
    stated = (change.viewer_share, change.price_cents, change.creator_cents)
    stage.rival = RivalOffer(*(old if new is None else float(new) for new, old in zip(stated, usual, strict=True)))


def _reset_rival(stage: Stage, _: str, __: RivalOfferChange) -> None:
    stage.rival = rival_offer(stage.scenario)


def _begin_ring(stage: Stage, _: str, change: FraudRing) -> None:
    stage.ring = Ring(float(change.share), change.creator, change.packs)


def _end_ring(stage: Stage, _: str, __: FraudRing) -> None:
    stage.ring = NO_RING


def _set_commission(stage: Stage, region: str, change: Commission) -> None:
    flat = _usual_flat(stage, region) if change.flat_cents is None else change.flat_cents
    _take_part(stage, region, change.rate.ppm, flat)


def _reset_commission(stage: Stage, region: str, _: Commission) -> None:
    _take_part(stage, region, stage.scenario.sellers.commission.ppm, _usual_flat(stage, region))


def _usual_flat(stage: Stage, region: str) -> int:
    return stage.scenario.regions[region].cents(stage.scenario.sellers.commission_flat_cents)


def _take_part(stage: Stage, region: str, rate_ppm: int, flat: int) -> None:
    state_policy(stage, Rule.COMMISSION, region, rate_ppm)
    state_policy(stage, Rule.COMMISSION_FLAT, region, flat, currency=currency_of(stage, region))


def _set_rewards(stage: Stage, region: str, change: Rewards) -> None:
    usual = rewards_of(stage.scenario)
    stated = (getattr(change, name) for name in REWARD_COINS)
    stage.rewards[region] = RewardOffer(*(old if new is None else new for old, new in zip(usual, stated, strict=True)))


def _reset_rewards(stage: Stage, region: str, _: Rewards) -> None:
    stage.rewards[region] = rewards_of(stage.scenario)


def _do_nothing(_: Stage, __: str, ___: Sanctions) -> None:
    """A ladder's steps are bans and suspensions of their own."""


def _begin_sale(stage: Stage, region: str, change: FlashSale) -> None:
    stage.flash[region] = FlashTerms(change.discount.ppm, change.interest.ppm, change.stock)


def _end_sale(stage: Stage, region: str, _: FlashSale) -> None:
    stage.flash.pop(region, None)


def _begin_vouchers(stage: Stage, region: str, change: VoucherCampaign) -> None:
    state_policy(stage, Rule.VOUCHER_LIFE, region, days_us(change.days))
    state_policy(stage, Rule.VOUCHER_MINIMUM, region, change.minimum_cents, currency=currency_of(stage, region))
    number = stage.campaigns[region].number + 1
    stage.campaigns[region] = Campaign(number, change.amount_cents, change.share.ppm)


def _end_vouchers(stage: Stage, region: str, _: VoucherCampaign) -> None:
    stage.campaigns[region] = NO_CAMPAIGN._replace(number=stage.campaigns[region].number)


EFFECTS: Final[dict[type, Effect]] = {
    PackPrice: Effect(_set_price, _reset_price),
    PackOffer: Effect(_begin_offer, _end_offer),
    CoinRefundRight: Effect(_set_refund_right, _reset_refund_right),
    CoinsInShop: Effect(_take_coins, _take_no_coins),
    BalanceRollout: Effect(_roll_out_balance, _roll_back_balance),
    RivalOfferChange: Effect(_set_rival, _reset_rival),
    FraudRing: Effect(_begin_ring, _end_ring),
    Commission: Effect(_set_commission, _reset_commission),
    NewSellerPromotion: Effect(promotions.begin, promotions.end),
    Rewards: Effect(_set_rewards, _reset_rewards),
    **PAYMENT_EFFECTS,
    Sanctions: Effect(_do_nothing, _do_nothing),
    RefundWave: Effect(_do_nothing, _do_nothing),  # which orders it takes is known when they are delivered
    CommerceBan: Effect(laws.ban, laws.end_ban),
    FlashSale: Effect(_begin_sale, _end_sale),
    VoucherCampaign: Effect(_begin_vouchers, _end_vouchers),
    PriceFloor: Effect(laws.set_floor, laws.end_floor),
    ImportQuota: Effect(laws.set_quota, laws.end_quota),
    **PEOPLE_EFFECTS,
}
