"""The kernels of keccak256 for a CPU: all of them come from the graph."""

from __future__ import annotations

from collections.abc import Callable

from ..hashing import llvm
from .description import header_graph


def __getattr__(name: str) -> Callable[[], str]:
    """The function that gives the LLVM IR of the form of that name: a source names it."""
    return llvm.text_of(header_graph(), name)
