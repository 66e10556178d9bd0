"""Stream triad: how fast memory can be read and written, as STREAM counts it.

In: a device that executes kernels. Out: bytes moved, checked exactly at many places against the same arithmetic done
here. `task` drives a device, `cpu`, `opencl` and `plain` hold its kernel in each language, `oracle` the right answers.
"""
