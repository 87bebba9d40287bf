"""Strata: uniform numbers, evenly spread over every 1,024 viewers, so that few people do not drive the noise."""

import numpy as np
import pytest

from sim.behavior.strata import STRATA, stratified, stratum_of
from sim.behavior.traits import viewer_traits
from sim.ledger import Kind, account_id
from sim.streams import draw
from test_traits import TERMS

FIRST = account_id(Kind.VIEWER, 0)


def spread(seed: int, n: int, begin: int = 0) -> np.ndarray:
    viewers = range(FIRST + begin, FIRST + begin + n)
    return np.array([stratified(seed, viewer, draw(seed, viewer, 1, 0)[3]) for viewer in viewers])


@pytest.mark.parametrize("block", [0, 1, 976_562])
def test_a_block_has_one_viewer_in_each_stratum(block: int) -> None:
    strata = [stratum_of(7, FIRST + block * STRATA + k) for k in range(STRATA)]
    assert sorted(strata) == list(range(STRATA))


def test_blocks_and_seeds_are_permuted_apart() -> None:
    orders = [
        [stratum_of(seed, FIRST + block * STRATA + k) for k in range(STRATA)]
        for seed, block in ((1, 0), (1, 1), (2, 0), (3, 9))
    ]
    for n, one in enumerate(orders):
        for other in orders[:n]:
            assert np.sum(np.array(one) == np.array(other)) < 10  # by chance one
            assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(STRATA)


def test_a_viewers_stratum_is_uniform_over_seeds() -> None:
    strata = np.array([stratum_of(seed, FIRST + 17) for seed in range(8_192)])
    counts = np.bincount(strata // 64, minlength=16)
    assert ((counts - 512) ** 2 / 512).sum() < 45  # chi-square of 15 degrees of freedom, 1 in 10,000


def test_neighbours_are_in_unrelated_strata() -> None:
    strata = np.array([stratum_of(1, FIRST + k) for k in range(8 * STRATA)])
    assert abs(np.corrcoef(strata[:-1], strata[1:])[0, 1]) < 4 / np.sqrt(len(strata))


def test_the_numbers_are_uniform() -> None:
    """Kolmogorov: over whole blocks the distance is at most one stratum."""
    numbers = np.sort(spread(1, 4 * STRATA))
    assert numbers[0] > 0
    assert numbers[-1] < 1
    assert np.abs(numbers - (np.arange(len(numbers)) + 0.5) / len(numbers)).max() <= 1 / STRATA


def test_a_person_is_the_same_however_many_there_are() -> None:
    assert (spread(1, 100, begin=2_000) == spread(1, 3_000)[2_000:2_100]).all()


def budgets(seed: int, n: int) -> np.ndarray:
    people = [viewer_traits(seed, FIRST + k, TERMS, 1.0) for k in range(n)]
    return np.array([person.weekly_budget for person in people if person.is_giver])


def test_each_block_has_its_share_of_givers() -> None:
    for seed in range(20):
        assert abs(len(budgets(seed, STRATA)) - STRATA * TERMS.giver_share) <= 1


def test_the_richest_are_spread_over_the_blocks() -> None:
    """The richest giver of a block is beyond the quantile that the smallest stratum reaches."""
    least = TERMS.weekly_budget_median * np.exp(TERMS.budget_sigma * 2.06)  # at 1 - 1 / (1024 * 0.05) = 0.9805
    for seed in range(20):
        assert budgets(seed, STRATA).max() >= least


def test_what_all_may_spend_varies_far_less_than_if_drawn_apart() -> None:
    """The variance over seeds of n givers' budgets, against n * E[B^2] * giver_share of independent people."""
    n, seeds = 2 * STRATA, 150
    sums = np.array([np.minimum(budgets(seed, n), 100_000).sum() for seed in range(seeds)], float)
    capped = np.minimum(np.concatenate([budgets(seed, n) for seed in range(seeds)]), 100_000).astype(float)
    share = TERMS.giver_share
    independent = n * (share * (capped**2).mean() - (share * capped.mean()) ** 2)
    assert sums.var() < 0.35 * independent
