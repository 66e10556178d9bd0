"""The kernel that tests take where any will do."""

from __future__ import annotations

from hashwatt.kernels.cpu.variants import variant

# LLVM is through with the SHA instructions in a third of a second, and with a hash of plain ones in three.
QUICK = next(kernel for kernel in map(variant, ("sha-ni-x2", "sha2-x2", "scalar-x1")) if kernel.missing() is None)
# The same of those that are emitted from the graph. The second one has no instruction set that a CPU could lack.
QUICK_GRAPH = next(kernel for kernel in map(variant, ("avx512-x16-ordered", "scalar-x1")) if kernel.missing() is None)
