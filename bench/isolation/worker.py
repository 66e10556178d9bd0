"""The process that drives one device, so that its driver can crash or hang without taking the run along.

Started as `python -m hashwatt.bench.isolation.worker`; see `device` for the other side. Requests come over
standard input, answers go to standard output; whatever else prints there (drivers do) lands on
standard error. The process ends when its standard input closes, whatever the device is doing.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO, cast

import msgspec

from ...kernels.device import AnyDevice, Found, HasRoof, Missing, TriesKernels, scanning
from ...kernels.errors import DeviceError, HashwattError, Unfit, details_of, shortage_of
from ...kernels.headers.job import Job
from ...kernels.registry import Backend
from ...kernels.system.numba_settings import default_settings
from .. import interrupts
from . import lifeline
from .executing import execute
from .messages import (
    MOST_DETAILS,
    MOST_NAME,
    BadFrame,
    Close,
    Done,
    Entries,
    Entry,
    Execution,
    Failed,
    Find,
    MeasureRoof,
    Open,
    Prepare,
    Prepared,
    Reply,
    Request,
    RoofMeasured,
    Scanned,
    Started,
    TakeTheFirst,
    Tried,
    Trying,
    read_frame,
    sound,
    write_frame,
)


class Worker:
    """Answers requests with one device."""

    def __init__(self, tell: Callable[[Trying | Tried], None]) -> None:
        """A worker without a device yet. `tell` is called before and after each trial of a kernel."""
        self._device: AnyDevice | None = None
        self._tell = tell

    def answer(self, request: Request) -> Reply:
        """Do what `request` asks; an error becomes an answer, too."""
        try:
            return self._do(request)
        except HashwattError as error:
            return Failed(type(error).__name__, sound(str(error)), sound(details_of(error)[-MOST_DETAILS:]))
        except Exception as error:
            # A bug in a backend or an exception of its driver's binding: the parent gets a sentence, stderr the trace.
            traceback.print_exc()
            details = traceback.format_exc()[-MOST_DETAILS:]
            shortage = shortage_of(error)
            kind = DeviceError if shortage is None else Unfit
            sentence = shortage or f"the driver failed ({type(error).__name__}: {error})"
            return Failed(kind.__name__, sound(sentence), sound(details))

    def _do(self, request: Request) -> Reply:
        if isinstance(request, Find):
            return Entries(tuple(_entry(found) for found in _backend(request.module).find()))
        if isinstance(request, Open):
            self._device = _open(request)
            if isinstance(self._device, TriesKernels):
                self._device.tell_trials(self._tell_trial)
            return Done()
        if isinstance(request, Close):
            if self._device is not None:
                self._device.close()
            return Done()
        if self._device is None:
            raise DeviceError("no device is open")
        if isinstance(request, TakeTheFirst):
            if isinstance(self._device, TriesKernels):
                self._device.take_the_first()
            return Done()
        if isinstance(request, Prepare):
            job = Job(request.prefixes, int.from_bytes(request.target, "big"))
            return Prepared(sound(scanning(self._device).prepare(job)))
        if isinstance(request, MeasureRoof):
            return RoofMeasured(sound(self._device.roof()) if isinstance(self._device, HasRoof) else None)
        if isinstance(request, Execution):
            return execute(self._device, request)
        scan = scanning(self._device).scan(range(request.start, request.stop))
        return Scanned(tuple((hit.prefix, hit.nonce) for hit in scan.hits), scan.hashes, scan.xor_h7, scan.device_s)

    def _tell_trial(self, kernel: str, worked: bool | None) -> None:
        name = kernel[:MOST_NAME]
        self._tell(Trying(name) if worked is None else Tried(name, worked))


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests one by one until Close, or until `requests` ends."""
    sequence = 0
    worker = Worker(lambda note: write_frame(replies, sequence, note))
    decoder = msgspec.msgpack.Decoder(Request)
    waiting: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    is_known = False
    while True:
        sequence, body = waiting.get()
        if not is_known:
            write_frame(replies, sequence, Started(os.getpid()))
            is_known = True
        request = decoder.decode(body)
        reply = worker.answer(request)
        write_frame(replies, sequence, reply)
        if isinstance(request, Close):
            return


def _listen(requests: BinaryIO, waiting: queue.SimpleQueue[tuple[int, bytes]]) -> None:
    """Read on while the device works: the end of the parent must end this process even in the midst of a scan."""
    try:
        while (frame := read_frame(requests)) is not None:
            waiting.put(frame)
    except (OSError, BadFrame):
        pass
    lifeline.end_group()


def _backend(module: str) -> Backend:
    return cast(Backend, import_module(module))


def _entry(found: Found | Missing) -> Entry:
    if isinstance(found, Found):
        return Entry(info=sound(found.info), by_default=found.by_default)
    return Entry(missing=sound(found))


def _open(request: Open) -> AnyDevice:
    for found in _backend(request.module).find():
        if isinstance(found, Found) and found.info.id == request.device_id:
            return found.open(request.options)
    raise DeviceError(f"{request.device_id} is no longer there; run `hashwatt devices` to see what is")


def main() -> None:
    """Take over the standard streams and serve."""
    # Ctrl-C in a terminal and the end of a service reach every process; the parent decides what they mean.
    for name in interrupts.SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if len(sys.argv) > 1:
        lifeline.hold(int(sys.argv[1]))
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    try:
        with default_settings():
            serve(requests, replies)
    except OSError:
        # The parent is gone, and with it whoever could read a complaint.
        sys.exit(0)
    sys.stderr.flush()
    # A driver that crashes while the interpreter tears it down has already given all its answers.
    os._exit(0)


if __name__ == "__main__":
    main()
