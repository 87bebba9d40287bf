"""Elsewhere: the codes of what people wanted here and did somewhere else, and for what reason."""

from typing import Final

# What was wanted
WHATS: Final = ("order", "gift")
ORDER: Final = 0
GIFT: Final = 1

# Why it isn't done here
REASONS: Final = ("ban", "floor", "quota", "stock", "rival", "suspended", "limit")
BAN: Final = 0
FLOOR: Final = 1
QUOTA: Final = 2
STOCK: Final = 3
RIVAL: Final = 4  # a better offer
SUSPENDED: Final = 5
LIMIT: Final = 6

# Where it is done
ROUTES: Final = ("nothing", "rival", "offline", "link_out")
NOWHERE: Final = 0
AT_RIVAL: Final = 1
OFFLINE: Final = 2
LINK_OUT: Final = 3

# Two origins: of the merchant, and of the goods; a gift has neither, and is domestic
MERCHANTS: Final = ("domestic", "foreign")
GOODS: Final = ("domestic", "imported")
