"""A device that executes kernels, as one that scans nonces: with the fastest of a hash's kernels there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from statistics import median

import numpy as np

from ...device import AnyDevice, Candidate, DeviceInfo, Executes, Hit, KernelInfo, Launch, Roof, Scan
from ...errors import DeviceError
from ...headers.job import NONCES, PREFIX_BYTES, Job
from ..proof.confirm import check_known_answer
from ..proof.oracle import Oracle
from ..proof.selftest import easy_target, part_of
from . import remembered
from .header_graph import reversed_bytes
from .kernel import HashKernel
from .layout import FIRST_NONCE, HITS, ROOM, WORDS, XOR

# A kernel in the race runs for about so long, so many times.
TRIAL_S = 0.006
TRIALS = 9
# No race takes longer on devices of which one trial does.
LONGEST_RACE_S = 2.0
RACE_PREFIX = bytes(range(PREFIX_BYTES))
RACE_NONCES = range(1000, 1333)
JOB_BYTES = 4096
# A target that nothing meets.
IMPOSSIBLE = 1

MeasureRoof = Callable[[Executes, HashKernel], Roof | None]


@dataclass
class _Built:
    kernel: HashKernel
    number: int
    compile_s: float
    frames: int | None = None
    most_items: int = 0


class KernelScanner:
    """`Scans` by kernels of ours on a device that executes them; see there. Jobs have one prefix."""

    def __init__(
        self,
        device: Executes,
        kernels: Sequence[HashKernel],
        oracle: Oracle,
        measure_roof: MeasureRoof | None = None,
        anew: bool = False,
    ) -> None:
        """Nothing is compiled before the first job. `anew`: race although an earlier race is remembered."""
        self._anew = anew
        self.info: DeviceInfo = device.info
        self._device = device
        self._kernels = kernels
        self._oracle = oracle
        self._measure_roof = measure_roof
        self._buffers: tuple[int, int] | None = None
        self._built: _Built | None = None
        self._candidates: tuple[Candidate, ...] = ()
        self._job: Job | None = None
        self._threads: int | None = None
        # Of the launches since somebody set it to 0; not a number where one of them did not tell.
        self._cpu_s = 0.0

    def prepare(self, job: Job) -> KernelInfo:
        """See Scans."""
        if len(job.prefixes) != 1:
            raise DeviceError(f"{self.info.id} hashes one prefix at a time with this kernel")
        if self._built is None:
            self._built = self._chosen()
        self._take(job)
        kernel = self._built.kernel
        tuning: dict[str, int | float | str] = {"nonces_per_item": kernel.nonces_an_item}
        if self._threads is not None:
            tuning["threads"] = self._threads
        if self._built.frames is not None:
            tuning["frame_bytes"] = kernel.frame_bytes
            tuning["frames"] = self._built.most_items
        text = kernel.source.text.encode()
        name = f"{kernel.source.language}-{kernel.name}"
        return KernelInfo(name, 1, tuning, self._built.compile_s, sha256(text).hexdigest(), self._candidates)

    def scan(self, nonces: range) -> Scan:
        """See Scans."""
        if self._job is None or self._built is None:
            raise DeviceError(f"{self.info.id} has no job yet; call prepare before scan")
        if nonces.step != 1 or (nonces and not 0 <= nonces.start <= nonces.stop <= NONCES):
            raise DeviceError(f"{self.info.id} scans ranges within 0…2³²−1 with step 1, not {nonces!r:.80}")
        kernel = self._built.kernel
        step = self._built.most_items * kernel.nonces_an_item * kernel.vectors_a_slot
        found: list[int] = []
        checksum = 0
        seconds: list[float | None] = []
        for first in range(nonces.start, nonces.stop, step):
            hits, xor, device_s = self._launch(range(first, min(first + step, nonces.stop)))
            found += hits
            checksum ^= xor
            seconds.append(device_s)
        told = [each for each in seconds if each is not None]
        hits_found = tuple(Hit(0, nonce) for nonce in self._confirmed(self._job, sorted(found)))
        device_time = math.fsum(told) if len(told) == len(seconds) else None
        return Scan(hits_found, len(nonces), reversed_bytes(checksum), device_time)

    def roof(self) -> Roof | None:
        """See HasRoof: by the operations of the kernel, where they can be streamed."""
        if self._built is None or self._measure_roof is None or self.info.simulator:
            return None
        return self._measure_roof(self._device, self._built.kernel)

    def close(self) -> None:
        """Nothing: the device is another one's to close."""

    def _confirmed(self, job: Job, nonces: list[int]) -> list[int]:
        """Those whose whole hash value meets the target: kernels look at 32 bits of it."""
        headers = b"".join(job.prefixes[0] + nonce.to_bytes(4, "little") for nonce in nonces)
        values = self._oracle.values(headers)
        return [nonce for nonce, value in zip(nonces, values, strict=True) if value <= job.target]

    def _launch(self, nonces: range) -> tuple[list[int], int, float | None]:
        """What passed the filter, the XOR of all last words, and the device's own time."""
        assert self._built is not None
        assert self._buffers is not None
        _, results = self._buffers
        kernel = self._built.kernel
        items = -(-len(nonces) // kernel.nonces_an_item)
        items = min(-(-items // kernel.item_grain) * kernel.item_grain, self._built.most_items)
        self._device.write(results, 0, bytes(4 * FIRST_NONCE))
        buffers = self._buffers if self._built.frames is None else (*self._buffers, self._built.frames)
        scalars: tuple[int, ...] = (nonces.start, len(nonces), ROOM)
        if self._built.frames is not None:
            scalars = (*scalars, items)
        done = self._device.launch(Launch(self._built.number, buffers, scalars, items, grain=kernel.grain))
        self._threads = done.threads
        self._cpu_s += math.nan if done.cpu_s is None else done.cpu_s
        words = np.frombuffer(self._device.read(results, 0, 4 * (FIRST_NONCE + 62)), "<u4")
        hits = int(words[HITS])
        if hits > ROOM:
            middle = nonces.start + len(nonces) // 2
            parts = [self._launch(range(nonces.start, middle)), self._launch(range(middle, nonces.stop))]
            return parts[0][0] + parts[1][0], parts[0][1] ^ parts[1][1], None
        if hits > len(words) - FIRST_NONCE:
            words = np.frombuffer(self._device.read(results, 0, 4 * (FIRST_NONCE + hits)), "<u4")
        return words[FIRST_NONCE : FIRST_NONCE + hits].tolist(), int(words[XOR]), done.device_s

    def _take(self, job: Job) -> None:
        assert self._built is not None
        assert self._buffers is not None
        self._job = job
        self._device.write(self._buffers[0], 0, self._built.kernel.job_bytes(job))

    def _chosen(self) -> _Built:
        """The fastest kernel, by an earlier race or by one that is run now, of those whose answers are right."""
        outcome = None if self._anew else remembered.recall(self._oracle.workload, self.info, self._kernels)
        if outcome is not None:
            winner = next(each for each in self._kernels if each.name == outcome.candidates[0].name)
            # What is wrong with it now is found out in the race.
            with suppress(DeviceError):
                built = self._checked(winner)
                if self._threads == outcome.threads:
                    self._candidates = outcome.candidates
                    return built
        return self._race()

    def _race(self) -> _Built:
        built: list[_Built] = []
        failed: list[Candidate] = []
        first_error: DeviceError | None = None
        for kernel in self._kernels:
            try:
                built.append(self._checked(kernel))
            except DeviceError as error:
                first_error = first_error or error
                failed.append(Candidate(kernel.name, None, None, str(error)))
        self._built = None
        if not built:
            raise first_error or DeviceError(f"{self.info.id} has no kernel for {self._oracle.workload}")
        if len(self._kernels) == 1:
            return built[0]
        rates = self._rates(built)
        order = sorted(range(len(built)), key=lambda at: -rates[at])
        ran = (Candidate(built[at].kernel.name, rates[at], built[at].compile_s) for at in order)
        self._candidates = (*ran, *failed)
        outcome = remembered.Outcome(self._candidates, self._threads)
        remembered.remember(self._oracle.workload, self.info, self._kernels, outcome)
        return built[order[0]]

    def _build(self, kernel: HashKernel) -> _Built:
        number, compile_s = self._device.compile(kernel.source)
        if self._buffers is None:
            most = max(each.most_items for each in self._kernels)
            self._buffers = (self._device.allocate(max(JOB_BYTES, most)), self._device.allocate(max(4 * WORDS, most)))
        if not kernel.frame_bytes:
            return _Built(kernel, number, compile_s, None, kernel.most_items)
        frames = self._device.allocate(kernel.most_items * kernel.frame_bytes)
        return _Built(kernel, number, compile_s, frames, kernel.most_items)

    def _checked(self, kernel: HashKernel) -> _Built:
        """The kernel, built. Raises WrongResult where its answers are not the oracle's."""
        candidate = self._built = self._build(kernel)
        job = Job((RACE_PREFIX,), easy_target(self._oracle))
        self._take(job)
        started = time.perf_counter()
        # Some compilers begin at the first launch.
        self.scan(range(1))
        candidate.compile_s += time.perf_counter() - started
        check_known_answer(self._oracle, self, job, part_of(self._oracle, RACE_NONCES))
        return candidate

    def _rates(self, built: Sequence[_Built]) -> list[float]:
        """Hashes a second of each, the median of several times in turns, so that what changes meanwhile meets all.

        Not the best: that is a moment in which whoever shares the core was still. A kernel that then has all of a cache
        for itself would win, and lose wherever it is not alone.
        """
        until_s = time.perf_counter() + LONGEST_RACE_S
        job = Job((RACE_PREFIX,), IMPOSSIBLE)
        nonces = [each.kernel.nonces_an_item for each in built]
        rates: list[list[float]] = [[] for _ in built]
        for trial in range(TRIALS):
            for at, self._built in enumerate(built):
                self._take(job)
                while True:
                    seconds = self._seconds(nonces[at])
                    if trial or seconds >= TRIAL_S or nonces[at] >= NONCES // 4 or time.perf_counter() > until_s:
                        break
                    nonces[at] *= 4 if seconds < TRIAL_S / 4 else 2
                rates[at].append(nonces[at] / seconds)
            if time.perf_counter() > until_s:
                break
        self._built = None
        return list(map(median, rates))

    def _seconds(self, nonces: int) -> float:
        """What so many take: by the threads' own time where that is told, which leaves out what other programs took."""
        self._cpu_s = 0.0
        started = time.perf_counter()
        self.scan(range(nonces))
        passed_s = time.perf_counter() - started
        own_s = self._cpu_s / (self._threads or 1)
        return max(passed_s if math.isnan(own_s) else own_s, 1e-9)


def executes(device: AnyDevice) -> Executes:
    """The device as one that executes kernels. Raises DeviceError where it cannot."""
    if isinstance(device, Executes):
        return device
    raise DeviceError(f"{device.info.id} runs no kernels but its own; choose another device (-d)")
