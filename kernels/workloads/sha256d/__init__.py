"""SHA-256d, Bitcoin's proof of work: hashes of headers that derive from a challenge, proven by the shares found.

In: a device that scans nonces. Out: exact numbers of hashes, and evidence of class `shares`. `task` drives a device,
`headers` derives what is hashed, `confirm` and `selftest` hold a device's answers against hashlib, `verify` and
`recompute` hold evidence against a claim, `steps` scans long ranges.
"""
