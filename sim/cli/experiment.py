"""What experiments share on the command line: which variant of a scenario, from which seed on, and where it is run."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from sim.scenario import Scenario

_OPTIONS: Final = (
    click.option("--viewers", type=click.IntRange(1), metavar="N", help="So many viewers; creators and stock follow."),
    click.option("--days", type=click.IntRange(1), metavar="D", help="So many days."),
    click.option("--seed", type=click.IntRange(0, 2**64 - 1), metavar="N", help="The first seed, not the scenario's."),
    click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set any key of the scenario; repeatable."
    ),
)

_WHERE: Final = (
    click.option(
        "--executor",
        "where",
        default="local",
        show_default=True,
        metavar="WHERE",
        help="local, or dask://HOST:PORT: where runs are made. It changes nothing that comes out.",
    ),
    click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="So many processes; a core each, else."),
)

keep_option = click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep finished runs there, and make none again that is there.",
)


def executor_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where runs are made."""
    for option in reversed(_WHERE):
        command = option(command)
    return command


def experiment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which variant of a scenario is run, and from which seed on."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def variant(scenario: str, options: dict[str, Any]) -> "tuple[Scenario, int]":
    """The variant that those options ask for, and its first seed; takes them out of `options`."""
    from sim.scenario import load

    loaded = load(scenario, stated(options, options.pop("overrides")))
    seed = options.pop("seed")
    return loaded, loaded.seed if seed is None else seed


def stated(options: dict[str, Any], overrides: Iterable[str]) -> list[str]:
    """The overrides of a scenario that those options ask for; takes sizes out of `options`."""
    sizes = {key: options.pop(key) for key in ("viewers", "days")}
    return [*overrides, *(f"{key}={number}" for key, number in sizes.items() if number is not None)]
