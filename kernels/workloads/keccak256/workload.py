"""keccak256 as a workload: see the package."""

from __future__ import annotations

from ..hashing.workload import GraphHash

WORKLOAD = GraphHash(
    __package__, "keccak256", "Keccak-256 of block headers, as Ethereum pads it: logic and rotations of 64-bit words"
)
