"""Checking a result without trusting it.

In: a result, and for recomputing a device. Out: a verdict: one sentence for each check, and what they prove together.
"""
