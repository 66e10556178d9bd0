"""SHA-256d of block headers as the harness's work: self-test, hashing, proof, and the search for shares.

In: a device that scans nonces, and a challenge. Out: counted hashes, and the chunks and shares that prove them.
"""
