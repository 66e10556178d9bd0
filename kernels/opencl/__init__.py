"""The OpenCL backend: every device that an OpenCL runtime on this machine shows."""
