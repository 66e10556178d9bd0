"""Which of a hash's kernels runs: raced by the threads' own time, within bounds, once for all runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hashwatt.kernels.buffers import Numbered
from hashwatt.kernels.device import DeviceInfo, Launch, Launched, Source
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.execution import ExecutesByExecutor
from hashwatt.kernels.fakes.device import fake_info
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.headers.oracle import hash_value, last_word
from hashwatt.kernels.workloads import kept
from hashwatt.kernels.workloads.hashing.kernel import BUFFER_TYPES, HashKernel
from hashwatt.kernels.workloads.hashing.layout import FIRST_NONCE, HITS, XOR
from hashwatt.kernels.workloads.hashing.scanner import KernelScanner

from .hashes import workload

JOB = Job((bytes(PREFIX_BYTES),), 1)
ORACLE = workload("blake2s").oracle()
# Own seconds a hash, and what a clock on the wall would say of them: others are busy while the better one runs.
OWN_S = {"better": 1e-5, "worse": 2e-5}
WALL_S = {"better": 9e-5, "worse": 2e-5}


def job_bytes(job: Job) -> bytes:
    return job.prefixes[0] + job.target.to_bytes(32, "little")


def kernel(name: str) -> HashKernel:
    return HashKernel(name, Source("llvm", f"test:{name}", "scan", BUFFER_TYPES), 1, job_bytes, grain=1)


BOTH = (kernel("worse"), kernel("better"))


class Hashing(ExecutesByExecutor):
    """A device of one thread that hashes with hashlib, on a clock of its own; `broken` kernels answer wrongly."""

    def __init__(self, clock: list[float], tells_own_time: bool = True, broken: Sequence[str] = ()) -> None:
        self.info: DeviceInfo = fake_info("steady")
        self.compiled: list[str] = []
        self.launched: list[str] = []
        self._clock = clock
        self._tells = tells_own_time
        self._broken = broken
        self._buffers = Numbered(self.info.id, "buffer")
        self._sources = Numbered(self.info.id, "kernel")

    def allocate(self, size_bytes: int) -> int:
        return self._buffers.add(np.zeros(size_bytes, np.uint8))

    def write(self, buffer: int, offset_bytes: int, data: bytes) -> None:
        self._buffers.get(buffer)[offset_bytes : offset_bytes + len(data)] = np.frombuffer(data, np.uint8)

    def read(self, buffer: int, offset_bytes: int, size_bytes: int) -> bytes:
        return bytes(self._buffers.get(buffer)[offset_bytes : offset_bytes + size_bytes])

    def compile(self, source: Source) -> tuple[int, float]:
        self.compiled.append(source.text.partition(":")[2])
        return self._sources.add(self.compiled[-1]), 0.5

    def launch(self, launch: Launch) -> Launched:
        name = self._sources.get(launch.kernel)
        self.launched.append(name)
        first, count, _ = map(int, launch.scalars)
        job, results = (self._buffers.get(number) for number in launch.buffers)
        words = results.view(np.uint32)
        target = int.from_bytes(bytes(job[PREFIX_BYTES : PREFIX_BYTES + 32]), "little")
        for nonce in range(first, first + min(count, 400)):
            digest = hashlib.blake2s(bytes(job[:PREFIX_BYTES]) + nonce.to_bytes(4, "little")).digest()
            words[XOR] ^= int.from_bytes(last_word(digest).to_bytes(4, "little"), "big") ^ (name in self._broken)
            if hash_value(digest) <= target:
                words[FIRST_NONCE + words[HITS]] = nonce
                words[HITS] += 1
        self._clock[0] += WALL_S[name] * count
        return Launched(threads=1, cpu_s=OWN_S[name] * count if self._tells else None)

    def close(self) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("hashwatt.kernels.workloads.hashing.scanner.time.perf_counter", lambda: now[0])
    monkeypatch.setattr(kept, "cache_folder", lambda *_: tmp_path)
    return now


def raced(device: Hashing, anew: bool = False, kernels: Sequence[HashKernel] = BOTH) -> list[str]:
    """The kernels' names, the chosen one first."""
    info = KernelScanner(device, kernels, ORACLE, anew=anew).prepare(JOB)
    names = [each.name for each in info.candidates]
    assert names[:1] in ([], [info.name.removeprefix("llvm-")])
    return names


