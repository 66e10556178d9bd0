"""BLAKE2s-256 of block headers: a hash of ALU operations alone, proven by the shares found.

`description` has the hash as RFC 7693 writes it, `kernels` what devices run, `workload` the rest.
"""
