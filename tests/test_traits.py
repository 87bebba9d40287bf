"""What people are like."""

from math import exp

import numpy as np
import pytest

from sim.behavior.traits import Traits, TraitTerms, viewer_traits

TERMS = TraitTerms(
    visits_per_day=3.0,
    visits_sigma=0.6,
    giver_share=0.05,
    willingness_median=150.0,
    willingness_sigma=1.9,
    weekly_budget_median=3000.0,
    budget_sigma=1.7,
    budget_link=0.7,
    web_share=0.2,
    shopper_share=0.35,
    checkin_share=0.25,
    tap_first=0.25,
    hunter_share=0.0,
    hunter_visits=1.0,
)
N = 20_000


@pytest.fixture(scope="module")
def people() -> list[Traits]:
    return [viewer_traits(1, viewer, TERMS, 1.0) for viewer in range(N)]


def column(people: list[Traits], name: str) -> np.ndarray:
    return np.array([getattr(person, name) for person in people])


@pytest.mark.parametrize(
    ("trait", "share"),
    [("is_giver", 0.05), ("buys_on_web", 0.2), ("is_shopper", 0.35), ("checks_in", 0.25), ("taps_first", 0.25)],
)
def test_shares(people: list[Traits], trait: str, share: float) -> None:
    assert column(people, trait).mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / N))


def test_activity_has_the_stated_mean_not_median(people: list[Traits]) -> None:
    visits = column(people, "visits_per_day")
    error = 4 * 3.0 * np.sqrt(exp(0.36) - 1) / np.sqrt(N)
    assert visits.mean() == pytest.approx(3.0, abs=error)
    assert np.median(visits) == pytest.approx(3.0 * exp(-0.18), rel=0.03)


def test_budget_and_willingness_are_lognormal_and_correlate(people: list[Traits]) -> None:
    budget, willingness = np.log(column(people, "weekly_budget") + 0.5), np.log(column(people, "willingness"))
    assert budget.std() == pytest.approx(1.7, rel=4 / np.sqrt(2 * N))
    assert willingness.std() == pytest.approx(1.9, rel=4 / np.sqrt(2 * N))
    assert np.corrcoef(budget, willingness)[0, 1] == pytest.approx(0.7, abs=0.02)


def test_a_budget_beyond_counting_is_still_a_budget() -> None:
    spread = TERMS._replace(budget_sigma=10.0)
    budgets = [viewer_traits(1, viewer, spread, 1.0).weekly_budget for viewer in range(N)]
    assert min(budgets) >= 0
    assert max(budgets) == 10**15


def test_a_person_stays_the_same_when_others_terms_change() -> None:
    richer = TERMS._replace(weekly_budget_median=6000.0)
    for viewer in range(50):
        one, other = viewer_traits(1, viewer, TERMS, 1.0), viewer_traits(1, viewer, richer, 1.0)
        assert one._replace(weekly_budget=0) == other._replace(weekly_budget=0)
        assert other.weekly_budget == pytest.approx(2 * one.weekly_budget, abs=2)
