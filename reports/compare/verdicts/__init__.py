"""Faster, slower, same or cannot tell: for two sides, or for two settings that were alternated in one run.

In: pairs of runs or of rounds. Out: comparisons with the ratios of rates and joules, and what fails a limit.
"""
