"""Rules between interventions: dates in order, places that exist, and no two that want the same thing otherwise.

What holds for good may be followed by another of its kind, for good or for a while; what holds for a while may not be
interrupted, for nobody could say what its end brings back.

An intervention with a value that is not well formed is looked at all the same, as far as its other values go.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final, NamedTuple, TypeVar

from sim.scenario.convert import Conversion, is_known
from sim.scenario.heads import head_count
from sim.scenario.interventions import AnyIntervention, FraudRing, GiftStorm, NewSellerPromotion
from sim.scenario.problems import KeyPath
from sim.scenario.quantity import Parameter
from sim.scenario.window import window_us

_Value = TypeVar("_Value")

WEEK: Final = timedelta(days=7)


class _Run(NamedTuple):
    """Between which instants a scenario runs, and the length of its windows; None where a key is wrong."""

    start: datetime | None
    end: datetime | None
    window_us: int | None


def check_interventions(found: Conversion, regions: tuple[str, ...]) -> None:
    """Every rule about interventions; `regions` are the names that stand in the document."""
    _check_regions(found, regions)
    run = _run_of(found)
    for path, at in _values(found, "at", datetime):
        _check_begin(found, path, at, run)
    changes = _of_known_kind(found)
    for path, change in changes.items():
        _check_end(found, path, change, run)
        if change.lacks:
            found.report(path, None, change.lacks, "it is missing")
        if not change.regional and change.region is not None:
            found.report((*path, "region"), change.region, f"no region: {change.kind} holds everywhere at once")
    _check_hosts(found, changes)
    _check_promotions(found, changes, run)
    dated = {path: change for path, change in changes.items() if is_known(change.at, change.until, change.region)}
    for earlier, later in _pairs(dated):
        _check_clash(found, earlier, dated[earlier], later, dated[later])
    _check_moot(found, dated)


def _check_regions(found: Conversion, regions: tuple[str, ...]) -> None:
    regions = tuple(name for name in regions if not _is_empty(found.values.get(("regions", name, "share"))))
    for path, region in _values(found, "region", str):
        if region not in regions:
            found.report(path, region, f"one of {', '.join(regions)}")


def _is_empty(share: Parameter | None) -> bool:
    return share is not None and not share.value


def _check_begin(found: Conversion, path: KeyPath, at: datetime, run: _Run) -> None:
    if run.start and at < run.start:
        found.report(path, at, f"an instant at or after the start, {run.start.isoformat()}")
    elif run.end and at >= run.end:
        hint = "it changes nothing in this run"
        found.report(path, at, f"an instant before the end, {run.end.isoformat()}", hint, is_note=True)


def _check_end(found: Conversion, path: KeyPath, change: AnyIntervention, run: _Run) -> None:
    if change.until is None or not is_known(change.until):
        return
    place = (*path, "until")
    if not change.lasts:
        found.report(place, change.until, f"no until: {change.kind} happens once")
    elif not is_known(change.at):
        return
    elif change.until <= change.at:
        found.report(place, change.until, f"an instant after its at, {change.at.isoformat()}")
    elif run.start and run.window_us and not _meets_boundary(run.start, run.window_us, change.at, change.until):
        hint = "no window begins while it holds"
        found.report(place, change.until, "an instant after a window's boundary", hint, is_note=True)


def _check_hosts(found: Conversion, changes: dict[KeyPath, AnyIntervention]) -> None:
    """A ring's creator and a star are among those who are there."""
    viewers, per_thousand, pool = (
        found.values.get(path)
        for path in (("viewers",), ("creators", "per_thousand_viewers"), ("creators", "pool_factor"))
    )
    if viewers is None or per_thousand is None or pool is None:
        return
    heads = head_count(float(per_thousand), float(pool), viewers)
    there = f"there are {heads.starting:,} creators for {viewers:,} viewers"
    for path, change in changes.items():
        if isinstance(change, FraudRing) and is_known(change.creator) and change.creator >= heads.all:
            found.report((*path, "creator"), change.creator, f"a creator's number, from 0 to {heads.all - 1}", there)
        if isinstance(change, GiftStorm) and is_known(change.rank) and change.rank > heads.starting:
            found.report((*path, "rank"), change.rank, f"a creator's rank, from 1 to {heads.starting}", there)


def _check_promotions(found: Conversion, changes: dict[KeyPath, AnyIntervention], run: _Run) -> None:
    """Note a promotion under which nobody will begin: where nobody may, or no week does while it holds."""
    begin_keys = (("trade", "pool_factor"), ("trade", "entry_share"))
    nobody = [f"{table}.{key} is 0" for table, key in begin_keys if _is_empty(found.values.get((table, key)))]
    for path, change in changes.items():
        if not isinstance(change, NewSellerPromotion) or not is_known(change.at, change.until):
            continue
        if nobody:
            expected = "sellers who may begin while it holds"
            found.report((*path, "at"), change.at, expected, " and ".join(nobody), is_note=True)
        elif run.start and run.end and change.at < run.end and not _has_week(run.start, run.end, change):
            hint = "sellers begin when a week of the run does"
            found.report((*path, "at"), change.at, "a week that begins while it holds", hint, is_note=True)


