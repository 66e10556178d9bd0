"""Mining with our kernels: for a pool that speaks Stratum, or for a node of one's own.

In come a pool's jobs or a node's templates; out go shares and blocks, and how many of them were taken.
"""
