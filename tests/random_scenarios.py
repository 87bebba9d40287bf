"""Random scenarios: what the engines are compared on.

    @given(overrides())
    def test_something(overrides):
        scenario = load("us-baseline", overrides)

A scenario is drawn as overrides of `us-baseline`, so a failing example can be pasted behind `coinworks simulate
us-baseline --set`. It is small enough for the reference engine, and stands at the edges of what a scenario may say:
shares of 0 and 1, delays of nothing, windows that no hour is a multiple of, clocks that change, dates off the grid.
"""

import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from sim.agents.hosts import head_counts
from sim.scenario import load
from sim.scenario.files import parse_toml
from sim.scenario.window import window_us

Texts = st.SearchStrategy[str]

VISITS_MOST: Final = 2_000  # of all viewers and days together
WINDOWS_MOST: Final = 1_600
VIEWERS_MOST: Final = 300
DAYS_OF_RUNS: Final = (1, 2, 3, 4, 8, 15)  # the last two pass a week, after which hosts think again
VISITS_A_DAY_MOST: Final = 24  # at most one an hour

# Everything happens within hours, to most people.
LIVELY: Final = (
    "gifting.giver_share=0.5",
    "gifting.intent=0.5",
    "gifting.reward_intent=0.3",
    "gifting.tap_first=0.5",
    "gifting.combo=0.5",
    "creators.per_thousand_viewers=50",
    "creators.sessions_per_week=7",
    "creators.payout_floor_cents=10",
    "creators.payout_delay_days=0.2",
    "creators.cash_out_every_days=0.2",
    "creators.payout_failure_rate=0.1",
    "topup.hesitation=0.1",
    "rewards.checkin_share=0.7",
    "rewards.watch_coins=2",
    "rewards.watch_cap_coins=5",
    "rewards.invite_coins=40",
    "rewards.invite_rate=0.2",
    "rewards.hunter_share=0.2",
    "rewards.hunter_threshold_coins=6",
    "rewards.life_days=0.35",
    "shopping.shopper_share=0.8",
    "shopping.live_conversion=0.4",
    "shopping.tab_conversion=0.3",
    "shopping.video_conversion=0.3",
    "sellers.per_thousand_viewers=30",
    "sellers.sessions_per_week=7",
    "sellers.stock_per_good=1",
    "sellers.delivery_days=0.3",
    "sellers.foreign_share=0.3",
    "sellers.foreign_delivery_days=0.5",
    "sellers.cancel_rate=0.2",
    "sellers.return_rate=0.5",
    "sellers.return_days=0.2",
    "topup.refund_intent=0.5",
    "regions.US.refund_days=1",
    "balance.share=0.6",
    "balance.page=0.2",
    "balance.limit_share=0.3",
    "balance.limit_factor=0.3",
    "balance.leftover_value=0.8",
    "rival.viewer_share=0.3",
    "rival.creator_share=0.5",
    "sellers.settle_every_days=0.2",
    "trade.reprice_step=0.1",
    "trade.restock_weight=0.5",
    "trade.take_up_share=0.5",
    "trade.patience_weeks=1",
    "trade.pool_factor=1",
    "trade.entry_share=0.5",
    "trade.entry_cost_cents=100",
    "sellers.affiliate_share=0.6",
    "platform.chargeback_rate=0.4",
    "platform.chargeback_delay_days=0.2",
)
# Every shopper is given a voucher, of which some expire.
VOUCHERS: Final = (
    "interventions=[{ kind = 'voucher_campaign', at = 2024-04-08T04:00:00Z, region = 'US', amount_cents = 700, "
    "minimum_cents = 1000, days = 0.5, share = 1 }]"
)
# Rich fans whose gifts take several of the largest pack.
LAVISH: Final = (*LIVELY, "gifting.willingness_median_cents=200000", "topup.weekly_budget_median_cents=100000000")


def texts(*some: object) -> Texts:
    """One of these, as it stands in a scenario."""
    return st.sampled_from([str(value) for value in some])


def decimals(low: int, high: int, places: int = 3) -> Texts:
    return st.decimals(low, high, places=places).map(str)


