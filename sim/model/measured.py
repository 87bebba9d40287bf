"""A run in memory: its key figures and nothing on disk, for experiments that make many runs.

measured(load("us-baseline", ["viewers=200", "days=1"]), seed=1).kpis["bookings"]["value"]
measured(load("us-baseline", ["viewers=200"]), seed=1, from_day=2)      # of the days after the second
"""

from collections.abc import Callable

from sim.engines.journal import Record
from sim.engines.windowed import WindowedEngine
from sim.metrics.tally import Found
from sim.model.recorder import Recorder
from sim.model.simulation import ending_of
from sim.model.since import Since
from sim.scenario import Scenario
from sim.tables import Columns

Look = Callable[[WindowedEngine], None]


def unheard(block: Columns) -> None:
    """Records that nobody else listens to."""
    del block


def unlooked(engine: WindowedEngine) -> None:
    """An engine that nobody looks at."""
    del engine


def measured(
    scenario: Scenario, seed: int, hear: Record = unheard, *, from_day: int = 0, look: Look = unlooked
) -> Found:
    """Simulate a scenario on one thread of this process; `hear` gets every record too, block by block.

    With `from_day` what happened before that day is left out of the metrics, see `sim.model.since`. `look` gets the
    engine where the metrics begin, unless that is the start, and at the end.
    """
    recorder = Recorder(scenario, None, None)
    since = Since(scenario, from_day)

    def record(block: Columns) -> None:
        recorder(block)
        hear(block)

    def begin(*_: object) -> None:
        since.begin(engine, recorder)
        look(engine)

    engine = WindowedEngine(
        scenario,
        seed,
        record,
        cuts=since.cuts,
        save=begin,
        opens=hear is not unheard,
    )
    recorder.count(engine.hosts)
    engine.run()
    look(engine)
    assert recorder.tally is not None, "the metrics begin when the engine is made"
    found = recorder.tally.close(since.ending(ending_of(engine)))
    return since.told(found)
