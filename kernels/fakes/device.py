"""Fake devices for testing what drives devices: each behaves well or badly in one way.

They hash truly, with hashlib, at a pace of their own. `find()` has the shape of every backend, but
this one is not in the registry: nobody meets a fake device by chance.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256

from ..device import DeviceInfo, DeviceOptions, Found, Hit, KernelInfo, Missing, Roof, Scan
from ..errors import DeviceError, InputError
from ..execution import ExecutesByExecutor
from ..headers.job import Job
from .executor import LANGUAGES, FakeExecutor

BEHAVIOURS = {
    "steady": "does everything right",
    "drifting": "gets slower scan by scan",
    "throttled": "halves its rate after a while",
    "failing": "fails to launch now and then",
    "broken": "fails every scan",
    "unready": "cannot be prepared",
    "wrong-checksum": "returns a wrong XOR of the last words",
    "false-hits": "returns a nonce that is no share",
    "missing-hits": "finds every other share only",
    "missing-hits-when-busy": "does right on small ranges, misses half of the shares on large ones",
    "skipping-when-busy": "does right on small ranges, hashes half of the large ones and claims all",
    "hanging": "never answers a large scan",
    "hanging-at-open": "never opens",
    "crashing": "ends its process in a large scan",
    "roofless": "cannot measure its own roof",
    "low-roofed": "measures a roof below its own rate",
    "hanging-at-roof": "never comes to an end of measuring its own roof",
    "crashing-at-roof": "ends its process while it measures its own roof",
    "chatty": "prints to standard output while it works",
}
# Those that nobody measures without naming them, as with a simulator.
UNASKED = ("chatty",)
# From this many nonces on, the devices that misbehave on large ranges do so.
LARGE_RANGE = 1024
# The same for launches, in items times repeats.
LARGE_WORK = 1 << 16
# Executing, an item takes this part of a hash's time.
ITEMS_A_HASH = 100
FAKE_CACHE_BYTES = 1 << 14
FOREVER_S = 3600.0
DEFAULT_RATE_HS = 200_000.0

Spend = Callable[[float], None]


@dataclass
class VirtualClock:
    """A clock that only moves when a fake device works: tests need not wait for it."""

    now_s: float = 0.0

    def now(self) -> float:
        """Seconds since the clock was made."""
        return self.now_s

    def spend(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


def fake_info(behaviour: str) -> DeviceInfo:
    """What a fake device says it is; its id is `fake:` and the behaviour."""
    return DeviceInfo(
        id=f"fake:{behaviour}",
        kind="accelerator",
        name=f"Fake device that {BEHAVIOURS[behaviour]}",
        vendor="hashwatt",
        backend="fake",
        driver="hashlib",
        runs_on_host_cpu=False,
        cache_bytes=FAKE_CACHE_BYTES,
        languages=LANGUAGES,
        numbers=("float64", "float32", "float16", "int32", "int8"),
    )


class FakeDevice(ExecutesByExecutor):
    """A device that hashes with hashlib and takes the time that its rate asks for.

    With a virtual clock's `spend`, the time is only accounted for; else it is slept, less what
    hashing took.
    """

    def __init__(self, behaviour: str = "steady", rate_hs: float = DEFAULT_RATE_HS, spend: Spend | None = None) -> None:
        """A device with one of BEHAVIOURS. Raises InputError for another word."""
        if behaviour not in BEHAVIOURS:
            raise InputError(f"there is no fake device {behaviour!r}; there are {', '.join(BEHAVIOURS)}")
        self.info = fake_info(behaviour)
        self._behaviour = behaviour
        self._rate_hs = rate_hs
        self._spend = spend
        self._job: Job | None = None
        self._execution = FakeExecutor(self.info.id, self._execute, self._really_executed)
        self._scans = 0
        self._busy_s = 0.0
        if behaviour == "hanging-at-open":
            time.sleep(FOREVER_S)

    def prepare(self, job: Job) -> KernelInfo:
        """Take a job."""
        if self._behaviour == "unready":
            error = DeviceError("the fake device cannot compile its kernel; use another device")
            error.add_note("kernel.cl:1: error: no such instruction\x1b[2J\nkernel.cl:2: note: see line 1")
            raise error
        self._job = job
        return KernelInfo("hashlib", len(job.prefixes), {"rate_hs": self._rate_hs}, 0.0, sha256(b"fake").hexdigest())

    def scan(self, nonces: range) -> Scan:
        """Hash, or misbehave."""
        if self._job is None:
            raise DeviceError("the fake device has no job; call prepare first")
        started = time.perf_counter()
        self._scans += 1
        large = len(nonces) >= LARGE_RANGE
        self._misbehave(large)
        hashes = len(nonces) * len(self._job.prefixes)
        hits, checksum = hash_all(self._job, _really_hashed(self._behaviour, nonces))
        duration_s = self._take_time(hashes, started)
        return Scan(tuple(self._shown(list(hits), nonces, large)), hashes, self._shown_checksum(checksum), duration_s)

    def roof(self) -> Roof:
        """A roof a quarter above the rate, or a third below it."""
        if self._behaviour == "roofless":
            raise DeviceError("the fake device's micro-benchmark did not launch")
        if self._behaviour == "hanging-at-roof":
            time.sleep(FOREVER_S)
        if self._behaviour == "crashing-at-roof":
            os._exit(3)
        roof_hs = self._rate_hs / 1.5 if self._behaviour == "low-roofed" else self._rate_hs * 1.25
        return Roof(roof_hs, 1e9, 1e9 / roof_hs, {"add": 1.0}, "the fake device says so", "logic")

    def close(self) -> None:
        """Forget the job."""
        self._job = None

    def _executor(self) -> FakeExecutor:
        return self._execution

    def _execute(self, items: int) -> float:
        started = time.perf_counter()
        self._scans += 1
        self._misbehave(items >= LARGE_WORK)
        return self._take_time(items / ITEMS_A_HASH, started)

    def _really_executed(self, items: int, repeats: int) -> range:
        halved = self._behaviour == "wrong-checksum" or (
            self._behaviour == "skipping-when-busy" and items * repeats >= LARGE_WORK
        )
        return range(items // 2 if halved else items)

    def _take_time(self, hashes: float, started: float) -> float:
        """Let the time pass that so many hashes take; tells it."""
        duration_s = hashes / self._current_rate_hs()
        self._busy_s += duration_s
        if self._spend is not None:
            self._spend(duration_s)
        else:
            time.sleep(max(0.0, duration_s - (time.perf_counter() - started)))
        return duration_s

    def _current_rate_hs(self) -> float:
        if self._behaviour == "drifting":
            return self._rate_hs / (1 + 0.03 * self._busy_s)
        if self._behaviour == "throttled" and self._busy_s > 4:
            return self._rate_hs / 2
        # A steady device is not perfectly so: ±0.2 %, the same in every run.
        return self._rate_hs * (1 + 0.002 * ((self._scans * 7) % 5 - 2) / 2)

    def _misbehave(self, large: bool) -> None:
        if self._behaviour == "broken" or (self._behaviour == "failing" and large and self._scans % 40 == 39):
            raise DeviceError("the fake device did not launch; use another device")
        if self._behaviour == "chatty":
            print("a driver's idle talk", flush=True)
            os.write(1, b"\x00\x01\x02 and raw bytes on descriptor 1\n")
        if large and self._behaviour == "hanging":
            time.sleep(FOREVER_S)
        if large and self._behaviour == "crashing":
            print("fake driver: internal error 42", file=sys.stderr, flush=True)
            os._exit(139)

    def _shown(self, hits: list[Hit], nonces: range, large: bool) -> list[Hit]:
        if self._behaviour == "missing-hits" or (self._behaviour == "missing-hits-when-busy" and large):
            return hits[::2]
        if self._behaviour == "false-hits" and nonces and hits != [Hit(0, nonces[0])]:
            return sorted({*hits, Hit(0, nonces[0])})
        return hits

    def _shown_checksum(self, checksum: int) -> int:
        return checksum ^ 1 if self._behaviour == "wrong-checksum" else checksum


def find() -> list[Found | Missing]:
    """One device for each behaviour, to be driven from a process of its own."""
    return [
        Found(fake_info(behaviour), partial(_open, behaviour), isolate=True, by_default=behaviour not in UNASKED)
        for behaviour in BEHAVIOURS
    ]


def _open(behaviour: str, options: DeviceOptions) -> FakeDevice:
    if options.kernel not in (None, "hashlib"):
        raise InputError(f"the fake device has no kernel {options.kernel!r:.80}; it has hashlib")
    return FakeDevice(behaviour)


def _really_hashed(behaviour: str, nonces: range) -> range:
    if behaviour == "skipping-when-busy" and len(nonces) >= LARGE_RANGE:
        return nonces[: len(nonces) // 2]
    return nonces


# Many tests make the same run; most of the time that they take would go into hashing the same headers again.
KEPT_ANSWERS = 4096


@lru_cache(KEPT_ANSWERS)
def hash_all(job: Job, nonces: range) -> tuple[tuple[Hit, ...], int]:
    """Like `oracle.reference_scan`, with the first block hashed only once, and each range of a job."""
    hits: list[Hit] = []
    digests = 0
    # Only a hash with a small enough last byte can meet the target.
    largest_byte = job.target >> 248
    for index, prefix in enumerate(job.prefixes):
        begun = sha256(prefix)
        for nonce in nonces:
            inner = begun.copy()
            inner.update(nonce.to_bytes(4, "little"))
            digest = sha256(inner.digest()).digest()
            digests ^= int.from_bytes(digest, "big")
            if digest[31] <= largest_byte and int.from_bytes(digest, "little") <= job.target:
                hits.append(Hit(index, nonce))
    return tuple(hits), digests & 0xFFFFFFFF
