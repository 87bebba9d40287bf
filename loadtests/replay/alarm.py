"""An alarm at an absolute instant, some microseconds exact; the event loop's own timers wake a millisecond late.

    alarm = Alarm(lambda: print("now"))
    alarm.set(time.perf_counter_ns() + 1_500_000)

Linux's timerfd, on the clock that `time.perf_counter_ns` reads (CLOCK_MONOTONIC). Python has it from 3.13 on.
"""

import ctypes
import os
from collections.abc import Callable
from typing import Final

import gevent

from sim.ledger import CoinworksError

NS: Final = 1_000_000_000
_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1
_READ: Final = 1
_EXPIRATIONS_BYTES: Final = 8


class _Instant(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Instant), ("first", _Instant))


class Alarm:
    """Calls back on gevent's loop; setting it again replaces the instant."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._ring = ring
        self._descriptor = self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise CoinworksError(f"timerfd: {os.strerror(ctypes.get_errno())}: expected a Linux kernel with timers")
        self._watcher = gevent.get_hub().loop.io(self._descriptor, _READ)
        self._watcher.start(self._expire)

    def set(self, at_ns: int) -> None:
        """Ring at this instant of `time.perf_counter_ns`, or at once if it is past."""
        at_ns = max(at_ns, 1)  # zero would switch it off
        setting = _Setting(_Instant(0, 0), _Instant(*divmod(at_ns, NS)))
        self._libc.timerfd_settime(self._descriptor, _ABSOLUTE, ctypes.byref(setting), None)

    def close(self) -> None:
        """Never ring again."""
        if self._descriptor >= 0:
            self._watcher.stop()
            self._watcher.close()
            os.close(self._descriptor)
            self._descriptor = -1

    def _expire(self) -> None:
        try:
            os.read(self._descriptor, _EXPIRATIONS_BYTES)
        except BlockingIOError:
            return  # it was set anew between ringing and being heard
        self._ring()
