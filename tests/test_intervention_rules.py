"""Interventions that overlap, contradict or stand outside the run: all told at once, with their keys."""

from pathlib import Path

import pytest

from sim.scenario import ScenarioError, check, load

DAY = "2024-04-{:02d}T04:00:00Z"  # the run is from the 8th to before the 15th
ISO = "2024-04-{:02d}T04:00:00+00:00"
SECOND_REGION = """
[regions.US]
share = 0.5
[regions.GB]
share = 0.5
currency = "USD"
packs = "packs-us"
goods = "goods-us"
rate = 1
income = 1
topup_tax = 0
order_tax = 0
time_zones = { "Europe/London" = 1 }
"""


def commission(begin: int, end: int | None = None, region: str = "", rate: float = 0.1, more: str = "") -> str:
    until = "" if end is None else f"until = {DAY.format(end)}\n"
    where = f'region = "{region}"\n' if region else ""
    head = f'[[interventions]]\nkind = "commission"\nat = {DAY.format(begin)}\n'
    return f"{head}{until}{where}{more}rate = {rate}\n"


def promotion(begin: int, end: int | None = None, more: str = "") -> str:
    until = "" if end is None else f"until = {DAY.format(end)}\n"
    head = f'[[interventions]]\nkind = "new_seller_promotion"\nat = {DAY.format(begin)}\n'
    return f"{head}{until}{more}rate = 0.02\ndays = 60\n"


def price(begin: int, pack: str, end: int | None = None) -> str:
    until = "" if end is None else f"until = {DAY.format(end)}\n"
    return (
        f'[[interventions]]\nkind = "pack_price"\nat = {DAY.format(begin)}\n{until}'
        f'region = "US"\npack = "{pack}"\nprice_cents = 9\n'
    )


def licence(begin: int, end: int, more: str = "") -> str:
    head = f'[[interventions]]\nkind = "payment_licence"\nat = {DAY.format(begin)}\n'
    return f"{head}until = {DAY.format(end)}\n{more}"


def moment(kind: str, begin: int, end: int, more: str) -> str:
    return f'[[interventions]]\nkind = "{kind}"\nat = {DAY.format(begin)}\nuntil = {DAY.format(end)}\n{more}\n'


def told(folder: Path, text: str) -> list[str]:
    path = folder / "my.toml"
    path.write_text(f'question = "Why?"\nextends = "us-baseline"\n{text}')
    return [str(problem).partition("my.toml:")[2].partition(" ")[2] for problem in check(path)]


def overlaps(n: int, other: int, begin: int, end: int) -> str:
    expected = (
        f"expected an instant at or after {ISO.format(end)}, when interventions[{other}] of the same kind and place"
    )
    return f"interventions[{n}].at = {ISO.format(begin)}: {expected} ends (they overlap)"


def nobody_begins(n: int, begin: int, expected: str) -> str:
    return f"note: interventions[{n}].at = {ISO.format(begin)}: expected {expected}"


def same(n: int, other: int, begin: int) -> str:
    expected = f"expected another instant than interventions[{other}] of the same kind, place and target"
    return f"interventions[{n}].at = {ISO.format(begin)}: {expected}"


LONG = "days = 15\n"
MAY_BEGIN = "[trade]\npool_factor = 1\n"
ON_A_BOUNDARY = "an instant after a window's boundary (no window begins while it holds)"

NOBODY_MAY = "sellers who may begin while it holds (trade.pool_factor is 0 and trade.entry_share is 0)"
NO_WEEK = "a week that begins while it holds (sellers begin when a week of the run does)"
BANNED = (
    "an instant when no commerce_ban holds in its place "
    "(interventions[0], no sales in live, shop, video, leaves it nothing to change)"
)
LICENSED = (
    "an instant when no payment_licence holds in its place "
    "(interventions[0], wallet suspended, leaves it nothing to change)"
)

LICENSED_MEANWHILE = (
    "an instant when no payment_licence holds in its place "
    "(they overlap: interventions[0], wallet suspended, leaves it nothing to change meanwhile)"
)

