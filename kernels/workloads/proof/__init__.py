"""What a proof by shares is made of, whatever is hashed: packing, counting, bounds, and places to look again.

In: a hash of headers as its oracle (`oracle`), and a device that scans nonces. Out: exact numbers of hashes, evidence
of class `shares`, and what follows from it. `task` drives a device, `headers` derives what is hashed, `confirm` and
`selftest` hold a device's answers against the oracle, `verify` and `recompute` hold evidence against a claim, `steps`
scans long ranges. `bounds`, `ledger`, `packing`, `poisson` and `share_rate` hash nothing.
"""
