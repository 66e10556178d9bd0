"""blake2s as a workload: see the package."""

from __future__ import annotations

from ..hashing.workload import GraphHash

WORKLOAD = GraphHash(
    __package__, "blake2s", "BLAKE2s-256 of block headers: additions, XORs and rotations of 32-bit words"
)
