"""SimPy's clock, cut into windows.

    yield windows.boundary(env.now + delivery_us)      # the first boundary at or after an instant

Time is in integer microseconds since the scenario's start. At one boundary the closing of the past window comes first,
then the agents, then the settlement that publishes the next window's state, and only then any viewer.
"""

from enum import IntEnum

from simpy import Environment, Event
from simpy.events import EventPriority


class Phase(IntEnum):
    """The order of things at one boundary, all of them before SimPy's own priorities (0 and 1)."""

    CLOSE = -3
    AGENTS = -2
    SETTLE = -1


class Boundary(Event):
    """The first window boundary at or after an instant, or now if that has passed."""

    def __init__(self, env: Environment, at_us: int, phase: Phase) -> None:
        super().__init__(env)
        self._ok = True
        self._value = at_us
        env.schedule(self, EventPriority(phase), at_us - env.now)


class Windows:
    """The windows of one run."""

    def __init__(self, env: Environment, window_us: int, duration_us: int) -> None:
        self.env = env
        self.window_us = window_us
        self.duration_us = duration_us

    def __repr__(self) -> str:
        return f"<Windows {self.window_us // 1_000_000} s at {self.now_us} us>"

    @property
    def now_us(self) -> int:
        """The time: microseconds since the start."""
        return int(self.env.now)

    def after(self, instant_us: int) -> int:
        """The first boundary at or after an instant."""
        return -(-instant_us // self.window_us) * self.window_us

    def boundary(self, instant_us: int, phase: Phase = Phase.AGENTS) -> Event:
        """An event at the first boundary at or after an instant; for agents, unless said otherwise.

        A run ends before its last boundary, so what is due then, or later, never happens.
        """
        at_us = self.after(max(instant_us, self.now_us))
        return Boundary(self.env, at_us, phase) if at_us < self.duration_us else Event(self.env)
