"""The interface between what computes hashes and what measures them.

A device is anything that can scan a range of nonces for shares of a job. A backend is one module
that finds devices, or says in one sentence why it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from .job import Job

Kind = Literal["cpu", "gpu", "fpga", "asic", "accelerator"]


@dataclass(frozen=True)
class DeviceInfo:
    """What a device is, as far as its driver tells."""

    id: str
    kind: Kind
    name: str
    vendor: str
    backend: str
    driver: str
    compute_units: int | None = None
    limits: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A kernel variant in the race for the fastest: its rate on one core or queue, or why it did not run."""

    name: str
    hashrate_hs: float | None
    compile_s: float | None
    reason: str | None = None


@dataclass(frozen=True)
class KernelInfo:
    """The kernel that a prepared device runs.

    `prefixes` is how many headers the kernel hashes for each nonce: 1 for the plain scan, more for
    version rolling. `candidates` is the race it won, fastest first (empty where nothing was raced).
    `build_log` is what the driver's compiler said to it, if anything.
    """

    name: str
    prefixes: int
    tuning: Mapping[str, int | float | str]
    compile_s: float
    source_sha256: str
    candidates: tuple[Candidate, ...] = ()
    build_log: str = ""


@dataclass(frozen=True, order=True)
class Hit:
    """A share: the index of its prefix in the job, and its nonce."""

    prefix: int
    nonce: int


@dataclass(frozen=True)
class Scan:
    """What a device answers for one range of nonces.

    `hits` ascend by prefix, then nonce; each was re-hashed with hashlib by the host. `hashes` is
    exact: prefixes × nonces. `xor_h7` is the XOR of the last digest word (H7) of every one of those
    hashes. `device_s` is the device's own word for the time it took, None where it tells none.
    """

    hits: tuple[Hit, ...]
    hashes: int
    xor_h7: int
    device_s: float | None = None


@runtime_checkable
class Device(Protocol):
    """A thing that scans nonces. Not safe to use from two threads at once.

    `scan` takes a range within 0…2³²−1 with step 1 (an empty one gives an empty Scan) and may be
    interrupted (KeyboardInterrupt) and called again. All methods raise DeviceError.
    """

    info: DeviceInfo

    def prepare(self, job: Job) -> KernelInfo:
        """Compile, choose and tune what is not yet, and upload what is known per job."""
        ...

    def scan(self, nonces: range) -> Scan:
        """Hash every prefix of the prepared job with every nonce."""
        ...

    def close(self) -> None:
        """Give the device back; a second call does nothing."""
        ...


@dataclass(frozen=True)
class Roof:
    """The roof of a device: its own limit for the kernel it runs, measured with micro-benchmarks.

    `hashrate_hs`: what the device would reach if it did nothing but the kernel's operations, with
    nothing to wait for. `throughput`: operations (vector ones count once) a cycle and core, by kind.
    `explanation`: what the roof is made of and what it leaves out, in one or two sentences.
    """

    hashrate_hs: float
    clock_hz: float | None
    cycles_per_hash: float | None
    throughput: Mapping[str, float]
    explanation: str


@runtime_checkable
class HasRoof(Protocol):
    """A device that can measure its own roof."""

    def roof(self) -> Roof | None:
        """The roof for the kernel prepared last; None where it cannot be told. Raises DeviceError."""
        ...


@dataclass(frozen=True)
class DeviceOptions:
    """What a user may fix instead of leaving it to the device: a kernel's name, the number of threads.

    `retune`: race the kernels anew, whatever is remembered of earlier races.
    """

    kernel: str | None = None
    threads: int | None = None
    retune: bool = False


@dataclass(frozen=True)
class Found:
    """A device that can be opened.

    `isolate`: its driver may crash or hang, so drive it from a process of its own. `by_default`: measure it
    where nobody named a device; not so for a simulator, whose hashrate says nothing about hardware.
    """

    info: DeviceInfo
    open: Callable[[DeviceOptions], Device]
    isolate: bool = False
    by_default: bool = True


@dataclass(frozen=True)
class Missing:
    """A backend (or one device of it) that cannot be used: why, and what to do about it, in one sentence."""

    backend: str
    reason: str
