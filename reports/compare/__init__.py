"""Runs set against each other: two runs device by device, or one device's runs over time.

In: results, or files of pytest-benchmark. Out: ratios with intervals, verdicts, steps, and what else had changed.
"""