SHARE: Final = texts(0, 1) | decimals(0, 1)
RATE: Final = texts(0, 1, "0.000001", "0.07", "0.3") | decimals(0, 1, places=6)
SIGMA: Final = texts(0, 10) | decimals(0, 3)
DELAY: Final = texts(0, "0.0001", 1, 30) | decimals(0, 2)
HOURS: Final = texts([1] * 24, [0] * 20 + [1] + [0] * 3, [0.001] * 12 + [1000] * 12)
SHAPE: Final = texts("0.05", "1.02", "1.1", 2, 100)

PARAMETERS: Final[dict[str, Texts]] = {
    "audience.visits_sigma": SIGMA,
    "audience.hours": HOURS,
    "audience.weekend_factor": texts(0, 1, 5),
    "audience.watch_minutes": texts("0.001", 5, 60, 1440),
    "audience.favourites": st.integers(0, 10).map(str),
    "audience.favourite_share": SHARE,
    "audience.supply_elasticity": texts("0.5", 1, 100),
    "gifting.giver_share": SHARE,
    "gifting.intent": SHARE,
    "gifting.reward_intent": SHARE,
    "gifting.willingness_median_cents": texts(0, 1, 30, 300, 200_000, 10**12),
    "gifting.willingness_sigma": SIGMA,
    "gifting.mood_sigma": SIGMA,
    "gifting.price_elasticity": texts(0, 1, "1.5", 4, 100),
    "gifting.tap_first": SHARE,
    "gifting.combo": texts(0, "0.3", "0.7", "0.95"),
    "gifting.favourite_boost": texts(0, 1, 2, 1000),
    "gifting.crowd_in": RATE,
    "gifting.crowd_out": RATE,
    "gifting.peer_effect": RATE,
    "gifting.audience_effect": RATE,
    "gifting.board_coins": texts(0, 1, 1000, 10**9),
    "gifting.board_minutes": texts("0.001", 10, 1440),
    "gifting.audience_half": texts(0, 1, 100, 10**9),
    "topup.web_share": SHARE,
    "topup.leftover_value": SHARE,
    "topup.hesitation": SHARE,
    "topup.reference_cents_per_coin": texts("0.001", "1.513", 1000),
    "topup.weekly_budget_median_cents": texts(0, 1, 99, 2000, 10**8, 10**12),
    "topup.budget_sigma": SIGMA,
    "topup.budget_link": SHARE,
    "topup.noise": texts(0, "0.08", 3, 1000),
    "topup.left_digit": SHARE,
    "topup.refund_intent": SHARE,
    "rewards.checkin_coins": st.integers(0, 50).map(str),
    "rewards.checkin_share": SHARE,
    "rewards.watch_coins": texts(0, 1, 7, 10**6),
    "rewards.watch_cap_coins": texts(0, 1, 10, 10**6),
    "rewards.invite_coins": texts(0, 1, 500),
    "rewards.invite_rate": SHARE,
    "rewards.hunter_share": SHARE,
    "rewards.hunter_visits": texts(0, "0.5", 1, 5),
    "rewards.hunter_threshold_coins": texts(0, 1, 5, 50),
    "rewards.life_days": texts("0.1", "0.0001", 5) | decimals(0, 2, places=5),
    "shopping.tab_share": texts(0, 1, "0.2", "0.5"),
    "shopping.video_share": texts(0, "0.3", "0.5"),
    "shopping.live_conversion": SHARE,
    "shopping.tab_conversion": SHARE,
    "shopping.video_conversion": SHARE,
    "shopping.coin_share": SHARE,
    "shopping.shopper_share": SHARE,
    "shopping.taste_sigma": SIGMA,
    "elsewhere.rival_share": texts(0, "0.2", "0.5"),
    "elsewhere.offline_share": texts(0, "0.3"),
    "elsewhere.link_out_share": texts(0, "0.2"),
    "creators.per_thousand_viewers": texts(0, 20, 300, 1000),
    "creators.popularity_shape": SHAPE,
    "creators.sessions_per_week": texts(0, 1, "3.5", 7),
    "creators.session_minutes": texts(1, 30, 360, 1440),
    "creators.start_hours": HOURS,
    "creators.diamond_value_cents": texts(0, "0.000001", "0.333333", "0.5", 1, 1000),
    "creators.payout_floor_cents": texts(0, 1, 50, 1000),
    "creators.payout_ceiling_cents": texts(1000, 1999, 10**9),
    "creators.payout_delay_days": DELAY,
    "creators.cash_out_every_days": DELAY,
    "creators.payout_failure_rate": SHARE,
    "creators.competition_share": SHARE,
    "creators.hour_cost_cents": texts(0, 1, 20, 100_000),
    "creators.hour_cost_sigma": SIGMA,
    "creators.labor_elasticity": texts(0, "0.2", 1, 100),
    "creators.patience_weeks": texts(0, 1, 4),
    "creators.pool_factor": texts(0, "0.5", 3),
    "creators.entry_cost_cents": texts(0, 1, 500, 10**12),
    "creators.entry_share": SHARE,
    "sellers.per_thousand_viewers": texts(0, 4, 100, 1000),
    "sellers.popularity_shape": SHAPE,
    "sellers.sessions_per_week": texts(0, 1, "3.5", 7),
    "sellers.session_minutes": texts(1, 30, 360, 1440),
    "sellers.goods_each": texts(1, 3, 5, 100),
    "sellers.foreign_share": SHARE,
    "sellers.imported_share": SHARE,
    "sellers.foreign_goods_each": texts(1, 3, 5, 100),
    "sellers.foreign_cost_factor": texts(0, 1, "0.8", 1000),
    "sellers.import_price_factor": texts(0, "0.333333", 1, 1000),
    "sellers.price_factor": texts(0, "0.9", 1, "1.25"),
    "sellers.stock_per_good": texts(0, 1, 2, 3, 40),
    "sellers.delivery_days": DELAY,
    "sellers.foreign_delivery_days": DELAY,
    "sellers.cancel_rate": SHARE,
    "sellers.return_rate": SHARE,
    "sellers.import_return_rate": SHARE,
    "sellers.partial_refund_share": SHARE,
    "sellers.return_days": DELAY,
    "sellers.commission": RATE,
    "sellers.commission_flat_cents": texts(0, 1, 30, 10_000),
    "sellers.refund_fee": RATE,
    "sellers.refund_fee_cap_cents": texts(0, 1, 500, 10**9),
    "sellers.settle_every_days": DELAY,
    "sellers.settle_floor_cents": texts(0, 1, 100, 10_000),
    "sellers.affiliate_share": SHARE,
    "sellers.affiliate_rate": RATE,
    "trade.reprice_step": RATE,
    "trade.price_most": texts(0, 1, "1.5", 1000),
    "trade.slow_share": texts(0, "0.1", 1, 1000),
    "trade.restock_weight": RATE,
    "trade.stock_cover": texts(0, 1, "1.5", 1000),
    "trade.live_share": SHARE,
    "trade.take_up_share": SHARE,
    "trade.hour_cost_cents": texts(0, 100, 2000, 10**12),
    "trade.week_cost_cents": texts(0, 100, 5000, 10**12),
    "trade.patience_weeks": texts(0, 1, 2),
    "trade.pool_factor": texts(0, "0.5", 3),
    "trade.entry_cost_cents": texts(0, 100, 50_000, 10**12),
    "trade.horizon_weeks": texts("0.1", 1, 12),
    "trade.entry_share": SHARE,
    "trade.offline_cents_per_week": texts(0, 30_000, 10**12),
    "trade.displacement": RATE,
    "platform.store_fee": RATE,
    "platform.web_fee": RATE,
    "platform.chargeback_rate": SHARE,
    "platform.chargeback_delay_days": DELAY,
    "regions.US.refund_days": texts(0, "0.5", "0.0001", 14),
    "regions.US.verified_share": SHARE,
    "regions.US.rate": texts(1, "0.01", "0.8", 157),
    "regions.US.income": texts(1, 0, "0.2", 3),
    "balance.share": SHARE,
    "balance.page": SHARE,
    "balance.limit_share": SHARE,
    "balance.limit_factor": texts(0, "0.01", 1, 10),
    "balance.leftover_value": SHARE,
    "rival.viewer_share": SHARE,
    "rival.creator_share": SHARE,
    "rival.sensitivity": texts(0, 1, 2, 100),
    "rival.mobility": SHARE,
    "regions.US.topup_tax": RATE,
    "regions.US.order_tax": RATE,
    "regions.US.live_taste": texts(0, 1, "2.5", 1000),
}

