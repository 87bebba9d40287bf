"""`coinworks check`: every problem of a scenario at once, with its place and what was expected."""

import click

from sim.cli.terminal import json_option, say, show_json


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for an editor.")
@json_option
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], *, schema: bool, as_json: bool) -> None:
    """Check scenarios and catalogues: every problem at once, with the place and what was expected.

    FILE is a path, or the stem of a scenario. A note is worth knowing, and no problem.

    \b
    Examples:
      coinworks check scenarios/us-web-push.toml
      coinworks check --schema > scenario.schema.json
    """
    from sim.metrics import metric_names
    from sim.scenario import check as problems_of
    from sim.scenario.schema import schema_text

    if schema:
        click.echo(schema_text(), nl=False)
        return
    if not files:
        raise click.UsageError("expected at least one FILE, or --schema", context)
    found = {file: problems_of(file, metric_names=metric_names) for file in files}
    well_formed = {file for file, problems in found.items() if all(problem.is_note for problem in problems)}
    if as_json:
        show_json({file: [problem._asdict() for problem in problems] for file, problems in found.items()})
    else:
        for file, problems in found.items():
            for problem in problems:
                say(str(problem))
            if file in well_formed:
                say(f"{file}: ok")
    context.exit(0 if well_formed == found.keys() else 1)
