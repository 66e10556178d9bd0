"""A report as data: built once from the results, and handed to whatever lays it out or draws it. No words in here.

In: a collection of results. Out: a `Report`: the collection, the ladder with its own points, places and claims.
"""
