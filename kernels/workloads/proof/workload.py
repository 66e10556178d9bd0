"""What every workload of hashed headers has in common: its evidence is shares, and they are verified in one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ...device import AnyDevice, Scans
from ..evidence import Claim, Evidence, EvidenceKind, Finding, Shares
from ..protocol import Value
from ..quantity import HASH, Quantity
from ..suite import Suite

if TYPE_CHECKING:
    from .oracle import Oracle


class ProvenByShares:
    """Most of a Workload: a subclass has `name`, `summary`, `binds`, `oracle`, `scanning`, and how it binds itself."""

    name: str
    quantity: Quantity = HASH
    evidence_kind: EvidenceKind = "shares"
    suite: Suite | None = Suite()

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """See Workload. Devices measure the limit with their kernel's own operations, in its own proportions."""
        return {}

    def oracle(self) -> Oracle:
        """The hash's word of truth (whoever lists workloads needs no NumPy, so it is imported here)."""
        raise NotImplementedError

    def scanning(self, device: AnyDevice) -> Scans:
        """The device as one that scans nonces for this hash. Raises DeviceError."""
        raise NotImplementedError

    def verify(self, evidence: Evidence, claim: Claim) -> Sequence[Finding]:
        """See Workload."""
        return self._findings(evidence, claim, None)

    def verify_part(self, evidence: Evidence, claim: Claim, most: int) -> Sequence[Finding]:
        """See SamplesShares."""
        return self._findings(evidence, claim, most)

    def _findings(self, evidence: Evidence, claim: Claim, most: int | None) -> Sequence[Finding]:
        from .verify import check_shares

        if isinstance(evidence, Shares) and claim.written_as != 1:
            return check_shares(self.oracle(), evidence, claim, most)
        told = f"hashes of {self.name} are proven by shares, as the file's version keeps them, and by nothing else"
        return [Finding(code="evidence", ok=False, sentence=told)]

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Hash leaves again. See Workload."""
        from .recompute import Again

        if not isinstance(evidence, Shares):
            return []
        return Again(self.oracle(), evidence, claim, self.scanning(device), advance).leaves(count)

    def audit(
        self, evidence: Evidence, claim: Claim, effort_s: float, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Hash places that are drawn by hashes again. See Auditable."""
        from .recompute import Again

        if not isinstance(evidence, Shares):
            return []
        return Again(self.oracle(), evidence, claim, self.scanning(device), advance).for_about(effort_s)
