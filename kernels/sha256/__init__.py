"""The one description of SHA-256d, written over abstract words, and what a miner asks of it.

In: the words of a header, of any kind. Out: the digest's words; over the words of `graph`, what every kernel is
emitted from.
"""
