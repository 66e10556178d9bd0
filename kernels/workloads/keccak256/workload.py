"""keccak256 as a workload: see the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...device import DeviceInfo
from ..hashing.workload import HashWorkload

if TYPE_CHECKING:
    from ..hashing.kernel import HashKernel
    from ..proof.oracle import Oracle


class Keccak256(HashWorkload):
    """See Workload."""

    name = "keccak256"
    summary = "Keccak-256 of block headers, as Ethereum pads it: logic and rotations of 64-bit words"
    binds = "logic"

    def oracle(self) -> Oracle:
        """See ProvenByShares."""
        from .oracle import ORACLE

        return ORACLE

    def kernels(self, info: DeviceInfo, language: str) -> list[HashKernel]:
        """See HashWorkload."""
        from .kernels import kernels

        return kernels(info, language)


WORKLOAD = Keccak256()