# Divisors of a day; 675 s is 128 to the day, and neither a divisor nor a multiple of an hour.
WINDOWS: Final = ("15min", "1h", "6h", "24h", "12h", "90min", "32min", "675s", "5min", "1min")
SHORT_WINDOWS: Final = ("27s", "10s")  # thousands of boundaries: slow, and rare here

ZONES_OF_BASELINE: Final = load("us-baseline").regions["US"].time_zones


class Land(NamedTuple):
    """A country as overrides, and the regions that it has then."""

    overrides: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("US",)


def zones(shares: Mapping[str, float]) -> str:
    """Other time zones than the baseline's, whose own are set to 0."""
    stated = {**dict.fromkeys(ZONES_OF_BASELINE, 0), **shares}
    return "regions.US.time_zones={" + ", ".join(f'"{name}" = {share}' for name, share in stated.items()) + "}"


BRITAIN: Final = (
    'regions.GB={ share = 0.35, currency = "USD", rate = 1, income = 1, packs = "packs-us", goods = "goods-us", '
    "topup_tax = 0.2, order_tax = 0.2, live_taste = 0.5, "
    'time_zones = { "Europe/London" = 0.9, "Asia/Kolkata" = 0.1 } }'
)
# Other money: one unit is worth a hundredth of the other's, prices have no decimals, and the goods are others.
INDONESIA: Final = (
    'regions.ID={ share = 0.35, currency = "IDR", rate = 157, income = 0.6, packs = "packs-id", goods = "goods-id", '
    'topup_tax = 0.11, order_tax = 0.0, time_zones = { "Asia/Jakarta" = 0.8, "Asia/Makassar" = 0.2 } }'
)
GERMANY: Final = (
    'regions.DE={ share = 0.3, currency = "EUR", rate = 0.923, income = 1.4, packs = "packs-eu", goods = "goods-eu", '
    'topup_tax = 0.19, order_tax = 0.0, time_zones = { "Europe/Berlin" = 1 } }'
)
LANDS: Final = (
    Land(),
    Land((zones({"America/New_York": 1}),)),
    Land((zones({"Pacific/Kiritimati": 0.333333, "Pacific/Pago_Pago": 0.333333, "Asia/Kathmandu": 0.333334}),)),
    Land(("regions.US.share=0.65", BRITAIN), ("US", "GB")),
    Land(("regions.US.share=0.35", INDONESIA, GERMANY)),
)
# The eves of both changes of clocks in the United States, one in Europe, a leap day, a new year, and the first day.
DAYS: Final = tuple(
    datetime.fromisoformat(f"{day}T00:00Z")
    for day in ("2024-04-08", "2024-03-09", "2024-11-02", "2024-03-30", "2024-02-28", "2023-12-30", "1971-01-01")
)
PACKS: Final = tuple(pack.name for pack in load("us-baseline").packs("US"))


