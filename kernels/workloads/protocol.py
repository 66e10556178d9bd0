"""A kind of work, and that work bound to one open device: the two protocols behind which every workload lies.

A `Workload` is one stateless object a folder. It says what it counts, what evidence it leaves and how that is
verified, and binds itself to devices. A `Task` is what the harness drives: it knows batches and amounts, and neither
time nor energy. All amounts are exact whole numbers of the workload's unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ..device import AnyDevice, BufferId, DeviceInfo, KernelInfo, Roof
from .evidence import Claim, Evidence, EvidenceKind, Finding
from .near_cache import NearCache
from .quantity import Quantity
from .suite import Suite
from .suite import Value as Value


@dataclass(frozen=True)
class Request:
    """What a run asks of a workload. `parameters` are the workload's own, already checked by `parameters_of`.

    `machine`: the id of the machine that the device is in. `shares`: how many to keep where work is proven by shares
    (None: as many as the workload finds right). `retune`: race kernels anew, whatever is remembered of earlier races.
    """

    challenge: str
    run_id: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    machine: str = ""
    shares: int | None = None
    retune: bool = False


@dataclass(frozen=True)
class Expected:
    """How much work will probably count, and how long that takes. A run may be cut short, or go on for longer."""

    amount: float
    seconds: float


@dataclass(frozen=True)
class Work:
    """What one batch did: an exact amount in the workload's unit, and the device's own word for its time."""

    amount: int
    device_s: float | None = None


class Task(Protocol):
    """One workload on one open device. All methods raise DeviceError; only `run` is timed.

    A batch is a number that the task defines: work grows in proportion to it. Calibration begins at `smallest_batch`,
    and `largest_batch` bounds it.
    """

    smallest_batch: int
    largest_batch: int
    kernel: KernelInfo | None
    compile_s: float

    @property
    def is_full(self) -> bool:
        """Whether a result can hold no more of its evidence: whoever measures ends here."""
        ...

    def self_test(self) -> None:
        """Compile what is not yet and check small answers against a trusted source. Raises WrongResult."""
        ...

    def rehearse(self, expected: Expected | None) -> None:
        """Get ready for batches that do not count; what will count later is `expected` (None: not known yet)."""
        ...

    def start(self, expected: Expected) -> None:
        """Get ready for batches that count. Wherever the run is cut short, there is to be evidence enough."""
        ...

    def ready(self, batch: int) -> None:
        """Get ready for a batch of that size (a power of two): whatever must not be timed."""
        ...

    def run(self, batch: int) -> Work:
        """Do the batch."""
        ...

    def count(self, sample: int) -> None:
        """Check the batches since the last `count` or `drop` and count them for sample number `sample`."""
        ...

    def drop(self) -> None:
        """Forget the batches since the last `count` or `drop`."""
        ...

    def check_batch(self, batch: int) -> None:
        """Check, once, that batches of this size are computed as small ones are. Raises WrongResult."""
        ...

    def spot_check(self) -> None:
        """Check a tiny answer against a trusted source, now and then during the run. Raises WrongResult."""
        ...

    def evidence(self, samples: int) -> Evidence:
        """The evidence for the first `samples` samples (an interrupt may have cost the last one its time)."""
        ...

    def roof(self) -> Roof | None:
        """The device's limit for this work, where the workload counts no ceilings; None where it is unknown."""
        ...


@runtime_checkable
class GathersEvidence(Protocol):
    """A task whose evidence must be of some work at least, else it proves nothing."""

    @property
    def has_enough(self) -> bool:
        """Whether what was counted proves something by now: whoever measures goes on until then."""
        ...


@runtime_checkable
class MovesMemory(Protocol):
    """A task that works on memory: once it has tested itself it knows whether a cache may serve a part of that."""

    near_cache: NearCache | None


@dataclass(frozen=True)
class Lent:
    """An array of so many 64-bit numbers (float64), which may be read, and written as long as they stay the same."""

    buffer: BufferId
    items: int


@runtime_checkable
class LendsMemory(Protocol):
    """A task whose arrays others may use between its batches, to measure ceilings: touching more memory takes long.

    `whole_pass`: a batch after which all of the arrays have been used.
    """

    @property
    def whole_pass(self) -> int:
        """See above."""
        ...

    def lent(self) -> Sequence[Lent]:
        """Its arrays, as long as it has no other ones; none where it has none now."""
        ...


class Workload(Protocol):
    """One kind of work.

    `binds` names the ceiling that limits it on most devices ("logic", "memory", "float32"). `suite`: its part in
    `run --suite`, None where it has none.
    """

    name: str
    summary: str
    quantity: Quantity
    evidence_kind: EvidenceKind
    binds: str
    suite: Suite | None

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """The parameters that make two runs the same kind of work, defaults filled in. Raises InputError."""
        ...

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """How work with these parameters differs from the usual, in a few words ("version-rolled × 16"); or ""."""
        ...

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """How much of each ceiling's unit one unit of work takes (`kernels/workloads/ceilings` has the ceilings).

        The harness then measures these ceilings in between the work's rounds, and the smallest is the roof. Empty where
        a task tells its roof itself.
        """
        ...

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """Why this device cannot do the work, in one sentence; None where it can. It need not be open."""
        ...

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """The work on an open device, which `why_not` does not refuse. Raises DeviceError."""
        ...

    def verify(self, evidence: Evidence, claim: Claim) -> Sequence[Finding]:
        """Hold evidence against what is claimed, without a device and within milliseconds; never raises."""
        ...

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Compute `count` parts of the work again, drawn beyond anyone's foresight. Raises DeviceError.

        `advance` is told the amounts as they are done.
        """
        ...


@runtime_checkable
class SamplesShares(Protocol):
    """A workload that can also look at a part of the shares only, privately drawn: whoever reads many results does."""

    def verify_part(self, evidence: Evidence, claim: Claim, most: int) -> Sequence[Finding]:
        """As `Workload.verify`, of `most` shares."""
        ...


@runtime_checkable
class Auditable(Protocol):
    """A workload whose evidence can also be looked into at places of any size, for as long as one likes."""

    def audit(
        self, evidence: Evidence, claim: Claim, effort_s: float, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Compute places drawn by amount again for about `effort_s` of CPU seconds, and say what that rules out.

        Raises DeviceError.
        """
        ...


@runtime_checkable
class HasQuantities(Protocol):
    """A workload that counts other things for other parameters: integer operations beside floating-point ones, say."""

    def quantity_of(self, parameters: Mapping[str, Value]) -> Quantity:
        """What work with these parameters is counted in."""
        ...


@runtime_checkable
class CountsByDevice(Protocol):
    """A workload whose kernels take other ceilings on other devices: dot products here, multiplications there."""

    def counts_on(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """As `Workload.counts_of`, on this device."""
        ...


def counts_for(workload: Workload, info: DeviceInfo, parameters: Mapping[str, Value]) -> Mapping[str, float]:
    """How much of each ceiling's unit one unit of work takes on this device."""
    if isinstance(workload, CountsByDevice):
        return workload.counts_on(info, parameters)
    return workload.counts_of(parameters)


def quantity_for(workload: Workload, parameters: Mapping[str, Value]) -> Quantity:
    """What work with these parameters is counted in."""
    return workload.quantity_of(parameters) if isinstance(workload, HasQuantities) else workload.quantity
