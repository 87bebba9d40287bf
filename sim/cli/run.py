"""`coinworks run`: the main job. Simulate, start a wallet, replay, compare every account, report."""

from pathlib import Path
from typing import Any

import click

from sim.cli.terminal import json_option, progress, say, show, show_json
from sim.cli.trials import replay_options


@click.command()
@click.argument("scenario")
@click.option("--viewers", type=click.IntRange(1), metavar="N", help="So many viewers; creators and stock follow.")
@click.option("--days", type=click.IntRange(1), metavar="D", help="So many days.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), metavar="N", help="Another seed, and so other draws.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The run's folder, which must not exist.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set any key of the scenario; repeatable.")
@replay_options
@json_option
def run(
    scenario: str,
    *,
    viewers: int | None,
    days: int | None,
    seed: int | None,
    out: Path | None,
    overrides: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> int:
    """Simulate a scenario, replay its trace against a wallet, compare every account, and write the report.

    SCENARIO is a file, or the stem of one that `coinworks scenarios` lists. Exit status: 0 PASS, 1 FAIL, 3 INVALID.

    \b
    Examples:
      coinworks run us-baseline
      coinworks run us-baseline --viewers 500 --days 1 --slo p99=100ms
    """
    from loadtests.traffic import Traffic
    from sim.cli.trials import conditions, try_wallet, verdict_line, wallet_to_try
    from sim.model import simulate
    from sim.report import kpi_table, write_report
    from sim.scenario import load

    asked = conditions(options)
    sizes = [f"{key}={number}" for key, number in (("viewers", viewers), ("days", days)) if number is not None]
    loaded = load(scenario, [*overrides, *sizes])
    with progress("simulating", total=loaded.days, unit="days") as done:
        made = simulate(loaded, seed=seed, out=out, progress=lambda share: done(share * loaded.days))
    traffic = Traffic(made.path.name, made.trace(), made.balances(), made.path)
    with wallet_to_try(None, None, made.path) as wallet:
        trial = try_wallet(traffic, wallet, asked, made.path)
    report = write_report(made)
    if as_json:
        show_json({"run": str(made.path), "summary": made.summary, "replay": trial.numbers})
        return trial.verdict.exit_code
    table = kpi_table(made.summary)
    _add_load(table, trial.numbers)
    show(table)
    say(f"{verdict_line(trial.numbers)} Read the report: {report}")
    return trial.verdict.exit_code


def _add_load(table: Any, numbers: dict[str, Any]) -> None:
    """What the wallet carried, below what the economy earned."""
    from sim.cli.trials import milliseconds, percent

    response_ms = numbers["latencies_ms"]["overall"]["response"]
    table.add_section()
    table.add_row("operations sent", f"{numbers['sent']:,}")
    table.add_row("  that move money", f"{numbers['moving_money']:,}")
    table.add_row("answered a second", f"{numbers['throughput_per_s']:,.0f}")
    table.add_row("response p50, from the plan", f"{milliseconds(response_ms['p50'])} ms")
    table.add_row("response p99", f"{milliseconds(response_ms['p99'])} ms")
    table.add_row("waited for their lane", percent(numbers["lane_blocked"]))
