"""Reading meters beside a measurement: one thread a meter, so that a slow plug keeps nobody waiting.

Each thread reads its meter now and then and sleeps in between; what that costs is measured with
every reading (the thread's own CPU time, and that of commands it starts) and kept with the figures.
A reading that never ends takes only its own thread along.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType

from ...kernels.errors import shortage_of
from ..interrupts import pending
from .joules.readings import Point, Window
from .meter import Meter, MeterError, MeterFound, MeterInfo, Reading, most_w

Clock = Callable[[], float]

# After this time readings get rarer in proportion: a day of ten a second would fill the memory and tell no more.
DENSE_S = 1800.0
PATIENCE_S = 0.5
HASTE_S = 1.0
# More than any counter has counted: what is beyond is no figure, but a broken answer.
LARGEST_COUNT = 1e15


def in_haste(patience_s: float) -> float:
    """That patience, or a second of it where the run was interrupted: who ends a service kills it soon after."""
    return min(patience_s, HASTE_S) if pending() else patience_s


class MeterThread:
    """One meter, read again and again in a thread of its own."""

    def __init__(self, found: MeterFound, clock: Clock) -> None:
        """A thread that has not started."""
        self.info: MeterInfo = found.info
        self._open = found.open
        self._clock = clock
        self._points: list[Point] = []
        self._wake = threading.Event()
        self._stopping = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"meter {found.info.id}", daemon=True)

    def start(self) -> None:
        """Begin reading."""
        self._thread.start()

    def wake(self) -> None:
        """Read now, not at the next turn."""
        self._wake.set()

    def wait_for_attempt_after(self, moment_s: float, patience_s: float) -> bool:
        """Wait until a reading that began after `moment_s` was tried; False where it does not come in time."""
        limit = time.monotonic() + patience_s
        with self._news:
            while not (self._points and self._points[-1].before_s >= moment_s):
                left = limit - time.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    return False
                self._news.wait(left)
        return True

    def points(self) -> list[Point]:
        """What was read so far."""
        with self._news:
            return list(self._points)

    def end(self) -> None:
        """Let this reading be the last."""
        self._stopping = True
        self._wake.set()

    def stop(self, limit_s: float = math.inf) -> None:
        """End reading; returns when the thread has ended, its meter's deadline has passed, or at that moment."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(max(0.0, min(self.info.deadline_s + PATIENCE_S, limit_s - time.monotonic())))

    def _run(self) -> None:
        try:
            meter = self._open()
        except Exception as error:
            now = self._clock()
            self._keep(Point(now, now, None, shortage_of(error) or str(error) or type(error).__name__))
            return
        try:
            started_s = self._clock()
            while not self._stopping:
                # Cleared before reading: a wake that comes meanwhile asks for one more.
                self._wake.clear()
                due_s = self.info.interval_s * max(1.0, (self._clock() - started_s) / DENSE_S)
                self._keep(read_once(meter, self._clock, due_s))
                self._wake.wait(due_s)
        finally:
            with suppress(Exception):
                meter.close()

    def _keep(self, point: Point) -> None:
        with self._news:
            self._points.append(point)
            self._news.notify_all()


def read_once(meter: Meter, clock: Clock, due_s: float) -> Point:
    """One attempt to read, with what it cost; the next is due after `due_s`."""
    started_cpu = time.thread_time()
    before = clock()
    try:
        reading = meter.read()
        after = clock()
        fault = fault_of(reading, meter.info)
    except Exception as error:
        # Not MeterErrors only: a meter's mistake must cost its own figure and nothing else, and is told there.
        told = str(error) if isinstance(error, MeterError) else f"{type(error).__name__}: {error}"
        return Point(before, clock(), None, shortage_of(error) or told, time.thread_time() - started_cpu, due_s)
    cpu_s = time.thread_time() - started_cpu
    if fault is not None:
        return Point(before, after, None, fault, cpu_s, due_s)
    child_cpu_s = reading.child_cpu_s if 0 <= reading.child_cpu_s <= after - before + PATIENCE_S else 0.0
    return Point(before, after, reading, None, cpu_s + child_cpu_s, due_s)


def fault_of(reading: Reading, info: MeterInfo) -> str | None:
    """Why a reading cannot be true, None where it can."""
    plausible_w = most_w(info.scope) if info.plausible_w is None else info.plausible_w
    counts = ((count, LARGEST_COUNT, "J") for count in reading.counters_j)
    for value, most, unit in (*counts, (reading.power_w, plausible_w, "W")):
        # Written so that NaN is a fault, too.
        if value is not None and not 0 <= value <= most:
            return f"it gave {value:.4g} {unit}, which cannot be"
    return None


class MeterSampler:
    """All meters of a run, read from `start` to `stop` (or within a `with` block)."""

    def __init__(self, meters: Sequence[MeterFound], clock: Clock = time.perf_counter) -> None:
        """A sampler of these meters; `clock` is the one that the measurement is timed with."""
        self._clock = clock
        self._threads = [MeterThread(found, clock) for found in meters]

    @property
    def meters(self) -> list[MeterInfo]:
        """The meters that are read."""
        return [thread.info for thread in self._threads]

    def start(self) -> None:
        """Begin reading, and return once each meter has answered or had its time."""
        moment = self._clock()
        for thread in self._threads:
            thread.start()
        self._wait_for_attempts_after(moment, lambda info: info.deadline_s)

    def mark(self) -> float:
        """The moment now, once every meter that is quick enough has a reading just before it."""
        moment = self._clock()
        self._read_all()
        self._wait_for_attempts_after(moment, lambda info: min(PATIENCE_S, info.interval_s))
        return self._clock()

    def mark_end(self) -> float:
        """The moment now; returns once every meter has a reading after it, or had its time to give one."""
        moment = self._clock()
        self._read_all()
        self._wait_for_attempts_after(moment, lambda info: info.deadline_s + PATIENCE_S)
        return moment

    def mark_now(self) -> float:
        """The moment now; the meters are read beside it, and nobody waits for them."""
        self._read_all()
        return self._clock()

    def window(self, seconds: float) -> Window:
        """Let time pass and mark its ends: for idleness."""
        start_s = self.mark()
        time.sleep(seconds)
        return Window(start_s, self.mark_end())

    def points(self, meter_id: str) -> list[Point]:
        """What one meter was read so far."""
        return next(thread.points() for thread in self._threads if thread.info.id == meter_id)

    def stop(self) -> None:
        """End reading and give the meters back; all together take no longer than the slowest."""
        for thread in self._threads:
            thread.end()
        slowest_s = max((thread.info.deadline_s for thread in self._threads), default=0.0) + PATIENCE_S
        limit_s = time.monotonic() + in_haste(slowest_s)
        for thread in self._threads:
            thread.stop(limit_s)

    def _wait_for_attempts_after(self, moment: float, patience_s: Callable[[MeterInfo], float]) -> None:
        # The meters are read at the same time: the patience with one counts from the same moment as with the others.
        begun_s = time.monotonic()
        for thread in self._threads:
            thread.wait_for_attempt_after(moment, begun_s + in_haste(patience_s(thread.info)) - time.monotonic())

    def _read_all(self) -> None:
        for thread in self._threads:
            thread.wake()

    def __enter__(self) -> MeterSampler:
        """Begin."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self.stop()
