"""One device's runs over time, or a benchmark's figures.

In: a collection, or files of pytest-benchmark. Out: series with their scatter, and where a rate stepped.
"""
