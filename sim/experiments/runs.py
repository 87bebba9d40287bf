"""Runs: the one place where experiments make theirs, measured and not kept, or kept as a few figures.

    with ProcessPoolExecutor() as executor:
        found = run_all([Task(scenario, seed) for seed in range(1, 21)], executor, Keep(Path("runs")))
    column(found, "bookings")                       # array of shape (20,)

A run depends on its task alone, so it doesn't matter where it is made, and one that is kept needs not be made again:
where a command was killed or a worker was lost, the same command goes on with what is missing.
"""

import gc
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from sim.experiments.names import nearest
from sim.experiments.welfare import Listener
from sim.files import replacing
from sim.ledger.errors import CoinworksError
from sim.metrics.summary import Kpis
from sim.model.measured import measured
from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]

UNSAID: Final = float("nan")
MONEY: Final = "money"
TELLS_NOTHING: Final = ("cli", "report")  # layers above all runs
PARTS: Final = 2  # letters of a key that name its folder, so that none holds a hundred thousand files


def unseen(done: int) -> None:
    """Progress that nobody watches."""
    del done


class Task(NamedTuple):
    """A run to make.

    from_day : the metrics count from there on, from the scenario's start; what happened before is left out
    welfare : also who gained how much, by the names of `sim.experiments.welfare`
    """

    scenario: Scenario
    seed: int
    from_day: int = 0
    welfare: bool = False


class Figure(NamedTuple):
    """A metric's value, in minor units of a currency where it is money; NaN where nothing can be said of it."""

    value: float
    unit: str
    currency: str


Figures = dict[str, Figure]


class Keep:
    """A folder of finished runs, each under the hash of all that it depends on: its task, and the program."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def __repr__(self) -> str:
        return f"<Keep {self.folder}>"

    def find(self, task: Task) -> Figures | None:
        """What the run came to, if it was made before; a torn file is as none."""
        try:
            plain = msgspec.json.decode(self._path(task).read_bytes(), type=dict[str, tuple[float | None, str, str]])
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return {
            name: Figure(UNSAID if value is None else value, unit, currency)
            for name, (value, unit, currency) in plain.items()
        }

    def keep(self, task: Task, figures: Figures) -> None:
        """Keep what a run came to."""
        path = self._path(task)
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as unfinished:
            unfinished.write_bytes(msgspec.json.encode(figures))  # NaN is null

    def _path(self, task: Task) -> Path:
        key = key_of_task(task)
        return self.folder / key[:PARTS] / f"{key[PARTS:]}.json"


def run_all(
    tasks: Sequence[Task],
    executor: Executor | None = None,
    keep: Keep | None = None,
    on_done: Callable[[int], None] = unseen,
) -> list[Figures]:
    """Make the runs wherever the executor makes them, or here; what they came to, in the tasks' order.

    Parameters
    ----------
    keep : of earlier runs, and for these; they are kept one by one, as they end
    on_done : called with how many are finished

    Raises
    ------
    concurrent.futures.BrokenExecutor : a worker was lost, and the executor can't replace it; what is finished is kept
    """
    found = {n: kept for n, task in enumerate(tasks) if keep is not None and (kept := keep.find(task)) is not None}
    missing = [n for n in range(len(tasks)) if n not in found]
    on_done(len(found))

    def take(n: int, figures: Figures) -> None:
        if keep is not None:
            keep.keep(tasks[n], figures)
        found[n] = figures
        on_done(len(found))

    if executor is None:
        for n in missing:
            take(n, run(tasks[n]))
    else:
        _run_elsewhere(tasks, missing, executor, take)
    return [found[n] for n in range(len(tasks))]


def _run_elsewhere(
    tasks: Sequence[Task], missing: Sequence[int], executor: Executor, take: Callable[[int, Figures], None]
) -> None:
    futures: dict[Future[Figures], int] = {executor.submit(run, tasks[n]): n for n in missing}
    try:
        for future in as_completed(futures):
            take(futures[future], future.result())
    finally:
        for future in futures:
            future.cancel()


def run(task: Task) -> Figures:
    """Make one run.

    Raises
    ------
    CoinworksError : it hasn't the day from which it shall count
    """
    if not 0 <= task.from_day < task.scenario.days:
        raise CoinworksError(f"from day {task.from_day}: expected one from 0 to {task.scenario.days - 1}")
    figures = _made(task)
    gc.collect()  # what a run is made of refers to itself, and its arrays would stay until Python looks again
    return figures


def _made(task: Task) -> Figures:
    if not task.welfare:
        return figures_of(measured(task.scenario, task.seed, from_day=task.from_day).kpis)
    heard = Listener(task.scenario, task.seed)
    kpis = measured(task.scenario, task.seed, heard, from_day=task.from_day, look=heard.look).kpis
    account = heard.account(kpis)
    gains = {name: Figure(float(value), "money", account.currency) for name, value in account.gains.items()}
    return figures_of(kpis) | gains


def figures_of(kpis: Kpis) -> Figures:
    """Key figures as a run's summary has them."""
    return {name: _figure(stated) for name, stated in kpis.items()}


def _figure(stated: Mapping[str, object]) -> Figure:
    value = stated["value"]
    assert value is None or isinstance(value, int | float), "a key figure is a number or nothing"
    unit = str(stated["unit"])
    return Figure(UNSAID if value is None else float(value), unit, str(stated["currency"]) if unit == MONEY else "")


def column(found: Sequence[Figures], metric: str) -> Floats:
    """A metric over runs: array of shape (n_runs,), NaN where nothing can be said of it.

    Raises
    ------
    CoinworksError : the runs have no such metric; names the nearest
    """
    for figures in found:
        if metric not in figures:
            raise CoinworksError(nearest("metric", metric, figures))
    return np.array([figures[metric].value for figures in found], np.float64)


def key_of_task(task: Task) -> str:
    """A hash of what a run depends on: its scenario as resolved, its seed and from when it counts."""
    stated = (task.scenario.digest, task.seed, task.from_day, task.welfare, program())
    return hashlib.sha256(repr(stated).encode()).hexdigest()[:32]


@cache
def program() -> str:
    """A hash of the sources that runs are made by."""
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        name = source.relative_to(package)
        if name.parts[0] not in TELLS_NOTHING:
            digest.update(f"{name.as_posix()} {hashlib.sha256(source.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
