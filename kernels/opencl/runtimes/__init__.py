"""OpenCL runtimes: those that pip installed, the peculiarities of PoCL, their caches and their words."""
