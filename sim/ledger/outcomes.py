"""Outcomes: what the wallet answers, spelled the same in ledger, trace, HTTP and documents.

Where several reasons hold at once, the first in this order is the answer.
"""

from enum import IntEnum


class Outcome(IntEnum):
    ACCEPTED = 0
    SUSPENDED = 1  # a rule has switched the account, or the whole service, off
    FROZEN = 2  # coins are owed after a chargeback; topups settle them
    WRONG_STATE = 3  # the order, topup or payout it answers no longer allows it
    OVER_LIMIT = 4  # the day's spending limit
    OVER_CAP = 5  # more than an account may hold, or may cash out in a day
    BELOW_FLOOR = 6  # less than the least that can be paid out
    INSUFFICIENT_FUNDS = 7

    @property
    def code(self) -> str:
        """`insufficient_funds`: the spelling used everywhere."""
        return self.name.lower()


OUTCOME_BY_CODE = {outcome.code: outcome for outcome in Outcome}
