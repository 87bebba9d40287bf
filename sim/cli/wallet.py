"""`coinworks wallet`: the reference wallet, one command and no server."""

from typing import Any

import click


@click.command()
@click.option("--store", default="sqlite:wallet.db", show_default=True, metavar="sqlite:PATH", help="What it keeps.")
@click.option("--port", default=8765, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--allow-remote", is_flag=True, help="Allow a --host that other machines reach.")
@click.option(
    "--clock",
    type=click.Choice(["wall", "trace"]),
    default="wall",
    show_default=True,
    help="trace: who may, states the time of an operation, as a replay does.",
)
@click.option("--ready-file", metavar="PATH", help="Write where it serves to PATH (JSON), once it does.")
def wallet(**options: Any) -> None:
    """Serve a wallet: a double-entry ledger behind HTTP, with a Balance page for people.

    It makes its store, a secret and a service token where --store says, and runs until Ctrl-C. What it has answered is
    on disk; start it again on the same store and everything is there.

    \b
    Examples:
      coinworks wallet
      coinworks wallet --store sqlite:/tmp/load.db --port 0 --clock trace
    """
    from loadtests.wallet.service import serve
    from loadtests.wallet.settings import Ready, Settings

    def announce(ready: Ready) -> None:
        click.echo(f"wallet        {ready.url}")
        click.echo(f"store         {ready.store}")
        click.echo(f"token         {ready.token_file}")
        click.echo(f"Balance page  {ready.url}/balance  (asks for a token)")
        click.echo("Ctrl-C stops it; nothing is lost.")

    serve(Settings(**options), announce)
