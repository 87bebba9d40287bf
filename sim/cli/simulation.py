"""What `run` and `simulate` share: the options that size and vary a scenario, and the simulation with its progress."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sim.cli.terminal import progress, say_aside
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from sim.runs import Run
    from sim.scenario import Scenario

_OPTIONS: Final = (
    click.option("--viewers", type=click.IntRange(1), metavar="N", help="So many viewers; creators and stock follow."),
    click.option("--days", type=click.IntRange(1), metavar="D", help="So many days."),
    click.option("--seed", type=click.IntRange(0, 2**64 - 1), metavar="N", help="Another seed, and so other draws."),
    click.option(
        "--out", type=click.Path(path_type=Path), metavar="DIR", help="The run's folder, which must not exist."
    ),
    click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set any key of the scenario; repeatable."
    ),
)


def simulation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which variant of a scenario is simulated."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def simulate_variant(scenario: str, options: dict[str, Any], *, with_base: bool, **manner: Any) -> "Run":
    """Simulate the variant of a scenario that those options ask for; takes them out of `options`.

    `manner` are fields of `sim.model.Manner`. The scenario's base, where it is wanted and there is one, is simulated
    under the same options into a folder of the run, which then compares itself with it.
    """
    from sim.runs import BASE
    from sim.scenario import load

    sizes = {key: options.pop(key) for key in ("viewers", "days")}
    stated = [*options.pop("overrides"), *(f"{key}={number}" for key, number in sizes.items() if number is not None)]
    seed, out = options.pop("seed"), options.pop("out")
    loaded = load(scenario, stated, on_note=lambda note: say_aside(str(note)))
    base = _base(scenario, loaded, stated) if with_base else None
    run = _simulated(loaded, seed, out, **manner)
    if base is not None:
        _simulated(base, seed if seed is not None else loaded.seed, run.path / BASE, metrics_only=True)
    return run


def _base(name: str, scenario: "Scenario", overrides: list[str]) -> "Scenario | None":
    from sim.scenario import ScenarioError, load_base

    try:
        return load_base(name, scenario, overrides)
    except ScenarioError as error:
        raise CoinworksError(f"{error}\nso says its base, {scenario.base}; leave that out with: --no-base") from error


def _simulated(scenario: "Scenario", seed: int | None, out: Path | None, **manner: Any) -> "Run":
    from sim.model import Manner, simulate

    with progress(f"simulating {scenario.name}", total=scenario.days, unit="days") as done:
        return simulate(
            scenario,
            seed=seed,
            manner=Manner(**manner),
            out=out,
            progress=lambda share: done(share * scenario.days),
        )
