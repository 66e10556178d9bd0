"""SHA-256d, Bitcoin's proof of work: hashes of headers that derive from a challenge, proven by the shares found.

In: a device that scans nonces. Out: exact numbers of hashes, and evidence of class `shares`. The work is
`proof`'s; this folder has the oracle, what served shares are worth (`served`), and how files of version 1 are read.
"""
