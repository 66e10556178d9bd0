"""scrypt(1024, 1, 1) of block headers, Litecoin's proof of work: bound by a core's shifts and its second cache.

`description` has what RFC 7914 writes, but for the memory, which stays outside of the graph: `llvm` and `opencl` lay it
out in frames. `oracle` is hashlib's, `kernels` what devices run, `workload` the rest.
"""
