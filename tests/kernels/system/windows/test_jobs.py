"""Jobs by an imitated library of Windows: what is called, in which order, and that nothing runs on where it refuses."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from hashwatt.kernels.system.windows import jobs
from hashwatt.kernels.system.windows.jobs import ExtendedLimits, Job

pytestmark = pytest.mark.elsewhere


class Library:
    """kernel32 and ntdll in one: notes the calls, and refuses those it is told to."""

    def __init__(self, refused: str = "") -> None:
        self.calls: list[str] = []
        self.flags = 0
        self.refused = refused
        self.CreateJobObjectW = self._create
        self.SetInformationJobObject = self._limit
        self.AssignProcessToJobObject = self._noting("assign")
        self.CloseHandle = self._noting("close")
        self.NtResumeProcess = self._resume

    def _noting(self, name: str) -> Any:
        def call(*_: object) -> int:
            self.calls.append(name)
            return int(name != self.refused)

        return call

    # A function, since the caller sets what it returns.
    @property
    def _create(self) -> Any:
        def call(*_: object) -> int:
            self.calls.append("create")
            return 0 if self.refused == "create" else 42

        return call

    def _limit(self, job: object, kind: int, limits: Any, size: Any) -> int:
        self.calls.append("limit")
        assert kind == 9
        assert size.value == ctypes.sizeof(ExtendedLimits)
        self.flags = limits._obj.basic.flags
        return int(self.refused != "limit")

    def _resume(self, handle: Any) -> int:
        self.calls.append("resume")
        assert handle.value == 7
        return int(self.refused == "resume")


def process() -> Any:
    killed: list[bool] = []
    return SimpleNamespace(_handle=7, kill=lambda: killed.append(True), killed=killed)


def started(monkeypatch: pytest.MonkeyPatch, refused: str = "") -> tuple[Library, Any, Job]:
    library, victim = Library(refused), process()
    monkeypatch.setattr(jobs, "library", lambda name: library)
    return library, victim, Job(victim)


def test_the_process_runs_only_once_it_is_in_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    library, victim, job = started(monkeypatch)
    assert library.calls == ["create", "limit", "assign", "resume"]
    assert library.flags == 0x2000, "JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE"
    job.end()
    job.end()
    assert library.calls[4:] == ["close"]
    assert not victim.killed


@pytest.mark.parametrize("refused", ["create", "limit", "assign"])
def test_where_windows_makes_no_job_the_process_runs_without(refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library, victim, job = started(monkeypatch, refused)
    assert library.calls[-1] == "resume"
    assert not victim.killed
    before = len(library.calls)
    job.end()
    assert len(library.calls) == before, "a job that could not be used is closed already"


def test_a_process_that_cannot_be_resumed_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    _, victim, _ = started(monkeypatch, "resume")
    assert victim.killed


def test_the_structure_is_as_long_as_windows_says() -> None:
    assert ctypes.sizeof(ExtendedLimits) == 144
