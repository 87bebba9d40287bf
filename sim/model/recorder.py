"""The recorder: takes an engine's records as they come, to the trace and its digest, and to the metrics."""

from pathlib import Path
from typing import Any

from sim.ledger import CoinworksError, Op
from sim.metrics.hosts import Hosts
from sim.metrics.tally import Tally
from sim.scenario import Scenario
from sim.tables import Columns
from sim.trace import Digest, TraceWriter


class Recorder:
    """Keeps what a run needs of its records. The metrics join as soon as the engine has told who there is.

    Parameters
    ----------
    writer : of the trace, if one is kept
    digest : of the trace, where it is wanted without one
    """

    def __init__(self, scenario: Scenario, writer: TraceWriter | None, digest: Digest | None) -> None:
        self.records = 0
        self.set_up = 0  # of these, opens and policies
        self._scenario = scenario
        self._writer = writer
        self._digest = digest
        self.tally: Tally | None = None

    def __repr__(self) -> str:
        return f"<Recorder records={self.records}>"

    def count(self, hosts: Hosts) -> None:
        """Begin to add up the metrics of an economy with these creators and sellers."""
        self.tally = Tally(self._scenario, hosts)

    def __call__(self, block: Columns) -> None:
        """Take the next records."""
        self.records += len(block["op"])
        self.set_up += int((block["op"] <= Op.POLICY).sum())
        if self._writer is not None:
            self._writer.extend(block)
        elif self._digest is not None:
            self._digest.update(block)
        if self.tally is not None:
            self.tally.add(block)

    def leave_out(self, opens: int) -> None:
        """Count opens that the engine didn't bother to hand over."""
        self.records += opens
        self.set_up += opens

    def trace_digest(self) -> str | None:
        """The digest of all records, if it was wanted; ends the trace."""
        if self._writer is not None:
            return self._writer.close()
        return self._digest.hexdigest() if self._digest is not None else None

    def state(self) -> dict[str, Any]:
        """What the records so far came to, but for the trace."""
        tally = self.tally.state() if self.tally is not None else {}
        return {"recorder/records": self.records, "recorder/set_up": self.set_up} | {
            f"tally/{name}": column for name, column in tally.items()
        }

    def restore(self, state: dict[str, Any], hosts: Hosts, trace: Path | None) -> None:
        """Go on after the records of a checkpoint.

        Raises
        ------
        CoinworksError : a trace, or its digest, is asked for of a checkpoint that kept none
        """
        if trace is None and (self._writer is not None or self._digest is not None):
            raise CoinworksError("the checkpoint keeps no trace: expected --metrics-only, as when it was made")
        self.records, self.set_up = int(state["recorder/records"]), int(state["recorder/set_up"])
        counted = {name.removeprefix("tally/"): column for name, column in state.items() if name.startswith("tally/")}
        self.tally = Tally.restored(self._scenario, hosts, counted)
        if self._writer is not None and trace is not None:
            self._writer.go_on_from(trace)
