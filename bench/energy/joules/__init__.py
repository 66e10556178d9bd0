"""From a meter's readings to joules with bounds.

In: readings with their times, and a window. Out: an integral with its bounds, what is left above idle, whose joules
these are, and the energy record of the result model.
"""
