"""How fast each device hashes, alternated in one run with yardsticks that everyone has.

Run with `tox -e perf`. What pytest-benchmark's table shows is the time of one scan; the rates and
ratios are in `extra_info` (see them with `--benchmark-json FILE`).
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from statistics import median
from typing import Any

import pytest

from hashwatt.kernels.device import DeviceOptions, Found, Scans, scanning
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.target import target_from_zero_bits
from tests.kernels.devices_here import device_params

JOB = Job((bytes(range(76)),), target_from_zero_bits(32))
ROUNDS = 9
SCAN_S = 0.5
HASHLIB_NONCES = 200_000
# A kernel below this is no faster than a plain loop; on the slowest device there is room for noise.
LEAST_RATIO_TO_HASHLIB = 3.0

HASHCAT_ROUNDS = 3
SHA256_MODE = "1400"


@pytest.fixture(scope="module", params=device_params())
def device(request: pytest.FixtureRequest) -> Iterator[Scans]:
    found: Found = request.param
    device = scanning(found.open(DeviceOptions()))
    device.prepare(JOB)
    yield device
    device.close()


def nonces_for(device: Scans, seconds: float) -> range:
    """A range that takes about so long, from a scan long enough to be warm."""
    count = 1 << 16
    while True:
        started_s = time.perf_counter()
        device.scan(range(count))
        elapsed_s = time.perf_counter() - started_s
        if elapsed_s > seconds / 4 or count == 1 << 32:
            return range(min(int(count * seconds / elapsed_s), 1 << 32))
        count *= 4


def hashlib_rate_hs() -> float:
    """Hashes a second of a plain loop over hashlib that reuses the first block: the best that plain Python does."""
    begun = sha256(JOB.prefixes[0])
    xor_h7 = 0
    started_s = time.perf_counter()
    for nonce in range(HASHLIB_NONCES):
        inner = begun.copy()
        inner.update(nonce.to_bytes(4, "little"))
        xor_h7 ^= int.from_bytes(sha256(inner.digest()).digest()[28:], "big")
    return HASHLIB_NONCES / (time.perf_counter() - started_s)


def hashcat_rate_hs() -> float:
    """Single SHA-256 hashes a second of hashcat's own benchmark, over all its devices."""
    command = ["hashcat", "--benchmark", "--hash-type", SHA256_MODE, "--machine-readable", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    rows = [line.split(":") for line in ended.stdout.splitlines() if f":{SHA256_MODE}:" in line]
    if not rows:
        pytest.skip(f"hashcat is installed but measured nothing here: {ended.stderr.strip()[:200]}")
    return sum(float(row[-1]) for row in rows)


def alternate(
    benchmark: Any, device: Scans, yardstick: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    """Measure the device and the yardstick in turns: hashes a second of both, round by round."""
    nonces = nonces_for(device, SCAN_S)
    yardstick_hs: list[float] = []
    benchmark.pedantic(device.scan, args=(nonces,), setup=lambda: yardstick_hs.append(yardstick()), rounds=rounds)
    return [len(nonces) / elapsed_s for elapsed_s in benchmark.stats.stats.data], yardstick_hs


def median_ratio(rates_hs: list[float], yardstick_hs: list[float]) -> float:
    """The median of the ratios within each round, so that a slow moment of the machine hits both sides."""
    return median(rate / other for rate, other in zip(rates_hs, yardstick_hs, strict=True))


def test_hashrate_against_a_plain_hashlib_loop(benchmark: Any, device: Scans) -> None:
    rates_hs, hashlib_hs = alternate(benchmark, device, hashlib_rate_hs, ROUNDS)
    ratio = median_ratio(rates_hs, hashlib_hs)
    benchmark.extra_info.update(
        device=device.info.id,
        kernel=device.prepare(JOB).name,
        hashrate_mhs=round(median(rates_hs) / 1e6, 3),
        hashlib_mhs=round(median(hashlib_hs) / 1e6, 3),
        ratio_to_hashlib=round(ratio, 2),
    )
    assert ratio > LEAST_RATIO_TO_HASHLIB


@pytest.mark.skipif(shutil.which("hashcat") is None, reason="hashcat is not installed (Debian: apt install hashcat)")
def test_hashrate_against_hashcat(benchmark: Any, device: Scans) -> None:
    """hashcat has no SHA-256d of headers: its mode 1400 is a single SHA-256, half the compressions of ours."""
    rates_hs, single_sha256_hs = alternate(benchmark, device, hashcat_rate_hs, HASHCAT_ROUNDS)
    benchmark.extra_info.update(
        device=device.info.id,
        kernel=device.prepare(JOB).name,
        hashrate_mhs=round(median(rates_hs) / 1e6, 3),
        hashcat_single_sha256_mhs=round(median(single_sha256_hs) / 1e6, 3),
        ratio_of_compressions=round(2 * median_ratio(rates_hs, single_sha256_hs), 3),
    )