@st.composite
def overrides(draw: st.DrawFn) -> tuple[str, ...]:
    """A scenario as overrides of `us-baseline`."""
    window, days, viewers, visits_per_day = draw(sizes())
    start, land = draw(starts()), draw(st.sampled_from(LANDS))
    keys = draw(st.lists(st.sampled_from(sorted(PARAMETERS)), max_size=6, unique=True))
    changes = without_clashes(draw(st.lists(interventions(start, days, window, land.regions), max_size=4)))
    stated = (
        f"seed={draw(st.integers(0, 2**64 - 1) | st.sampled_from([1, 2**63 - 1, 2**63, 2**64 - 1]))}",
        f"start={start.isoformat()}",
        f"days={days}",
        f"viewers={viewers}",
        f"window={window}",
        f"audience.visits_per_day={visits_per_day}",
        *draw(st.sampled_from([LIVELY, LIVELY, LAVISH, ()])),
        *land.overrides,
        *(f"{key}={draw(PARAMETERS[key])}" for key in keys),
        f"calendar=[{', '.join(draw(st.lists(seasons(start, land.regions), max_size=2)))}]",
    )
    return (*stated, f"interventions=[{', '.join(of_those_there(changes, stated))}]")


@st.composite
def seasons(draw: st.DrawFn, start: datetime, regions: tuple[str, ...]) -> str:
    """Days of their own around the start, as an inline table."""
    first = start.date() + timedelta(days=draw(st.integers(-1, 2)))
    last = first + timedelta(days=draw(st.integers(0, 2)))
    factors = f"visits = {draw(texts(0, '0.7', 1, 3))}, shopping = {draw(texts(0, '0.5', 1, 4))}"
    hours = draw(st.sampled_from(["", f", hours = {[1] * 12 + [0] * 12}"]))
    where = draw(somewhere(regions))
    return f"{{ name = 'feast', first_day = {first}, last_day = {last}, {factors}{hours}{where} }}"