def _has_week(start: datetime, end: datetime, change: AnyIntervention) -> bool:
    """Whether a week of the run, other than its first, begins while an intervention holds."""
    weeks = (start + n * WEEK for n in range(1, -((start - end) // WEEK)))
    return any(change.at <= week and (change.until is None or week < change.until) for week in weeks)


def _check_clash(
    found: Conversion, first: KeyPath, earlier: AnyIntervention, second: KeyPath, later: AnyIntervention
) -> None:
    """Two of one kind and target where one place has both."""
    if not clash(earlier, later):
        return
    other = f"interventions[{first[1]}]"
    if earlier.at == later.at:
        found.report((*second, "at"), later.at, f"another instant than {other} of the same kind, place and target")
    else:
        assert earlier.until is not None, "what holds for good is no clash"
        expected = f"an instant at or after {earlier.until.isoformat()}, when {other} of the same kind and place ends"
        found.report((*second, "at"), later.at, expected, "they overlap")


def clash(earlier: AnyIntervention, later: AnyIntervention) -> bool:
    """Whether two interventions, the first by date first, want the same thing in the same place at the same time."""
    keys = (getattr(change, key) for change in (earlier, later) for key in change.target_keys)
    if (earlier.kind, earlier.target) != (later.kind, later.target) or not is_known(*keys):
        return False
    if not _share_place(earlier, later):
        return False
    holds = earlier.until is not None and later.at < earlier.until
    return earlier.at == later.at or (earlier.lasts and holds)


def _check_moot(found: Conversion, changes: dict[KeyPath, AnyIntervention]) -> None:
    """Note what has nothing to bind because of a ban, all of its time and place or, of a crowd's moment, part of them.

    What happens once is over with its instant.
    """
    bans = [(path, ban) for path, ban in changes.items() if path in found.values and _is_certain(ban)]
    for path, change in changes.items():
        for ban_path, ban in bans:
            if change.kind not in ban.silences:
                continue
            whose = f"interventions[{ban_path[1]}], {ban.text},"
            if _covers(ban, change):
                hint = f"{whose} leaves it nothing to change"
            elif change.is_crowd and _meet(ban, change):
                hint = f"they overlap: {whose} leaves it nothing to change meanwhile"
            else:
                continue
            expected = f"an instant when no {ban.kind} holds in its place"
            found.report((*path, "at"), change.at, expected, hint, is_note=True)


def _is_certain(ban: AnyIntervention) -> bool:
    """Whether it comes, and when it says."""
    return ban.chance.value == 1 and ban.delay_days.value == 0


def _covers(ban: AnyIntervention, change: AnyIntervention) -> bool:
    """Whether a ban holds wherever and whenever another intervention does."""
    end = change.until if change.lasts else change.at
    lasts = ban.until is None or (end is not None and end <= ban.until)
    return ban.at <= change.at and lasts and ban.region in (None, change.region)


def _meet(ban: AnyIntervention, change: AnyIntervention) -> bool:
    """Whether a ban holds somewhere at some time at which another intervention does."""
    begins_before_end = change.until is None or ban.at < change.until
    ends_after_begin = ban.until is None or change.at < ban.until
    return begins_before_end and ends_after_begin and _share_place(ban, change)


def _share_place(one: AnyIntervention, other: AnyIntervention) -> bool:
    return one.region is None or other.region is None or one.region == other.region


def _pairs(changes: dict[KeyPath, AnyIntervention]) -> Iterator[tuple[KeyPath, KeyPath]]:
    """Every two interventions, the one with the earlier date first; of one date, the one that stands first."""
    return combinations(sorted(changes, key=lambda path: changes[path].at), 2)


def _meets_boundary(start: datetime, length_us: int, begin: datetime, end: datetime) -> bool:
    first, last = (-(-((instant - start) // timedelta(microseconds=1)) // length_us) for instant in (begin, end))
    return first < last


def _of_known_kind(found: Conversion) -> dict[KeyPath, AnyIntervention]:
    return {path: table for path, table in found.tables.items() if path[:1] == ("interventions",) and len(path) == 2}


def _values(found: Conversion, key: str, kind: type[_Value]) -> Iterator[tuple[KeyPath, _Value]]:
    """The values of a key in all interventions, well formed otherwise or not."""
    for path, value in list(found.values.items()):
        if len(path) == 3 and path[0] == "interventions" and path[2] == key and isinstance(value, kind):
            yield path, value


def _run_of(found: Conversion) -> _Run:
    start, days, window = (found.values.get((key,)) for key in ("start", "days", "window"))
    if start is None or not 1971 <= start.year < 2200:  # no calendar reaches from there to the end
        return _Run(None, None, None)
    return _Run(start, start + timedelta(days=days) if days else None, _length_us(window))


def _length_us(window: str | None) -> int | None:
    try:
        return None if window is None else window_us(window)
    except ValueError:
        return None
