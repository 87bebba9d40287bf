"""Codes: members of the ledger's enums as numbers, which is all that compiled code knows of them."""

from typing import Final

from sim.ledger import AccountClass, Op, Outcome

HOLDER: Final = int(AccountClass.HOLDER)
ESCROW: Final = int(AccountClass.ESCROW)
PENDING: Final = int(AccountClass.PENDING)
BREAKAGE: Final = int(AccountClass.BREAKAGE)
PLATFORM: Final = int(AccountClass.PLATFORM)
TAX: Final = int(AccountClass.TAX)
STORE: Final = int(AccountClass.STORE)
BANK: Final = int(AccountClass.BANK)
EXCHANGE: Final = int(AccountClass.EXCHANGE)

POLICY: Final = int(Op.POLICY)
TOPUP: Final = int(Op.TOPUP)
REWARD: Final = int(Op.REWARD)
VOUCHER: Final = int(Op.VOUCHER)
EXPIRE: Final = int(Op.EXPIRE)
GIFT: Final = int(Op.GIFT)
ORDER: Final = int(Op.ORDER)
CAPTURE: Final = int(Op.CAPTURE)
CANCEL: Final = int(Op.CANCEL)
REFUND: Final = int(Op.REFUND)
COIN_REFUND: Final = int(Op.COIN_REFUND)
CHARGEBACK: Final = int(Op.CHARGEBACK)
PAYOUT: Final = int(Op.PAYOUT)
PAYOUT_RETURN: Final = int(Op.PAYOUT_RETURN)
SETTLE: Final = int(Op.SETTLE)
AFFILIATE: Final = int(Op.AFFILIATE)
BALANCE: Final = int(Op.BALANCE)
HISTORY: Final = int(Op.HISTORY)

ACCEPTED: Final = int(Outcome.ACCEPTED)
SUSPENDED: Final = int(Outcome.SUSPENDED)
FROZEN: Final = int(Outcome.FROZEN)
WRONG_STATE: Final = int(Outcome.WRONG_STATE)
OVER_LIMIT: Final = int(Outcome.OVER_LIMIT)
OVER_CAP: Final = int(Outcome.OVER_CAP)
BELOW_FLOOR: Final = int(Outcome.BELOW_FLOOR)
INSUFFICIENT_FUNDS: Final = int(Outcome.INSUFFICIENT_FUNDS)
