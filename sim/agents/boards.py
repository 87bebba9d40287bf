"""Gift boards: what was given lately at each creator's stream, and how ready that makes those who see it.

    boards.begin(places, days)              # new sessions: empty boards
    boards.hear(creators, coins)            # the gifts of a window that has closed
    boards.turn()                           # once a boundary, before `eagerness`
    boards.eagerness(places, reach)         # ppm on the intent to give, for every stream that is shown

What is on a board fades by half in `gifting.board_minutes`. Both engines keep their boards here. A gift storm is a star
whose viewers are eager beyond all that; while it lasts the star is live.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.agents.stage import Stage, Storm
from sim.behavior.crowding import PLAIN, Board, CrowdTerms, competes, eagerness, most_eager
from sim.behavior.types import Int64Array
from sim.behavior.visit import HOUR_US
from sim.compiled import rule
from sim.elementary import power
from sim.ledger import Kind, account_id
from sim.scenario import GiftStorm, Scenario

MINUTE_US: Final = 60_000_000
# What a star of a storm or a sale announces at every boundary: nobody is in a hurry
STARS_STAY_US: Final = 60 * MINUTE_US
MINUTES_AN_HOUR: Final = 60
FIRST_CREATOR: Final = account_id(Kind.CREATOR, 0)


class Boards:
    """The boards of all creators.

    Parameters
    ----------
    weight, region : of each creator, arrays of shape (n_creators,): popularity, and the region's place in the scenario
    starts : whether a creator works from the start, and so may be a star
    """

    def __init__(self, stage: Stage, weight: Int64Array, region: Int64Array, starts: npt.NDArray[np.bool_]) -> None:
        n = len(weight)
        scenario = stage.scenario
        self._stage = stage
        self._weight, self._region, self._starts = weight, region, starts
        self._terms = crowd_terms(scenario)
        self._competition_share = float(scenario.creators.competition_share)
        half_lives = stage.windows.window_us / (float(scenario.gifting.board_minutes) * MINUTE_US)
        self._kept = int(power(0.5, half_lives) * PLAIN)
        self._largest, self._given = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._new_largest, self._new_given = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._competes = np.zeros(n, np.bool_)
        self.matter = any(self._terms[:4])
        self._crowd = crowd_by_hour(scenario, stage.calendar)

    def __repr__(self) -> str:
        return f"<Boards creators={len(self._given)} alight={int(np.count_nonzero(self._given))}>"

    @property
    def change(self) -> bool:
        """Whether anything here differs from one window to the next."""
        return self.matter or bool(self._stage.storms)

    def begin(self, places: npt.ArrayLike, days: npt.ArrayLike) -> None:
        """Clear the boards of those who go live, each on the own calendar's day; sellers have none."""
        if self.matter:
            boards = (self._largest, self._given, self._new_largest, self._new_given)
            began, on = np.asarray(places, np.int64), np.asarray(days, np.int64)
            _begin(self._stage.seed, began, on, self._competition_share, self._competes, boards)

    def hear(self, creators: Int64Array, coins: Int64Array) -> None:
        """Take down gifts, in any order."""
        if self.matter:
            _hear(creators, coins, self._new_largest, self._new_given)

    def turn(self) -> None:
        """Let what is on the boards fade by a window, and add what was given in it."""
        if self.matter:
            _fade(self._kept, self._largest, self._given, self._new_largest, self._new_given)

    def eagerness(self, places: Iterable[int], reach: Int64Array) -> Int64Array:
        """The factors, in ppm, at the streams of some hosts whose popularity has this running sum; sellers' are 1."""
        shown = np.asarray(places, np.int64)
        eager = np.full(len(shown), PLAIN, np.int64)
        if self.matter and len(shown):
            board = (self._largest, self._given, self._competes)
            crowd = int(self._crowd[self._stage.now_us // HOUR_US])
            _eagerness(shown, reach, *board, crowd, self._terms, eager)
        for place, storm in self.stars():
            eager[shown == place] = eager[shown == place] * storm.eagerness_ppm // PLAIN
        return eager

    def stars(self) -> list[tuple[int, Storm]]:
        """The place of each creator at whose stream a storm is on, and the storm."""
        if not self._stage.storms:
            return []
        found = ((self._star(region, rank), storm) for (region, rank), storm in sorted(self._stage.storms.items()))
        return [(place, storm) for place, storm in found if place is not None]

    def _star(self, region: str, rank: int) -> int | None:
        """The most popular creator of a region, or the second and so on, of those who work from the start."""
        of_region = self._region == list(self._stage.scenario.regions).index(region)
        places = np.flatnonzero(of_region & self._starts)
        if rank > len(places):
            return None
        return int(places[np.argsort(-self._weight[places], kind="stable")[rank - 1]])

    def state(self) -> dict[str, Any]:
        """Everything that can't be drawn again, as arrays."""
        return {
            "largest": self._largest,
            "given": self._given,
            "new_largest": self._new_largest,
            "new_given": self._new_given,
            "competes": self._competes,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, column in self.state().items():
            column[:] = state[name]


def crowd_terms(scenario: Scenario) -> CrowdTerms:
    """A scenario's numbers."""
    gifting = scenario.gifting
    return CrowdTerms(
        gifting.crowd_in.ppm,
        gifting.crowd_out.ppm,
        gifting.peer_effect.ppm,
        gifting.audience_effect.ppm,
        int(gifting.board_coins),
        int(gifting.audience_half),
    )


def crowd_by_hour(scenario: Scenario, calendar: Calendar) -> Int64Array:
    """How many viewers are in the app at a time, in the mean: array of shape (n_hours,)."""
    a_day = scenario.viewers * float(scenario.audience.visits_per_day)
    visits = np.zeros(calendar.visit_weights.shape[1])
    for zone, weights in zip(calendar.zones, calendar.visit_weights, strict=True):
        visits += a_day * zone.share * weights
    return (visits * float(scenario.audience.watch_minutes) / MINUTES_AN_HOUR).astype(np.int64)


def most_eager_in(scenario: Scenario) -> int:
    """What no stream of a scenario exceeds, in ppm."""
    storms = (change.factor.ppm for change in scenario.interventions if isinstance(change, GiftStorm))
    return int(most_eager(crowd_terms(scenario))) * max([PLAIN, *storms]) // PLAIN


@rule
def _begin(
    seed: int,
    places: Int64Array,
    days: Int64Array,
    competition_share: float,
    competing: npt.NDArray[np.bool_],
    boards: tuple[Int64Array, Int64Array, Int64Array, Int64Array],
) -> None:
    for i in range(places.shape[0]):
        n = places[i]
        if n < competing.shape[0]:
            competing[n] = competes(seed, FIRST_CREATOR + n, days[i], competition_share)
            for column in boards:
                column[n] = 0


@rule
def _hear(creators: Int64Array, coins: Int64Array, largest: Int64Array, given: Int64Array) -> None:
    for i in range(creators.shape[0]):
        n = creators[i]
        given[n] += coins[i]
        largest[n] = max(largest[n], coins[i])


@rule
def _fade(kept: int, largest: Int64Array, given: Int64Array, new_largest: Int64Array, new_given: Int64Array) -> None:
    for n in range(given.shape[0]):
        if given[n] or new_given[n]:
            given[n] = given[n] * kept // PLAIN + new_given[n]
            largest[n] = max(largest[n] * kept // PLAIN, new_largest[n])
            new_given[n], new_largest[n] = 0, 0


@rule
def _eagerness(
    shown: Int64Array,
    reach: Int64Array,
    largest: Int64Array,
    given: Int64Array,
    competing: npt.NDArray[np.bool_],
    crowd: int,
    terms: CrowdTerms,
    eager: Int64Array,
) -> None:
    before = 0
    for i in range(shown.shape[0]):
        n = shown[i]
        if n < given.shape[0]:
            audience = crowd * (reach[i] - before) // reach[-1]
            eager[i] = eagerness(Board(largest[n], given[n], competing[n]), audience, terms)
        before = reach[i]
