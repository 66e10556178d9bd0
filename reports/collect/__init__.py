"""Bringing results together: files are read and checked, runs grouped by device, the energy figure of each chosen.

In: paths or results. Out: a `Collection`, ranked by what verifies. Nothing here is text for a reader.
"""
