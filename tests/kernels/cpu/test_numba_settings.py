"""Settings of Numba's that stand in the environment change nothing that is measured or printed."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from hashwatt.kernels.cpu import jit, race
from hashwatt.kernels.cpu.executor import CpuExecutor
from hashwatt.kernels.device import Source
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.system.numba_settings import default_settings
from tests.cli.terminal import run_apart

from .quick import QUICK

GENESIS = (
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
    "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)


# All at once: what gets through, of whichever, ends the scan or is printed; and a scan compiles all kernels anew.
SETTINGS = {
    "NUMBA_DISABLE_JIT": "1",
    "NUMBA_NUM_THREADS": "0",
    "NUMBA_CPU_FEATURES": "no such thing",
    "NUMBA_DEBUG": "1",
    "NUMBA_DUMP_ASSEMBLY": "1",
    "NUMBA_DEBUG_CACHE": "1",
    "NUMBA_DEBUG_TYPEINFER": "1",
}


def test_stdout_is_one_document_with_the_right_answer(tmp_path: Path) -> None:
    scan = ("scan", "-d", "cpu", "--json", "--header", GENESIS, "--zero-bits", "32")
    wanted = ("--start", "2083236800", "--count", "200")
    outcome = run_apart(*scan, *wanted, timeout_s=120, XDG_CACHE_HOME=str(tmp_path), **SETTINGS)
    assert outcome.code == 0
    assert json.loads(outcome.out)["nonces"] == [2083236893]


def test_the_settings_come_back_when_the_last_of_overlapping_blocks_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_OPT", "0")
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with default_settings():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with default_settings():
        thread.start()
        assert inside.wait(10)
        assert "NUMBA_OPT" not in os.environ
    assert "NUMBA_OPT" not in os.environ
    leave.set()
    thread.join()
    assert os.environ["NUMBA_OPT"] == "0"


def test_a_program_that_has_switched_numba_off_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    executor = CpuExecutor("cpu", (0,))
    try:
        with pytest.raises(DeviceError, match=r"has set numba\.config\.DISABLE_JIT"):
            executor.compile(Source("numba", f"{__name__}:nothing", "", ("float64",)))
    finally:
        executor.close()
    # What LLVM compiles without Numba does not ask.
    assert race._checked(jit.compile_variant(QUICK, cached=False)).variant is QUICK


def nothing(_buffer: object, _start: int, _stop: int) -> None:
    """A kernel."""
