"""The CPU as a device: threads, chunks, interruption, its limit."""

from __future__ import annotations

import threading

import pytest

from hashwatt.kernels.cpu import placement
from hashwatt.kernels.cpu.backend import CpuDevice, find
from hashwatt.kernels.cpu.cores.topology import Topology
from hashwatt.kernels.cpu.race import choose
from hashwatt.kernels.cpu.workers import Workers, _Chunks
from hashwatt.kernels.device import DeviceOptions, Found, HasRoof, Scans, scanning
from hashwatt.kernels.errors import DeviceError, InputError
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits

JOB = Job((bytes(range(76)),), target_from_zero_bits(8))


def open_cpu(kernel: str | None = None, threads: int | None = None) -> Scans:
    (found,) = find()
    assert isinstance(found, Found)
    return scanning(found.open(DeviceOptions(kernel=kernel, threads=threads)))


@pytest.mark.parametrize("threads", [1, None])
def test_any_number_of_threads_gives_the_same_answer(threads: int | None) -> None:
    device = open_cpu(threads=threads)
    device.prepare(JOB)
    scan = device.scan(range(1001, 6000))
    assert ([(hit.prefix, hit.nonce) for hit in scan.hits], scan.xor_h7) == reference_scan(JOB, range(1001, 6000))
    device.close()


@pytest.mark.parametrize("threads", [0, -1, 10_000])
def test_threads_that_cannot_be_are_answered_with_those_that_can(threads: int) -> None:
    device = open_cpu(threads=threads)
    with pytest.raises(InputError, match="--threads must lie between 1 and"):
        device.prepare(JOB)
    device.close()


@pytest.mark.parametrize(("rates", "threads"), [([5e6, 4e6], 2), ([5e6, 6e6], 4)])
def test_with_smt_the_faster_of_both_placements_is_taken_and_says_why(
    monkeypatch: pytest.MonkeyPatch, rates: list[float], threads: int
) -> None:
    monkeypatch.setattr(placement, "_rates", lambda placements, kernel: rates)
    found = placement.place(Topology(((0, 2), (1, 3)), (), None), None, choose(rolled=False)[0])
    assert len(found.cpus) == threads
    assert f"{rates[1] / 1e6:.4g} with all 4 logical CPUs" in found.reason


def test_placements_are_timed_by_really_hashing() -> None:
    rates = placement._rates([[0], [0]], choose(rolled=False)[0])
    assert all(rate > 1e5 for rate in rates)


def test_the_race_is_in_the_kernels_record() -> None:
    device = open_cpu()
    info = device.prepare(JOB)
    rates = [candidate.hashrate_hs for candidate in info.candidates if candidate.hashrate_hs]
    assert info.name == info.candidates[0].name
    assert rates == sorted(rates, reverse=True)
    assert all(candidate.hashrate_hs or candidate.reason for candidate in info.candidates)
    device.close()


def test_a_forced_kernel_is_the_one_that_runs() -> None:
    device = open_cpu(kernel="scalar-x1")
    assert device.prepare(JOB).name == "scalar-x1"
    rolled = device.prepare(Job(roll_versions(bytes(76), 4), 1))
    assert (rolled.name, rolled.prefixes) == ("scalar-x1-rolled", 4)
    device.close()


def test_the_limit_is_above_what_is_measured_and_names_its_operations() -> None:
    device = open_cpu(threads=1)
    assert isinstance(device, HasRoof)
    device.prepare(JOB)
    roof = device.roof()
    assert roof is not None
    assert roof.clock_hz is not None
    assert 2e8 < roof.clock_hz < 1e10
    assert roof.cycles_per_unit == pytest.approx(roof.clock_hz / roof.rate_per_s, rel=0.01)
    assert all(0.05 < rate < 16 for rate in roof.throughput.values())
    assert all(f"{kind} {rate:.2f}" in roof.explanation for kind, rate in roof.throughput.items())
    device.close()


def test_without_a_job_there_is_nothing_to_scan_and_no_limit() -> None:
    device = open_cpu()
    assert isinstance(device, CpuDevice)
    with pytest.raises(DeviceError, match="call prepare before scan"):
        device.scan(range(5))
    with pytest.raises(DeviceError, match="call prepare before roof"):
        device.roof()
    device.close()


@pytest.mark.parametrize("threads", [1, 2, 64])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 100_000, 10_000_001])
def test_chunks_cover_the_range_once_and_shrink_towards_its_end(count: int, threads: int) -> None:
    chunks = _Chunks(range(7, 7 + count), prefixes=1, lanes=16, threads=threads)
    pieces = list(iter(chunks.next, range(7 + count, 7 + count)))
    assert [nonce for piece in pieces for nonce in (piece.start, piece.stop)][::2] == [
        7 + sum(map(len, pieces[:at])) for at in range(len(pieces))
    ]
    assert sum(map(len, pieces)) == count
    assert all(len(piece) % 16 == 0 for piece in pieces[:-1])
    assert [len(piece) for piece in pieces] == sorted(map(len, pieces), reverse=True)
    assert all(len(piece) <= chunks.longest for piece in pieces)


def test_where_the_system_starts_no_more_threads_those_that_began_end(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[threading.Thread] = []
    start = threading.Thread.start

    def some(thread: threading.Thread) -> None:
        if len(begun) == 2:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", some)
    with pytest.raises(RuntimeError, match="new thread"):
        Workers([0, 0, 0], pin=False)
    assert len(begun) == 2
    assert not any(thread.is_alive() for thread in begun)


def test_a_failure_on_one_thread_reaches_the_caller_and_the_others_stop() -> None:
    workers = Workers([0, 0], pin=False)
    stopped = threading.Event()
    turn = threading.Lock()

    def work() -> None:
        if turn.acquire(blocking=False):
            raise ValueError("one thread's trouble")
        assert stopped.wait(10)

    with pytest.raises(ValueError, match="one thread's trouble"):
        workers.on_all(work, stopped.set)
    workers.close()
    workers.close()
