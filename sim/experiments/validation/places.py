"""Where the model is held against the world: a baseline for each place, at one size, under a few seeds.

A place is the scenario that describes it, with nothing happening there. Runs last a quarter, in the scenario's own
windows; trials are shorter, for they compare two runs under the same draws.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Final, NamedTuple

from sim.experiments.validation.moments import QUARTER_DAYS, Moments, moments
from sim.experiments.validation.targets import Target, targets
from sim.experiments.validation.trials import TRIALS, Trial
from sim.experiments.validation.verdicts import Row, judge
from sim.scenario import Scenario, load

PLACES: Final = ("us-baseline", "uk", "eu-withdrawal-right", "indonesia-no-ban", "douyin-blueprint")


class Size(NamedTuple):
    """How much is simulated: quarters of so many viewers, and trials of at most so many."""

    seeds: Sequence[int] = (1, 2, 3, 4, 5, 6, 7, 8)
    viewers: int = 20_000
    days: int = QUARTER_DAYS
    trial_viewers: int = 20_000


PUBLISHED: Final = Size()


class _Job(NamedTuple):
    """One run, or the few of a trial, in a place under a seed."""

    ask: Callable[[Scenario, int], Moments]
    place: str
    scenario: Scenario
    seed: int


def validate(
    size: Size = PUBLISHED, executor: Executor | None = None, on_done: Callable[[int, int], None] | None = None
) -> list[Row]:
    """Simulate every place and judge all targets.

    Parameters
    ----------
    on_done : called with the jobs that are done, and with how many there are

    Notes
    -----
    The rows depend on the size alone, not on the executor.
    """
    asked = targets()
    jobs = list(_jobs(asked, size))
    apply = map if executor is None else executor.map
    found: dict[str, dict[int, Moments]] = {place: {seed: {} for seed in size.seeds} for place in PLACES}
    for n, (job, told) in enumerate(zip(jobs, apply(_done, jobs), strict=True)):
        found[job.place][job.seed] |= told
        if on_done is not None:
            on_done(n + 1, len(jobs))
    return judge({place: list(by_seed.values()) for place, by_seed in found.items()}, asked)


def place_of(name: str, viewers: int, days: int) -> Scenario:
    """A place's baseline: its scenario at a size, with nothing happening."""
    return load(name, [f"viewers={viewers}", f"days={days}", "interventions=[]"])


def _jobs(asked: Sequence[Target], size: Size) -> list[_Job]:
    """The longest first, so that no core waits for the last."""
    jobs = []
    for place in reversed(PLACES):
        scenario = place_of(place, size.viewers, size.days)
        trials = [
            (trial, place_of(place, min(TRIALS[trial].viewers, size.trial_viewers), TRIALS[trial].days))
            for trial in _trials_in(place, asked)
        ]
        for seed in size.seeds:
            jobs.append(_Job(moments, place, scenario, seed))
            jobs += [_Job(trial, place, shorter, seed) for trial, shorter in trials]
    return jobs


def _trials_in(place: str, asked: Sequence[Target]) -> list[Trial]:
    """The trials whose facts were measured in a place."""
    wanted = {target.moment for target in asked if place in target.places}
    return [trial for trial, told in TRIALS.items() if wanted.intersection(told.moments)]


def _done(job: _Job) -> Moments:
    return job.ask(job.scenario, job.seed)
