"""The CPU backend: kernels compiled by Numba from the description in `sha256`, run on every core."""
