"""SHA-256d as a workload: see the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...device import AnyDevice, DeviceInfo, scanning
from ...errors import InputError
from ..evidence import Claim, Evidence, EvidenceKind, Finding, ServedShares, Shares
from ..evidence_version1 import ChunkedShares
from ..protocol import Request, Task, Value
from ..quantity import HASH, Quantity
from ..suite import Suite

# What BIP 310 lets miners roll: 16 bits of the version.
MOST_PREFIXES = 1 << 16


class Sha256d:
    """See Workload. Its one parameter is `prefixes`: how many headers are hashed for each nonce (version rolling)."""

    name = "sha256d"
    summary = "Bitcoin's proof of work: double SHA-256 of block headers"
    quantity: Quantity = HASH
    evidence_kind: EvidenceKind = "shares"
    binds = "logic"
    suite: Suite | None = Suite()

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: one prefix a nonce unless told otherwise."""
        for name in given:
            if name != "prefixes":
                raise InputError(f"sha256d has no parameter {name!r:.40}; it has prefixes")
        prefixes = given.get("prefixes", 1)
        if not isinstance(prefixes, int) or not 1 <= prefixes <= MOST_PREFIXES:
            raise InputError(f"version rolling covers 1 to {MOST_PREFIXES} prefixes, not {prefixes!s:.40}; try 16")
        return {"prefixes": prefixes}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload."""
        prefixes = parameters.get("prefixes", 1)
        return "" if prefixes == 1 else f"version-rolled × {prefixes}"

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """Nothing: devices measure the limit with their kernel's own operations, in its own proportions."""
        return {}

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        return None if info.scans else f"{info.id} scans no nonces; sha256d needs a device with a kernel for that"

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from .task import HashingTask

        return HashingTask(scanning(device), request)

    def verify(self, evidence: Evidence, claim: Claim) -> Sequence[Finding]:
        """See Workload."""
        return self._findings(evidence, claim, None)

    def verify_part(self, evidence: Evidence, claim: Claim, most: int) -> Sequence[Finding]:
        """See SamplesShares."""
        return self._findings(evidence, claim, most)

    def _findings(self, evidence: Evidence, claim: Claim, most: int | None) -> Sequence[Finding]:
        from .served import check_served
        from .verify import check_shares
        from .version1.verify import check_chunked_shares

        if isinstance(evidence, Shares) and claim.written_as != 1:
            return check_shares(evidence, claim, most)
        if isinstance(evidence, ServedShares) and claim.written_as != 1:
            return check_served(evidence, claim)
        if isinstance(evidence, ChunkedShares) and claim.written_as == 1:
            return check_chunked_shares(evidence, claim)
        told = "hashes of sha256d are proven by shares, as the file's version keeps them, and by nothing else"
        return [Finding(code="evidence", ok=False, sentence=told)]

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Hash leaves again. See Workload."""
        from .recompute import Again
        from .version1.recompute import recompute_chunks

        if isinstance(evidence, Shares):
            return Again(evidence, claim, scanning(device), advance).leaves(count)
        return (
            recompute_chunks(evidence, claim, count, scanning(device), advance)
            if isinstance(evidence, ChunkedShares)
            else []
        )

    def audit(
        self, evidence: Evidence, claim: Claim, effort_s: float, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Hash places that are drawn by hashes again. See Auditable."""
        from .recompute import Again

        if not isinstance(evidence, Shares):
            return []
        return Again(evidence, claim, scanning(device), advance).for_about(effort_s)


WORKLOAD = Sha256d()
