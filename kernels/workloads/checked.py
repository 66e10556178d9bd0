"""What workloads share whose answers the measuring machine compares itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..device import AnyDevice
from .evidence import Checked, Claim, Evidence, EvidenceKind, Finding


class ProvenByChecks:
    """A part of a Workload: a subclass has what is measured, and how it binds itself."""

    name: str
    evidence_kind: EvidenceKind = "checked"

    def verify(self, evidence: Evidence, claim: Claim) -> Sequence[Finding]:
        """Whether it says that answers were compared; a reader has the machine's word for it."""
        if not isinstance(evidence, Checked):
            told = f"{self.name} leaves answers that were checked, nothing else"
            return [Finding(code="evidence", ok=False, sentence=told)]
        told = f"{evidence.answers} answers agreed, by the measuring machine's own word"
        return [Finding(code="checked", ok=True, sentence=told)]

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """Nothing of it can be computed again: it leaves no answers."""
        return []
