"""One run's rate by the rule that two sides are compared by, and the ratio of two with what lies between runs.

In: results, or files of pytest-benchmark. Out: series of rates by device, and ratios with intervals.
"""
