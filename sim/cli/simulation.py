"""What `run` and `simulate` share: the options that size and vary a scenario, and the simulation with its progress."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sim.cli.terminal import progress

if TYPE_CHECKING:
    from sim.runs import Run

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


def simulate_variant(scenario: str, options: dict[str, Any], **manner: Any) -> "Run":
    """Simulate the variant of a scenario that those options ask for; takes them out of `options`.

    `manner` are fields of `sim.model.Manner`.
    """
    from sim.model import Manner, simulate
    from sim.scenario import load

    sizes = {key: options.pop(key) for key in ("viewers", "days")}
    stated = [f"{key}={number}" for key, number in sizes.items() if number is not None]
    loaded = load(scenario, [*options.pop("overrides"), *stated])
    with progress("simulating", total=loaded.days, unit="days") as done:
        return simulate(
            loaded,
            seed=options.pop("seed"),
            manner=Manner(**manner),
            out=options.pop("out"),
            progress=lambda share: done(share * loaded.days),
        )
