"""What compilers for GPUs make of a kernel, where they are installed: no GPU and no driver is needed.

In: a kernel's source and an architecture. Out: its assembly, and the instructions of its loop by kind.
"""
