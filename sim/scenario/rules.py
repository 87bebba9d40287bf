"""Rules between keys: what a type alone cannot say.

Each rule reads the values that were well formed and is silent about the others, so that one mistake is told once, and
hides no other.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sim.ledger.money import CURRENCY_BY_NAME
from sim.ledger.places import REGION_BY_NAME
from sim.scenario.convert import Conversion, is_known
from sim.scenario.interventions.rules import check_interventions
from sim.scenario.problems import KeyPath, nearest
from sim.scenario.quantity import Parameter
from sim.scenario.types import Season
from sim.scenario.window import WINDOW_EXPECTED, window_us

FIAT_NAMES: Final = tuple(name for name, currency in CURRENCY_BY_NAME.items() if currency.is_fiat)
REGION_NAMES: Final = tuple(name for name, code in REGION_BY_NAME.items() if code)
YEARS: Final = range(1971, 2200)

MetricNames = Callable[[Collection[str]], Collection[str]]  # the metrics of a run with some currencies
Read = Mapping[tuple[str, str], Conversion]  # catalogues by the key of their rows and their name

HOURS: Final = (("audience", "hours"), ("creators", "start_hours"))


def check_scenario(found: Conversion, regions: Iterable[str]) -> None:
    """Every rule between the keys of a scenario; `regions` are the names that stand in the document."""
    names = tuple(regions)
    _window(found)
    _start(found)
    _regions(found, names)
    for name in names:
        _currency(found, ("regions", name, "currency"))
        _time_zones(found, ("regions", name, "time_zones"))
    for path in HOURS:
        _weights(found, path)
    _seasons(found, names)
    _payout(found)
    _elsewhere(found)
    _goods(found)
    check_interventions(found, names)


def check_currencies(found: Conversion, read: Read, regions: Iterable[str]) -> None:
    """A region's money is the money of its price lists, for nothing here converts one currency into another."""
    for name in regions:
        path = ("regions", name, "currency")
        currency = found.values.get(path)
        if currency not in FIAT_NAMES:
            continue
        for key in ("packs", "goods"):
            owner = found.values.get(("regions", name, key), "")
            catalog = read.get((key, owner))
            listed = None if catalog is None else catalog.values.get(("currency",))
            if listed in FIAT_NAMES and listed != currency:
                found.report(path, currency, f"{listed}, the currency of its catalogue {owner}")


def check_pack_names(found: Conversion, read: Read) -> None:
    """A pack price names a pack that its region sells."""
    for index, region, pack in _pack_prices(found):
        names = _column(read, "packs", found.values.get(("regions", region, "packs")), "name")
        if pack and names and pack not in names:
            path = ("interventions", index, "pack")
            found.report(path, pack, f"a pack sold in {region}", nearest(pack, names))


def check_rival(found: Conversion, read: Read) -> None:
    """The rival's currency stands in its catalogue."""
    path = ("rival", "currency")
    stated = found.values.get(path)
    names = _column(read, "rivals", found.values.get(("rival", "catalog")), "name")
    if stated is not None and names and stated not in names:
        found.report(path, stated, f"one of {', '.join(names)}", nearest(stated, names))


def check_categories(found: Conversion, read: Read) -> None:
    """What a price floor exempts is a category of its region's goods."""
    for path, category in found.values.items():
        if len(path) == 4 and path[0] == "interventions" and path[2] == "exempt":
            region = str(found.values.get((*path[:2], "region")))
            goods = found.values.get(("regions", region, "goods"))
            known = sorted(set(_column(read, "goods", goods, "category")))
            if known and category not in known:
                found.report(path, category, f"a category of goods in {region}", nearest(category, known))


def check_catalog(found: Conversion, key: str) -> None:
    """A catalogue is not empty, names each thing once and counts in known money; `key` is that of its rows."""
    if found.values.get((key,)) == ():
        found.report((key,), [], f"at least one of the {key}")
    seen = set()
    for path, name in found.values.items():
        if len(path) == 3 and path[0] == key and path[2] == "name":
            if name in seen:
                found.report(path, name, "a name that no other row has")
            seen.add(name)
    _currency(found, ("currency",))


def check_headline(found: Conversion, names_of: MetricNames) -> None:
    """The answer is told in a metric that a run with these currencies has."""
    stated, currencies = found.values.get(("headline",)), currencies_of(found)
    if stated is None or not currencies:
        return
    names = names_of(currencies)
    if stated not in names:
        found.report(("headline",), stated, "one of what coinworks metrics lists", nearest(stated, names))


def check_base(found: Conversion, base: Conversion) -> None:
    """Note what a scenario is compared with although its money, its start or its length is another."""
    money, other_money = (currencies_of(side) for side in (found, base))
    differ = []
    if money != other_money:
        differ.append(f"its money stays in {', '.join(sorted(other_money))}")
    start, other_start = (side.values.get(("start",)) for side in (found, base))
    if start != other_start and start and other_start:
        differ.append(f"it would start at {other_start.isoformat()} and starts here with this one")
    days, other_days = (side.values.get(("days",)) for side in (found, base))
    if days != other_days and days and other_days:
        differ.append(f"it would last {other_days} days and lasts {days} here")
    if differ and money and other_money:
        expected = "a scenario with the same money, start and length"
        found.report(("base",), found.values["base",], expected, "; ".join(differ), is_note=True)


def currencies_of(found: Conversion) -> set[str]:
    """The currencies of the regions in which anybody lives."""
    stated = {path: value for path, value in found.values.items() if path[0:1] + path[2:] == ("regions", "currency")}
    return {value for path, value in stated.items() if _value(found, (*path[:2], "share")) != 0}


