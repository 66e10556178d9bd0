"""Random updates of a table that no cache holds (RandomAccess of the HPC Challenge), counted in updates a second.

The table is in parts, and each part has one stream of random numbers that updates it and no other: so no update is
lost, however many threads there are, and a table's content is the same on every device. An update is an XOR: the same
stream once more undoes it, which every second batch does.
"""
