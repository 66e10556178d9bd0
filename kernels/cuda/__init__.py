"""NVIDIA cards where no OpenCL shows them: the same generated kernels, compiled by NVRTC."""
