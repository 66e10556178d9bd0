"""blake2s as a workload: see the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...device import DeviceInfo
from ..hashing.workload import HashWorkload

if TYPE_CHECKING:
    from ..hashing.kernel import HashKernel
    from ..proof.oracle import Oracle


class Blake2s(HashWorkload):
    """See Workload."""

    name = "blake2s"
    summary = "BLAKE2s-256 of block headers: additions, XORs and rotations of 32-bit words"
    binds = "logic"

    def oracle(self) -> Oracle:
        """See ProvenByShares."""
        from .oracle import ORACLE

        return ORACLE

    def kernels(self, info: DeviceInfo, language: str) -> list[HashKernel]:
        """See HashWorkload."""
        from .kernels import kernels

        return kernels(info, language)


WORKLOAD = Blake2s()
