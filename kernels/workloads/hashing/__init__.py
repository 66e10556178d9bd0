"""Hashes of headers whose kernels come from a graph, on devices that execute kernels of others.

In: a graph of the digest's last word (`header_graph`). Out: kernels in each language (`llvm`, `opencl`), and a
device that scans nonces with the fastest of them (`scanner`), which is all that a proof by shares asks for. Nothing
here knows a hash by its name.
"""
