"""Keccak-256 of block headers, with the padding from before SHA-3 (as Ethereum has it), proven by the shares found.

`description` has the hash as FIPS 202 writes it, `reference` a plain one to check by, `kernels` what devices run,
`workload` the rest.
"""
