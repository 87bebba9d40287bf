"""Incidence: who bears a fee or a tax, with prices as they are and once those who set them have set them anew.

    found = incidence(load("us-baseline"), load("us-baseline", ["platform.store_fee=0.15"]), seeds=range(1, 5))
    found.held["platform_gain"], found.adjusted["platform_gain"]        # changes against the base, minor units
    found.platform.pass_through                                         # by which factor the packs' prices move

Twice, for the short run and the long:

- *held*: the other scenario against the base, nobody changes a price.
- *adjusted*: the platform moves the prices of all its packs by one factor, then the sellers those of all their goods.
  Each takes the factor that is best for it (the platform's gain and the money behind unspent coins; all sellers' gain).

What is stated needn't be the best price in the base either, and a move towards it would have nothing to do with the
fee. So the best factor is looked for under both scenarios, and the stated prices move by the ratio of the two.

The search is stated, so that anybody finds the same: all factors of a ladder in equal ratios, under the same draws,
then the top of a curve through them (`peak`). A good's factor is taken to be the same for all sellers; as nobody
compares two sellers' offers in the model, what is best for all is best for each.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sim.experiments.payers import effective_payers
from sim.experiments.runs import UNSAID, Figures, Floats, Keep, Task, column, run_all, unseen
from sim.experiments.welfare.parties import FIGURE
from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario
from sim.scenario.catalogs import Pack, PackCatalog

RUNGS: Final = 9
REACH: Final = 2.0  # the ladder goes from 1 / REACH to REACH
BELL: Final = 0.25  # its standard deviation, in logarithms
FINE: Final = 4001
PLATFORM: Final = ("platform_gain", "coin_float_gain")
SELLERS: Final = ("domestic_seller_gain", "foreign_seller_gain")
FACTOR_STEP: Final = Decimal("0.000001")


class Best(NamedTuple):
    """What a party would do about its prices.

    Attributes
    ----------
    factors : array of shape (n_rungs,), of the ladder
    base, other : its gain at each of them under either scenario, arrays of shape (n_rungs, n_seeds), in minor units
    """

    factors: Floats
    base: Floats
    other: Floats

    @property
    def of_base(self) -> float:
        """The best factor in the base."""
        return peak(self.factors, self.base.mean(axis=1))

    @property
    def of_other(self) -> float:
        """The best factor in the other."""
        return peak(self.factors, self.other.mean(axis=1))

    @property
    def pass_through(self) -> float:
        """The factor by which its prices move."""
        return self.of_other / self.of_base

    @property
    def error(self) -> float:
        """The standard error of the logarithm of that factor: the jackknife's over seeds, NaN with one."""
        n = self.base.shape[1]
        if n < 2:
            return float("nan")
        without = [self._replace(base=_without(self.base, k), other=_without(self.other, k)) for k in range(n)]
        moved = np.log([one.pass_through for one in without])
        return float(np.sqrt((n - 1) / n * ((moved - moved.mean()) ** 2).sum()))

    @property
    def is_inside(self) -> bool:
        """Whether neither best is at an end of the ladder, beyond which another might be better."""
        return all(self.factors[0] < best < self.factors[-1] for best in (self.of_base, self.of_other))


class Incidence(NamedTuple):
    """Who bears what.

    Attributes
    ----------
    currency : of all gains
    platform, sellers : what they would do about their prices
    held, adjusted : by figure, the change against the base in the mean over seeds, in minor units
    held_by_seed, adjusted_by_seed : the same, arrays of shape (n_seeds,)
    payers : effective ones in a run, see `sim.experiments.payers`
    """

    currency: str
    seeds: list[int]
    platform: Best
    sellers: Best
    held_by_seed: dict[str, Floats]
    adjusted_by_seed: dict[str, Floats]
    payers: float = UNSAID

    @property
    def held(self) -> dict[str, float]:
        """Where prices stay."""
        return {name: float(changes.mean()) for name, changes in self.held_by_seed.items()}

    @property
    def adjusted(self) -> dict[str, float]:
        """Where they move."""
        return {name: float(changes.mean()) for name, changes in self.adjusted_by_seed.items()}


