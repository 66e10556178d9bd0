"""The CPU backend: kernels compiled by LLVM from the description in `sha256`, run on every core."""
