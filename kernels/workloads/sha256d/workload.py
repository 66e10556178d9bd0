"""SHA-256d as a workload: see the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ...device import AnyDevice, DeviceInfo, Scans, scanning
from ...errors import InputError
from ..evidence import Claim, Evidence, Finding, ServedShares
from ..evidence_version1 import ChunkedShares
from ..proof.workload import ProvenByShares
from ..protocol import Request, Task, Value
from ..suite import Suite

if TYPE_CHECKING:
    from ..proof.oracle import Oracle

# What BIP 310 lets miners roll: 16 bits of the version.
MOST_PREFIXES = 1 << 16


class Sha256d(ProvenByShares):
    """See Workload. Its one parameter is `prefixes`: how many headers are hashed for each nonce (version rolling)."""

    name = "sha256d"
    summary = "Bitcoin's proof of work: double SHA-256 of block headers"
    binds = "logic"
    races: ClassVar[bool] = True
    suite: Suite | None = Suite(other_s=8.0, least_s=1.0)

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: one prefix a nonce unless stated."""
        for name in given:
            if name != "prefixes":
                raise InputError(f"sha256d has no parameter {name!r:.40}; it has prefixes")
        prefixes = given.get("prefixes", 1)
        # True is an int in Python, and no number in a result's file.
        if not isinstance(prefixes, int) or isinstance(prefixes, bool) or not 1 <= prefixes <= MOST_PREFIXES:
            raise InputError(f"version rolling covers 1 to {MOST_PREFIXES} prefixes, not {prefixes!s:.40}; try 16")
        return {"prefixes": prefixes}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload."""
        prefixes = parameters.get("prefixes", 1)
        return "" if prefixes == 1 else f"version-rolled × {prefixes}"

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        return None if info.scans else f"{info.id} scans no nonces; sha256d needs a device with a kernel for that"

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from ..proof.task import HashingTask

        return HashingTask(self.oracle(), scanning(device), request)

    def oracle(self) -> Oracle:
        """See ProvenByShares."""
        from .oracle import ORACLE

        return ORACLE

    def scanning(self, device: AnyDevice) -> Scans:
        """See ProvenByShares: the device's own kernels."""
        return scanning(device)

    def _findings(self, evidence: Evidence, claim: Claim, most: int | None) -> Sequence[Finding]:
        from .served import check_served
        from .version1.verify import check_chunked_shares

        if isinstance(evidence, ServedShares) and claim.written_as != 1:
            return check_served(evidence, claim)
        if isinstance(evidence, ChunkedShares) and claim.written_as == 1:
            return check_chunked_shares(evidence, claim)
        return super()._findings(evidence, claim, most)

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Hash leaves again. See Workload."""
        from .version1.recompute import recompute_chunks

        if isinstance(evidence, ChunkedShares):
            return recompute_chunks(evidence, claim, count, scanning(device), advance)
        return super().recompute(evidence, claim, count, device, advance)


WORKLOAD = Sha256d()