CASES = {
    # what may be
    "one after another, for good": (commission(9) + commission(10), []),
    "for a while, inside what is for good": (commission(9) + commission(10, 11), []),
    "one begins as another ends": (commission(9, 10) + commission(10, 11), []),
    "other packs": (price(9, "web-65", 12) + price(10, "app-65", 12), []),
    "other kinds": (commission(9, 12) + price(9, "app-65", 12), []),
    "other regions": (commission(9, 12, "US") + commission(9, 12, "GB") + SECOND_REGION, []),
    # what may not
    "inside another": (commission(9, 12) + commission(10, 11), [overlaps(1, 0, 10, 12)]),
    "over the end of another": (commission(9, 12) + commission(10, 13), [overlaps(1, 0, 10, 12)]),
    "for good, while another holds": (commission(9, 12) + commission(10), [overlaps(1, 0, 10, 12)]),
    "whatever the file's order": (commission(10, 13) + commission(9, 12), [overlaps(0, 1, 10, 12)]),
    "of everywhere and of one region": (
        commission(9, 12) + commission(10, 11, "GB") + SECOND_REGION,
        [overlaps(1, 0, 10, 12)],
    ),
    "at the same instant": (commission(9) + commission(9), [same(1, 0, 9)]),
    "the same pack twice": (price(9, "app-65", 12) + price(10, "app-65"), [overlaps(1, 0, 10, 12)]),
    "an end before its begin": (
        commission(10, 9),
        [f"interventions[0].until = {ISO.format(9)}: expected an instant after its at, {ISO.format(10)}"],
    ),
    "an end at its begin": (
        commission(10, 10),
        [f"interventions[0].until = {ISO.format(10)}: expected an instant after its at, {ISO.format(10)}"],
    ),
    "a region that the scenario lacks": (
        commission(9, region="ID"),
        ['interventions[0].region = "ID": expected one of US'],
    ),
    "a region for what has none": (
        f'[[interventions]]\nkind = "rival_offer"\nat = {DAY.format(9)}\nregion = "US"\nprice_cents = 2\n',
        ['interventions[0].region = "US": expected no region: rival_offer holds everywhere at once'],
    ),
    "a chance above 1": (
        commission(9, more="chance = 1.1\n"),
        ["interventions[0].chance = 1.1: expected a number in [0, 1]"],
    ),
    "a tax that says nothing": (
        f'[[interventions]]\nkind = "vat"\nat = {DAY.format(9)}\n',
        ["interventions[0]: expected topups, orders or both (it is missing)"],
    ),
    "sellers without goods": (
        "[sellers]\ngoods_each = { value = 0, range = [0, 15] }\n",
        ["sellers.goods_each = 0: expected at least 1, since there are sellers (or per_thousand_viewers = 0)"],
    ),
    "foreign sellers without goods": (
        "[sellers]\nforeign_goods_each = { value = 0, range = [0, 15] }\n",
        ["sellers.foreign_goods_each = 0: expected at least 1, since there are foreign sellers (or foreign_share = 0)"],
    ),
    "foreign goods that nobody would carry": (
        "[sellers]\nforeign_share = 0\nforeign_goods_each = { value = 0, range = [0, 15] }\n",
        [],
    ),
    # what is only worth knowing
    "a price while the wallet is off": (
        f'[[interventions]]\nkind = "payment_licence"\nat = {DAY.format(8)}\n' + price(9, "app-65"),
        [
            f"note: interventions[1].at = {ISO.format(9)}: expected {LICENSED}",
        ],
    ),
    "a price that outlives it is none": (
        f'[[interventions]]\nkind = "payment_licence"\nat = {DAY.format(8)}\nuntil = {DAY.format(12)}\n'
        + price(9, "app-65"),
        [],
    ),
    "a flash sale while the wallet is off": (
        licence(8, 12) + moment("flash_sale", 9, 10, 'region = "US"\ndiscount = 0.5\nstock = 3'),
        [f"note: interventions[1].at = {ISO.format(9)}: expected {LICENSED}"],
    ),
    "a storm of which a part is silenced": (
        licence(8, 10) + moment("gift_storm", 9, 11, "factor = 2"),
        [f"note: interventions[1].at = {ISO.format(9)}: expected {LICENSED_MEANWHILE}"],
    ),
    "a storm as the wallet is on again": (licence(8, 9) + moment("gift_storm", 9, 11, "factor = 2"), []),
    "a day of payouts while the wallet is off": (
        licence(8, 10) + f'[[interventions]]\nkind = "payout_day"\nat = {DAY.format(9)}\n',
        [f"note: interventions[1].at = {ISO.format(9)}: expected {LICENSED}"],
    ),
    "a wallet that may stay on": (licence(8, 10, "chance = 0.5\n") + moment("gift_storm", 9, 11, "factor = 2"), []),
    "a promotion where sellers may begin": (LONG + promotion(15, 16) + MAY_BEGIN, []),
    "promotions one after another": (LONG + promotion(9, 16) + promotion(16) + MAY_BEGIN, []),
    "promotions that overlap": (
        LONG + promotion(9, 16) + promotion(15, 17) + MAY_BEGIN,
        [overlaps(1, 0, 15, 16)],
    ),
    "promotions of other regions": (
        LONG + promotion(9, 16, 'region = "US"\n') + promotion(15, 17, 'region = "GB"\n') + MAY_BEGIN + SECOND_REGION,
        [],
    ),
    "a promotion where nobody may begin": (
        LONG + promotion(9) + "[trade]\nentry_share = 0\n",
        [nobody_begins(0, 9, NOBODY_MAY)],
    ),
    "a promotion between two weeks": (
        LONG + promotion(9, 15) + promotion(16, 22) + MAY_BEGIN,
        [nobody_begins(n, day, NO_WEEK) for n, day in enumerate((9, 16))],
    ),
    "a promotion from the boundary of a week on": (LONG + promotion(22) + MAY_BEGIN, []),
    "a promotion from after the last one on": (
        "days = 16\n" + promotion(23) + MAY_BEGIN,
        [nobody_begins(0, 23, NO_WEEK)],
    ),
    "a promotion of another size": (
        LONG
        + promotion(9, more="flat_cents = -1\n").replace("rate = 0.02", "rate = 1.1").replace("days = 60", "days = 0")
        + MAY_BEGIN,
        [
            "interventions[0].flat_cents = -1: expected a whole number of cents in [0, 1000000000000]",
            "interventions[0].rate = 1.1: expected a number in [0, 1] with at most 6 decimals",
            "interventions[0].days = 0: expected a whole number of days in [1, 3660]",
        ],
    ),
    "a promotion of half a day": (
        LONG + promotion(9).replace("days = 60", "days = 0.5") + MAY_BEGIN,
        ["interventions[0].days = 0.5: expected a whole number of days in [1, 3660]"],
    ),
    "a flat part that is none": (
        commission(9, more="flat_cents = 1.5\n"),
        ["interventions[0].flat_cents = 1.5: expected a whole number of cents in [0, 1000000000000]"],
    ),
    "a promotion while nothing may be sold": (
        LONG + f'[[interventions]]\nkind = "commerce_ban"\nat = {DAY.format(8)}\n' + promotion(9) + MAY_BEGIN,
        [nobody_begins(1, 9, BANNED)],
    ),
    "before any window begins": (
        '[[interventions]]\nkind = "commission"\nrate = 0.1\nat = 2024-04-09T04:01:00Z\nuntil = 2024-04-09T04:14:00Z\n',
        [f"note: interventions[0].until = 2024-04-09T04:14:00+00:00: expected {ON_A_BOUNDARY}"],
    ),
}


@pytest.mark.parametrize(("text", "lines"), CASES.values(), ids=CASES.keys())
def test_what_may_stand_beside_what(tmp_path: Path, text: str, lines: list[str]) -> None:
    assert told(tmp_path, text) == lines


def test_all_of_them_are_told_at_once(tmp_path: Path) -> None:
    """The list of the user's: overlapping, contradicting, before the start, a wrong place, shares, no goods."""
    lines = told(
        tmp_path,
        "[regions.US]\nshare = 0.9\n[sellers]\ngoods_each = { value = 0, range = [0, 15] }\n"
        + commission(9, 12)
        + commission(10, 11)
        + price(9, "app-65")
        + price(9, "app-65")
        + commission(1)
        + commission(13, 12)
        + commission(14, region="XX"),
    )
    keys = [line.partition(" ")[0].rstrip(":") for line in lines]
    assert keys == [
        "regions.US.share",
        "sellers.goods_each",
        "interventions[1].at",
        "interventions[3].at",
        "interventions[4].at",
        "interventions[5].until",
        "interventions[6].region",
    ]
    with pytest.raises(ScenarioError) as error:
        load(tmp_path / "my.toml")
    assert len(error.value.problems) == len(keys)
