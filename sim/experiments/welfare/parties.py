"""Parties: who is accounted for, under which name, and what counts as a gain; the one place that defines them.

>>> PARTY["platform_gain"].title
'Platform'
>>> sorted(set(PARTY) - set(DOMESTIC) - set(FIRMS))             # everybody is one of these, but merchants from abroad
['foreign_seller_gain']
"""

from typing import Final, NamedTuple


class Party(NamedTuple):
    """Somebody who may gain: a figure's name, who it is, and what is counted."""

    name: str
    title: str
    counts: str


PARTIES: Final = (
    Party(
        "viewer_surplus",
        "Viewers",
        "what gifts given and goods kept were worth to them, and coins at hand, less the money they paid",
    ),
    Party("viewer_surplus_elsewhere", "Viewers, elsewhere", "the same of orders and gifts that went to others"),
    Party("creator_gain", "Creators", "gifts, payable or paid, and affiliates' parts, less what their hours cost"),
    Party("creator_gain_elsewhere", "Creators, elsewhere", "their part of gifts that went to a rival"),
    Party(
        "domestic_seller_gain", "Domestic sellers", "income less goods, hours live and weeks; orders on their own sites"
    ),
    Party("foreign_seller_gain", "Foreign sellers", "the same of merchants from abroad"),
    Party(
        "offline_shop_gain",
        "Offline shops",
        "of domestic sellers: orders that went there less goods, less what imports took from them",
    ),
    Party("platform_gain", "Platform", "earned, less creators' part and vouchers"),
    Party("coin_float_gain", "Unspent coins", "money received for coins not spent yet, at what they cost"),
    Party("store_gain", "Stores and cards", "fees on coins"),
    Party("state_gain", "States", "tax on coins and goods"),
    Party("rival_gain", "Rivals", "orders and gifts that went there, less goods and creators' part"),
)
PARTY: Final = {party.name: party for party in PARTIES}
DOMESTIC: Final = (
    "viewer_surplus",
    "viewer_surplus_elsewhere",
    "creator_gain",
    "creator_gain_elsewhere",
    "domestic_seller_gain",
    "offline_shop_gain",
    "state_gain",
)
FIRMS: Final = ("platform_gain", "coin_float_gain", "store_gain", "rival_gain")  # whose home no scenario states
# Sums and parts of these, which are told beside them
OTHERS: Final = (
    Party("viewer_surplus_without_top", "Viewers without top fans", "without the hundredth of fans with most appetite"),
    Party("viewer_surplus_no_fans", "Viewers who never pay for gifts", "the part of those who are no fans"),
    Party("creator_time", "Creators' time", "what their hours live cost them; their gain is net of it"),
    Party("local_seller_gain", "Local sellers", "domestic sellers, with their shops outside"),
    Party("domestic_gain", "Domestic", "viewers, creators, domestic sellers and their shops, and the state"),
    Party("firm_gain", "Firms", "platform, unspent coins, stores and rivals, whose home no scenario states"),
    Party("total_gain", "All", "everybody: worth less cost, for payments cancel"),
    Party("total_gain_without_top", "All without top fans", "the same without the surplus of those fans"),
)
N_TENTHS: Final = 10
TENTHS: Final = (
    *(
        Party(f"viewer_surplus_tenth_{n}", f"Fans, tenth {n}", "surplus of fans by what they are drawn to spend")
        for n in range(1, N_TENTHS + 1)
    ),
    *(
        Party(f"creator_gain_tenth_{n}", f"Creators, tenth {n}", "gifts less hours of creators by popularity")
        for n in range(1, N_TENTHS + 1)
    ),
)
FIGURE: Final = {party.name: party for party in (*PARTIES, *OTHERS, *TENTHS)}
