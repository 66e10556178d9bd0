"""The CPU as a device: one, with all its cores."""

from __future__ import annotations

import platform

from ..device import DeviceInfo, DeviceOptions, Found, Hit, KernelInfo, Missing, Roof, Scan
from ..errors import DeviceError, InputError
from ..job import NONCES, Job
from ..oracle import meets
from .identity import cpu_name, cpu_vendor
from .jit import Compiled, generator_hash
from .race import choose, job_array
from .roof import measure_roof
from .topology import Topology, read_topology
from .workers import Tally, Words, Workers


def find() -> list[Found | Missing]:
    """The CPU, always."""
    topology = read_topology()
    info = DeviceInfo(
        id="cpu",
        kind="cpu",
        name=cpu_name(),
        vendor=cpu_vendor(),
        backend="cpu",
        driver=f"Numba on {platform.python_implementation()} {platform.python_version()}",
        compute_units=len(topology.cores),
        limits={"logical_cpus": len(topology.cpus), "topology": topology.describe()},
    )
    return [Found(info, lambda options: CpuDevice(info, topology, options))]


class CpuDevice:
    """All cores of the CPU, running the kernel that won the race on this machine (or the one asked for)."""

    def __init__(self, info: DeviceInfo, topology: Topology, options: DeviceOptions) -> None:
        if options.threads is not None and not 1 <= options.threads <= len(topology.cpus):
            raise InputError(
                f"--threads must lie between 1 and {len(topology.cpus)}, the CPUs this process may use, "
                f"not {options.threads}"
            )
        self.info = info
        self._wanted = options.kernel
        threads = options.threads or topology.default_threads
        self._cpus = topology.cpus[:threads]
        self._workers: Workers | None = Workers(self._cpus, pin=True)
        self._kernels: dict[bool, tuple[Compiled, KernelInfo]] = {}
        self._job: Job | None = None
        self._words: Words | None = None
        self._compiled: Compiled | None = None

    def prepare(self, job: Job) -> KernelInfo:
        """Race and compile on the first call (several prefixes: the version-rolled kernels), then pack the job."""
        self._open_workers()
        rolled = len(job.prefixes) > 1
        if rolled not in self._kernels:
            self._kernels[rolled] = self._choose(rolled)
        compiled, info = self._kernels[rolled]
        self._job, self._compiled = job, compiled
        self._words = job_array(compiled.variant, job)
        return KernelInfo(
            info.name, len(job.prefixes), info.tuning, info.compile_s, info.source_sha256, info.candidates
        )

    def _choose(self, rolled: bool) -> tuple[Compiled, KernelInfo]:
        wanted = self._wanted
        if wanted is not None and rolled and not wanted.endswith("-rolled"):
            wanted += "-rolled"
        compiled, candidates = choose(rolled, wanted)
        tuning: dict[str, int | float | str] = {
            "lanes": compiled.variant.lanes,
            "threads": len(self._cpus),
            "placement": "pinned, one thread a core",
            "compiled": "from the cache" if compiled.from_cache else "now",
        }
        name = compiled.variant.name
        return compiled, KernelInfo(name, 1, tuning, compiled.compile_s, generator_hash(), candidates)

    def scan(self, nonces: range) -> Scan:
        """See Device."""
        workers = self._open_workers()
        if self._job is None or self._words is None or self._compiled is None:
            raise DeviceError("the CPU has no job yet; call prepare before scan")
        if nonces.step != 1 or (nonces and (nonces.start < 0 or nonces.stop > NONCES)):
            raise DeviceError(f"nonces run from 0 to {NONCES - 1} in steps of 1; {nonces} does not fit")
        prefixes = len(self._job.prefixes)
        tallies = workers.scan(self._compiled, self._words, prefixes, nonces)
        checksum = 0
        for tally in tallies:
            checksum ^= tally.xor_h7
        hits = sorted(hit for tally in tallies for hit in self._confirmed(self._job, tally, nonces))
        return Scan(tuple(hits), len(nonces) * prefixes, checksum)

    def _confirmed(self, job: Job, tally: Tally, nonces: range) -> list[Hit]:
        # The kernel tests the last word only; hashlib has the final say on every nonce it reports.
        hits = []
        for first, prefix, lanes in tally.records.tolist():
            for lane in range(lanes.bit_length()):
                nonce = first + lane
                if lanes >> lane & 1 and nonce in nonces and meets(job.prefixes[prefix], nonce, job.target):
                    hits.append(Hit(prefix, nonce))
        return hits

    def roof(self) -> Roof | None:
        """See HasRoof."""
        workers = self._open_workers()
        if self._compiled is None or self._job is None:
            raise DeviceError("the CPU has no job yet; call prepare before roof")
        return measure_roof(self._compiled.variant, len(self._job.prefixes), workers)

    def close(self) -> None:
        """See Device."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None

    def _open_workers(self) -> Workers:
        if self._workers is None:
            raise DeviceError("the CPU device is closed; open it again")
        return self._workers
