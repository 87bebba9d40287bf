"""What a draw decides: the second coordinate of `sim.streams.draw`. Numbers are part of a trace and never change."""

from typing import Final

# Once for a viewer, creator or seller; occurrence 0, or the index of the favourite or good
TRAITS: Final = 1
TASTES: Final = 2
FAVOURITE: Final = 3
POPULARITY: Final = 4
ASSORTMENT: Final = 5
WORTH: Final = 6  # what a good is worth to a viewer; occurrence: the item

# A viewer's visit; occurrence: the hour, counted from 1970 (UTC)
VISIT: Final = 10
WATCH: Final = 11
GIFT: Final = 12

# One step of a visit; occurrence: `step_of(hour, step)`
COMBO: Final = 13
TOPUP: Final = 14
PACK: Final = 15  # occurrence: `step_of(step_of(hour, step), pack)`
PAUSE: Final = 16
SHOP: Final = 17

# After a decision; occurrence: the step that made it
CHARGEBACK: Final = 20
FULFILMENT: Final = 21
RETURN: Final = 22

# A creator's or seller's day; occurrence: the day, counted from 1970 (UTC)
SESSION: Final = 30
CASH_OUT: Final = 31
PAYMENT: Final = 32
