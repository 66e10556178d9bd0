"""Results made fit to be published: what names people, hosts and places is left out, and what stays is told.

In: a result. Out: the same result without it, whose proof still holds; what was left out; what its file still tells.
"""
