"""The `coinworks` command: a file a verb, and the only place that knows both the simulator and the load tests.

`group` finds the verbs, `terminal` is how they speak. A verb imports what it needs inside its function, so that
`coinworks --help` is there at once.
"""

from sim.cli.group import main

__all__ = ["main"]
