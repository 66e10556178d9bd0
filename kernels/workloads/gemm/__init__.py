"""Matrix multiplication: how fast a device multiplies two square matrices, C = A · B.

In: a device that executes kernels, or whose numpy has a BLAS. Out: floating-point operations done, and digests of the
products of small whole numbers, which are the same in whatever order a device adds. `product` defines it, `library`,
`opencl` and `plain` have its kernel.
"""
