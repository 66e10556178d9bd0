"""The two sides of a comparison, and which of their runs belong together.

In: files, folders, patterns or results. Out: sides, each run once, and pairs of the same device and work.
"""
