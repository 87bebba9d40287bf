"""What a draw decides: the second coordinate of `sim.streams.draw`. Numbers are part of a trace and never change."""

from typing import Final

# Once for a viewer, creator or seller; occurrence 0, or the index of the favourite or good
TRAITS: Final = 1  # occurrence 1: the time zone
TASTES: Final = 2
FAVOURITE: Final = 3
POPULARITY: Final = 4
ASSORTMENT: Final = 5
WORTH: Final = 6  # what a good is worth to a viewer; occurrence: the item

STRATUM: Final = 50  # of a block of viewers: its permutation; occurrence 0
ROLLOUT: Final = 51  # whether a viewer is among those who have the Balance page; occurrence 0
OWN_LIMIT: Final = 52  # whether a giver wants an own limit; occurrence 0
MULTIHOMES: Final = 53  # whether a viewer or creator is on the rival's side too; occurrence 0
FRAUD: Final = 57  # whether an account falls into the hands of a ring; occurrence 0
REFUND_WISH: Final = 55  # whether unspent coins are asked back; occurrence: the hour
IDENTITY: Final = 56  # whether a viewer is identified; occurrence 0
RIVAL: Final = 54  # where a fan of both gives; occurrence: the hour

# In which hours a viewer opens the app; occurrence: four hours, counted from 1970 (UTC), a word for each
ROSTER: Final = 9

# A viewer's visit; occurrence: the hour, counted from 1970 (UTC)
VISIT: Final = 10  # its instant, whether the Balance page is opened, the pauses on it and before watching
WATCH: Final = 11
GIFT: Final = 12

# One step of a visit; occurrence: `step_of(hour, step)`
COMBO: Final = 13
TOPUP: Final = 14
PACK: Final = 15  # occurrence: `step_of(step_of(hour, step), pack)`
PAUSE: Final = 16  # around purchases: `step_of(step_of(hour, step), purchase)`
SHOP: Final = 17  # occurrence: the hour; whether to look closely, when, and through which channel

# After a decision; occurrence: the occasion that made it
CHARGEBACK: Final = 20  # a purchase: `step_of(step_of(hour, step), purchase)`
FULFILMENT: Final = 21  # an order: the hour
RETURN: Final = 22

# In the shop; occurrence: the hour
BROWSE: Final = 60  # whose goods are seen, and which of them
DIVERT: Final = 61  # where an order goes that can't be made here
COIN_PAYMENT: Final = 62  # whether an order is paid with coins; occurrence: the hour
VOUCHER: Final = 63  # once: whether a shopper is given vouchers; occurrence 0

# A creator's or seller's day; occurrence: the day on their own calendar, counted from 1970
SESSION: Final = 30

# A collector's rewards; occurrence: the local day, counted from 1970
INVITE: Final = 40
# Once for a collector: whether rewards are all that she comes for
HUNT: Final = 41

# A creator's turn to cash out, which comes whether there is anything to ask for or not; occurrence: the turn
CASH_OUT: Final = 31
PAYMENT: Final = 32

# What a creator's time costs; once
HOUR_COST: Final = 70
# Whether a payout comes back, and when; occurrence: the turn at which it was asked for
PAYOUT_BACK: Final = 72
# Whether somebody begins as a creator; occurrence: the week, counted from the start
ENTRY: Final = 71

# Whether and when an uncertain rule comes; agent: a hash of the rule, occurrence: its date, in microseconds since 1970
HAZARD: Final = 80
COMPLIANCE: Final = 81  # whether a ladder of sanctions ends with a step; occurrence: the date plus the step

# Sellers
MERCHANT: Final = 90  # once: whether from abroad
SETTLEMENT: Final = 91  # a turn to take money out; occurrence: the turn
SELL_LIVE: Final = 92  # whether live selling is taken up or given up; occurrence: the week, 0: before the start
SELLER_ENTRY: Final = 93  # whether somebody begins to sell; occurrence: the week
REFUND_WAVE: Final = 95  # whether a wave takes an order; occurrence: the order's hour
AFFILIATE: Final = 94  # with whom a seller works; occurrence: the attempt
