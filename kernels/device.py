"""The interface between what computes and what measures it.

An open device has one or more capabilities: it *scans* nonces for shares of a job, it *executes* kernels of its own
language on buffers of its own, or it *reports* what it does by itself. A backend is one module that finds devices, or
says in one sentence why it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from .errors import DeviceError
from .headers.job import Job

# Remote is whatever spoke to a server of ours: nobody here has seen it.
Kind = Literal["cpu", "gpu", "fpga", "asic", "accelerator", "remote"]


# What helps where a driver fails, unless something better is known of the device.
REMEDY = "update its driver, or leave the device out with -d"


@dataclass(frozen=True)
class DeviceInfo:
    """What a device is, as far as its driver tells; None where it does not.

    `runs_on_host_cpu`: its work is done by this machine's own cores, by whatever name. `simulator`: its rate says
    nothing about hardware. `pci_address` like 0000:01:00.0. `cache_bytes`: its largest cache. `memory_bytes`: what its
    buffers can take in all. `scans`: it can Scan. `languages`: what its `compile` takes, best first; empty where it
    does not Execute. `numbers`: the formats that it computes natively, by numpy's names ("int8": it has dot products of
    bytes); empty where nobody tells. `address_bits`: how wide its addresses are. `remedy`: what helps where its driver
    fails.
    """

    id: str
    kind: Kind
    name: str
    vendor: str
    backend: str
    driver: str
    compute_units: int | None = None
    limits: Mapping[str, int | float | str] = field(default_factory=dict)
    runs_on_host_cpu: bool | None = None
    simulator: bool = False
    pci_address: str | None = None
    cache_bytes: int | None = None
    memory_bytes: int | None = None
    scans: bool = True
    languages: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    address_bits: int | None = None
    remedy: str = REMEDY

    @property
    def on_host_cores(self) -> bool:
        """Whether it computes with this machine's own cores, as far as that is known."""
        return self.kind == "cpu" if self.runs_on_host_cpu is None else self.runs_on_host_cpu


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
    version rolling. `candidates` is the race it won, fastest first (empty where nothing was raced), and `likelier` is
    how many kernels that should be faster were not tried in the race's time.
    `build_log` is what the driver's compiler said to it, if anything.
    """

    name: str
    prefixes: int
    tuning: Mapping[str, int | float | str]
    compile_s: float
    source_sha256: str
    candidates: tuple[Candidate, ...] = ()
    build_log: str = ""
    likelier: int = 0


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


class AnyDevice(Protocol):
    """What every open device has, whatever it can do. Not safe to use from two threads at once."""

    info: DeviceInfo

    def close(self) -> None:
        """Give the device back; a second call does nothing."""
        ...


@runtime_checkable
class Scans(AnyDevice, Protocol):
    """A thing that scans nonces.

    `scan` takes a range within 0…2³²−1 with step 1 (an empty one gives an empty Scan) and may be
    interrupted (KeyboardInterrupt) and called again. All methods raise DeviceError.
    """

    def prepare(self, job: Job) -> KernelInfo:
        """Compile, choose and tune what is not yet, and upload what is known per job."""
        ...

    def scan(self, nonces: range) -> Scan:
        """Hash every prefix of the prepared job with every nonce."""
        ...


def scanning(device: AnyDevice) -> Scans:
    """The device as one that scans nonces. Raises DeviceError where it cannot."""
    if isinstance(device, Scans):
        return device
    raise DeviceError(f"{device.info.id} scans no nonces; choose another device (-d)")


@dataclass(frozen=True)
class Ceiling:
    """What a device can do at most of one kind: `name` ("memory", "float32") in `unit` a second.

    `count`: how much of it one unit of work takes.
    """

    name: str
    unit: str
    rate_per_s: float
    explanation: str
    count: float


@dataclass(frozen=True)
class Roof:
    """The roof of a device: its own limit for the kernel it runs, measured with micro-benchmarks.

    `rate_per_s`: what the device would reach, in units of work, if it did nothing but the kernel's operations, with
    nothing to wait for. `throughput`: operations (vector ones count once) a cycle and core, by kind.
    `explanation`: what the roof is made of and what it leaves out, in one or two sentences. `binds`: which of the
    device's ceilings it is ("logic", "memory"). `ceilings`: all that the work takes anything of, where they were
    measured.
    """

    rate_per_s: float
    clock_hz: float | None
    cycles_per_unit: float | None
    throughput: Mapping[str, float]
    explanation: str
    binds: str | None = None
    ceilings: tuple[Ceiling, ...] = ()


@runtime_checkable
class HasRoof(Protocol):
    """A device that can measure its own roof."""

    def roof(self) -> Roof | None:
        """The roof for the kernel prepared last; None where it is unknown. Raises DeviceError."""
        ...


Scalar = int | float
# Whole pages, which every driver takes a part of a buffer to begin on.
PART_GRAIN_BYTES = 4096
BufferId = int
KernelId = int


@dataclass(frozen=True)
class Source:
    """A kernel in one of a device's languages.

    `opencl`: `text` is OpenCL C, and `entry` the kernel's name; its arguments are the buffers, then the scalars (long,
    double). `llvm`: `text` is `module:function`, which gives LLVM IR for the device's host, and `entry` a function in
    it of the buffers' addresses, the scalars, and the range of items (see `cpu/native.py`). `numba` and `python`:
    `text` is `module:function` (`entry` is not looked at), called with the buffers as arrays, the scalars, and the
    range of items to do (start, stop). `numpy`: the same, but called once for all items: what it calls shares the work
    out among threads of its own. `types`: what the buffers hold, as numpy names it ("float64"), in the order of the
    arguments.
    """

    language: str
    text: str
    entry: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class Launch:
    """A kernel's call over `items` items, `repeats` times with no barrier in between.

    An item must touch no other item's data. `rotate`: after each repeat the first buffer becomes the last one. `grain`:
    threads of the host share the items out in pieces of so many, and the kernel's arrays lie where they were first
    touched in the same proportion (None: pages of the widest type); of OpenCL a work-group is no larger. `offsets`: so
    many bytes of each buffer are left out at its beginning (none given: of none); multiples of PART_GRAIN_BYTES.
    """

    kernel: KernelId
    buffers: tuple[BufferId, ...]
    scalars: tuple[Scalar, ...]
    items: int
    repeats: int = 1
    rotate: bool = False
    grain: int | None = None
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Launched:
    """A launch that is through; the device's own word for its time, None where it tells none.

    `threads`: the host's threads that did it, None where that is the driver's affair; `cpu_s`: the CPU seconds that
    they took for it together, None where nobody counts them.
    """

    device_s: float | None = None
    threads: int | None = None
    cpu_s: float | None = None

    def own_s(self, passed_s: float) -> float:
        """What it took a thread by its own time, which leaves out what other programs took; else what has passed."""
        return self.cpu_s / self.threads if self.cpu_s and self.threads else passed_s


class Executor(Protocol):
    """What runs kernels on buffers. All methods raise DeviceError."""

    def allocate(self, size_bytes: int) -> BufferId:
        """A buffer of zeros, first touched by whatever will work on it."""
        ...

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """Put `data` into a buffer."""
        ...

    def repeat(self, buffer: BufferId, period_bytes: int, size_bytes: int) -> None:
        """Copy a buffer's first `period_bytes` on and on behind themselves, until `size_bytes` repeat them."""
        ...

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        """Get a part of a buffer."""
        ...

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """A kernel, and the seconds that it took to compile."""
        ...

    def launch(self, launch: Launch) -> Launched:
        """Run a kernel and wait for it."""
        ...

    def release(self) -> None:
        """Give all buffers and kernels back."""
        ...


