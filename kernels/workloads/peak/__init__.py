"""Peak arithmetic: how many operations a second a device does in its registers, by number format; and a sweep.

In: a device that executes kernels. Out: operations done, whose answers are compared with closed forms. The sweep does
so many operations on each number of an array beyond the caches: few are bound by memory, many by arithmetic.
"""
