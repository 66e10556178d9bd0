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
from typing import BinaryIO, cast

import msgspec

from ...kernels import errors
from ...kernels.errors import DeviceCrashed, DeviceError, DeviceHung, HashwattError
from ..result.printable import printable
from .messages import (
    BadFrame,
    Close,
    Failed,
    Find,
    MeasureRoof,
    Open,
    Prepare,
    Reply,
    Request,
    ScanRange,
    read_frame,
    write_frame,
)

WORKER_MODULE = "hashwatt.bench.isolation.worker"
CLOSE_S = 5.0
# Waiting in slices: on Windows a wait without end cannot be interrupted.
SLICE_S = 0.2
KEPT_STDERR_BYTES = 4096
MEND = "update its driver, or leave the device out with -d"
WHAT_IT_DID = {
    Find: "being found",
    Open: "opening",
    Prepare: "compiling",
    ScanRange: "hashing",
    MeasureRoof: "measuring its roof",
    Close: "closing",
}


class WorkerProcess:
    """A process that drives the device `name`. It dies with its parent, or when `kill` is called."""

    def __init__(self, name: str) -> None:
        """Start the process. Raises DeviceCrashed when that fails."""
        self._name = name
        self._sequence = 0
        self._frames: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._stderr = b""
        self._decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
        try:
            # -P: a file in the current folder that happens to be called numpy.py must not be imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", WORKER_MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise DeviceCrashed(f"{name}: no process could be started to drive it ({error.strerror}); {MEND}") from None
        self._stdin = cast(BinaryIO, self._process.stdin)
        self._readers = [
            threading.Thread(target=self._read_frames, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def process_id(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def ask(self, request: Request, deadline_s: float) -> Reply:
        """The reply to `request`, which must come within `deadline_s` seconds.

        Raises DeviceHung (the process is killed), DeviceCrashed, or the error that the worker answered with.
        """
        self._sequence += 1
        try:
            write_frame(self._stdin, self._sequence, request)
        except (OSError, ValueError):
            raise self._crashed() from None
        reply = self._decoder.decode(self._wait(deadline_s, WHAT_IT_DID[type(request)]))
        if isinstance(reply, Failed):
            raise _error(reply)
        return reply

    def close(self) -> None:
        """Let the worker close its device and end; kill it if it does not. A second call does nothing."""
        if self._process.poll() is None:
            with contextlib.suppress(HashwattError):
                self.ask(Close(), CLOSE_S)
            with contextlib.suppress(OSError):
                self._stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(CLOSE_S)
        self.kill()

    def kill(self) -> None:
        """End the worker and whatever it has started."""
        if self._process.poll() is None:
            if os.name == "posix":
                # It leads a session of its own: a compiler that its driver has started goes with it.
                with contextlib.suppress(OSError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(1)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _wait(self, deadline_s: float, what: str) -> bytes:
        limit = time.monotonic() + deadline_s
        while True:
            left = limit - time.monotonic()
            if left <= 0:
                self.kill()
                raise DeviceHung(
                    f"{self._name} did not answer within {deadline_s:.0f} s while {what} and was cut off"
                    f"{self._last_words()}; {MEND}"
                )
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

    def _crashed(self) -> DeviceCrashed:
        try:
            code = self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return DeviceCrashed(f"{self._name}: its driver garbled the answers{self._last_words()}; {MEND}")
        self.kill()
        return DeviceCrashed(
            f"{self._name}: the process that drove it died ({_exit_words(code)}){self._last_words()}; {MEND}"
        )

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


def _error(reply: Failed) -> HashwattError:
    kind = getattr(errors, reply.kind, None)
    if not (isinstance(kind, type) and issubclass(kind, HashwattError)):
        kind = DeviceError
    error = kind(reply.sentence)
    if reply.details:
        error.add_note(reply.details)
    return error


def _exit_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