@runtime_checkable
class Executes(AnyDevice, Executor, Protocol):
    """Runs kernels of its own languages (`info.languages`) on buffers of its own."""


@dataclass(frozen=True)
class Reported:
    """What a device that measures itself says of its work; None where it does not tell.

    `amount` counts since it started, `rate_per_s` is the mean of the last `averaged_s` seconds; both in the workload's
    unit. `watts_origin` says whether the watts were measured (`reported`) or reckoned by it (`estimated`).
    """

    amount: float | None = None
    rate_per_s: float | None = None
    averaged_s: float | None = None
    watts: float | None = None
    watts_origin: Literal["reported", "estimated"] | None = None
    temperature_c: float | None = None
    uptime_s: float | None = None


@runtime_checkable
class Reports(AnyDevice, Protocol):
    """Works by itself and says what it does."""

    def reported(self) -> Reported:
        """What it says now. Raises DeviceError."""
        ...


@dataclass(frozen=True)
class DeviceOptions:
    """What a user may fix instead of leaving it to the device: a kernel's name, the number of threads.

    `retune`: race the kernels anew, whatever is remembered of earlier races. The rest is for a process that
    follows one that its driver ended: `avoid` names the kernels that are not to be tried, with the reason of each,
    and where `only` is given no others are to be tried than these, which have worked before.
    """

    kernel: str | None = None
    threads: int | None = None
    retune: bool = False
    avoid: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] | None = None


# End the reason against a kernel that had less time than others, or hardly any of the processor's, so that nothing is
# known of it.
NO_MORE_TIME = ", all that was left of the device's time"
STARVED = ", while others had the processor"
# In the reason against a kernel that may be slow to build instead of hung.
NO_ANSWER = "did not answer within"

# A kernel's name, and whether it worked: None where it is about to be tried.
TellTrial = Callable[[str, bool | None], None]


def none_works(info: DeviceInfo, failures: Mapping[str, str]) -> str:
    """The sentence for a device none of whose kernels works; `failures`: each kernel's name and what became of it."""
    name, reason = next(iter(failures.items()), ("", "none was tried"))
    others = f" and {len(failures) - 1} more that failed" if len(failures) > 1 else ""
    return f"{info.id}: no kernel works ({name + ': ' if name else ''}{reason}{others}); {info.remedy}"


@runtime_checkable
class TriesKernels(Protocol):
    """A device that tells which kernel it is about to build or launch, since that may end or hang the process."""

    def tell_trials(self, tell: TellTrial) -> None:
        """Have every trial from now on told, when it begins and when it ends."""
        ...

    def take_the_first(self) -> None:
        """Try no more kernels from the first on that works: there is no time for a process after this one."""
        ...


@dataclass(frozen=True)
class Found:
    """A device that can be opened.

    `isolate`: its driver may crash or hang, so drive it from a process of its own. `by_default`: measure it
    where nobody named a device; not so for a simulator, whose hashrate says nothing about hardware.
    """

    info: DeviceInfo
    open: Callable[[DeviceOptions], AnyDevice]
    isolate: bool = False
    by_default: bool = True


@dataclass(frozen=True)
class Missing:
    """A backend (or one device of it) that cannot be used: why, and what to do about it, in one sentence.

    `broken`: something is installed and does not work, which a run says, too; else there is simply nothing.
    """

    backend: str
    reason: str
    broken: bool = False