def test_the_race_goes_by_the_threads_own_time_where_that_is_told(clock: list[float]) -> None:
    assert raced(Hashing(clock)) == ["better", "worse"]
    assert raced(Hashing(clock, tells_own_time=False), anew=True) == ["worse", "better"]


class Moody(Hashing):
    """A device on which the worse kernel is four times as fast as else in one launch of three."""

    def launch(self, launch: Launch) -> Launched:
        done = super().launch(launch)
        lucky = self.launched[-1] == "worse" and self.launched.count("worse") % 3 == 0
        return replace(done, cpu_s=(done.cpu_s or 0.0) / 4) if lucky else done


def test_a_kernel_that_is_fast_in_some_moments_only_does_not_win(clock: list[float]) -> None:
    assert raced(Moody(clock)) == ["better", "worse"]


def test_a_race_is_run_once_and_then_the_winner_alone_is_compiled_and_checked(clock: list[float]) -> None:
    raced(Hashing(clock))
    later = Hashing(clock)
    assert raced(later) == ["better", "worse"]
    assert set(later.compiled) == set(later.launched) == {"better"}
    assert len(later.launched) < 5
    anew = Hashing(clock)
    raced(anew, anew=True)
    assert set(anew.compiled) == {"better", "worse"}


def test_a_winner_that_answers_wrongly_by_now_is_found_out(clock: list[float]) -> None:
    raced(Hashing(clock))
    assert raced(Hashing(clock, broken=["better"])) == ["worse", "better"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"candidates": [], "threads": 1}', b"[" * 100_000, b"\xff"])
def test_a_damaged_memory_races_again(clock: list[float], tmp_path: Path, content: bytes) -> None:
    raced(Hashing(clock))
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert raced(Hashing(clock)) == ["better", "worse"]
    assert path.read_bytes() != content


def test_what_was_raced_on_other_threads_or_among_other_kernels_is_not_taken(clock: list[float]) -> None:
    raced(Hashing(clock))
    alone = Hashing(clock)
    assert raced(alone, kernels=BOTH[:1]) == []
    assert set(alone.compiled) == {"worse"}

    class Wider(Hashing):
        def launch(self, launch: Launch) -> Launched:
            return Launched(threads=2, cpu_s=super().launch(launch).cpu_s)

    wider = Wider(clock)
    raced(wider)
    assert set(wider.compiled) == {"better", "worse"}


def test_a_race_ends_in_time_on_a_device_of_which_one_hash_takes_a_second(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WALL_S, "better", 1.0)
    monkeypatch.setitem(WALL_S, "worse", 1.5)
    slow = Hashing(clock, tells_own_time=False)
    checked = Hashing(clock, tells_own_time=False)
    assert raced(slow, anew=True) == ["better", "worse"]
    # What is checked in any case, and one trial of each.
    for each in BOTH:
        raced(checked, anew=True, kernels=[each])
    assert len(slow.launched) - len(checked.launched) <= 3


def test_one_kernel_has_no_race_and_no_rate_of_one(clock: list[float]) -> None:
    info = KernelScanner(Hashing(clock), BOTH[:1], ORACLE).prepare(JOB)
    assert (info.name, info.candidates) == ("llvm-worse", ())


def test_where_no_kernel_works_the_first_one_says_why(clock: list[float]) -> None:
    with pytest.raises(DeviceError, match="computed other hashes"):
        raced(Hashing(clock, broken=["better", "worse"]))
