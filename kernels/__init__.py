"""What runs on a device: jobs, kernels, workloads and the device interface.

Knows nothing of timing, energy or reports. In: a job. Out: the shares among its hashes, and a checksum of all of them.
"""