def _column(read: Read, rows: str, catalog: str | None, key: str) -> list[str]:
    """What a catalogue says in a key of its rows; nothing where it isn't known of each."""
    found = read.get((rows, catalog or ""))
    tables = [] if found is None else [table for path, table in found.tables.items() if path[:1] == (rows,)]
    stated = [getattr(table, key) for table in tables]
    return stated if is_known(*stated) else []


def _window(found: Conversion) -> None:
    window = found.values.get(("window",))
    if window is None:
        return
    try:
        window_us(window)
    except ValueError:
        found.report(("window",), window, WINDOW_EXPECTED)


def _start(found: Conversion) -> None:
    """Visits have hours, so a run begins on one; and clocks and calendars are only known for so long."""
    start = found.values.get(("start",))
    if start is not None and not (start.year in YEARS and start.astimezone(UTC).strftime("%M%S%f") == "0000000000"):
        found.report(("start",), start, f"a full hour (UTC) from {YEARS[0]} to {YEARS[-1]}")


def _regions(found: Conversion, names: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in REGION_NAMES]
    for name in unknown:
        found.report(("regions", name), None, "a region by its ISO 3166 letters", nearest(name, REGION_NAMES))
    if found.values.get(("regions",)) == {}:
        found.report(("regions",), {}, "at least one region")
    shares = [_value(found, ("regions", name, "share")) for name in names]
    known = [share for share in shares if share is not None]
    if known and len(known) == len(shares) and not unknown:
        total = sum(known, Decimal())
        if total != 1:
            last = ("regions", names[-1], "share")
            found.report(last, shares[-1], "shares that sum to 1 over the regions", f"they sum to {total}")


def _value(found: Conversion, path: KeyPath) -> Decimal | None:
    parameter = found.values.get(path)
    return parameter.value if isinstance(parameter, Parameter) else None


def _currency(found: Conversion, path: KeyPath) -> None:
    currency = found.values.get(path)
    if currency is not None and currency not in FIAT_NAMES:
        found.report(path, currency, "a known currency", nearest(currency, FIAT_NAMES))


def _time_zones(found: Conversion, path: KeyPath) -> None:
    zones = found.values.get(path)
    if zones is None:
        return
    unknown = [name for name in zones if not is_time_zone(name)]
    for name in unknown:
        found.report((*path, name), None, "a time zone's IANA name, like America/New_York")
    total = sum(zones.values(), Decimal())
    if total != 1 and not unknown:
        hint = f"they sum to {total}; zones of an extended scenario stay unless set to 0"
        found.report(path, None, "shares that sum to 1", hint)


def is_time_zone(name: str) -> bool:
    """Whether the zone database has the name."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _weights(found: Conversion, path: KeyPath) -> None:
    weights = found.values.get(path)
    if weights is None:
        return
    if len(weights) != 24:
        found.report(path, weights, "24 weights, one for each local hour", f"there are {len(weights)}")
    elif not sum(weights):
        found.report(path, weights, "at least one weight above 0")


def _elsewhere(found: Conversion) -> None:
    """What goes elsewhere is a part of the orders that can't be made here."""
    paths = [("elsewhere", f"{route}_share") for route in ("rival", "offline", "link_out")]
    shares = [share for share in (_value(found, path) for path in paths) if share is not None]
    total = sum(shares, Decimal())
    if len(shares) == len(paths) and total > 1:
        found.report(paths[-1], shares[-1], "shares that sum to at most 1", f"they sum to {total}")


def _seasons(found: Conversion, regions: tuple[str, ...]) -> None:
    """A season is of a region that exists, and doesn't end before it begins."""
    for path, season in [(path, table) for path, table in found.tables.items() if isinstance(table, Season)]:
        if season.region is not None and is_known(season.region) and season.region not in regions:
            found.report((*path, "region"), season.region, f"one of {', '.join(regions)}")
        if is_known(season.first_day, season.last_day) and season.last_day < season.first_day:
            expected = f"a date at or after its first_day, {season.first_day.isoformat()}"
            found.report((*path, "last_day"), season.last_day, expected)
        if season.hours and is_known(season.hours):
            _weights(found, (*path, "hours"))


def _payout(found: Conversion) -> None:
    paths = [("creators", f"payout_{end}_cents") for end in ("floor", "ceiling")]
    floor, ceiling = (_value(found, path) for path in paths)
    if floor is not None and ceiling is not None and floor > ceiling:
        found.report(paths[0], floor, f"at most payout_ceiling_cents, {ceiling}")


def _goods(found: Conversion) -> None:
    """Whoever sells has something to sell."""
    path = ("sellers", "goods_each")
    sellers, each = _value(found, ("sellers", "per_thousand_viewers")), _value(found, path)
    if sellers and each == 0:
        found.report(path, each, "at least 1, since there are sellers", "or per_thousand_viewers = 0")
    foreign = ("sellers", "foreign_goods_each")
    if sellers and _value(found, ("sellers", "foreign_share")) and _value(found, foreign) == 0:
        found.report(foreign, 0, "at least 1, since there are foreign sellers", "or foreign_share = 0")


def _pack_prices(found: Conversion) -> list[tuple[int, str, str | None]]:
    """The place, region and pack of each pack price, well formed otherwise or not."""
    return [
        (int(path[1]), value, found.values.get((*path[:2], "pack")))
        for path, value in found.values.items()
        if len(path) == 3 and path[0] == "interventions" and path[2] == "region"
    ]
