"""Divisions: how the shards of the viewers are driven, here by threads.

division = Local(setting, n_shards=2, threads=2)
harvests = division.advance(scene)        # one of each shard, in the order of their viewers
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from sim.engines.columns.saving import Arrays
from sim.engines.columns.scene import Scene
from sim.engines.columns.shard import Harvest, Setting, Shard
from sim.engines.columns.viewer_audit import Audit


class Division(Protocol):
    """Shards that advance together."""

    @property
    def visits(self) -> int:
        """Visits that began so far."""

    def advance(self, scene: Scene) -> Sequence[Harvest]:
        """Let every shard live through one window."""

    def audits(self) -> Sequence[Audit]:
        """What every shard's accounts say, once they are found right."""

    def states(self) -> Sequence[Arrays]:
        """What every shard can't draw again, for a checkpoint."""

    def restore(self, states: Sequence[Arrays]) -> None:
        """Let every shard go on from its state."""

    def close(self) -> None:
        """Let the shards go."""


class Local:
    """Shards in this process, some at a time: their compiled loops let go of the interpreter.

    Parameters
    ----------
    places : which of the `n_shards` are kept here; all of them unless given
    """

    def __init__(self, setting: Setting, n_shards: int, threads: int, places: range | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        bounds = [setting.scenario.viewers * k // n_shards for k in range(n_shards + 1)]

        def made(k: int) -> Shard:
            return Shard(setting, bounds[k], bounds[k + 1], source=k + 1, n_sources=n_shards + 1)

        self.shards = list((self._pool.map if self._pool else map)(made, range(n_shards) if places is None else places))

    def __repr__(self) -> str:
        return f"<Local shards={len(self.shards)}>"

    @property
    def visits(self) -> int:
        """Visits that began so far."""
        return sum(shard.visits for shard in self.shards)

    def advance(self, scene: Scene) -> Sequence[Harvest]:
        """Let every shard live through one window."""
        if self._pool is None:
            return [shard.advance(scene) for shard in self.shards]
        return list(self._pool.map(lambda shard: shard.advance(scene), self.shards))

    def audits(self) -> Sequence[Audit]:
        """What every shard's accounts say, once they are found right."""
        return [shard.audit() for shard in self.shards]

    def states(self) -> Sequence[Arrays]:
        """What every shard can't draw again, for a checkpoint."""
        return [shard.state() for shard in self.shards]

    def restore(self, states: Sequence[Arrays]) -> None:
        """Let every shard go on from its state."""
        for shard, state in zip(self.shards, states, strict=True):
            shard.restore(state)

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
