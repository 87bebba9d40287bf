"""The frame of the command: which verbs there are, what help shows first, and how a mistake is told.

    coinworks                     help
    coinworks simulate --help     a verb's own, with an example
    coinworks simualte            coinworks: no such command: simualte; did you mean simulate? (exit 2)

A verb is a click command in a file of its name. What it returns is the exit status; None is 0. It raises CoinworksError
for what its user can mend. `COINWORKS_TRACEBACK=1` shows where any error came from.
"""

import difflib
import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

import click

from sim.ledger.errors import CoinworksError

VERBS: Final = {
    "Start here": ("run", "scenarios", "check", "simulate", "report", "metrics"),
    "The two halves of a load test by themselves": ("wallet", "replay"),
    "How far to trust it": ("validate", "evidence"),
    "Ask it often": ("compare", "outlook", "rollout", "headlines"),
    "Measure": ("bench",),
}

USAGE: Final = 2
INTERRUPTED: Final = 130
SIGNALLED: Final = 128  # plus the signal's number, as a shell has it
ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)
# What a machine refuses and its owner can mend; any other OSError is our bug and keeps its traceback.
REFUSALS: Final = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EMFILE,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class Verbs(click.Group):
    """Imports a verb's file when the verb is called, or its line in the help is."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx  # the verbs are the same in every context
        return [name for names in VERBS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(importlib.import_module(f"sim.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        command = self.get_command(ctx, args[0])
        if command is None:
            ctx.fail(f"no such command: {args[0]}{self._nearest(ctx, args[0])}")
        return args[0], command, args[1:]

    def _nearest(self, ctx: click.Context, name: str) -> str:
        nearest = difflib.get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
        return f"; did you mean {nearest[0]}?" if nearest else ""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in VERBS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, command.get_short_help_str(120)) for name, command in commands if command])


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A scenario is named by its file or by its stem. `coinworks VERB --help` has the options and an example.",
)
@click.version_option(package_name="coinworks", message="%(prog)s %(version)s")
@click.pass_context
def coinworks(context: click.Context) -> None:
    """Simulate an in-app economy, replay its every wallet operation as load, and settle to the last coin.

    \b
    Try it:  coinworks run us-baseline
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


class Ended(KeyboardInterrupt):
    """Somebody asked this process to end: an interrupt from elsewhere."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main() -> None:
    """Run the command of this process, and exit with its status."""
    for number in ENDINGS:
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has SIGHUP ignored
            signal.signal(number, _end)
    sys.exit(execute(sys.argv[1:]))


def _end(number: int, _frame: object) -> None:
    for other in ENDINGS:  # a second one must not disturb the tidying up
        signal.signal(other, signal.SIG_IGN)
    raise Ended(number)


def execute(arguments: Sequence[str]) -> int:
    """Run one command; whatever goes wrong by a user's hand becomes a line on stderr and an exit status."""
    try:
        return _invoke(arguments)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.UsageError as error:
        return _tell(_usage_line(error), USAGE)
    except (click.ClickException, CoinworksError, KeyboardInterrupt, click.Abort, OSError) as error:
        if os.environ.get("COINWORKS_TRACEBACK"):
            raise
        return _tell_error(error)


def _invoke(arguments: Sequence[str]) -> int:
    with coinworks.make_context("coinworks", list(arguments)) as context:
        status = coinworks.invoke(context)
        sys.stdout.flush()  # here, where a closed pipe is still ours to answer
    return status if isinstance(status, int) else 0


def _tell_error(error: BaseException) -> int:
    match error:
        case Ended():
            return _tell(f"interrupted ({signal.Signals(error.number).name})", SIGNALLED + error.number)
        case KeyboardInterrupt() | click.Abort():
            return _tell("interrupted", INTERRUPTED)
        case CoinworksError():
            return _tell(str(error), error.exit_code)
        case click.ClickException():
            return _tell(error.format_message(), error.exit_code)
        case BrokenPipeError():
            # The reader left (`coinworks scenarios | head -1`); Python must not try to flush to it again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case OSError() if error.errno in REFUSALS:
            place = f"{error.filename}: " if error.filename else ""
            return _tell(f"{place}{error.strerror}", 1)
    raise error


def _usage_line(error: click.UsageError) -> str:
    asked = error.ctx.command_path if error.ctx else "coinworks"
    message = error.format_message()
    return f"{message[:1].lower()}{message[1:].rstrip('.')} (see {asked} --help)"


def _tell(message: str, status: int) -> int:
    for line in message.splitlines():  # a scenario has a line for each of its problems
        click.echo(f"coinworks: {line}", err=True)
    return status
