"""The dispatcher: sends every operation of a plan at its planned instant, whatever the answers do.

    dispatcher = Dispatcher(folder)
    dispatcher.run()                         # until every outcome is known, or the wallet is gone for good

    planned ────── lane free ── free ── sent ────────── done
            waits for  waits for   the        the wallet's
            its lane   a connection generator's

An open model: the clock is absolute and never re-anchored, and nothing is dropped. An operation that has to wait for
its lane leaves the moment its last predecessor is done. A lost answer makes the outcome unknown: it is looked up by
its key, and only what never arrived is sent again. All instants are nanoseconds from the start.
"""

import gc
import mmap
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import gevent
from gevent.event import Event

from loadtests.replay import wire
from loadtests.replay.alarm import Alarm
from loadtests.replay.client import IDLE, Connection, ask
from loadtests.replay.plan import (
    FINISHED,
    MEASURED,
    PROGRESS,
    REQUESTS_FILE,
    RUNNING,
    STOPPED,
    WALLET_GONE,
    column,
    read_plan,
)
from sim.ledger.operations import READS

TICK_S: Final = 0.1
LEAD_NS: Final = 50_000_000  # from the last connection opened to the first instant
FIRST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.5
NS: Final = 1_000_000_000
_READS: Final = frozenset(int(op) for op in READS)


