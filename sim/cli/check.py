"""`coinworks check`: every problem of a scenario at once, with its place and what was expected."""

import json

import click


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files, for an editor.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], *, schema: bool, as_json: bool) -> None:
    """Check scenarios and catalogues: every problem at once, with the place and what was expected.

    FILE is a path, or the stem of a scenario. A note is worth knowing, and no problem.

    \b
    Examples:
      coinworks check scenarios/us-web-push.toml
      coinworks check --schema > scenario.schema.json
    """
    from sim.scenario import check as check_file

    if schema:
        from sim.scenario.schema import schema_text

        click.echo(schema_text(), nl=False)
        return
    if not files:
        raise click.UsageError("expected at least one FILE, or --schema")
    found = {file: check_file(file) for file in files}
    if as_json:
        click.echo(json.dumps({file: [problem._asdict() for problem in found[file]] for file in found}, indent=2))
    else:
        for file, problems in found.items():
            for problem in problems:
                click.echo(str(problem))
            if all(problem.is_note for problem in problems):
                click.echo(f"{file}: ok")
    if not all(problem.is_note for problems in found.values() for problem in problems):
        context.exit(1)
