"""The CPU as a device: one, with all its cores."""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter

from ..device import DeviceInfo, DeviceOptions, Found, Hit, KernelInfo, Missing, Roof, Scan
from ..errors import DeviceError
from ..execution import ExecutesByExecutor
from ..headers.job import NONCES, Job
from ..headers.oracle import hash_value, sha256d
from ..system.free_memory import free_bytes
from ..system.processor import cpu_vendor
from ..system.signature import cpu_title
from .cores.caches import largest_cache_bytes
from .cores.features import native_numbers
from .cores.topology import Topology, read_topology
from .executor import LANGUAGES, CpuExecutor
from .jit import Compiled, generator_hash
from .job_words import job_array
from .placement import cpus_for, place
from .race import choose
from .roof import measure_roof
from .variants import ROLLED_SUFFIX
from .workers import Tally, Words, Workers

INSTALL = "`pip install numba` brings it"
CLOSED = "the CPU device is closed; open it again"
# How hits ascend.
IN_ORDER = attrgetter("prefix", "nonce")


def why_no_compiler() -> str | None:
    """Why no kernel can be compiled, None where that looks well. Numba takes too long to be imported for it."""
    if find_spec("numba") is None:
        return f"numba is not installed; {INSTALL}"
    try:
        import_module("llvmlite.binding")
    except (ImportError, OSError) as error:
        return f"llvmlite cannot be loaded ({' '.join(str(error).split()):.30}); {INSTALL}"
    return None


def find() -> list[Found | Missing]:
    """The CPU, wherever its kernels can be compiled."""
    missing = why_no_compiler()
    if missing is not None:
        return [Missing("cpu", missing, broken=True)]
    topology = read_topology()
    info = DeviceInfo(
        id="cpu",
        kind="cpu",
        name=cpu_title(),
        vendor=cpu_vendor(),
        backend="cpu",
        driver=f"LLVM on {platform.python_implementation()} {platform.python_version()}",
        compute_units=len(topology.cores),
        limits={"logical_cpus": len(topology.cpus), "topology": topology.describe()},
        runs_on_host_cpu=True,
        cache_bytes=largest_cache_bytes(),
        memory_bytes=free_bytes(),
        languages=LANGUAGES,
        numbers=native_numbers(),
        address_bits=8 * struct.calcsize("P"),
    )
    return [Found(info, lambda options: CpuDevice(info, topology, options))]


@dataclass(frozen=True)
class _Ready:
    """A chosen kernel, and the threads it runs on."""

    compiled: Compiled
    kernel: KernelInfo
    workers: Workers


class CpuDevice(ExecutesByExecutor):
    """All cores of the CPU, running the kernel that won the race on this machine (or the one asked for)."""

    def __init__(self, info: DeviceInfo, topology: Topology, options: DeviceOptions) -> None:
        """Nothing is compiled before the first job."""
        self.info = info
        self._topology = topology
        self._options = options
        self._ready: dict[bool, _Ready] = {}
        self._current: _Ready | None = None
        self._job: Job | None = None
        self._words: Words | None = None
        self._execution: CpuExecutor | None = None
        self._closed = False

    def prepare(self, job: Job) -> KernelInfo:
        """Race and compile on the first call (several prefixes: the version-rolled kernels), then pack the job.

        Raises InputError for a kernel or a number of threads that cannot be had.
        """
        if self._closed:
            raise DeviceError(CLOSED)
        rolled = len(job.prefixes) > 1
        if rolled not in self._ready:
            self._ready[rolled] = self._make_ready(rolled)
        self._job, self._current = job, self._ready[rolled]
        self._words = job_array(self._current.compiled, job)
        return replace(self._current.kernel, prefixes=len(job.prefixes))

    def _make_ready(self, rolled: bool) -> _Ready:
        wanted = self._options.kernel
        if wanted is not None and rolled and not wanted.endswith(ROLLED_SUFFIX):
            wanted += ROLLED_SUFFIX
        compiled, candidates = choose(rolled, wanted, self._options.retune)
        placement = place(self._topology, self._options.threads, compiled)
        tuning: dict[str, int | float | str] = {
            "lanes": compiled.variant.lanes,
            "threads": len(placement.cpus),
            "placement": placement.reason,
            "compiled": "from the cache" if compiled.from_cache else "now",
        }
        name = compiled.variant.name
        kernel = KernelInfo(name, 1, tuning, compiled.compile_s, generator_hash(), candidates)
        return _Ready(compiled, kernel, Workers(placement.cpus, pin=True))

    def scan(self, nonces: range) -> Scan:
        """See Scans."""
        if self._closed:
            raise DeviceError(CLOSED)
        if self._job is None or self._words is None or self._current is None:
            raise DeviceError("the CPU has no job yet; call prepare before scan")
        if nonces.step != 1 or (nonces and (nonces.start < 0 or nonces.stop > NONCES)):
            raise DeviceError(f"nonces run from 0 to {NONCES - 1} in steps of 1; {nonces} does not fit")
        prefixes = len(self._job.prefixes)
        tallies = self._current.workers.scan(self._current.compiled, self._words, prefixes, nonces)
        checksum = 0
        for tally in tallies:
            checksum ^= tally.xor_h7
        hits = [hit for tally in tallies for hit in self._confirmed(self._job, tally, nonces)]
        hits.sort(key=IN_ORDER)
        return Scan(tuple(hits), len(nonces) * prefixes, checksum)

    def _confirmed(self, job: Job, tally: Tally, nonces: range) -> list[Hit]:
        # The kernel tests the last word only; hashlib has the final say on every nonce it reports. Thousands a second
        # come by here while the clock runs.
        hits = []
        prefixes, target = job.prefixes, job.target
        for first, prefix, lanes in tally.records.tolist():
            while lanes:
                lowest = lanes & -lanes
                lanes ^= lowest
                nonce = first + lowest.bit_length() - 1
                if nonce in nonces and hash_value(sha256d(prefixes[prefix] + nonce.to_bytes(4, "little"))) <= target:
                    hits.append(Hit(prefix, nonce))
        return hits

    def roof(self) -> Roof | None:
        """See HasRoof."""
        if self._closed:
            raise DeviceError(CLOSED)
        if self._job is None or self._current is None:
            raise DeviceError("the CPU has no job yet; call prepare before roof")
        prefixes, kinds = len(self._job.prefixes), self._topology.kinds
        return measure_roof(self._current.compiled.variant, prefixes, self._current.workers, kinds)

    def _executor(self) -> CpuExecutor:
        if self._closed:
            raise DeviceError(CLOSED)
        if self._execution is None:
            cpus = cpus_for(self._topology, self._options.threads)
            self._execution = CpuExecutor(self.info.id, cpus)
        return self._execution

    def close(self) -> None:
        """See Scans."""
        if self._execution is not None:
            self._execution.close()
            self._execution = None
        for ready in self._ready.values():
            ready.workers.close()
        self._ready.clear()
        self._closed = True
