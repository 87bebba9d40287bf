"""A fan's money on its way: the figure that follows it from what was bought to who has it in the end."""

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.flow import Band, Node, amounts, draw_flow
from sim.report.numbers import about_money, share, short_money
from sim.report.style import CREATORS, OUTSIDE, PLATFORM, SELLERS, VIEWERS, WARNING, is_narrow

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COINS: Final = Node("Coins", VIEWERS)
GOODS: Final = Node("Goods", SELLERS)
COIN_CHANNELS: Final = {"app": Node("Bought in the app", VIEWERS), "web": Node("Bought on the web", VIEWERS)}
GOOD_CHANNELS: Final = {
    "live": Node("Ordered live", SELLERS),
    "video": Node("Ordered in videos", SELLERS),
    "shop": Node("Ordered in the shop", SELLERS),
}
CREATOR: Final = Node("Creators", CREATORS)
APP: Final = Node("Platform", PLATFORM)
DOMESTIC: Final = Node("Domestic sellers", SELLERS)
FOREIGN: Final = Node("Foreign sellers", WARNING)
STORE: Final = Node("Stores and cards", OUTSIDE)
TAX: Final = Node("Tax", OUTSIDE)
BACK: Final = Node("Back to fans", VIEWERS)
PAID: Final = Node("Goods paid in coins", SELLERS)
UNSPENT: Final = Node("Coins not yet spent", VIEWERS)
ON_ITS_WAY: Final = Node("Not yet delivered", VIEWERS)
ENDS: Final = (STORE, UNSPENT, PAID, CREATOR, APP, TAX, BACK, FOREIGN, DOMESTIC, ON_ITS_WAY)  # as bands cross least


def bands_of(run: Evidence) -> list[Band]:
    """Every band with money in it; what fans paid comes in, and as much goes out."""
    return [band for band in (*_coins(run), *_goods(run)) if band.amount > 0]


def _coins(run: Evidence) -> list[Band]:
    coming = [Band(node.name, COINS.name, run.total("bookings", name)) for name, node in COIN_CHANNELS.items()]
    going = (
        (CREATOR, run.kpi("creator_income")),
        (APP, run.kpi("coin_margin")),
        (STORE, run.kpi("store_fees")),
        (TAX, run.kpi("topup_tax")),
        (BACK, run.kpi("charged_back") + run.kpi("coins_refunded")),
        (UNSPENT, run.kpi("coin_float")),
        (PAID, run.kpi("coins_spent_on_goods")),
    )
    return [*coming, *(Band(COINS.name, node.name, amount or 0) for node, amount in going)]


def _goods(run: Evidence) -> list[Band]:
    shop = run.shop
    mine = shop["currency"] == run.currency_code

    def total(measure: str, of: "np.ndarray | None" = None) -> int:
        return int(shop[measure][mine if of is None else mine & of].sum())

    coming = [
        Band(node.name, GOODS.name, total("gmv", shop["channel"] == name)) for name, node in GOOD_CHANNELS.items()
    ]
    kept = {
        node: total("delivered", of) - total("refunded", of) - total("commission", of) - total("affiliates", of)
        for node, of in ((DOMESTIC, shop["merchant"] == "domestic"), (FOREIGN, shop["merchant"] == "foreign"))
    }
    going = {
        **kept,
        APP: total("commission"),
        CREATOR: total("affiliates"),
        BACK: total("cancelled") + total("refunded"),
        ON_ITS_WAY: total("gmv") - total("cancelled") - total("delivered"),
    }
    return [*coming, *(Band(GOODS.name, node.name, amount) for node, amount in going.items())]


def dollar(run: Evidence) -> Figure:
    """Where what fans paid has gone, as a flow."""
    bands = bands_of(run)
    passing = amounts(bands)
    paid = passing.get(COINS.name, 0) + passing.get(GOODS.name, 0)
    first = [node for node in (*COIN_CHANNELS.values(), *GOOD_CHANNELS.values()) if node.name in passing]
    columns = [first, [node for node in (COINS, GOODS) if node.name in passing]]
    columns.append([node for node in ENDS if node.name in passing])

    def draw(canvas: "Canvas") -> None:
        narrow = is_narrow(canvas)

        def text_of(node: Node) -> str:
            amount = passing[node.name]
            if narrow:
                return f"{node.name}\n{short_money(amount, run.currency)}"
            part = f"{share(amount / paid)} · " if node in ENDS else ""
            return f"{node.name}\n{part}{about_money(amount, run.currency)}"

        draw_flow(canvas, columns, bands, text_of, left=104 if narrow else 140, right=104 if narrow else 156)

    height = 120 + 48 * max(map(len, columns))
    return Figure(
        "dollar",
        _finding(run, passing, paid),
        f"What fans paid for {_bought(passing)}, {run.currency}, and who has it at the end; bands are in one scale",
        "Goods before sales tax. A dollar spent on coins in the app splits about 30 : 33 : 37 between store, "
        "creator and platform, one spent on the web 47 to the creator and 53 to platform and processing (C5).",
        {
            "from": [band.source for band in bands],
            "to": [band.target for band in bands],
            "amount_minor": [band.amount for band in bands],
        },
        draw,
        height=height,
        phone_height=height,
    )


def _bought(passing: dict[str, int]) -> str:
    return " and ".join(node.name.lower() for node in (COINS, GOODS) if node.name in passing)


def _finding(run: Evidence, passing: dict[str, int], paid: int) -> str:
    parts = {node.name: passing[node.name] / paid for node in ENDS if node.name in passing}
    first, second = sorted(parts, key=lambda name: -parts[name])[:2] if len(parts) > 1 else (*parts, "")
    of = f"Of {about_money(paid, run.currency)} that fans paid, {share(parts[first])} went to {_prose(first)}"
    return f"{of} and {share(parts[second])} to {_prose(second)}" if second else of


def _prose(name: str) -> str:
    words = {
        CREATOR.name: "creators",
        APP.name: "the platform",
        BACK.name: "fans again",
        UNSPENT.name: "coins not yet spent",
        ON_ITS_WAY.name: "orders not yet delivered",
        TAX.name: "tax",
    }
    return words.get(name, name.lower())
