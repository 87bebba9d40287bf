"""A run in memory: its key figures and nothing on disk, for experiments that make many runs.

measured(load("us-baseline", ["viewers=200", "days=1"]), seed=1).kpis["bookings"]["value"]
"""

from sim.engines.journal import Record
from sim.engines.windowed import WindowedEngine
from sim.metrics.tally import Found
from sim.model.recorder import Recorder
from sim.model.simulation import ending_of
from sim.scenario import Scenario
from sim.tables import Columns


def unheard(block: Columns) -> None:
    """Records that nobody else listens to."""
    del block


def measured(scenario: Scenario, seed: int, hear: Record = unheard) -> Found:
    """Simulate a scenario on one thread of this process; `hear` gets every record too, block by block."""
    recorder = Recorder(scenario, None, None)

    def record(block: Columns) -> None:
        recorder(block)
        hear(block)

    engine = WindowedEngine(scenario, seed, record, opens=hear is not unheard)
    recorder.count(engine.hosts)
    engine.run()
    assert recorder.tally is not None, "the metrics begin when the engine is made"
    return recorder.tally.close(ending_of(engine))