@st.composite
def sizes(draw: st.DrawFn) -> tuple[str, int, int, int]:
    """Window, days, viewers and visits a day that the reference engine carries in about a second."""
    window = draw(st.sampled_from(4 * WINDOWS + SHORT_WINDOWS))
    windows_a_day = 86_400_000_000 // window_us(window)
    days = min(draw(st.sampled_from(DAYS_OF_RUNS)), max(1, WINDOWS_MOST // windows_a_day))
    visits_per_day = draw(st.sampled_from([3, 1, 6, 12, 60, 0]))
    visits_each = days * min(max(visits_per_day, 1), VISITS_A_DAY_MOST)
    most = max(min(VIEWERS_MOST, VISITS_MOST // visits_each), 2)
    viewers = draw(st.sampled_from([1, 2, 7, *range(most // 2, most + 1)]))
    return window, days, viewers, visits_per_day


@st.composite
def starts(draw: st.DrawFn) -> datetime:
    """Any hour of a notable day."""
    return draw(st.sampled_from(DAYS)) + timedelta(hours=draw(st.integers(0, 23)))


HAPPEN_ONCE: Final = frozenset({"payout_day", "refund_wave"})  # and have no end


@st.composite
def interventions(draw: st.DrawFn, start: datetime, days: int, window: str, regions: tuple[str, ...]) -> str:
    """A dated change, as an inline table: at the start, on and off a boundary, or after the end; certain or not."""
    at_us = draw(instants(days, window))
    until_us = draw(st.none() | instants(days, window))
    uncertain = draw(st.sampled_from(([], [], ["chance = 0.5"], ["delay_days = 0.3"])))
    change = draw(st.one_of([told(regions) for told in INTERVENTIONS.values()]))
    kind = parse_toml(f"change = {{ {change} }}")["change"]["kind"]
    is_lasting = kind not in HAPPEN_ONCE
    until = [f"until = {_iso(start, until_us)}"] if until_us is not None and at_us < until_us and is_lasting else []
    return f"{{ at = {_iso(start, at_us)}, {', '.join([*until, *uncertain, change])} }}"


def without_clashes(changes: Iterable[str]) -> list[str]:
    """The changes, less any that a scenario may not have beside an earlier one of its kind."""
    kept: list[dict[str, Any]] = []
    texts_kept = []
    for text in changes:
        [change] = parse_toml(f"changes = [{text}]")["changes"]
        if not any(_meet(*sorted((change, other), key=lambda one: one["at"])) for other in kept):
            kept.append(change)
            texts_kept.append(text)
    return texts_kept


def _meet(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether two may clash: of one kind, at once, wherever and on whatever they are."""
    until = earlier.get("until", earlier["at"])
    return bool(earlier["kind"] == later["kind"] and (earlier["at"] == later["at"] or later["at"] < until))


def of_those_there(changes: Iterable[str], stated: Iterable[str]) -> list[str]:
    """The changes, less those of a creator whom the rest of the scenario lacks."""
    creators, _ = head_counts(load("us-baseline", stated))
    named = [(text, parse_toml(f"change = {text}")["change"]) for text in changes]
    return [
        text
        for text, change in named
        if change.get("creator", 0) < creators.all and change.get("rank", 1) <= creators.starting
    ]


@st.composite
def instants(draw: st.DrawFn, days: int, window: str) -> int:
    """Microseconds from the start: on and off a boundary, the last one after the end."""
    n_windows = days * 86_400_000_000 // window_us(window)
    return draw(st.integers(0, n_windows + 1)) * window_us(window) + draw(st.sampled_from([0, 0, 1, 1_234_567]))


def _iso(start: datetime, since_us: int) -> str:
    return (start + timedelta(microseconds=since_us)).isoformat()


def somewhere(regions: tuple[str, ...]) -> Texts:
    """The region of an intervention, or none."""
    return st.sampled_from(["", *(f", region = '{name}'" for name in regions)])


REWARDS: Final = tuple(
    f", {name} = {coins}"
    for name in ("checkin_coins", "watch_coins", "watch_cap_coins", "invite_coins")
    for coins in (0, 1, 8)
)
# What a change says beside its dates; by kind, so that each new one adds a line. Each gets the regions' names.
INTERVENTIONS: Final[dict[str, Callable[[tuple[str, ...]], Texts]]] = {
    "commission": lambda regions: st.builds(
        "kind = 'commission', rate = {}{}{}".format,
        RATE,
        texts("", ", flat_cents = 0", ", flat_cents = 30", ", flat_cents = 2000"),
        somewhere(regions),
    ),
    "new_seller_promotion": lambda regions: st.builds(
        "kind = 'new_seller_promotion', rate = {}, flat_cents = {}, days = {}{}".format,
        RATE,
        texts(0, 30, 2000),
        st.sampled_from([1, 3, 60]),
        somewhere(regions),
    ),
    "rewards": lambda regions: st.builds(
        "kind = 'rewards'{}{}".format,
        st.lists(st.sampled_from(REWARDS), unique_by=lambda text: text.split()[1], min_size=1, max_size=4).map("".join),
        somewhere(regions),
    ),
    "vat": lambda regions: st.builds(
        "kind = 'vat', {}{}".format,
        RATE.map("topups = {}".format) | RATE.map("orders = {}".format),
        somewhere(regions),
    ),
    "store_fee": lambda regions: st.builds(
        "kind = 'store_fee', channel = '{}', rate = {}{}".format, texts("app", "web"), RATE, somewhere(regions)
    ),
    "payment_licence": lambda regions: somewhere(regions).map("kind = 'payment_licence'{}".format),
    "spending_limit": lambda regions: st.builds(
        "kind = 'spending_limit', coins_a_day = {}{}".format, texts(0, 1, 100, 10**12), somewhere(regions)
    ),
    "e_money_limits": lambda regions: st.builds(
        "kind = 'e_money_limits', region = '{}', tier = {}, {}".format,
        st.sampled_from(regions),
        st.sampled_from([0, 1]),
        texts("balance_cents = 500", "topups_cents = 0", "balance_cents = 100000, topups_cents = 5000"),
    ),
    "sanctions": lambda regions: st.builds(
        "kind = 'sanctions', region = '{}', compliance = {}, warnings = {}, warning_days = 1, monitoring_days = 1, "
        "blacklist_days = 1, block_days = 1".format,
        st.sampled_from(regions),
        texts(0, "0.3"),
        st.integers(0, 2),
    ),
    "reward_expiry": lambda regions: st.builds(
        "kind = 'reward_expiry', days = {}{}".format, texts(0, "0.0001", "0.1", 1, 1825), somewhere(regions)
    ),
    "commerce_ban": lambda regions: st.builds(
        "kind = 'commerce_ban', channels = {}, advertising = {}{}".format,
        texts(["live"], ["live", "shop", "video"], ["shop", "video"]),
        texts("false", "true"),
        somewhere(regions),
    ),
    "refund_wave": lambda regions: st.builds(
        "kind = 'refund_wave', share = {}, days = {}{}".format, RATE, texts("0.1", 1, 30), somewhere(regions)
    ),
    "price_floor": lambda regions: st.builds(
        "kind = 'price_floor', region = '{}', price_cents = {}, exempt = {}".format,
        st.sampled_from(regions),
        texts(1, 3000, 10_000, 100_000),
        texts([], ["beauty", "food"]),
    ),
    "flash_sale": lambda regions: st.builds(
        "kind = 'flash_sale', region = '{}', discount = {}, stock = {}, interest = {}".format,
        st.sampled_from(regions),
        RATE,
        texts(1, 2, 1000),
        texts(0, 1, 20, 1000),
    ),
    "import_quota": lambda regions: st.builds(
        "kind = 'import_quota', region = '{}', orders_a_day = {}".format, st.sampled_from(regions), texts(0, 1, 3, 1000)
    ),
    "creator_share": lambda regions: st.builds(
        "kind = 'creator_share', diamond_value_cents = {}{}".format,
        texts(0, "0.000001", "0.333333", "0.6", 1000),
        somewhere(regions),
    ),
    "payout_day": lambda regions: somewhere(regions).map("kind = 'payout_day'{}".format),
    "gift_storm": lambda regions: st.builds(
        "kind = 'gift_storm', factor = {}, popularity = {}, rank = {}{}".format,
        texts(0, 1, "2.5", 1000),
        texts(1, "0.25", 3, 1000),
        texts(1, 2, 5),
        somewhere(regions),
    ),
    "pack_price": lambda regions: st.builds(
        "kind = 'pack_price', region = '{}', pack = '{}', price_cents = {}".format,
        st.sampled_from(regions),
        st.sampled_from(PACKS),
        texts(1, 99, 1299, 99_999),
    ),
    "fraud_ring": lambda _: st.builds(
        "kind = 'fraud_ring', share = {}, creator = {}, packs = {}".format, SHARE, texts(0, 1, 5), texts(1, 3, 20)
    ),
    "coin_refund_right": lambda regions: st.builds(
        "kind = 'coin_refund_right', days = {}{}".format, texts(0, "0.1", 14), somewhere(regions)
    ),
    "balance_rollout": lambda regions: st.builds(
        "kind = 'balance_rollout', share = {}{}".format, SHARE, somewhere(regions)
    ),
    "rival_offer": lambda _: st.builds(
        "kind = 'rival_offer', viewer_share = {}, {}".format,
        SHARE,
        texts("price_cents = 0.5", "creator_cents = 0", "price_cents = 1000, creator_cents = 1000"),
    ),
    "coins_in_shop": lambda regions: st.builds(
        "kind = 'coins_in_shop', region = '{}', coin_value_cents = {}".format,
        st.sampled_from(regions),
        texts(0, "0.000001", 1, "7.3", 1000),
    ),
    "voucher_campaign": lambda regions: st.builds(
        "kind = 'voucher_campaign', region = '{}', amount_cents = {}, minimum_cents = {}, days = {}, share = {}".format,
        st.sampled_from(regions),
        texts(1, 500, 2500, 10**9),
        texts(0, 1, 2000, 10**12),
        texts(0, "0.0001", "0.1", 1, 30),
        RATE,
    ),
    "pack_offer": lambda regions: st.builds(
        "kind = 'pack_offer', region = '{}', pack = '{}', bonus_coins = {}".format,
        st.sampled_from(regions),
        st.sampled_from(PACKS),
        texts(0, 1, 500, 10**6),
    ),
}


def as_command(overrides: Iterable[str]) -> str:
    """The command that runs a drawn scenario, to be pasted into a shell."""
    return shlex.join(["coinworks", "simulate", "us-baseline", *(f"--set={override}" for override in overrides)])
