"""Straight-line x86 assembly of our own, where a kernel needs an order and registers that LLVM does not keep."""
