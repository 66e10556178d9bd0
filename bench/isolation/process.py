"""The parent's end of a worker process: requests with deadlines, and a sentence for every way to die."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO, cast

import msgspec
import psutil

from ...kernels.device import NO_ANSWER, REMEDY
from ...kernels.errors import DeviceCrashed, DeviceHung, HashwattError, OutOfTime, Unfit, why_no_process
from ...kernels.system.own_files import remove_temporary_folders
from ...kernels.system.windows.jobs import SUSPENDED, Job
from .. import interrupts
from ..result.printable import printable
from ..sampling.budget import left_s
from .endings import error_of, exit_words
from .lifeline import Lifeline
from .messages import (
    MOST_NAME,
    Allocate,
    BadFrame,
    Close,
    Compile,
    Failed,
    Find,
    LaunchKernel,
    MeasureRoof,
    Open,
    Prepare,
    ReadBuffer,
    Release,
    RepeatBuffer,
    Reply,
    Request,
    ScanRange,
    Started,
    TakeTheFirst,
    Tried,
    Trying,
    WriteBuffer,
    read_frame,
    write_frame,
)

ON_WINDOWS = os.name == "nt"
# CREATE_NEW_PROCESS_GROUP: Ctrl-C in the console is the parent's alone.
NEW_GROUP = 0x200
WORKER_MODULE = "hashwatt.bench.isolation.worker"
# To close a device and end its process.
CLOSE_S = 5.0
# For a process that was killed to be gone: one that waits for hardware within the kernel does not even die at once.
KILL_S = 2.0
# Who interrupts a run does not wait for a device to come to the end of what it is doing.
CLOSE_IN_HASTE_S = 1.0
# Waiting in slices: on Windows a wait without end cannot be interrupted.
SLICE_S = 0.2
ENDING_SLICE_S = 0.005
KEPT_STDERR_BYTES = 4096
WHAT_IT_DID = {
    Find: "being found",
    Open: "opening",
    TakeTheFirst: "opening",
    Prepare: "compiling",
    ScanRange: "hashing",
    MeasureRoof: "measuring its roof",
    Allocate: "allocating memory",
    WriteBuffer: "writing its memory",
    RepeatBuffer: "writing its memory",
    ReadBuffer: "reading its memory",
    Compile: "compiling",
    LaunchKernel: "computing",
    Release: "giving memory back",
    Close: "closing",
}


class WorkerProcess:
    """A process that drives the device `name`. It dies with its parent, or when `kill` is called.

    `trial` is the kernel that is being tried, or was when the process ended, and `trial_s` what it was given;
    `worked_s` has those that were tried and worked, each with the longest that a trial took; `end` says how the process
    ended, if it did so by itself or did not answer, and `busy` which part of the last wait it was computing, where that
    is known.
    """

    def __init__(self, name: str, remedy: str = REMEDY) -> None:
        """Start the process. `remedy`: what helps where it ends. Raises DeviceCrashed when it does not start."""
        self._name = name
        self._remedy = remedy
        self.trial: str | None = None
        self.trial_s = 0.0
        self.worked_s: dict[str, float] = {}
        self.end: str | None = None
        self._working: int | None = None
        self.busy: float | None = None
        self._killed = False
        self._sequence = 0
        self._frames: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._stderr = b""
        self._decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
        try:
            # -P: a file in the current folder that happens to be called numpy.py must not be imported.
            self._lifeline = Lifeline()
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", WORKER_MODULE, *self._lifeline.arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=self._lifeline.descriptors,
                    start_new_session=os.name == "posix",
                    creationflags=NEW_GROUP | SUSPENDED if ON_WINDOWS else 0,
                )
                # It ends with this process, too, whose end closes the job.
                self._job = Job(self._process) if ON_WINDOWS else None
            finally:
                self._lifeline.passed_on()
        except OSError as error:
            shortage = why_no_process(error)
            if shortage is not None:
                raise Unfit(f"{name}: {shortage}") from None
            raise DeviceCrashed(
                f"{name}: no process could be started to drive it ({error.strerror}); {remedy}"
            ) from None
        self._stdin = cast(BinaryIO, self._process.stdin)
        self._readers = [
            threading.Thread(target=self._read_frames, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def process_id(self) -> int:
        """The process that does the work, by its own word; before its first answer, the one that was started."""
        return self._working or self._process.pid

    def ask(self, request: Request, deadline_s: float, trial_s: Callable[[], float] | None = None) -> Reply:
        """The reply to `request`, which must come within `deadline_s` seconds.

        A trial of a kernel on the way to it has the seconds that `trial_s` says when it begins, and counts apart. Where
        less is left of a budget, each wait has that only. Raises DeviceHung (OutOfTime where it was the budget; the
        process is killed), DeviceCrashed, or the error that the worker answered with.
        """
        what = WHAT_IT_DID[type(request)]
        # The end of a device has a time of its own, however the rest went.
        bounded = not isinstance(request, Close)
        if bounded:
            deadline_s, _ = self._within_budget(deadline_s, what)
        self._sequence += 1
        # Only these may be more than a pipe holds, and a worker that hangs does not read them.
        large = isinstance(request, Prepare | WriteBuffer)
        watchdog = threading.Timer(deadline_s, self._process.kill) if large else None
        try:
            if watchdog is not None:
                watchdog.daemon = True
                watchdog.start()
            write_frame(self._stdin, self._sequence, request)
        except (OSError, ValueError):
            raise self._crashed() from None
        finally:
            if watchdog is not None:
                watchdog.cancel()
        reply = self._answer(deadline_s, what, trial_s or (lambda: deadline_s), bounded)
        if isinstance(reply, Failed):
            raise error_of(reply)
        return reply

    def _answer(self, rest_s: float, what: str, trial_s: Callable[[], float], bounded: bool) -> Reply:
        """The first reply that is no note: of the process that works, or of a trial."""
        self.trial = None
        while True:
            started = time.monotonic()
            if self.trial is None:
                reply = self._decoder.decode(self._wait(rest_s, what, bounded))
                rest_s -= time.monotonic() - started
            else:
                self.trial_s = trial_s()
                reply = self._decoder.decode(self._wait(self.trial_s, f"trying its kernel {self.trial}", bounded))
            if isinstance(reply, Started):
                self._working = reply.process_id
            elif isinstance(reply, Trying):
                self.trial = printable(reply.kernel, MOST_NAME)
            elif isinstance(reply, Tried):
                self.trial = None
                if reply.worked:
                    took_s = time.monotonic() - started
                    self.worked_s[reply.kernel] = max(took_s, self.worked_s.get(reply.kernel, 0.0))
            else:
                self.trial = None
                return reply

    def close(self) -> None:
        """Let the worker close its device and end; kill it if it does not. A second call does nothing."""
        limit = time.monotonic() + (CLOSE_IN_HASTE_S if interrupts.pending() else CLOSE_S)
        try:
            if not self._killed and not self._has_ended(0):
                with contextlib.suppress(HashwattError):
                    self.ask(Close(), limit - time.monotonic())
                with contextlib.suppress(OSError):
                    self._stdin.close()
                self._has_ended(limit - time.monotonic())
        finally:
            self.kill()

    def kill(self) -> None:
        """End the worker and whatever it has started."""
        self._end_group()
        if self._process.returncode is None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0 if self._killed else KILL_S)
        self._killed = True
        self._lifeline.cut()
        # However it has ended, it has not removed them.
        remove_temporary_folders(self.process_id)
        for reader in self._readers:
            reader.join(KILL_S / 4)
        if not any(reader.is_alive() for reader in self._readers):
            # Closing a stream that somebody waits at would wait, too.
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        with contextlib.suppress(OSError):
            self._stdin.close()

    def _end_group(self) -> None:
        # It leads a session of its own: a compiler that its driver has started goes with it. Until the worker has been
        # waited for, its id, which is its group's, cannot be another's.
        if self._job is not None:
            self._job.end()
        if os.name == "posix" and self._process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _has_ended(self, patience_s: float) -> bool:
        """Whether the worker ends within that time; where the system allows it, it is not waited for (see above)."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
            return self._process.returncode is not None
        limit = time.monotonic() + patience_s
        while True:
            try:
                ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            except ChildProcessError:
                return True
            if ended or time.monotonic() >= limit:
                return ended
            time.sleep(ENDING_SLICE_S)

    def _within_budget(self, deadline_s: float, what: str) -> tuple[float, type[DeviceHung]]:
        """The time that a wait may take, and what it means when that is over."""
        left = left_s(deadline_s)
        if left <= 0:
            self.kill()
            raise OutOfTime(f"{self._name} had used up its time before {what} and was cut off; {self._remedy}")
        return left, OutOfTime if left < deadline_s else DeviceHung

    def _wait(self, deadline_s: float, what: str, bounded: bool) -> bytes:
        hung: type[DeviceHung] = DeviceHung
        if bounded:
            deadline_s, hung = self._within_budget(deadline_s, what)
        limit = time.monotonic() + deadline_s
        # Only for trials: scans are timed.
        cpu_s = None if self.trial is None else self._cpu_s()
        while True:
            left = limit - time.monotonic()
            if left <= 0:
                self._note_how_busy(cpu_s, deadline_s)
                self.kill()
                self.end = f"{NO_ANSWER} {deadline_s:.0f} s" if hung is DeviceHung else "had used up its time"
                raise hung(f"{self._name} {self.end} while {what} and was cut off{self._last_words()}; {self._remedy}")
            try:
                frame = self._frames.get(timeout=min(left, SLICE_S))
            except queue.Empty:
                continue
            if frame is None:
                raise self._crashed()
            sequence, body = frame
            # The answer to a request that was interrupted comes late, and nobody waits for it any more.
            if sequence == self._sequence:
                return body

    def _note_how_busy(self, before_s: float | None, waited_s: float) -> None:
        now_s = None if before_s is None else self._cpu_s(with_children=True)
        self.busy = None if before_s is None or now_s is None else (now_s - before_s) / waited_s

    def _cpu_s(self, with_children: bool = False) -> float | None:
        """The worker's processor time, and that of what it has started; None where the system does not tell.

        To look for children that live takes long, and those that build a kernel were started after its trial began.
        """
        try:
            worker = psutil.Process(self.process_id)
            processes = [worker, *(worker.children(recursive=True) if with_children else ())]
            times = [process.cpu_times() for process in processes]
        except (psutil.Error, OSError):
            return None
        return float(sum(own.user + own.system + own.children_user + own.children_system for own in times))

    def _crashed(self) -> DeviceCrashed:
        if not self._has_ended(KILL_S):
            self.kill()
            self.end = "garbled the answers"
            return DeviceCrashed(f"{self._name}: its driver {self.end}{self._last_words()}; {self._remedy}")
        self.kill()
        code = self._process.returncode or 0
        self.end = f"died ({exit_words(code)}){self._last_words()}"
        return DeviceCrashed(f"{self._name}: the process that drove it {self.end}; {self._remedy}")

    def _last_words(self) -> str:
        lines = [line for line in self._stderr.decode(errors="replace").splitlines() if line.strip()]
        return f", saying last: {printable(lines[-1], 200)}" if lines else ""

    def _read_frames(self, stream: BinaryIO) -> None:
        try:
            while (frame := read_frame(stream)) is not None:
                self._frames.put(frame)
        except (OSError, ValueError, BadFrame):
            pass
        self._frames.put(None)

    def _read_stderr(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := stream.read1(KEPT_STDERR_BYTES):  # type: ignore[attr-defined]
                self._stderr = (self._stderr + part)[-KEPT_STDERR_BYTES:]
