"""What a worker answers where its device cannot go on."""

from __future__ import annotations

import errno
import os
import subprocess

import pytest

from hashwatt.bench.isolation import worker
from hashwatt.bench.isolation.endings import error_of
from hashwatt.bench.isolation.messages import Failed, Find
from hashwatt.bench.isolation.process import WorkerProcess
from hashwatt.kernels.errors import DeviceCrashed, DeviceError, Unfit


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (MemoryError("Unable to allocate 4.00 GiB"), Unfit, "no more memory"),
        (RuntimeError("can't start new thread"), Unfit, "no more threads"),
        (OSError(errno.EMFILE, "Too many open files"), Unfit, "no more files"),
        (RuntimeError("oops"), DeviceError, "the driver failed (RuntimeError: oops)"),
    ],
)
def test_a_shortage_is_told_from_a_driver_s_fault(
    error: Exception, kind: type[DeviceError], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_module: str) -> None:
        raise error

    monkeypatch.setattr(worker, "_backend", failing)
    answer = worker.Worker(lambda _note: None).answer(Find("a backend"))
    assert isinstance(answer, Failed)
    told = error_of(answer)
    assert type(told) is kind
    assert words in str(told)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EAGAIN, Unfit, "fake:0: the system starts no more processes"),
        (errno.EMFILE, Unfit, "fake:0: no more files can be opened"),
        (errno.ENOENT, DeviceCrashed, "no process could be started to drive it"),
    ],
)
def test_a_process_that_the_system_has_no_more_of_is_no_fault_of_the_device(
    number: int, kind: type[DeviceError], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(kind, match=words) as told:
        WorkerProcess("fake:0", "update its driver")
    assert type(told.value) is kind
