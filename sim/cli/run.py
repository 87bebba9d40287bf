"""`coinworks run`: the main job. Simulate, start a wallet, replay, compare every account, report."""

from typing import TYPE_CHECKING, Any

import click

from sim.cli.simulation import simulate_variant, simulation_options
from sim.cli.terminal import json_option, say, show, show_json
from sim.cli.trials import replay_options

if TYPE_CHECKING:
    from sim.runs import Run


@click.command()
@click.argument("scenario")
@simulation_options
@click.option("--no-base", "without_base", is_flag=True, help="Don't simulate the scenario's base beside it.")
@replay_options
@json_option
def run(scenario: str, *, without_base: bool, as_json: bool, **options: Any) -> int:
    """Simulate a scenario, replay its trace against a wallet, compare every account, and write the report.

    What the scenario names as its base is simulated too, with the same draws, and the report shows both side by side.

    SCENARIO is a file, or the stem of one that `coinworks scenarios` lists. Exit status: 0 PASS, 1 FAIL, 3 INVALID.
    Where nobody did anything there is nothing to replay, and the report is of the economy alone: 0.

    \b
    Examples:
      coinworks run us-baseline
      coinworks run us-baseline --viewers 500 --days 1 --slo p99=100ms
    """
    from loadtests.replay.plan import asks_anything
    from loadtests.traffic import Traffic
    from sim.cli.trials import conditions, try_wallet, verdict_line, wallet_to_try
    from sim.report import kpi_table, write_report

    asked = conditions(options)
    made = simulate_variant(scenario, options, with_base=not without_base)
    traffic = Traffic(made.path.name, made.trace(), made.balances(), made.path)
    if not asks_anything(traffic.trace):
        return _tell_of_nothing(made, as_json=as_json)
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


def _tell_of_nothing(made: "Run", *, as_json: bool) -> int:
    """A run in which nobody asked the wallet for anything: no verdict, for nothing was tried."""
    from sim.report import kpi_table, write_report

    report = write_report(made)
    if as_json:
        show_json({"run": str(made.path), "summary": made.summary, "replay": None})
        return 0
    show(kpi_table(made.summary))
    say(f"Nobody asked the wallet for anything, so nothing was replayed. Read the report: {report}")
    return 0


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
