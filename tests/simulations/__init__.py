"""Simulated runs, for the statistics: quiet, drifting, stepping, stalling, shared machines, and what is true of them.

In: a random generator. Out: rounds as the harness would have stored them, and the rate that they are to tell.
"""
