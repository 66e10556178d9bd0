"""scrypt(1024, 1, 1) of block headers, Litecoin's proof of work: bound by a core's shifts and its second cache.

`description` has what RFC 7914 writes, but for the memory, which stays outside of the graph: `llvm` (with `frames`,
`llvm_words` and `llvm_rows`) and `opencl` lay it out in frames. `oracle` is hashlib's, `workload` the rest.
"""
