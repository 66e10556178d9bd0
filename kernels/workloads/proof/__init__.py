"""What a proof by shares is made of, whatever is hashed: packing, counting, bounds, and places to look again.

In: positions of nonces and shares, amounts of work. Out: text for a result, and what follows from a number of shares.
Nothing here hashes.
"""
