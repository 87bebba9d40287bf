"""People: what viewers are like whatever happens, and so who stands in which tenth of them.

A group must hold the same people in both scenarios of a comparison, or its change would mix what happened to people
with who they are. So nobody is ranked by what she did in a run, but by what is drawn once: fans by the money that they
are drawn to spend in a week, creators by their popularity.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.population import trait_terms
from sim.behavior.traits import Traits, viewer_traits
from sim.ledger import Kind
from sim.ledger.accounts import account_id
from sim.scenario import Scenario
from sim.streams import key_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TENTHS: Final = 10
TOP: Final = 0.01
DAYS_A_WEEK: Final = 7
NO_FAN: Final = 0


class Fans(NamedTuple):
    """Those who may ever pay for a gift: arrays of shape (n_fans,).

    Attributes
    ----------
    number : of the viewer
    appetite : minor units a week that she is drawn to spend: visits x intent x willingness, at most her budget
    """

    number: Integers
    appetite: Floats

    def tenths(self, n_viewers: int) -> Integers:
        """In which tenth of the fans each viewer stands, 1 to 10 by rising appetite, `NO_FAN` if in none."""
        tenth = np.full(n_viewers, NO_FAN, np.int64)
        rank = np.argsort(np.argsort(self.appetite, kind="stable"), kind="stable")
        tenth[self.number] = rank * TENTHS // max(len(rank), 1) + 1
        return tenth

    def top(self, n_viewers: int) -> npt.NDArray[np.bool_]:
        """Which viewers are the hundredth of the fans with the largest appetite, at least one if there are any."""
        chosen = np.zeros(n_viewers, np.bool_)
        n = min(max(round(TOP * len(self.number)), 1), len(self.number))
        chosen[self.number[np.argsort(self.appetite, kind="stable")[len(self.number) - n :]]] = True
        return chosen


class People:
    """The viewers of a run, by their traits; `means` is of each, what a reference minor unit comes to for her."""

    def __init__(self, scenario: Scenario, seed: int, means: Floats) -> None:
        self._terms = trait_terms(scenario)
        self._seed = key_of(seed)
        self._means = means
        self._known: dict[int, Traits] = {}
        self._scenario = scenario

    def __repr__(self) -> str:
        return f"<People {len(self._means)}>"

    def traits(self, number: int) -> Traits:
        """One viewer's."""
        if number not in self._known:
            account = account_id(Kind.VIEWER, number)
            self._known[number] = viewer_traits(self._seed, account, self._terms, float(self._means[number]))
        return self._known[number]

    def fans(self) -> Fans:
        """All givers, and what they are drawn to spend."""
        gifting = self._scenario.gifting
        mood = float(np.exp(float(gifting.mood_sigma) ** 2 / 2))
        wishes = DAYS_A_WEEK * float(gifting.intent)
        givers = [n for n in range(len(self._means)) if self.traits(n).is_giver]
        appetite = [
            min(each.visits_per_day * wishes * each.willingness * mood, each.weekly_budget)
            for each in map(self.traits, givers)
        ]
        return Fans(np.array(givers, np.int64), np.array(appetite, np.float64))


def deciles(amounts: Floats, rank_by: Floats) -> Floats:
    """Sums by tenths of rising `rank_by`: array of shape (10,)."""
    rank = np.argsort(np.argsort(rank_by, kind="stable"), kind="stable")
    return np.bincount(rank * TENTHS // max(len(rank), 1), amounts, TENTHS).astype(np.float64)
