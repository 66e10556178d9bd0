"""What runs on a device: jobs, kernels and the device interface.

Knows nothing of timing, energy or reports.
"""
