"""`coinworks headlines`: ask every scenario its question, and keep the answers."""

import click

from sim.cli.experiment import executor_options
from sim.cli.terminal import progress, say


@click.command()
@click.argument("names", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help="So many, from its own on.",
)
@executor_options
@click.option("--check", is_flag=True, help="Write nothing: say whether the kept answers are still what comes out.")
def headlines(*, names: tuple[str, ...], seeds: int, where: str, workers: int | None, check: bool) -> int:
    """Answer the questions of all scenarios, or of some, in one sentence each.

    The answers go to results/economy/headlines.json, which `coinworks scenarios` and scenarios/README.md tell.

    \b
    Examples:
      coinworks headlines us-web-push --seeds 2
      coinworks headlines --check
    """
    from sim import paths
    from sim.experiments.answer import answer
    from sim.experiments.executors import executor as working
    from sim.ledger import CoinworksError
    from sim.report.headlines import KEPT, headline_of, write_headlines
    from sim.report.headlines import headlines as kept_in
    from sim.scenario import load, load_base
    from sim.scenario.problems import shown_path

    kept_at = paths.results_dir() / KEPT
    kept = dict(kept_in(kept_at))
    if not kept_at.parent.is_dir():
        raise CoinworksError(f"{shown_path(kept_at.parent)}: no such folder; answers are kept in a clone of coinworks")
    if check and not kept:
        raise CoinworksError(f"{shown_path(kept_at)}: no answers are kept there; expected some to check")
    asked = names or tuple(sorted(path.stem for path in paths.scenarios_dir().glob("*.toml")))
    stale = []
    with working(where, workers, seeds) as executor, progress("asking", len(asked), "scenarios") as done:
        for n, name in enumerate(asked):
            scenario = load(name)
            base = load_base(name, scenario)
            found = answer(scenario, base, range(scenario.seed, scenario.seed + seeds), executor)
            told = headline_of(scenario, base, found)
            say(f"{scenario.name}: {told.text}")
            if kept.get(scenario.name) != told:
                stale.append(scenario.name)
            kept[scenario.name] = told
            done(n + 1)
    if not check:
        write_headlines(kept_at, kept)
        say(f"Wrote {shown_path(kept_at)}. Tell them in scenarios/README.md with: python -m sim.scenario.guide")
    elif stale:
        raise CoinworksError(f"{', '.join(stale)}: not what comes out now; mend it with: coinworks headlines")
    return 0
