"""The conditions of two sides: which of them forbid a verdict, which only widen it, and what differed.

In: the entries of two sides. Out: whether they stand on an equal footing, by which rate, and why not.
"""
