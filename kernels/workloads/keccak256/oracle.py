"""The reference, bound to what proofs by shares ask of a hash."""

from __future__ import annotations

from ..proof.oracle import Oracle
from .reference import digests_of

ORACLE = Oracle("keccak256", digests_of, source="our plain Keccak")
