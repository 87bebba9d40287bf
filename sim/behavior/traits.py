"""What a person is like, drawn once: activity, budget, willingness to give, habits. Money has heavy tails."""

from math import sqrt
from typing import Final, NamedTuple

from sim.behavior.purposes import HUNT, TASTES, TRAITS
from sim.behavior.strata import stratified
from sim.compiled import rule
from sim.elementary import exp, normal_quantile
from sim.streams import draw, uniform

MOST_BUDGET: Final = 1e15  # minor units: a float beyond 2^63 has no int64


class TraitTerms(NamedTuple):
    """The distributions of traits. Sigmas are of natural logarithms; shares are in [0, 1]; money is the reference's."""

    visits_per_day: float
    visits_sigma: float
    giver_share: float
    willingness_median: float
    willingness_sigma: float
    weekly_budget_median: float
    budget_sigma: float
    budget_link: float  # correlation of the logarithms of budget and willingness
    web_share: float
    shopper_share: float
    checkin_share: float
    tap_first: float
    hunter_share: float  # of those who collect rewards
    hunter_visits: float


class Traits(NamedTuple):
    """One viewer. Drawn alike in every scenario with the same seed: the same person is as eager and as rich."""

    visits_per_day: float
    is_giver: bool
    willingness: float  # median willingness to pay for a gift, minor units
    weekly_budget: int  # minor units
    buys_on_web: bool
    is_shopper: bool
    checks_in: bool
    taps_first: bool
    hunts: bool


@rule
def log_normal(median: float, sigma: float, z: float) -> float:
    """A log-normal quantity with the given median, at the standard normal quantile z."""
    return median * exp(sigma * z)


@rule
def mean_log_normal(mean: float, sigma: float, z: float) -> float:
    """A log-normal quantity with the given mean, at the standard normal quantile z."""
    return mean * exp(sigma * z - 0.5 * sigma * sigma)


class Everyday(NamedTuple):
    """What a viewer is like without money."""

    visits_per_day: float
    is_giver: bool
    buys_on_web: bool
    is_shopper: bool
    checks_in: bool
    taps_first: bool
    hunts: bool  # for rewards, and pays for nothing


@rule
def everyday_traits(seed: int, viewer: int, terms: TraitTerms) -> Everyday:
    """The part of a viewer's traits that concerns every visit."""
    a = draw(seed, viewer, TRAITS, 0)
    b = draw(seed, viewer, TASTES, 0)
    visits_per_day = mean_log_normal(terms.visits_per_day, terms.visits_sigma, normal_quantile(uniform(a[0])))
    collects = uniform(b[2]) < terms.checkin_share
    hunts = collects and terms.hunter_share > 0.0 and uniform(draw(seed, viewer, HUNT, 0)[0]) < terms.hunter_share
    return Everyday(
        visits_per_day * terms.hunter_visits if hunts else visits_per_day,
        not hunts and stratified(seed, viewer, a[3]) < terms.giver_share,
        uniform(b[0]) < terms.web_share,
        not hunts and uniform(b[1]) < terms.shopper_share,
        collects,
        uniform(b[3]) < terms.tap_first,
        hunts,
    )


@rule
def _budget_quantile(u: float, giver_share: float) -> float:
    """Uniform among givers, and among all others, whatever their budget is good for."""
    return 1.0 - u / giver_share if u < giver_share else 1.0 - (u - giver_share) / (1.0 - giver_share)


@rule
def viewer_traits(seed: int, viewer: int, terms: TraitTerms, means: float) -> Traits:
    """The traits of a viewer. Budget and willingness are log-normal and correlate by `budget_link`.

    Parameters
    ----------
    means : what a reference minor unit of either comes to for this viewer, in minor units of the own currency

    Notes
    -----
    One stratified number says who gives and how rich the budget is, the smallest numbers the richest. So each block of
    1,024 viewers has its share of big spenders, and a handful of them doesn't decide what a run earns.
    """
    a = draw(seed, viewer, TRAITS, 0)
    everyday = everyday_traits(seed, viewer, terms)
    z_budget = normal_quantile(_budget_quantile(stratified(seed, viewer, a[3]), terms.giver_share))
    z_own = normal_quantile(uniform(a[2]))
    link = terms.budget_link
    z_willing = link * z_budget + sqrt(1.0 - link * link) * z_own
    return Traits(
        everyday.visits_per_day,
        everyday.is_giver,
        log_normal(terms.willingness_median * means, terms.willingness_sigma, z_willing),
        int(min(log_normal(terms.weekly_budget_median * means, terms.budget_sigma, z_budget), MOST_BUDGET)),
        everyday.buys_on_web,
        everyday.is_shopper,
        everyday.checks_in,
        everyday.taps_first,
        everyday.hunts,
    )
