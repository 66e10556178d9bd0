"""scrypt as a workload: see the package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...device import DeviceInfo
from ..evidence import Claim, Evidence, Finding
from ..hashing.workload import HashWorkload
from ..protocol import Value
from ..suite import Suite

if TYPE_CHECKING:
    from ..hashing.kernel import HashKernel
    from ..proof.oracle import Oracle

# Some Pythons are built without it (LibreSSL has none), and nothing else here is as trusted.
NO_ORACLE = "this Python's hashlib has no scrypt; use a Python built with OpenSSL"


class Scrypt(HashWorkload):
    """See Workload."""

    name = "scrypt"
    summary = "Litecoin's proof of work: scrypt(1024, 1, 1) of block headers, 128 KiB of memory a hash"
    binds = "logic"
    # Shares are fewer here, and enough of them take longer.
    suite: Suite | None = Suite(seconds=4.0, other_s=3.5, least_s=2.0)

    def oracle(self) -> Oracle:
        """See ProvenByShares."""
        from .oracle import ORACLE

        return ORACLE

    def kernels(self, info: DeviceInfo, language: str) -> list[HashKernel]:
        """See HashWorkload."""
        from . import llvm, opencl

        return llvm.kernels(info) if language == "llvm" else opencl.kernels(info)

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        return super().why_not(info, parameters) if hasattr(hashlib, "scrypt") else NO_ORACLE

    def _findings(self, evidence: Evidence, claim: Claim, most: int | None) -> Sequence[Finding]:
        if not hasattr(hashlib, "scrypt"):
            return [Finding(code="evidence", ok=False, sentence=NO_ORACLE)]
        return super()._findings(evidence, claim, most)


WORKLOAD = Scrypt()
