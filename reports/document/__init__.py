"""A report before any format: what it says, as data and as tables of text, handed to whichever format is asked for.

In: a collection of results. Out: a `Report`, and its rows, tables and sentences.
"""
