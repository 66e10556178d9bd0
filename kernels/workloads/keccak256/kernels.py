"""The kernels of keccak256: all of them come from the graph."""

from __future__ import annotations

from collections.abc import Callable

from ...device import DeviceInfo
from ..hashing import llvm, opencl
from ..hashing.kernel import HashKernel
from .description import header_graph


def kernels(info: DeviceInfo, language: str) -> list[HashKernel]:
    """See HashWorkload."""
    if language == "llvm":
        return llvm.kernels(header_graph(), __name__)
    return opencl.kernels(header_graph(), info)


def __getattr__(name: str) -> Callable[[], str]:
    """The function that gives the LLVM IR of the form of that name: a source names it."""
    return llvm.text_of(header_graph(), name)