def incidence(
    base: Scenario,
    other: Scenario,
    seeds: Sequence[int],
    *,
    from_day: int = 0,
    executor: Executor | None = None,
    keep: Keep | None = None,
    on_done: Callable[[int], None] = unseen,
) -> Incidence:
    """Find out who bears what the other scenario changes.

    Parameters
    ----------
    seeds : common to all runs; the search is under the same
    on_done : called with how many of `runs_of(seeds)` runs are done

    Raises
    ------
    CoinworksError : the scenarios have other money
    """
    seeds, done = list(seeds), 0

    def gains(scenarios: Sequence[Scenario]) -> list[list[Figures]]:
        nonlocal done
        tasks = [Task(scenario, seed, from_day, True) for scenario in scenarios for seed in seeds]
        begun = done
        found = run_all(tasks, executor, keep, lambda n: on_done(begun + n))
        done += len(tasks)
        return [found[place : place + len(seeds)] for place in range(0, len(found), len(seeds))]

    factors = ladder()
    pair = (base, other)
    platform = _best([with_prices(one, packs=f) for one in pair for f in factors], factors, PLATFORM, gains)
    sellers = _best([with_prices(one, goods=f) for one in pair for f in factors], factors, SELLERS, gains)
    moved = with_prices(other, packs=platform.pass_through, goods=sellers.pass_through)
    stated, held, adjusted = gains([base, other, moved])
    currencies = {one["total_gain"].currency for one in (*stated, *held)}
    if len(currencies) > 1:
        raise CoinworksError(f"{other.name} and {base.name}: expected one money for both, not {sorted(currencies)}")

    def changes(found: Sequence[Figures]) -> dict[str, Floats]:
        return {name: column(found, name) - column(stated, name) for name in FIGURE}

    payers = effective_payers([*stated, *held])
    return Incidence(currencies.pop(), seeds, platform, sellers, changes(held), changes(adjusted), payers)


def runs_of(seeds: Sequence[int]) -> int:
    """How many runs it takes."""
    return (4 * RUNGS + 3) * len(seeds)


def ladder() -> Floats:
    """The factors that are tried, 1 among them.

    >>> ladder().round(2).tolist()
    [0.5, 0.59, 0.71, 0.84, 1.0, 1.19, 1.41, 1.68, 2.0]
    """
    return np.geomspace(1.0 / REACH, REACH, RUNGS)


def peak(factors: Floats, gains: Floats) -> float:
    """Where the gain is largest, within the ladder: roughly by a cubic in the factor's logarithm, then by a parabola.

    Notes
    -----
    A gain is bumpy, for fans choose from a menu and a few of them give most: the best rung itself would be chance. So
    the parabola is fitted to all rungs, weighed by a bell around the top, and a second time around the top it finds.
    For iso-elastic demand of elasticities from 1.5 to 4 ratios of tops are within 3 % of the true ones.

    >>> around = ladder()
    >>> round(peak(around, -(np.log(around / 1.1) ** 2)), 3)
    1.1
    """
    logs, fine = np.log(factors), np.linspace(np.log(factors[0]), np.log(factors[-1]), FINE)
    top = fine[np.argmax(np.polynomial.Polynomial.fit(logs, gains, 3)(fine))]
    for _ in range(2):
        weights = np.exp(-(((logs - top) / BELL) ** 2) / 4)
        top = fine[np.argmax(np.polynomial.Polynomial.fit(logs, gains, 2, w=weights)(fine))]
    return float(np.exp(top))


def _without(gains: Floats, seed: int) -> Floats:
    return np.delete(gains, seed, axis=1)


def with_prices(scenario: Scenario, *, packs: float = 1.0, goods: float = 1.0) -> Scenario:
    """The same with all packs and all goods dearer by factors; a pack costs whole minor units, at least one."""
    catalogs = scenario.catalogs
    dearer = {name: _dearer(catalog, packs) for name, catalog in catalogs.packs.items()}
    sellers = scenario.sellers
    factor = (sellers.price_factor.value * Decimal(goods)).quantize(FACTOR_STEP)
    return msgspec.structs.replace(
        scenario,
        catalogs=msgspec.structs.replace(catalogs, packs=dearer),
        sellers=msgspec.structs.replace(
            sellers, price_factor=msgspec.structs.replace(sellers.price_factor, value=factor)
        ),
    )


def _dearer(catalog: PackCatalog, factor: float) -> PackCatalog:
    def priced(pack: Pack) -> Pack:
        return msgspec.structs.replace(pack, price_cents=max(round(pack.price_cents * factor), 1))

    return msgspec.structs.replace(catalog, packs=tuple(map(priced, catalog.packs)))


def _best(
    scenarios: Sequence[Scenario],
    factors: Floats,
    names: Sequence[str],
    gains: Callable[[Sequence[Scenario]], list[list[Figures]]],
) -> Best:
    """A party's gain at each rung, under the base first."""
    found = np.array([np.sum([column(figures, name) for name in names], axis=0) for figures in gains(scenarios)])
    return Best(factors, found[: len(factors)], found[len(factors) :])
