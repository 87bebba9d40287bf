"""`coinworks compare`: what a scenario changes against another, how sure that is, and what one must believe for it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.experiment import executor_options, experiment_options, keep_option, stated
from sim.cli.terminal import Done, json_option, progress, say, show, show_json
from sim.cli.validate import check_kept
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison
    from sim.experiments.welfare.incidence import Incidence
    from sim.scenario import Scenario


class Percent(click.ParamType[float]):
    """A part of a whole, as `2%` or `0.02`."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            part = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            part = -1.0
        if not 0 < part < 1:
            self.fail(f"{value!r}: expected a part of the base's mean, as 2% or 0.02", param, ctx)
        return part


@click.command()
@click.argument("base")
@click.argument("other", required=False)
@experiment_options
@click.option("--change", "changes", multiple=True, metavar="KEY=VALUE", help="Set a key in OTHER alone; repeatable.")
@click.option("--metric", metavar="NAME", help="The one that is asked for; OTHER's headline, else.")
@click.option("--also", multiple=True, metavar="NAME", help="Read this one beside the headlines; repeatable.")
@click.option("--precision", type=Percent(), default="2%", show_default=True, help="To which the difference is asked.")
@click.option("--budget", type=click.FloatRange(1), metavar="S", help="Begin no round that wouldn't end by then.")
@click.option("--pairs", type=click.IntRange(2, 100_000), default=200, show_default=True, help="At most so many.")
@click.option("--warm-up", default="auto", show_default=True, metavar="auto|DAYS", help="Days that are left out.")
@click.option("--draws", type=click.IntRange(0, 100_000), default=64, show_default=True, help="Of what nobody knows.")
@click.option("--draw-viewers", type=click.IntRange(1), metavar="N", help="People in the runs of these draws.")
@click.option("--turn", metavar="KEY", help="Look along this unknown for where the sign turns; else the likeliest.")
@click.option("--welfare", is_flag=True, help="Say who gains and who loses, too.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write a page here.")
@click.option("--check", is_flag=True, help="Write nothing: say whether the page in DIR is still what comes out.")
@click.option("--incidence", type=click.IntRange(1, 1000), metavar="N", help="And who bears it, over N seeds.")
@executor_options
@keep_option
@json_option
def compare(
    base: str,
    other: str | None,
    *,
    overrides: tuple[str, ...],
    changes: tuple[str, ...],
    budget: float | None,
    warm_up: str,
    draws: int,
    draw_viewers: int | None,
    turn: str | None,
    out: Path | None,
    check: bool,
    incidence: int | None,
    keep: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare OTHER with BASE, in pairs of runs under the same draws.

    Pairs are added until the difference of the asked metric is known to the precision, or the budget is used up. Then
    all that nobody knows is drawn from its ranges, the same in both, which says what the difference rests on. With one
    name, a scenario is compared with its own base, or with itself under --change.

    \b
    Examples:
      coinworks compare us-web-push --viewers 500 --draws 0 --pairs 8
      coinworks compare us-baseline --change sellers.commission=0.1 --metric commission --viewers 500 --draws 16
      coinworks compare indonesia-2023 --welfare --viewers 500 --draws 0 --pairs 8
      coinworks compare indonesia-2023 --metric local_seller_gain --welfare --turn elsewhere.offline_share --out answer
      coinworks compare us-web-push --viewers 500 --draws 16 --pairs 8 --out answer
      coinworks compare us-baseline --change platform.store_fee=0.15 --welfare --incidence 4 --viewers 500 --draws 0
      coinworks compare us-baseline uk --metric take_rate --precision 1% --budget 60 --json
    """
    from sim.experiments.compare import believed
    from sim.experiments.compare import compare as compared
    from sim.experiments.executors import executor
    from sim.experiments.runs import Keep
    from sim.experiments.unknowns import find, unknowns
    from sim.report.differing import as_plain

    if turn is not None and not draws:
        raise click.UsageError("--turn: expected draws, and --draws is 0")
    if check and out is None:
        raise click.UsageError("--check: expected --out, the page to look at")
    sizes = stated(options, overrides)
    one, two = _scenarios(base, other, sizes, changes, options.pop("seed"))
    if turn is not None:
        find(unknowns(one, two), turn)  # now, not after long runs
    asked = {name: options.pop(name) for name in ("metric", "also", "precision", "pairs", "welfare")}
    kept = None if keep is None else Keep(keep)
    with executor(options.pop("where"), options.pop("workers"), asked["pairs"]) as found:
        told = compared(
            one,
            two,
            **asked,
            budget_s=budget or float("inf"),
            warm_up_days=_days(warm_up),
            executor=found,
            keep=kept,
            watch=_watch,
        )
        if draws:
            told = believed(told, draws=draws, viewers=draw_viewers, turn=turn, executor=found, keep=kept, watch=_watch)
        if incidence:
            told = told._replace(borne=_borne(told, incidence, executor=found, keep=kept))
    done = "" if out is None else _written(told, out, check=check)
    if as_json:
        show_json(as_plain(told))
        return
    _tell(told)
    if done:
        say(done)


def _written(told: "Comparison", folder: Path, *, check: bool) -> str:
    """Write the page, or look whether it is still what comes out; what was done, in a sentence."""
    from sim.report.comparison import PAGE, comparison_files, write_comparison

    if check:
        check_kept(folder, comparison_files(told), "the same command without --check")
        return f"{folder / PAGE}: still what comes out."
    return f"Wrote {write_comparison(told, folder)}: what you must believe, figures with their numbers beside them."


def _tell(told: "Comparison") -> None:
    """What differs, who gains, who bears it, and what one must believe, on a terminal."""
    from sim.report.differing import card, differences_table
    from sim.report.incidence import incidence_lines, incidence_table
    from sim.report.welfare import gains_table

    show(differences_table(told))
    if told.gains:
        show(gains_table(told))
    if told.borne:
        show(incidence_table(told.borne))
        for line in incidence_lines(told.borne):
            say(line)
    for line in card(told):
        say(line)


def _scenarios(
    base: str, other: str | None, sizes: list[str], changes: tuple[str, ...], seed: int | None
) -> "tuple[Scenario, Scenario]":
    """The two that are compared."""
    import msgspec

    from sim.scenario import load, load_base

    two = load(other or base, [*sizes, *changes])
    if other is not None:
        one: Scenario | None = load(base, sizes)
    elif changes:
        one = load(base, sizes)
        two = msgspec.structs.replace(two, name=f"{base} with {', '.join(changes)}")
    else:
        one = load_base(base, two, sizes)
    if one is None:
        raise CoinworksError(f"{base} has no base: expected another scenario to compare it with, or --change KEY=VALUE")
    return one, two if seed is None else msgspec.structs.replace(two, seed=seed)


def _borne(told: "Comparison", n: int, **how: Any) -> "Incidence":
    """Who bears what differs, with prices held and moved, under the first seeds of the comparison."""
    from sim.experiments.welfare.incidence import incidence as borne
    from sim.experiments.welfare.incidence import runs_of

    seeds = range(told.seeds[0], told.seeds[0] + n)
    with _watch("looking for the prices that would be set", runs_of(seeds)) as done:
        return borne(told.base, told.other, seeds, from_day=told.warm_up_days, on_done=done, **how)


def _days(warm_up: str) -> int | None:
    if warm_up == "auto":
        return None
    if not warm_up.isdecimal():
        raise click.UsageError(f"--warm-up {warm_up}: expected auto, or a number of days")
    return int(warm_up)


def _watch(label: str, runs: int) -> AbstractContextManager[Done]:
    return progress(label, runs, "runs")
