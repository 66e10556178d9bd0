"""Evidence of schema version 1: chunks and shares under a target that its file chose. Read and checked as it was then.

In: evidence and a claim. Out: findings. Nothing writes it any more; since the target was not part of what the headers
derive from, it bounds no amount of work.
"""
