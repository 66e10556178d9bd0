"""OpenCL on one core of the CPU: against our own kernel, against hashcat, and the race against an exhaustive search.

Run with `tox -e perf -- tests/perf/test_opencl.py`; the figures stand in `extra_info` (see them with
`--benchmark-json FILE`). Each measurement is a process of its own, pinned to one core.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kernels.opencl.devices import found_devices

from .test_hashrate import hashcat_rate_hs

ROOT = Path(__file__).parents[2]
HASHCAT_ROUNDS = 3
# What is asserted leaves room for a busy machine; the figures to quote are in `extra_info`.
LEAST_OF_CPU_KERNEL = 0.8
LEAST_OF_BEST = 0.85

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not pin processes to a core"),
    pytest.mark.skipif(not any(entry.info.kind == "cpu" for entry in found_devices()), reason="no OpenCL on the CPU"),
]


@pytest.fixture
def one_core(monkeypatch: pytest.MonkeyPatch) -> Any:
    before = os.sched_getaffinity(0)
    monkeypatch.setenv("POCL_MAX_PTHREAD_COUNT", "1")
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


def measured(*what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.perf.one_core", *what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("prefixes", ["1", "16"])
def test_against_our_own_cpu_kernel(benchmark: Any, prefixes: str) -> None:
    answer = benchmark.pedantic(measured, args=("cpu-kernel", prefixes, "1"))
    benchmark.extra_info.update(answer)
    assert answer["ratio"] > LEAST_OF_CPU_KERNEL


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core only")
def test_against_our_own_cpu_kernel_on_two_cores(benchmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCL_MAX_PTHREAD_COUNT", "2")
    answer = benchmark.pedantic(measured, args=("cpu-kernel", "1", "2"))
    benchmark.extra_info.update(answer)
    assert answer["ratio"] > LEAST_OF_CPU_KERNEL


@pytest.mark.usefixtures("one_core")
def test_the_race_s_choice_against_an_exhaustive_search(benchmark: Any) -> None:
    answer = benchmark.pedantic(measured, args=("search",))
    benchmark.extra_info.update(answer)
    assert answer["chosen_of_best"] > LEAST_OF_BEST


@pytest.mark.usefixtures("one_core")
@pytest.mark.skipif(shutil.which("hashcat") is None, reason="hashcat is not installed (Debian: apt install hashcat)")
def test_against_hashcat_on_the_same_runtime(benchmark: Any) -> None:
    """hashcat takes the system's runtime; its mode 1400 is a single SHA-256, half of what we do."""
    if not any("debian" in entry.info.name for entry in found_devices()):
        pytest.skip("the system's own PoCL is not here, and hashcat takes no other")
    ours: list[float] = []
    theirs: list[float] = []

    def round_() -> None:
        theirs.append(hashcat_rate_hs() / 2e6)
        ours.append(measured("rate", "debian")["mhs"])

    benchmark.pedantic(round_, rounds=HASHCAT_ROUNDS)
    benchmark.extra_info.update(mhs=max(ours), half_of_hashcat_mhs=max(theirs), ratio=round(max(ours) / max(theirs), 3))
