"""Convolution: 3 × 3, 128 channels to 128, on square images with a border of zeros; what an AI chip is made for.

In: a device that executes kernels. Out: multiply-accumulates done, and digests of the sums, which are whole numbers and
so the same on every device: in 32-bit floats, in 16-bit and in 8-bit integers with sums of 32 bits. `product` defines
it, `cpu`, `opencl` and `plain` have its kernel.
"""
