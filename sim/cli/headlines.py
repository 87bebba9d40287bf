"""`coinworks headlines`: ask every scenario its question, and keep the answers."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.experiment import executor_options, keep_option
from sim.cli.terminal import Done, progress, say

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sim.experiments.runs import Keep
    from sim.report.headlines import Headline


@click.command()
@click.argument("names", nargs=-1, metavar="[SCENARIO]...")
@click.option("--pairs", type=click.IntRange(2, 1000), default=16, show_default=True, help="Of runs, at most so many.")
@click.option("--draws", type=click.IntRange(8, 1000), default=64, show_default=True, help="Of what nobody knows.")
@executor_options
@keep_option
@click.option("--check", is_flag=True, help="Write nothing: say whether the kept answers are still what comes out.")
def headlines(
    *, names: tuple[str, ...], pairs: int, draws: int, where: str, workers: int | None, keep: Path | None, check: bool
) -> int:
    """Answer the questions of all scenarios, or of some, in one sentence each.

    An answer rests on a comparison with the scenario's base, in pairs of runs and under draws of all that nobody knows.
    The answers go to results/economy/headlines.json, which `coinworks scenarios` and scenarios/README.md tell. All of
    them take an hour; with --keep a command that was ended goes on where it was.

    \b
    Examples:
      coinworks headlines us-web-push --pairs 8 --draws 8
      coinworks headlines --check
    """
    from sim import paths
    from sim.experiments.executors import executor
    from sim.experiments.runs import Keep
    from sim.ledger import CoinworksError
    from sim.report.headlines import KEPT, write_headlines
    from sim.report.headlines import headlines as kept_in
    from sim.scenario.problems import shown_path

    kept_at = paths.results_dir() / KEPT
    kept = dict(kept_in(kept_at))
    if not kept_at.parent.is_dir():
        raise CoinworksError(f"{shown_path(kept_at.parent)}: no such folder; answers are kept in a clone of coinworks")
    if check and not kept:
        raise CoinworksError(f"{shown_path(kept_at)}: no answers are kept there; expected some to check")
    asked = names or tuple(sorted(path.stem for path in paths.scenarios_dir().glob("*.toml")))
    stale = []
    runs_kept = None if keep is None else Keep(keep)
    with executor(where, workers, 2 * pairs) as found:
        for name in asked:
            told = _answered(name, pairs, draws, found, runs_kept)
            say(f"{name}: {told.text}")
            if kept.get(Path(name).stem) != told:
                stale.append(Path(name).stem)
            kept[Path(name).stem] = told
            if not check:
                write_headlines(kept_at, kept)
    if not check:
        say(f"Wrote {shown_path(kept_at)}. Tell them in scenarios/README.md with: python -m sim.scenario.guide")
    elif stale:
        raise CoinworksError(f"{', '.join(stale)}: not what comes out now; mend it with: coinworks headlines")
    return 0


def _answered(name: str, pairs: int, draws: int, executor: "Executor | None", keep: "Keep | None") -> "Headline":

    from sim.experiments.compare import believed, compare
    from sim.experiments.level import level
    from sim.ledger import CoinworksError
    from sim.report.headlines import headline_of, headline_of_level
    from sim.scenario import load, load_base

    scenario = load(name)
    if scenario.headline is None:
        raise CoinworksError(f"{scenario.name}: expected a headline, the metric in which its answer is told")
    command = f"coinworks headlines {Path(name).stem} --pairs {pairs} --draws {draws}"
    base = load_base(name, scenario)
    if base is None:
        found = level(scenario, scenario.headline, seeds=pairs, draws=draws, executor=executor, keep=keep, watch=_watch)
        return headline_of_level(scenario, found, command)
    told = compare(base, scenario, pairs=pairs, executor=executor, keep=keep, watch=_watch)
    return headline_of(scenario, believed(told, draws=draws, executor=executor, keep=keep, watch=_watch), command)


def _watch(label: str, runs: int) -> AbstractContextManager[Done]:
    return progress(label, runs, "runs")
