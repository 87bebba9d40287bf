"""The `coinworks` command: a file a verb, and the only place that knows both the simulator and the load tests.

`group` finds the verbs, `terminal` is how they speak. A verb imports what it needs inside its function, so that
`coinworks --help` is there at once.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command of this process, and exit with its status."""
    try:
        from sim.cli import group
    except KeyboardInterrupt:  # so early that nobody else could answer it
        sys.stderr.write("coinworks: interrupted\n")
        sys.exit(130)
    group.main()
