"""What experiments share on the command line: which variant of a scenario, how many seeds, on how many processes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from sim.scenario import Scenario

_OPTIONS: Final = (
    click.option("--viewers", type=click.IntRange(1), metavar="N", help="So many viewers; creators and stock follow."),
    click.option("--days", type=click.IntRange(1), metavar="D", help="So many days."),
    click.option("--seed", type=click.IntRange(0, 2**64 - 1), metavar="N", help="The first seed, not the scenario's."),
    click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="So many processes; a core each, else."),
    click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set any key of the scenario; repeatable."
    ),
)


def experiment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which variant of a scenario is run, and from which seed on."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def variant(scenario: str, options: dict[str, Any]) -> "tuple[Scenario, int]":
    """The variant that those options ask for, and its first seed; takes them out of `options`."""
    from sim.scenario import load

    sizes = {key: options.pop(key) for key in ("viewers", "days")}
    stated = [*options.pop("overrides"), *(f"{key}={number}" for key, number in sizes.items() if number is not None)]
    loaded = load(scenario, stated)
    seed = options.pop("seed")
    return loaded, loaded.seed if seed is None else seed