class Dispatcher:
    """One replay of one plan. `on_tick` hears of the operations answered since it last heard."""

    def __init__(self, folder: Path, on_tick: Callable[[list[int]], None]) -> None:
        self.plan = read_plan(folder)
        self._target = wire.parse_target(self.plan.target)
        self._on_tick = on_tick
        self._load_inputs(folder)
        self._map_measured(folder)
        self._next = 0
        self._sent = 0
        self._answered = 0
        self._fresh: list[int] = []
        self._state = RUNNING
        self._over = Event()
        self._idle: list[Connection] = []
        self._queue: deque[int] = deque()
        self._connections: list[Connection] = []
        self._start_ns = 0
        self._alarm = Alarm(self._wake)

    def __repr__(self) -> str:
        return f"<Dispatcher planned={self._next} sent={self._sent} answered={self._answered}>"

    def _load_inputs(self, folder: Path) -> None:
        """What is read for every request: as Python numbers, which are quicker one at a time than an array's."""
        self._planned_ns: list[int] = column(folder, "planned_ns").tolist()
        self._waits_for: list[int] = column(folder, "waits_for").tolist()
        self._seq = column(folder, "seq").data
        self._op = column(folder, "op").data
        self._request_start = column(folder, "request_start").data
        self._successor_start = column(folder, "successor_start").data
        successor = column(folder, "successor")
        self._successor: list[int] = successor.tolist()
        with (folder / REQUESTS_FILE).open("rb") as file:
            self._requests = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))

    def _map_measured(self, folder: Path) -> None:
        """What is measured goes straight to the files, so that it outlives this process."""
        views = {name: column(folder, name, writable=True).data for name in MEASURED}
        self._lane_free_ns, self._free_ns = views["lane_free_ns"], views["free_ns"]
        self._sent_ns, self._done_ns = views["sent_ns"], views["done_ns"]
        self._status, self._outcome, self._replayed = views["status"], views["outcome"], views["replayed"]
        self._attempts, self._unknown = views["attempts"], views["unknown"]
        self._progress = column(folder, "progress", writable=True).data

    def run(self) -> int:
        """Replay the plan; returns how it ended: FINISHED, WALLET_GONE or STOPPED."""
        self._open_connections()
        gc.freeze()
        gc.disable()  # a full collection would make everybody late
        self._start_ns = time.perf_counter_ns() + LEAD_NS
        cpu_ns = time.process_time_ns()
        self._alarm.set(self._start_ns)
        try:
            while not self._over.wait(TICK_S):
                self._tick(cpu_ns)
        finally:
            gc.enable()
            self._end(STOPPED)
            self._tick(cpu_ns)
        return self._state

    def _open_connections(self) -> None:
        for _ in range(min(self.plan.pace.connections, self.plan.operations)):
            connection = Connection(self._target, self._take_answer, self._take_loss)
            self._connections.append(connection)
            self._idle.append(connection)
            try:
                connection.open()
            except OSError:
                continue  # it opens when it is needed, or the deadline decides

    def _now(self) -> int:
        return time.perf_counter_ns() - self._start_ns

    def _wake(self) -> None:
        if self._state == RUNNING:
            self._send_planned(self._now())
            if self._next < len(self._planned_ns):
                self._alarm.set(self._start_ns + self._planned_ns[self._next])

    def _send_planned(self, now_ns: int) -> None:
        planned_ns, last = self._planned_ns, len(self._planned_ns)
        while self._next < last and planned_ns[self._next] <= now_ns:
            i = self._next
            self._next += 1
            if not self._waits_for[i]:
                self._send_or_queue(i)

    def _send_or_queue(self, i: int) -> None:
        lane_free_ns = max(self._planned_ns[i], self._lane_free_ns[i])
        self._lane_free_ns[i] = lane_free_ns
        if self._idle:
            self._send(self._idle.pop(), i, lane_free_ns)
        else:
            self._queue.append(i)

    def _send(self, connection: Connection, i: int, free_ns: int) -> None:
        self._sent += 1
        self._free_ns[i] = free_ns
        now_ns = self._now()
        self._sent_ns[i] = now_ns
        if connection.is_open:
            self._attempts[i] = 1
            connection.send(self._request(i), i, now_ns)
        else:
            connection.about = i
            gevent.spawn(self._send_late, connection, i)

    def _request(self, i: int) -> memoryview:
        return self._requests[self._request_start[i] : self._request_start[i + 1]]

    def _send_late(self, connection: Connection, i: int) -> None:
        """Open the connection first: the wallet had closed it, so the time counts as the wallet's."""
        try:
            connection.open()
        except OSError:
            self._resolve(connection, i, is_decided=False)
        else:
            self._attempts[i] = 1
            connection.send(self._request(i), i, self._now())

    def _take_answer(self, connection: Connection, status: int, body: bytes) -> None:
        now_ns = self._now()
        i = connection.about
        if status >= wire.SERVER_ERROR:  # busy: not decided; anything else: who knows
            connection.close()
            gevent.spawn(self._resolve, connection, i, is_decided=status != wire.BUSY)
            return
        answer = wire.parse_answer(status, body, is_read=self._op[i] in _READS)
        self._finish(connection, i, answer, now_ns)

    def _take_loss(self, connection: Connection) -> None:
        if connection.about != IDLE and self._state == RUNNING:
            gevent.spawn(self._resolve, connection, connection.about, is_decided=True)

    def _finish(self, connection: Connection, i: int, answer: wire.Answer, now_ns: int) -> None:
        self._done_ns[i] = now_ns
        self._status[i] = answer.status
        self._outcome[i] = answer.outcome
        self._replayed[i] = answer.replayed
        self._answered += 1
        self._fresh.append(i)
        connection.about = IDLE
        self._pass_on(connection, now_ns)
        self._release_successors(i, now_ns)
        if self._next < len(self._planned_ns) and self._planned_ns[self._next] <= now_ns:
            self._send_planned(now_ns)
        if self._answered == self.plan.operations:
            self._end(FINISHED)

    def _pass_on(self, connection: Connection, now_ns: int) -> None:
        if self._queue:
            i = self._queue.popleft()
            self._send(connection, i, max(self._lane_free_ns[i], now_ns))
        else:
            self._idle.append(connection)

    def _release_successors(self, i: int, now_ns: int) -> None:
        waits_for = self._waits_for
        for successor in self._successor[self._successor_start[i] : self._successor_start[i + 1]]:
            waits_for[successor] -= 1
            if not waits_for[successor]:
                self._lane_free_ns[successor] = now_ns
                if successor < self._next:
                    self._send_or_queue(successor)

    def _resolve(self, connection: Connection, i: int, *, is_decided: bool) -> None:
        """Ask until the outcome is known. `is_decided`: the wallet may have it, so look it up before sending again."""
        deadline_ns = self._now() + round(self.plan.pace.deadline_s * NS)
        pause_s = FIRST_PAUSE_S
        while self._state == RUNNING and self._now() < deadline_ns:
            try:
                answer = self._look_up(i) if is_decided else None
                answer = answer or self._send_again(i)
            except OSError:
                answer, is_decided = None, True
            if answer is not None and answer.status < wire.SERVER_ERROR:
                self._finish(connection, i, answer, self._now())
                return
            is_decided = is_decided or (answer is not None and answer.status != wire.BUSY)
            gevent.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        self._end(WALLET_GONE)

    def _look_up(self, i: int) -> wire.Answer | None:
        """What the wallet decided for an operation; None if it never arrived. A read is simply asked again."""
        if self._op[i] in _READS:
            return None
        self._unknown[i] = 1
        path = f"/v1/operations/{wire.key(self.plan.book, self._seq[i])}"
        token = wire.token_of(self._request(i))
        status, body = ask(self._target, wire.get(path, self._target, token), self._patience_s)
        return None if status == wire.NOT_FOUND else wire.parse_answer(status, body)

    def _send_again(self, i: int) -> wire.Answer:
        self._attempts[i] += 1
        status, body = ask(self._target, self._request(i), self._patience_s)
        return wire.parse_answer(status, body, is_read=self._op[i] in _READS)

    @property
    def _patience_s(self) -> float:
        return min(self.plan.pace.answer_s, self.plan.pace.deadline_s)

    def _end(self, state: int) -> None:
        if self._state == RUNNING:
            self._state = state
            self._alarm.close()
            for connection in self._connections:
                connection.close()
            self._over.set()

    def _tick(self, cpu_started_ns: int) -> None:
        now_ns = self._now()
        self._drop_silent(now_ns)
        fresh, self._fresh = self._fresh, []
        self._on_tick(fresh)
        cpu_ns = time.process_time_ns() - cpu_started_ns
        told = (self._next, self._sent, self._answered, cpu_ns, now_ns, self._state)
        for index, value in zip(range(len(PROGRESS)), told, strict=True):
            self._progress[index] = value

    def _drop_silent(self, now_ns: int) -> None:
        limit_ns = now_ns - round(self.plan.pace.answer_s * NS)
        for connection in self._connections:
            if connection.about != IDLE and connection.is_open and connection.since_ns < limit_ns:
                connection.lose()
